import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import jsonata from 'jsonata'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NOTIFICATION } from '../../../infra/backfill.ts'
import { parseNotificationBody } from '../../../shared/notification/parse.ts'
import { cli } from '../../support/cli.ts'

const cloudFormation = mockClient(CloudFormationClient)
const s3 = mockClient(S3Client)
const sfn = mockClient(SFNClient)
const sqs = mockClient(SQSClient)
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111122223333/bucketwatch-dev-access-log'
const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:bucketwatch-dev-backfill'
const keyOf = (day: number, index: number) =>
  `logs/cdn2026-01-${String(day).padStart(2, '0')}-10-00-00-${String(index).padStart(16, '0')}`

const cwd = process.cwd()
let folder: string
let sent: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bucketwatch-backfill-'))
  process.chdir(folder)
  sent = []
  for (const mock of [cloudFormation, s3, sfn, sqs]) mock.reset()
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-dev',
        StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/bucketwatch-dev/1',
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [
          { OutputKey: 'AccessLogQueueUrl', OutputValue: QUEUE },
          { OutputKey: 'BackfillStateMachineArn', OutputValue: MACHINE },
        ],
      },
    ],
  })
  const keys = [...Array.from({ length: 25 }, (_, index) => keyOf(10, index)), keyOf(20, 0), 'logs/notes.txt']
  s3.on(ListObjectsV2Command).callsFake(({ StartAfter = '' }) => ({
    Contents: keys
      .filter((key) => key > StartAfter)
      .map((Key) => ({ Key, Size: 1000, LastModified: new Date('2026-01-10T11:00Z') })),
  }))
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => {
    sent.push(...Entries.map(({ MessageBody }: { MessageBody: string }) => MessageBody))
    return { Successful: Entries }
  })
})
afterEach(() => {
  process.chdir(cwd)
  rmSync(folder, { recursive: true, force: true })
})

const ARGS = [
  'backfill',
  's3://amzn-s3-demo-access/logs/',
  '--kind',
  'access-log',
  '--from',
  '2026-01-01',
  '--to',
  '2026-01-15',
]

test('--dry-run counts, names what is left out, says what it would cost, and sends nothing', async () => {
  const { code, out } = await cli([...ARGS, '--dry-run'])
  expect(code).toBe(0)
  expect(out).toEqual([
    '25 objects to send, 25 kB as stored',
    '  left out: 1 of another time',
    '  left out: 1 no log by their names (--unknown-too sends them)',
    expect.stringMatching(/^about 20 kB to ingest: about \$0\.00/),
  ])
  expect(sqs.calls()).toHaveLength(0)
})

test('sends each object once, marked for the group history', async () => {
  const { code, out } = await cli([...ARGS, '--yes', '--rate', '3000'])
  expect([code, out[0]]).toEqual([0, '25 objects sent, 25 kB as stored'])
  const objects = sent.flatMap((body) => parseNotificationBody(body).objects)
  expect(objects.map(({ key, history }) => [key, history])).toEqual(
    Array.from({ length: 25 }, (_, index) => [keyOf(10, index), true]),
  )
  expect(readdirSync(join(folder, '.bucketwatch/backfill'))).toEqual([])
})

test('an interrupted one goes on where it was, and begins anew with --restart', async () => {
  const stop = new AbortController()
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => {
    sent.push(...Entries.map(({ MessageBody }: { MessageBody: string }) => MessageBody))
    stop.abort()
    return { Successful: Entries }
  })
  const first = await cli([...ARGS, '--yes', '--rate', '3000'], { signal: stop.signal })
  expect([first.code, first.err.at(-1), sent.length]).toEqual([
    130,
    'interrupted: the same command goes on where it was.',
    10,
  ])
  const second = await cli([...ARGS, '--yes', '--rate', '3000'])
  expect([second.code, second.out[0]]).toEqual([0, '25 objects sent, 25 kB as stored'])
  expect(new Set(sent).size).toBe(25)
  expect(sent).toHaveLength(25)
  await cli([...ARGS, '--yes', '--rate', '3000', '--restart'])
  expect(sent).toHaveLength(50)
})

