/** `coverage` and `setup` against the emulator: over HTTP, as processes, with what others have configured before. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  CloudTrailClient,
  CreateTrailCommand,
  GetEventSelectorsCommand,
  PutEventSelectorsCommand,
  StartLoggingCommand,
} from '@aws-sdk/client-cloudtrail'
import {
  CreateBucketCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  ListBucketsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CoverageReport } from '../../shared/sources/coverage.ts'
import { ACCOUNT, CREDENTIALS, type Emulator, REGION, startEmulator } from './support/emulator.ts'

const DATA = 'amzn-s3-demo-data'
const TRAIL = 'amzn-s3-demo-trail'
const MADE = `bucketwatch-logs-${ACCOUNT}-${REGION}`
/** The emulator has no request metrics. */
const SOURCES = 'data-events,access-logs,notifications'

let emulator: Emulator
let folder: string
let s3: S3Client
let cloudTrail: CloudTrailClient

beforeAll(async () => {
  emulator = await startEmulator()
  folder = mkdtempSync(join(tmpdir(), 'bucketwatch-sources-'))
  const config = { endpoint: emulator.endpoint, region: REGION, credentials: CREDENTIALS }
  s3 = new S3Client({ ...config, forcePathStyle: true })
  cloudTrail = new CloudTrailClient(config)
  const others = new SQSClient(config)
  for (const Bucket of [DATA, TRAIL]) await s3.send(new CreateBucketCommand({ Bucket }))
  await cloudTrail.send(
    new CreateTrailCommand({
      Name: 'audit',
      S3BucketName: TRAIL,
      IsMultiRegionTrail: true,
      EnableLogFileValidation: true,
    }),
  )
  await cloudTrail.send(new StartLoggingCommand({ Name: 'audit' }))
  await cloudTrail.send(
    new PutEventSelectorsCommand({
      TrailName: 'audit',
      EventSelectors: [
        {
          ReadWriteType: 'All',
          IncludeManagementEvents: true,
          DataResources: [{ Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda'] }],
        },
      ],
    }),
  )
  await others.send(new CreateQueueCommand({ QueueName: 'others', Attributes: { Policy: letSend('others') } }))
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: TRAIL,
      NotificationConfiguration: {
        QueueConfigurations: [{ Id: 'theirs', QueueArn: queueArn('others'), Events: ['s3:ObjectRemoved:*'] }],
      },
    }),
  )
  await s3.send(new PutBucketPolicyCommand({ Bucket: TRAIL, Policy: trailPolicy }))
  await createStack(new CloudFormationClient(config))
}, 120_000)

afterAll(async () => {
  await emulator?.stop()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

const queueArn = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
const letSend = (name: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn(name),
      },
    ],
  })
const trailPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${TRAIL}/*`,
    },
  ],
})

/** What `setup` looks at of a stack: queues, roles that say which buckets they read, outputs. */
async function createStack(cloudFormation: CloudFormationClient): Promise<void> {
  const of = (name: string, kind: string, bucket: string) => ({
    [`${name}Queue`]: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `bucketwatch-dev-${kind}` } },
    [`${name}QueuePolicy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: `${name}Queue` }],
        PolicyDocument: JSON.parse(letSend(`bucketwatch-dev-${kind}`)),
      },
    },
    [`${name}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
        Policies: [
          {
            PolicyName: 'read',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] }],
            },
          },
        ],
      },
    },
  })
  const outputs = (name: string) => ({
    [`${name}QueueArn`]: { Value: { 'Fn::GetAtt': [`${name}Queue`, 'Arn'] } },
    [`${name}QueueUrl`]: { Value: { Ref: `${name}Queue` } },
    [`${name}RoleArn`]: { Value: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] } },
  })
  const template = {
    Resources: { ...of('CloudTrail', 'cloudtrail', TRAIL), ...of('AccessLog', 'access-log', MADE) },
    Outputs: { ...outputs('CloudTrail'), ...outputs('AccessLog') },
  }
  const StackName = 'bucketwatch-dev'
  await cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template), Capabilities: ['CAPABILITY_IAM'] }),
  )
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
    if (Stacks?.[0]?.StackStatus === 'CREATE_COMPLETE') return
    await sleep(100)
  }
  throw new Error('the stack was not made')
}

function cli(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('cli/bin.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NO_COLOR: '1',
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_REGION: REGION,
    },
  })
  return { status, stdout, stderr }
}

function coverage(): CoverageReport & { status: number | null } {
  const { status, stdout, stderr } = cli('coverage', '--json')
  if (stdout === '') throw new Error(stderr)
  return { ...(JSON.parse(stdout) as CoverageReport), status }
}

/** What AWS says of everything that setup can touch. */
async function snapshot() {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
  const buckets = await Promise.all(
    Buckets.map(async ({ Name: Bucket }) => {
      const { LoggingEnabled } = await s3.send(new GetBucketLoggingCommand({ Bucket }))
      const { $metadata: _, ...notification } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
      return { Bucket, LoggingEnabled, notification }
    }),
  )
  const { EventSelectors, AdvancedEventSelectors } = await cloudTrail.send(
    new GetEventSelectorsCommand({ TrailName: 'audit' }),
  )
  return { buckets, EventSelectors, AdvancedEventSelectors }
}

test('a bare account is made seen by setup, and brought back by undo', { timeout: 300_000 }, async () => {
  const before = await snapshot()
  const bare = coverage()
  expect(bare.status).toBe(1)
  expect(bare.totals.blind).toBeGreaterThan(20)

  const setup = cli('setup', '--only', SOURCES, '--yes')
  expect(setup, setup.stderr).toMatchObject({ status: 0 })
  const during = await snapshot()
  expect(during.AdvancedEventSelectors?.map(({ Name }) => Name)).toEqual([
    'Management events',
    'Data events of AWS::Lambda::Function',
    'bucketwatch-dev: S3 data events',
  ])
  expect(during.buckets.find(({ Bucket }) => Bucket === DATA)?.LoggingEnabled).toEqual({
    TargetBucket: MADE,
    TargetPrefix: 'access-logs/',
    TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
  })
  const told = during.buckets.find(({ Bucket }) => Bucket === TRAIL)?.notification.QueueConfigurations
  expect(told?.map(({ Id }) => Id).sort()).toEqual(['bucketwatch-dev-cloudtrail', 'theirs'])

  const seen = coverage()
  expect(seen.rules.filter(({ sight }) => sight !== 'all')).toEqual([])
  expect(seen.status).toBe(0)
  expect(seen.accounts[0]?.buckets.find(({ bucket }) => bucket === DATA)?.cells).toMatchObject({
    managementEvents: { state: 'on', what: 'audit' },
    dataReads: { state: 'on' },
    dataWrites: { state: 'on' },
    accessLogs: { state: 'on' },
  })
  expect(cli('setup', '--only', SOURCES, '--yes').stdout).toContain('Nothing to change')

  const file = `bucketwatch-setup-dev-${ACCOUNT}.json`
  expect(JSON.parse(readFileSync(join(folder, file), 'utf8')).changes).toHaveLength(5)
  const undo = cli('setup', '--undo', file, '--yes')
  expect(undo, undo.stderr).toMatchObject({ status: 0 })
  expect(await snapshot()).toEqual(before)
  expect(coverage().totals).toEqual(bare.totals)
})
