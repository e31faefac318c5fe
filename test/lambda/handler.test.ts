import { gzipSync } from 'node:zlib'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { describe, expect, it, vi } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import { createForwarder } from '../../shared/lambda/handler.ts'
import { createMemoryLogs, type LogsFault } from '../../shared/local/memory-logs.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { generateCloudTrail } from '../support/generate.ts'
import { memoryStore } from '../support/ports.ts'

const NOW = Date.parse('2026-03-17T09:00:00Z')
const BUCKET = 'amzn-s3-demo-logs'
const CONTEXT = {
  functionName: 'cloudtrail',
  awsRequestId: 'r-1',
  getRemainingTimeInMillis: () => 1000,
} as unknown as Context

const object = (seed: number) => gzipSync(JSON.stringify({ Records: [...generateCloudTrail({ records: 5, seed })] }))
const OBJECTS = {
  [`${BUCKET}/a b.json.gz`]: object(1),
  [`${BUCKET}/c.json.gz`]: object(2),
  [`${BUCKET}/d.json.gz`]: object(3),
}

function setUp(faults: readonly LogsFault[] = []) {
  const logs = createMemoryLogs({ now: () => NOW, faults })
  const receipts: Receipt[] = []
  const ignored: string[] = []
  const metrics = new Metrics({ namespace: 'bucketwatch', serviceName: 'cloudtrail' })
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => metrics)
  const handler = createForwarder({
    functionName: 'cloudtrail',
    instanceId: 'i-1',
    config: readConfig({ BUCKETWATCH_STAGE: 'test' }),
    environment: EMPTY_ENVIRONMENT,
    store: memoryStore(OBJECTS),
    logs,
    now: () => NOW,
    sleep: async () => {},
    random: () => 0,
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics,
    onReceipt: (receipt) => void receipts.push(receipt),
    onIgnored: ({ reason }) => void ignored.push(reason),
  })
  return { handler: (event: unknown) => handler(event, CONTEXT), logs, receipts, ignored, metrics }
}