test('nothing to send is not a success', async () => {
  const { code, err } = await cli([
    'backfill',
    's3://amzn-s3-demo-access/logs/',
    '--kind',
    'access-log',
    '--from',
    '2020-01-01',
    '--to',
    '2020-02-01',
    '--yes',
  ])
  expect([code, err.at(-1)]).toEqual([1, 'there was nothing to send: is the prefix right, and the time?'])
})

test.each([
  [[], /give one s3:/],
  [['bucket'], /is not s3:/],
  [['s3://amzn-s3-demo-access/x', '--from', '2026-01-01'], /which logs are these/],
  [['s3://amzn-s3-demo-trail/AWSLogs/'], /from when on/],
  [['s3://amzn-s3-demo-trail/AWSLogs/', '--from', '01.02.2026'], /is no day/],
  [['s3://amzn-s3-demo-trail/AWSLogs/', '--from', '2026-03-01', '--to', '2026-02-01'], /must be before/],
  [['s3://amzn-s3-demo-trail/AWSLogs/', '--from', '2026-01-01', '--rate', '0'], /--rate is/],
  [['s3://amzn-s3-demo-trail/AWSLogs/', '--from', '2026-01-01'], /nobody is there to ask/],
])('wrong usage: %j', async (args, message) => {
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'x',
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [{ OutputKey: 'CloudTrailQueueUrl', OutputValue: QUEUE }],
      },
    ],
  })
  const { code, err } = await cli(['backfill', ...args])
  expect(code).toBe(2)
  expect(err[0]).toMatch(message)
})

describe('--distributed', () => {
  test('starts the state machine', async () => {
    sfn
      .on(StartExecutionCommand)
      .resolves({ executionArn: `${MACHINE.replace('stateMachine', 'execution')}:1`, startDate: new Date(0) })
    const { code, out } = await cli([...ARGS, '--distributed', '--yes'])
    expect([code, out[0]]).toEqual([
      0,
      'started arn:aws:states:us-east-1:111122223333:execution:bucketwatch-dev-backfill:1',
    ])
    const { stateMachineArn, input } = sfn.commandCalls(StartExecutionCommand)[0]!.args[0].input
    expect(stateMachineArn).toBe(MACHINE)
    expect(JSON.parse(input!)).toEqual({
      bucket: 'amzn-s3-demo-access',
      prefix: 'logs/',
      queueUrl: QUEUE,
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-15T00:00:00.000Z',
    })
  })

  test('its notifications say what ours say', async () => {
    const expression = jsonata(NOTIFICATION.replace(/^\{%|%\}$/g, ''))
    const Items = [
      { Key: 'logs/a b+c%é"', Size: 5, LastModified: Date.parse('2026-01-10') / 1000 },
      { Key: 'logs/iso', Size: 5, LastModified: '2026-01-10T00:00:00Z' },
      { Key: 'logs/late', Size: 5, LastModified: Date.parse('2026-01-15') / 1000 },
      { Key: 'logs/', Size: 0, LastModified: Date.parse('2026-01-10') / 1000 },
      { Key: 'AWSLogs/111122223333/CloudTrail-Digest/x', Size: 5, LastModified: Date.parse('2026-01-10') / 1000 },
    ]
    const BatchInput = {
      bucket: 'amzn-s3-demo-access',
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-15T00:00:00.000Z',
    }
    const entries: { Id: string; MessageBody: string }[] = await expression.evaluate(
      {},
      { states: { input: { Items, BatchInput } } },
    )
    expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length)
    expect(entries.flatMap(({ MessageBody }) => parseNotificationBody(MessageBody).objects)).toEqual(
      ['logs/a b+c%é"', 'logs/iso'].map((key) => ({
        bucket: 'amzn-s3-demo-access',
        key,
        size: 5,
        eventName: 'ObjectCreated:Backfill',
        history: true,
      })),
    )
    const none = await expression.evaluate({}, { states: { input: { Items: Items.slice(2), BatchInput } } })
    expect(none).toHaveLength(0)
  })
})
