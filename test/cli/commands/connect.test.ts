import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { IAMClient } from '@aws-sdk/client-iam'
import {
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import type { NotificationConfiguration } from '../../../shared/connect/configuration.ts'
import type { LogKind } from '../../../shared/kinds/kinds.ts'
import { ACCESS, ACCOUNT, queueArn, REGION, TRAIL } from '../../doctor/support/facts.ts'
import { mockStack } from '../../doctor/support/stack-mocks.ts'
import { run } from '../../sources/support/run.ts'

const cloudFormation = mockClient(CloudFormationClient)
const iam = mockClient(IAMClient)
const sqs = mockClient(SQSClient)
const s3 = mockClient(S3Client)

const SIEM = {
  Id: 'siem',
  TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:siem`,
  Events: ['s3:ObjectRemoved:*'],
}
const OURS = {
  Id: 'bucketwatch-prod-cloudtrail',
  QueueArn: queueArn('cloudtrail'),
  Events: ['s3:ObjectCreated:*'],
  Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'AWSLogs/' }] } },
}

/** The bucket's configuration: what is put is what is read next. */
let bucket: NotificationConfiguration = {}
const puts = () => s3.commandCalls(PutBucketNotificationConfigurationCommand).map(({ args }) => args[0].input)
const denied = (action: string) => Object.assign(new Error(`no ${action}`), { name: 'AccessDenied' })

function denyTheStack(): void {
  cloudFormation.reset().onAnyCommand().rejects(denied('cloudformation'))
  iam.reset().onAnyCommand().rejects(denied('iam'))
  sqs.reset().onAnyCommand().rejects(denied('sqs'))
}

beforeEach(() => {
  for (const mock of [cloudFormation, iam, sqs, s3]) mock.reset()
  bucket = { TopicConfigurations: [SIEM] }
  mockStack({ cloudFormation, iam, sqs })
  s3.on(HeadBucketCommand).resolves({ BucketRegion: REGION })
  s3.on(GetBucketNotificationConfigurationCommand).callsFake(() => structuredClone(bucket))
  s3.on(PutBucketNotificationConfigurationCommand).callsFake(({ NotificationConfiguration }) => {
    bucket = structuredClone(NotificationConfiguration)
    return {}
  })
})

const PROD = ['--stage', 'prod', '--region', REGION]

describe('connect', () => {
  it('shows what changes, asks, puts, and keeps what was there', async () => {
    const { code, out, err } = await run(['connect', TRAIL, ...PROD], 'y\n')
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(bucket).toEqual({ TopicConfigurations: [SIEM], QueueConfigurations: [OURS] })
    expect(puts()).toEqual([{ Bucket: TRAIL, NotificationConfiguration: bucket }])
    expect(err).toMatch(/^\+ {6}"Id": "bucketwatch-prod-cloudtrail",$/m)
    expect(err).not.toMatch(/^-\s+"/m)
    expect(err).toContain(`Put this on ${TRAIL}? [y/N]`)
    expect(err).toContain('would be lost')
    expect(out).toContain('is connected')
  })

  it('the second time there is nothing to do', async () => {
    await run(['connect', TRAIL, ...PROD, '--yes'])
    const { code, out } = await run(['connect', TRAIL, ...PROD, '--yes'])
    expect(code).toBe(0)
    expect(out).toContain('connected already')
    expect(puts()).toHaveLength(1)
  })

  it.each(['n\n', '\n', '', 'yesterday\n', 'no\ny\n'])('does nothing on the answer %j', async (answer) => {
    const { code, err } = await run(['connect', TRAIL, ...PROD], answer)
    expect(code).toBe(1)
    expect(err).toContain('Nothing was changed.')
    expect(puts()).toEqual([])
  })

  it('does nothing where nobody can be asked', async () => {
    const { code, err } = await run(['connect', TRAIL, ...PROD])
    expect(code).toBe(1)
    expect(err).toContain('Give --yes')
    expect(puts()).toEqual([])
  })

  it('--dry-run prints the JSON on standard output, the difference on standard error, and changes nothing', async () => {
    const { code, out, err } = await run(['connect', TRAIL, ...PROD, '--dry-run', '--yes'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ TopicConfigurations: [SIEM], QueueConfigurations: [OURS] })
    expect(err).toContain('+      "Id": "bucketwatch-prod-cloudtrail"')
    expect(puts()).toEqual([])
  })

  it.each<[string, readonly string[], LogKind, readonly string[]]>([
    ['the kind and the prefix that the stack knows', [ACCESS], 'access-log', ['logs/']],
    [
      'prefixes that are given',
      [ACCESS, '--prefix', 'logs/a b/', '--prefix', 'logs/c/'],
      'access-log',
      ['logs/a+b/', 'logs/c/'],
    ],
  ])('takes %s', async (_, args, kind, prefixes) => {
    const { code } = await run(['connect', ...args, ...PROD, '--yes'])
    expect(code).toBe(0)
    expect(bucket.QueueConfigurations?.map(({ QueueArn }) => QueueArn)).toEqual(prefixes.map(() => queueArn(kind)))
    expect(bucket.QueueConfigurations?.map(({ Filter }) => Filter?.Key?.FilterRules?.[0]?.Value)).toEqual(prefixes)
  })

  it('with --queue-arn needs neither CloudFormation nor IAM', async () => {
    denyTheStack()
    const { code } = await run(['connect', 'amzn-s3-demo-archive', '--queue-arn', queueArn('cloudtrail'), '--yes'])
    expect(code).toBe(0)
    expect(bucket.QueueConfigurations).toEqual([OURS])
  })

  it('over a topic, and over EventBridge', async () => {
    await run(['connect', TRAIL, ...PROD, '--feed', 'sns', '--yes'])
    expect(bucket.TopicConfigurations?.[1]).toMatchObject({
      Id: OURS.Id,
      TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:bucketwatch-prod-cloudtrail-objects`,
    })
    bucket = {}
    await run(['connect', TRAIL, ...PROD, '--feed', 'eventbridge', '--yes'])
    expect(bucket).toEqual({ EventBridgeConfiguration: {} })
  })

  it.each<[string, () => void, readonly string[], RegExp]>([
    [
      'an overlap',
      () => {
        bucket = { TopicConfigurations: [{ ...SIEM, Events: ['s3:ObjectCreated:*'] }] }
      },
      [TRAIL],
      /overlaps topic arn:aws:sns:eu-west-1:111122223333:siem/,
    ],
    [
      'another Region',
      () => s3.on(HeadBucketCommand).resolves({ BucketRegion: 'us-east-1' }),
      [TRAIL],
      /in us-east-1, the queue/,
    ],
    [
      'a bucket that the stack was not deployed for',
      () => {},
      ['amzn-s3-demo-other', '--kind', 'cloudtrail'],
      /was not deployed for amzn-s3-demo-other/,
    ],
    [
      'a queue that does not let S3 in',
      () => sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { Policy: '{}' } }),
      [TRAIL],
      /does not let amzn-s3-demo-trail send[\s\S]*"Service": "s3\.amazonaws\.com"/,
    ],
  ])('refuses before S3 does: %s', async (_, prepare, args, text) => {
    prepare()
    const { code, err } = await run(['connect', ...args, ...PROD, '--yes'])
    expect(code).toBe(1)
    expect(err).toMatch(text)
    expect(puts()).toEqual([])
    const dry = await run(['connect', ...args, ...PROD, '--dry-run'])
    expect(dry.code).toBe(1)
    expect(() => JSON.parse(dry.out)).not.toThrow()
  })

  it('explains why S3 refused', async () => {
    const error = Object.assign(new Error('Unable to validate the following destination configurations'), {
      name: 'InvalidArgument',
    })
    s3.on(PutBucketNotificationConfigurationCommand).rejects(error)
    const { code, err } = await run(['connect', TRAIL, ...PROD, '--yes'])
    expect(code).toBe(1)
    expect(err).toContain('CONNECT_REFUSED')
    expect(err).toContain('"Action": "sqs:SendMessage"')
    expect(err).toContain('--skip-destination-validation')
  })

  it('without the right to ask IAM and SQS, takes the word of the arguments', async () => {
    iam.reset().onAnyCommand().rejects(denied('iam'))
    sqs.reset().onAnyCommand().rejects(denied('sqs'))
    const { code, err } = await run(['connect', TRAIL, ...PROD, '--kind', 'cloudtrail', '--yes'])
    expect(code).toBe(0)
    expect(err).toContain('iam:ListRolePolicies')
    expect(bucket.QueueConfigurations).toEqual([OURS])
  })

  it('a stage that is not deployed', async () => {
    const error = Object.assign(new Error('Stack with id bucketwatch-dev does not exist'), { name: 'ValidationError' })
    cloudFormation.on(DescribeStacksCommand).rejects(error)
    const { code, err } = await run(['connect', TRAIL, '--yes'])
    expect(code).toBe(1)
    expect(err).toContain('STACK_NOT_FOUND')
    expect(err).toContain('bucketwatch-dev in us-east-1')
  })

  it.each<[string, readonly string[]]>([
    ['no bucket', []],
    ['two buckets', ['a-bucket', 'b-bucket']],
    ['no bucket name', ['s3://amzn-s3-demo-bucket']],
    ['an unknown kind', [TRAIL, '--kind', 'flow']],
    ['an unknown feed', [TRAIL, '--feed', 'kafka']],
    ['a wildcard', [TRAIL, '--prefix', 'AWSLogs/*']],
    ['no ARN', [TRAIL, '--queue-arn', 'bucketwatch-prod-cloudtrail']],
    ["a function's ARN", [TRAIL, '--topic-arn', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:x`]],
    ['queue and topic', [TRAIL, '--queue-arn', queueArn('cloudtrail'), '--topic-arn', SIEM.TopicArn]],
    ['a queue over EventBridge', [TRAIL, '--queue-arn', queueArn('cloudtrail'), '--feed', 'eventbridge']],
    ['a queue of which nobody knows the kind', [TRAIL, '--queue-arn', `arn:aws:sqs:${REGION}:${ACCOUNT}:q`]],
    ['a stage that is none', [TRAIL, '--stage', 'a b']],
    ['an unknown option', [TRAIL, '--force']],
    ['a kind that the stack does not tell', ['amzn-s3-demo-other', ...PROD]],
  ])('wrong usage: %s', async (_, args) => {
    const { code } = await run(['connect', ...args])
    expect(code).toBe(2)
    expect(puts()).toEqual([])
  })
})

describe('disconnect', () => {
  beforeEach(() => {
    bucket = {
      TopicConfigurations: [SIEM],
      QueueConfigurations: [
        OURS,
        { ...OURS, Id: 'bucketwatch-prod-access-log', QueueArn: queueArn('access-log') },
        { ...OURS, Id: 'by-hand', Events: ['s3:ObjectRestore:*'] },
      ],
      EventBridgeConfiguration: {},
    }
    // The stack is gone.
    denyTheStack()
  })

  it('takes ours away, and says what stays', async () => {
    const { code, err } = await run(['disconnect', TRAIL, ...PROD], 'yes\n')
    expect(code).toBe(0)
    expect(bucket).toEqual({
      TopicConfigurations: [SIEM],
      QueueConfigurations: [{ ...OURS, Id: 'by-hand', Events: ['s3:ObjectRestore:*'] }],
      EventBridgeConfiguration: {},
    })
    expect(puts()[0]).toMatchObject({ SkipDestinationValidation: true })
    expect(err).toContain('Stays, since connect did not make it: queue')
    expect(err).toContain('EventBridge stays on')
  })

  it('one kind, and EventBridge', async () => {
    await run(['disconnect', TRAIL, ...PROD, '--kind', 'access-log', '--feed', 'eventbridge', '--yes'])
    expect(bucket.QueueConfigurations?.map(({ Id }) => Id)).toEqual(['bucketwatch-prod-cloudtrail', 'by-hand'])
    expect(bucket).not.toHaveProperty('EventBridgeConfiguration')
  })

  it('connect, then disconnect: as before', async () => {
    bucket = { TopicConfigurations: [SIEM] }
    await run(['connect', TRAIL, '--queue-arn', queueArn('cloudtrail'), '--yes'])
    expect(bucket).toHaveProperty('QueueConfigurations')
    await run(['disconnect', TRAIL, ...PROD, '--yes'])
    expect(bucket).toEqual({ TopicConfigurations: [SIEM] })
  })

  it('nothing to take away', async () => {
    const { code, out } = await run(['disconnect', TRAIL, '--stage', 'dev', '--yes'])
    expect(code).toBe(0)
    expect(out).toContain('has no notification of the stage dev')
    expect(puts()).toEqual([])
  })

  it('--dry-run', async () => {
    const { code, out } = await run(['disconnect', TRAIL, ...PROD, '--dry-run'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).not.toHaveProperty('QueueConfigurations.1')
    expect(puts()).toEqual([])
  })

  it.each([
    ['--prefix', 'x'],
    ['--feed', 'sns'],
    ['--kind', 'x'],
  ])('wrong usage: %s %s', async (...args) => {
    expect((await run(['disconnect', TRAIL, ...args])).code).toBe(2)
  })
})
