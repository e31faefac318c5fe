/**
 * The ledger on an emulator: DynamoDB keeps it, and function instances are processes of our own that are killed in the
 * middle (kill -9), since the emulator's Lambdas cannot be.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoState } from '../../shared/aws/state.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import { ledgerKey } from '../../shared/state/ledger.ts'
import { stateStoreSuite } from '../ports/state-store.suite.ts'
import { BULKY, trail } from '../support/instance.ts'
import { CREDENTIALS, type Emulator, REGION, startEmulator } from './support/emulator.ts'
import { startFront } from './support/front.ts'
import { eventually } from './support/stack.ts'

const TABLE = 'bucketwatch-e2e-state'
const BUCKET = 'amzn-s3-demo-trail'
const GROUP = '/bucketwatch/e2e/cloudtrail'
const PIPELINE = '/bucketwatch/e2e/pipeline'
const RECORDS = 200_000
const SEQUENCER = '0055AED6DCD90281E5'

let emulator: Emulator
let queueUrl = ''
let common: { endpoint: string; region: string; credentials: typeof CREDENTIALS }
const children = new Set<ChildProcess>()

beforeAll(async () => {
  emulator = await startEmulator()
  common = { endpoint: emulator.endpoint, region: REGION, credentials: CREDENTIALS }
  await new DynamoDBClient(common).send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const logs = new CloudWatchLogsClient(common)
  for (const logGroupName of [GROUP, PIPELINE]) await logs.send(new CreateLogGroupCommand({ logGroupName }))
  await new S3Client({ ...common, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: BUCKET }))
  const sqs = new SQSClient(common)
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'bucketwatch-e2e-cloudtrail' }))).QueueUrl ?? ''
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await emulator?.stop()
})

const state = () => createDynamoState({ client: new DynamoDBClient(common), tableName: TABLE, now: Date.now })

stateStoreSuite('DynamoDB on the emulator', async () => ({
  state: state(),
  now: Date.now,
}))

const put = (key: string, body: Uint8Array) =>
  new S3Client({ ...common, forcePathStyle: true }).send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }))

const message = (key: string) => ({
  messageId: 'm-1',
  receiptHandle: 'r-1',
  eventSource: 'aws:sqs',
  attributes: { ApproximateReceiveCount: '1' },
  body: JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: BUCKET }, object: { key, sequencer: SEQUENCER } },
      },
    ],
  }),
})

/** Starts a function instance on one message. */
function start(body: unknown, remainingMs = 300_000, more: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['test/e2e/support/instance.ts'], {
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      BUCKETWATCH_STAGE: 'e2e',
      BUCKETWATCH_STATE_TABLE: TABLE,
      BUCKETWATCH_QUEUE_URL: queueUrl,
      E2E_REMAINING_MS: String(remainingMs),
      ...more,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.add(child)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stdin.end(JSON.stringify({ Records: [body] }))
  const ended = new Promise<string>((resolve) => child.on('exit', () => resolve(output)))
  return { child, ended: ended.finally(() => children.delete(child)) }
}

async function* events(logGroupName: string): AsyncGenerator<string> {
  const logs = new CloudWatchLogsClient(common)
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }))
  for (const { logStreamName } of logStreams) {
    let nextToken: string | undefined
    for (;;) {
      const input = { logGroupName, logStreamName, startFromHead: true, nextToken }
      const page = await logs.send(new GetLogEventsCommand(input))
      for (const { message: text = '' } of page.events ?? []) yield text
      if (page.nextForwardToken === nextToken || (page.events ?? []).length === 0) break
      nextToken = page.nextForwardToken
    }
  }
}

async function count(logGroupName: string): Promise<number> {
  let number = 0
  for await (const _ of events(logGroupName)) number += 1
  return number
}

async function receiptsOf(key: string): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for await (const text of events(PIPELINE)) {
    const receipt = JSON.parse(text) as Receipt
    if (receipt.kind === 'receipt' && receipt.key === key) receipts.push(receipt)
  }
  // Each instance has a stream of its own.
  return receipts.sort((a, b) => a.time.localeCompare(b.time))
}

describe('a large object', () => {
  test('of 200,000 records, whose function is killed twice in the middle, arrives once; coming again it adds nothing', async () => {
    const key = 'large.json.gz'
    await put(key, trail(RECORDS))
    // The claim is over with the invocation: half a minute here.
    let position = 0
    for (let kill = 0; kill < 2; kill++) {
      const { child, ended } = start(message(key), 20_000, { BUCKETWATCH_MAX_IN_FLIGHT: '2' })
      const reached = position
      position = await eventually('a checkpoint', async () => {
        const item = await state().get(ledgerKey({ bucket: BUCKET, key, sequencer: SEQUENCER }))
        return Number(item?.position) > reached && Number(item?.position)
      })
      child.kill('SIGKILL')
      await ended
      await new Promise((resolve) => setTimeout(resolve, 31_000))
    }
    expect(position).toBeLessThan(RECORDS)
    const stored = await count(GROUP)
    expect(stored).toBeGreaterThanOrEqual(position)
    expect(stored).toBeLessThan(RECORDS)
    expect(JSON.parse((await start(message(key)).ended).trim().split('\n').at(-1)!)).toEqual({ batchItemFailures: [] })
    const seen = new Set<string>()
    let all = 0
    for await (const text of events(GROUP)) {
      all += 1
      seen.add((JSON.parse(text) as { eventID: string }).eventID)
    }
    expect({ all, distinct: seen.size }).toEqual({ all: RECORDS, distinct: RECORDS })

    await start(message(key)).ended
    expect(await count(GROUP)).toBe(RECORDS)
    const receipts = await receiptsOf(key)
    expect(receipts.map(({ status }) => status)).toEqual(['ok', 'duplicate'])
    expect(receipts[1]).toMatchObject({ recordsIn: RECORDS, duplicates: RECORDS, delivered: 0 })
  }, 400_000)

  test('that takes more than an invocation’s time ends: each sends on what is left', async () => {
    const key = 'slow.json.gz'
    const records = 10_000
    const before = await count(GROUP)
    await put(key, trail(records, 1_000_000, BULKY))
    const sqs = new SQSClient({ ...common, useQueueUrlAsEndpoint: false })
    // Some forty calls, each with a wait: on the fastest machine more than an invocation has.
    const slow = await startFront(Number(new URL(emulator.endpoint).port), async (request, pass) => {
      if (String(request.headers['x-amz-target']).endsWith('.PutLogEvents')) await sleep(300)
      return pass()
    })
    let body = message(key)
    let invocations = 0
    for (;;) {
      invocations += 1
      // Half of the time is kept for the end: less than this object takes.
      await start(body, 8_000, {
        BUCKETWATCH_MAX_IN_FLIGHT: '1',
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: slow.endpoint,
      }).ended
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1 }))
      if (Messages[0] === undefined) break
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: Messages[0].ReceiptHandle }))
      body = { ...body, body: Messages[0].Body ?? '' }
      expect(invocations).toBeLessThan(60)
    }
    await slow.stop()
    const receipts = await receiptsOf(key)
    expect(receipts.at(-1)?.status).toBe('ok')
    expect(receipts.slice(0, -1).every(({ status }) => status === 'handedOver')).toBe(true)
    expect(receipts.length).toBeGreaterThan(1)
    expect((await count(GROUP)) - before).toBe(records)
  }, 400_000)
})
