import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { historyNotification } from '../../../shared/backfill/notification.ts'
import { cli } from '../../support/cli.ts'

const cloudFormation = mockClient(CloudFormationClient)
const logs = mockClient(CloudWatchLogsClient)
const sqs = mockClient(SQSClient)
const url = (name: string) => `https://sqs.us-east-1.amazonaws.com/111122223333/bucketwatch-dev-${name}`
const denied = historyNotification('amzn-s3-demo-trail', { key: 'AWSLogs/a b.json.gz', size: 1 })
const bodies: Record<string, readonly string[]> = {
  'cloudtrail-dlq': [denied, '{"odd":1}'],
  'access-log-dlq': [historyNotification('amzn-s3-demo-access', { key: 'cdn', size: 1 })],
}

beforeEach(() => {
  for (const mock of [cloudFormation, logs, sqs]) mock.reset()
  const outputs = Object.fromEntries(
    [
      ['CloudTrail', 'cloudtrail'],
      ['AccessLog', 'access-log'],
    ].flatMap(([logical, name]) => [
      [`${logical}QueueUrl`, url(name!)],
      [`${logical}DeadLetterQueueUrl`, url(`${name}-dlq`)],
    ]),
  )
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-dev',
        StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/bucketwatch-dev/1',
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
      },
    ],
  })
  const given = new Set<string>()
  sqs.on(ReceiveMessageCommand).callsFake(({ QueueUrl }) => {
    const name = QueueUrl.split('bucketwatch-dev-')[1]
    if (given.has(name)) return {}
    given.add(name)
    return {
      Messages: bodies[name]!.map((Body, index) => ({
        MessageId: `${name}-${index}`,
        ReceiptHandle: `handle ${name} ${index}`,
        Body,
        Attributes: { ApproximateReceiveCount: '6', SentTimestamp: '1773705600000' },
      })),
    }
  })
  for (const command of [ChangeMessageVisibilityBatchCommand, DeleteMessageCommand, SendMessageCommand])
    sqs.on(command as never).resolves({} as never)
  const receipt = (time: string, code: string, status = 'failed') => ({
    timestamp: Date.parse(time),
    message: JSON.stringify({
      kind: 'receipt',
      status,
      time,
      bucket: 'amzn-s3-demo-trail',
      key: 'AWSLogs/a b.json.gz',
      error: { code, message: `${code}!` },
    }),
  })
  logs.on(FilterLogEventsCommand).resolves({
    events: [
      receipt('2026-03-17T01:00:00Z', 'OBJECT_ACCESS_DENIED'),
      receipt('2026-03-17T00:00:00Z', 'OBJECT_READ'),
      { timestamp: 0, message: 'no json' },
    ],
  })
})

test('says how many lie there and why, and leaves everything where it is', async () => {
  const { code, out } = await cli(['redrive'])
  expect(out.join('\n')).toBe(
    [
      'cloudtrail: 2 messages in the dead-letter queue',
      '  1 × OBJECT_ACCESS_DENIED: OBJECT_ACCESS_DENIED!',
      '      amzn-s3-demo-trail/AWSLogs/a b.json.gz',
      '  1 × NOTIFICATION_UNKNOWN: A notification body is JSON, but no S3, SNS or EventBridge event. Its members are odd.',
      'access-log: 1 message in the dead-letter queue',
      '  1 × unknown: No receipt tells: the function ended before it could write one (time, memory), or the receipt is gone.',
      '      amzn-s3-demo-access/cdn',
    ].join('\n'),
  )
  expect(code).toBe(1)
  expect(sqs.commandCalls(SendMessageCommand)).toHaveLength(0)
  const released = sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map(({ args }) => args[0].input)
  expect(released.map(({ QueueUrl, Entries }) => [QueueUrl, Entries?.length, Entries?.[0]?.VisibilityTimeout])).toEqual(
    [
      [url('cloudtrail-dlq'), 2, 0],
      [url('access-log-dlq'), 1, 0],
    ],
  )
})

test('--put-back moves those of a reason, and lets go of the others', async () => {
  const { code, out } = await cli([
    'redrive',
    '--put-back',
    '--yes',
    '--kind',
    'cloudtrail',
    '--reason',
    'OBJECT_ACCESS_DENIED',
  ])
  expect(code).toBe(0)
  expect(out.at(-1)).toBe('cloudtrail: 1 put back; they are read within the next minutes.')
  expect(sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)).toEqual([
    { QueueUrl: url('cloudtrail'), MessageBody: denied },
  ])
  expect(sqs.commandCalls(DeleteMessageCommand).map(({ args }) => args[0].input.ReceiptHandle)).toEqual([
    'handle cloudtrail-dlq 0',
  ])
  const [released] = sqs.commandCalls(ChangeMessageVisibilityBatchCommand)
  expect(released!.args[0].input.Entries).toHaveLength(1)
})

test('--json gives one line a message; an empty queue is said', async () => {
  const { out } = await cli(['redrive', '--json', '--kind', 'access-log'])
  expect(out.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      kind: 'access-log',
      reason: 'unknown',
      objects: ['amzn-s3-demo-access/cdn'],
      receives: 6,
      sent: '2026-03-17T00:00:00.000Z',
    }),
  ])
  sqs.on(ReceiveMessageCommand).resolves({})
  const empty = await cli(['redrive'])
  expect([empty.code, empty.out]).toEqual([
    0,
    ['cloudtrail: 0 messages in the dead-letter queue', 'access-log: 0 messages in the dead-letter queue'],
  ])
})

test('a group that is not there is an error with a code', async () => {
  const gone = Object.assign(new Error('no such group'), { name: 'ResourceNotFoundException' })
  logs.on(FilterLogEventsCommand).rejects(gone)
  for (const command of [['redrive'], ['quarantine', 'list']]) {
    const { code, err } = await cli(command)
    expect(code).toBe(1)
    expect(err[0]).toMatch(/AWS_CALL: .*logs:FilterLogEvents of \/bucketwatch\/dev\/pipeline: .*no such group/)
  }
})

test('nothing is put back without somebody who can say yes', async () => {
  expect((await cli(['redrive', '--put-back'])).code).toBe(2)
  expect((await cli(['redrive', '--max', '0'])).code).toBe(2)
})