const s3 = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: BUCKET }, object: { key: encodeURIComponent(key).replaceAll('%20', '+'), size: 1 } },
  })),
})
const sqs = (...bodies: unknown[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m-${index}`,
    eventSource: 'aws:sqs',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })),
})
const sns = (body: unknown) => ({
  Type: 'Notification',
  TopicArn: 'arn:aws:sns:eu-central-1:111122223333:t',
  Message: JSON.stringify(body),
})
const eventBridge = (key: string) => ({
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { version: '0', bucket: { name: BUCKET }, object: { key, size: 1 } },
})
const TEST_EVENT = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: BUCKET }
const failures = (result: unknown) =>
  (result as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

describe('from SQS', () => {
  it('all forms of notification are understood', async () => {
    const { handler, receipts, ignored } = setUp()
    const result = await handler(sqs(s3('a b.json.gz'), sns(s3('c.json.gz')), eventBridge('d.json.gz'), TEST_EVENT))
    expect(failures(result)).toEqual([])
    expect(receipts.map(({ key, status }) => `${key} ${status}`)).toEqual([
      'a b.json.gz ok',
      'c.json.gz ok',
      'd.json.gz ok',
    ])
    expect(ignored).toEqual(['testEvent'])
  })

  it('a failed message is reported alone; the others are done', async () => {
    const { handler, receipts } = setUp()
    const result = await handler(sqs('{{{ garbage', s3('a b.json.gz'), s3('missing.json.gz'), s3('c.json.gz')))
    expect(failures(result)).toEqual(['m-0', 'm-2'])
    expect(receipts.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok'])
  })

  it('of a message with several objects all are tried, and it fails when one did', async () => {
    const { handler, receipts } = setUp()
    expect(failures(await handler(sqs(s3('missing.json.gz', 'a b.json.gz'))))).toEqual(['m-0'])
    expect(receipts.map(({ status }) => status)).toEqual(['failed', 'ok'])
  })

  it('when all fail, all are reported and nothing is thrown', async () => {
    const { handler } = setUp()
    expect(failures(await handler(sqs('x', 'y')))).toEqual(['m-0', 'm-1'])
  })

  it('an unrecoverable error of CloudWatch Logs fails only the messages concerned', async () => {
    const { handler, receipts } = setUp([{ failure: 'denied', times: 1 }])
    expect(failures(await handler(sqs(s3('a b.json.gz'), s3('c.json.gz'))))).toEqual(['m-0'])
    expect(receipts.map(({ status }) => status)).toEqual(['failed', 'ok'])
  })

  it('the receipts of an invocation go out in one call', async () => {
    const { handler, logs } = setUp()
    await handler(sqs(s3('a b.json.gz'), s3('c.json.gz')))
    expect(logs.events('/bucketwatch/test/pipeline')).toHaveLength(2)
    expect(logs.calls.filter((call) => call === 'putLogEvents')).toHaveLength(2 + 1 + 2)
  })
})

describe('invoked directly', () => {
  it('by S3, EventBridge or SNS, it says what it did', async () => {
    const { handler } = setUp()
    expect(await handler(s3('a b.json.gz', 'c.json.gz'))).toEqual({ objects: 2, ignored: 0 })
    expect(await handler(eventBridge('d.json.gz'))).toEqual({ objects: 1, ignored: 0 })
    const snsEvent = { Records: [{ EventSource: 'aws:sns', Sns: sns(s3('c.json.gz')) }] }
    expect(await handler(snsEvent)).toEqual({ objects: 1, ignored: 0 })
    expect(await handler(TEST_EVENT)).toEqual({ objects: 0, ignored: 1 })
  })

  it('a failure throws, so that Lambda tries again, but only after the other objects were done', async () => {
    const { handler, receipts, logs } = setUp()
    await expect(handler(s3('missing.json.gz', 'c.json.gz'))).rejects.toThrow(/does not exist/)
    expect(receipts.map(({ status }) => status)).toEqual(['failed', 'ok'])
    expect(logs.events('/bucketwatch/test/pipeline')).toHaveLength(2)
  })
})

describe('metrics', () => {
  it('the totals of an invocation are published once, in the embedded metric format', async () => {
    const { handler, metrics } = setUp()
    const publish = vi.mocked(metrics.publishStoredMetrics)
    await handler(sqs(s3('a b.json.gz'), s3('c.json.gz')))
    expect(publish).toHaveBeenCalledOnce()
    const emf = metrics.serializeMetrics()
    expect(emf).toMatchObject({
      Objects: [1, 1],
      RecordsIn: [5, 5],
      RecordsDelivered: [5, 5],
      ObjectsQuarantined: [0, 0],
    })
  })

  it('what failed, and what is no log, is no sign that logs come; a backfill counts in nothing', async () => {
    const { handler, metrics, receipts } = setUp()
    const digest =
      'AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/17/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260317T070000Z.json.gz'
    await handler(
      sqs({ ...s3('d.json.gz'), bucketwatch: { group: 'history' } }, s3('missing.json.gz', digest, 'c.json.gz')),
    )
    expect(receipts.map(({ status, history }) => [status, history])).toEqual([
      ['ok', true],
      ['failed', undefined],
      ['skipped', undefined],
      ['ok', undefined],
    ])
    expect(metrics.serializeMetrics()).toMatchObject({
      Objects: [0, 0, 1],
      ObjectsFailed: [1, 0, 0],
      RecordsIn: [0, 0, 5],
    })
  })

  it('nothing is published where there was nothing to count', async () => {
    const { handler, metrics } = setUp()
    const publish = vi.mocked(metrics.publishStoredMetrics)
    await handler(sqs(TEST_EVENT))
    expect(publish).not.toHaveBeenCalled()
  })
})
