/**
 * The whole chain on an emulator: object put → notification → SQS → Lambda → CloudWatch Logs → metric filter → alarm →
 * SNS. Two things are ours, since the emulator leaves them out, and say so: support/bridge.ts evaluates the metric
 * filters, support/logs-front.ts checks PutLogEvents' limits and has bad days.
 */
import { gunzipSync } from 'node:zlib'
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addsUp, type Receipt } from '../../shared/forward/receipt.ts'
import {
  accessLogKey,
  accessLogLines,
  accessLogObject,
  trailKey,
  trailObject,
  trailRecords,
} from './support/objects.ts'
import { depth, eventually, type Stack, startStack } from './support/stack.ts'

const FEEDS = ['notification', 'sns', 'eventbridge'] as const
const trail = (feed: (typeof FEEDS)[number]) => `amzn-s3-demo-trail-${feed}`
const access = (feed: (typeof FEEDS)[number]) => `amzn-s3-demo-access-${feed}`

let stack: Stack

beforeAll(async () => {
  const buckets = FEEDS.flatMap((feed) => [trail(feed), access(feed)])
  stack = await startStack({
    buckets,
    parameters: {
      cloudTrailBuckets: FEEDS.map(trail).join(','),
      accessLogBuckets: FEEDS.map((feed) => `${access(feed)}/logs/`).join(','),
      feeds: FEEDS.join(','),
    },
  })
  const { outputs, notify } = stack
  const Events = ['s3:ObjectCreated:*' as const]
  await notify(trail('notification'), { QueueConfigurations: [{ QueueArn: outputs.CloudTrailQueueArn, Events }] })
  await notify(access('notification'), { QueueConfigurations: [{ QueueArn: outputs.AccessLogQueueArn, Events }] })
  const topic = (name: string) => outputs.AlarmsTopicArn!.replace(/[^:]+$/, `bucketwatch-e2e-${name}-objects`)
  await notify(trail('sns'), { TopicConfigurations: [{ TopicArn: topic('cloudtrail'), Events }] })
  await notify(access('sns'), { TopicConfigurations: [{ TopicArn: topic('access-log'), Events }] })
  for (const bucket of [trail('eventbridge'), access('eventbridge')])
    await notify(bucket, { EventBridgeConfiguration: {} })
})

afterAll(async () => {
  await stack?.stop()
})

/**
 * The receipt of an object that was read to its end. (The messages become visible again after seconds here, so that one
 * may come a second time while it is in work, and be postponed.)
 */
async function receipt(key: string): Promise<Receipt> {
  const found = await eventually(`a receipt of ${key}`, () => stack.receiptOf(key, ['postponed', 'duplicate']), 60)
  expect(found).toMatchObject({ status: 'ok', undelivered: 0, quarantined: 0 })
  expect(addsUp(found)).toBe(true)
  return found
}

describe.each(FEEDS)('feed %s', (feed) => {
  test('a CloudTrail object: every record arrives, once, and the receipt says so', async () => {
    const records = trailRecords(200, FEEDS.indexOf(feed) + 1)
    const key = trailKey()
    await stack.put(trail(feed), key, trailObject(records))
    const { status, recordsIn, delivered, filtered } = await receipt(key)
    expect({ status, recordsIn, delivered, filtered }).toEqual({
      status: 'ok',
      recordsIn: 200,
      delivered: 200,
      filtered: 0,
    })

    const ids = new Set(records.map(({ eventID }) => eventID))
    const arrived = (await stack.records('cloudtrail'))
      .filter(({ eventID }) => ids.has(eventID as string))
      .map(({ eventID }) => eventID)
    expect(arrived).toHaveLength(200)
    expect(new Set(arrived)).toEqual(ids)
  })

  test('an access-log object, with a key that notifications encode', async () => {
    const lines = accessLogLines(150, FEEDS.indexOf(feed) + 1)
    const key = accessLogKey('logs/team share+one/')
    await stack.put(access(feed), key, accessLogObject(lines))
    const { status, recordsIn, delivered } = await receipt(key)
    expect({ status, recordsIn, delivered }).toEqual({ status: 'ok', recordsIn: 150, delivered: 150 })
    const requestIds = new Set(lines.map((line) => /^\S+ \S+ \[[^\]]+\] \S+ \S+ (\S+)/.exec(line)![1]))
    const arrived = (await stack.records('access-log')).filter(({ requestID }) => requestIds.has(requestID as string))
    expect(arrived).toHaveLength(150)
  })
})

describe('what goes wrong', () => {
  test('a corrupt object is quarantined with its reason; its neighbours in the batch arrive', async () => {
    const [before, corrupt, after] = [trailKey(), trailKey(), trailKey()]
    const good = trailObject(trailRecords(50, 21))
    const bad = Buffer.from(trailObject(trailRecords(50, 22)))
    bad.fill(0xff, bad.length >> 1, (bad.length >> 1) + 64)
    expect(() => gunzipSync(bad)).toThrow()
    // Put before anybody is told, then told in one batch, so that one invocation meets all three.
    const bucket = 'amzn-s3-demo-trail-notification'
    await stack.notify(bucket, {})
    await stack.put(bucket, before, good)
    await stack.put(bucket, corrupt, bad)
    await stack.put(bucket, after, trailObject(trailRecords(50, 23)))
    await tell([before, corrupt, after].map((key) => s3Event(bucket, key)))

    expect((await receipt(before)).delivered).toBe(50)
    expect((await receipt(after)).delivered).toBe(50)
    const quarantined = await eventually('a receipt', () => stack.receiptOf(corrupt))
    expect(quarantined).toMatchObject({
      status: 'quarantined',
      error: { code: expect.stringMatching(/^(GZIP|JSON)_/) },
    })
    expect(addsUp(quarantined)).toBe(true)
    // Receipts are written before the messages are acknowledged.
    await eventually('an empty queue', async () => (await depth(stack, 'cloudtrail')) === 0)
    expect(await stack.take('cloudtrail-dlq')).toEqual([])
  })

  test('a message that fails five times is in the dead-letter queue, the reason in the receipts; its neighbours are done once', async () => {
    const bucket = 'amzn-s3-demo-trail-sns'
    const [good, gone] = [trailKey(), trailKey()]
    await stack.notify(bucket, {})
    await stack.put(bucket, good, trailObject(trailRecords(30, 31)))
    const goneEvent = s3Event(bucket, gone)
    await tell([s3Event(bucket, good), goneEvent, 'this is no notification'])

    expect((await receipt(good)).delivered).toBe(30)
    const dead = await eventually(
      'two messages in the dead-letter queue',
      async () => {
        return (await depth(stack, 'cloudtrail-dlq')) === 2 && stack.take('cloudtrail-dlq')
      },
      60,
    )
    expect(new Set(dead.map(({ Body }) => Body))).toEqual(new Set([goneEvent, 'this is no notification']))
    const receipts = (await stack.records('pipeline')).filter((record) => record.kind === 'receipt')
    const ofGone = receipts.filter(({ key }) => key === gone)
    expect(ofGone).toHaveLength(5)
    for (const each of ofGone) expect(each).toMatchObject({ status: 'failed', error: { code: 'OBJECT_NOT_FOUND' } })
    expect(receipts.filter(({ key }) => key === good)).toHaveLength(1)
  })

  test('CloudWatch Logs throttles and fails: everything arrives once all the same', async () => {
    const bucket = 'amzn-s3-demo-trail-eventbridge'
    const records = trailRecords(3000, 41)
    const key = trailKey()
    stack.logsFront.fail('throttle', 'unavailable', 'throttle')
    await stack.put(bucket, key, trailObject(records))
    const { delivered, retries } = await receipt(key)
    expect(delivered).toBe(3000)
    expect(retries).toBeGreaterThanOrEqual(3)
    const ids = new Set(records.map(({ eventID }) => eventID))
    expect((await stack.records('cloudtrail')).filter(({ eventID }) => ids.has(eventID as string))).toHaveLength(3000)
  })

  test('an answer that gets lost costs neither records nor duplicates: the stream is read first', async () => {
    const bucket = 'amzn-s3-demo-trail-eventbridge'
    const records = trailRecords(100, 42)
    const key = trailKey()
    stack.logsFront.fail('lost')
    await stack.put(bucket, key, trailObject(records))
    expect((await receipt(key)).delivered).toBe(100)
    const ids = new Set(records.map(({ eventID }) => eventID))
    const arrived = (await stack.records('cloudtrail')).filter(({ eventID }) => ids.has(eventID as string))
    expect(new Set(arrived.map(({ eventID }) => eventID))).toEqual(ids)
    expect(arrived).toHaveLength(100)
  })

  test('an object that is told of twice is delivered once, whatever instance gets it', async () => {
    const bucket = 'amzn-s3-demo-trail-notification'
    const records = trailRecords(40, 43)
    const key = trailKey()
    await stack.notify(bucket, {})
    await stack.put(bucket, key, trailObject(records))
    await tell([s3Event(bucket, key)])
    await receipt(key)
    await tell([s3Event(bucket, key)])
    const receipts = await eventually('two receipts', async () => {
      const all = (await stack.records('pipeline')).filter((record) => record.key === key)
      return all.length === 2 && all
    })
    expect(receipts).toMatchObject([
      { status: 'ok', recordsIn: 40, delivered: 40, duplicates: 0 },
      { status: 'duplicate', recordsIn: 40, delivered: 0, duplicates: 40 },
    ])
    const ids = new Set(records.map(({ eventID }) => eventID))
    expect((await stack.records('cloudtrail')).filter(({ eventID }) => ids.has(eventID as string))).toHaveLength(40)
  })

  test('PutLogEvents never got a batch beyond its limits', () => {
    expect(stack.logsFront.puts.length).toBeGreaterThan(10)
    expect(stack.logsFront.puts.filter(({ outcome }) => outcome === 'refused')).toEqual([])
  })
})

/** Messages to the CloudTrail queue, in one batch. */
async function tell(bodies: readonly string[]): Promise<void> {
  const { Failed } = await stack.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: stack.outputs.CloudTrailQueueUrl,
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  )
  expect(Failed ?? []).toEqual([])
}

/** The notification that S3 would send. */
const s3Event = (bucket: string, key: string): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: new Date().toISOString(),
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket },
          object: { key: encodeURIComponent(key).replaceAll('%2F', '/') },
        },
      },
    ],
  })
