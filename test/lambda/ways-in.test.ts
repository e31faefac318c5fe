/** One detection, every way in: the same records as objects, as AWS's own JSON, and as log events of a subscription. */
import { globSync, readFileSync, statSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { parseAccessLogLine } from '../../shared/access-log/parse.ts'
import { FIELDS } from '../../shared/access-log/table.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'
import { createForwarder } from '../../shared/lambda/handler.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { memoryStore } from '../support/ports.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const BUCKET = 'amzn-s3-demo-logs'
const TRAIL_KEY =
  'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/111122223333_CloudTrail_eu-central-1_20260317T1200Z_ABCDEFGHIJKLMNOP.json.gz'
const LINES_KEY = 'logs2026-03-17-12-00-00-ABCDEF0123456789'
const GROUP = '/aws/native/logs'
const CONTEXT = {
  functionName: 'forwarder',
  awsRequestId: 'r-1',
  getRemainingTimeInMillis: () => 300_000,
} as unknown as Context

const compiled = compileDetections({ detections: await loadDetections('infra/detections'), stage: 'test' })
const { rules } = compileHitRules(compiled)

/** A function, and what came of one event. */
async function run(kind: LogKind, event: unknown, objects: Record<string, string | Buffer> = {}) {
  const logs = createMemoryLogs({ now: () => NOW, faults: [] })
  const receipts: Receipt[] = []
  const ignored: string[] = []
  const hits: Hit[] = []
  const metrics = new Metrics({ namespace: 'bucketwatch', serviceName: kind })
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => metrics)
  const handler = createForwarder({
    functionName: kind,
    instanceId: 'i-1',
    config: readConfig({ BUCKETWATCH_STAGE: 'test' }),
    environment: EMPTY_ENVIRONMENT,
    rules,
    hits: { put: async (more) => void hits.push(...more) },
    store: memoryStore(Object.fromEntries(Object.entries(objects).map(([key, body]) => [`${BUCKET}/${key}`, body]))),
    logs,
    now: () => NOW,
    sleep: async () => {},
    random: () => 0,
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics,
    onReceipt: (receipt) => void receipts.push(receipt),
    onIgnored: ({ reason }) => void ignored.push(reason),
  })
  const result = await handler(event, CONTEXT)
  // Batches are on their way side by side.
  const messages = logs
    .events(`/bucketwatch/test/${kind}`)
    .map(({ message }) => message)
    .sort()
  return { messages, receipts, ignored, hits, result, again: () => handler(event, CONTEXT) }
}

const s3 = (key: string) => ({
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: BUCKET }, object: { key: encodeURIComponent(key), size: 1 } },
    },
  ],
})
const subscription = (messages: readonly string[], more: object = {}) => ({
  awslogs: {
    data: gzipSync(
      JSON.stringify({
        messageType: 'DATA_MESSAGE',
        owner: '111122223333',
        logGroup: GROUP,
        logStream: '111122223333_CloudTrail_eu-central-1',
        subscriptionFilters: ['bucketwatch-test'],
        logEvents: messages.map((message, index) => ({ id: `${39_000 + index}`, timestamp: NOW, message })),
        ...more,
      }),
    ).toString('base64'),
  },
})

/** A line as S3 itself delivers it to CloudWatch Logs: its names, null for a dash. */
function nativeJson(line: string): string {
  const fields = parseAccessLogLine(line)
  const members = FIELDS.map(({ name, json: [first] }) => [first, fields[name] ?? null])
  return JSON.stringify({
    schema_version_id: 'V_1_0',
    bucket_arn: `arn:aws:s3:::${fields.bucket}`,
    ...Object.fromEntries(members),
  })
}

const trail: string[] = globSync('events/objects/amzn-s3-demo-trail-logs/AWSLogs/*/CloudTrail/**/*.json.gz')
  .sort()
  .flatMap((file) => {
    try {
      const { Records } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { Records: unknown[] }
      return Records.map((record) => JSON.stringify(record))
    } catch {
      return []
    }
  })
const lines: string[] = globSync('events/objects/amzn-s3-demo-access-logs/**/*')
  .filter((file) => statSync(file).isFile() && readFileSync(file)[0] !== 0x1f)
  .sort()
  .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .filter((line) => parseAccessLogLine(line).parse === 'exact')

const matchers = compileRuleMatchers(compiled.rules.map(({ detection: { id }, pattern }) => ({ id, pattern })))
/** What the rules say of each record, by the record's id. */
const matched = (messages: readonly string[]) =>
  messages
    .map((message) => {
      const record = JSON.parse(message) as { eventID?: string; requestID?: string }
      return `${record.eventID ?? record.requestID} ${matchRules(record, matchers).join(' ')}`
    })
    .sort()
/** What is counted, without where it was found. */
const counted = (hits: readonly Hit[]) => hits.map(({ rule, principal }) => `${rule} ${principal}`).sort()

type Run = Awaited<ReturnType<typeof run>>
const runs: Record<string, Run> = {}
beforeAll(async () => {
  runs.trailObject = await run('cloudtrail', s3(TRAIL_KEY), {
    [TRAIL_KEY]: gzipSync(`{"Records":[${trail.join(',')}]}`),
  })
  runs.trailEvents = await run('cloudtrail', subscription(trail))
  runs.lines = await run('access-log', s3(LINES_KEY), { [LINES_KEY]: lines.join('\n') })
  runs.json = await run('access-log', s3(LINES_KEY), { [LINES_KEY]: lines.map(nativeJson).join('\n') })
  runs.jsonEvents = await run('access-log', subscription(lines.map(nativeJson)))
})

describe('one detection, every way in', () => {
  it.each([
    ['cloudtrail', 'trailObject', 'trailEvents'],
    ['access-log', 'lines', 'json'],
    ['access-log', 'lines', 'jsonEvents'],
  ] as const)('%s: %s and %s', (_kind, first, second) => {
    const [a, b] = [runs[first]!, runs[second]!]
    expect(a.messages.length).toBeGreaterThan(500)
    expect(b.messages).toHaveLength(a.messages.length)
    expect(matched(b.messages)).toEqual(matched(a.messages))
    expect(matched(a.messages).filter((text) => !text.endsWith(' ')).length).toBeGreaterThan(50)
    expect(counted(b.hits)).toEqual(counted(a.hits))
    expect(a.hits.length).toBeGreaterThan(0)
    expect(b.receipts).toMatchObject([{ status: 'ok', delivered: a.messages.length, quarantined: 0 }])
  })

  it('the records of a trail are the same to the letter', () => {
    expect(runs.trailEvents!.messages).toEqual(runs.trailObject!.messages)
  })
})

describe('log events of a subscription', () => {
  it('have a receipt that names group, stream and first event, and are delivered once', async () => {
    const one = await run('cloudtrail', subscription(trail.slice(0, 3)))
    expect(one.receipts).toMatchObject([
      { bucket: GROUP, key: '111122223333_CloudTrail_eu-central-1/39000', recordsIn: 3, delivered: 3 },
    ])
    await one.again()
    expect(one.receipts.at(-1)).toMatchObject({ status: 'duplicate', duplicates: 3, delivered: 0 })
  })

  it('that failed come again through the queue, as Lambda wraps them', async () => {
    const wrapped = {
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted' },
      requestPayload: subscription(trail.slice(0, 3)),
    }
    const event = { Records: [{ messageId: 'm', eventSource: 'aws:sqs', body: JSON.stringify(wrapped) }] }
    const one = await run('cloudtrail', event)
    expect(one.result).toEqual({ batchItemFailures: [] })
    expect(one.receipts).toMatchObject([{ status: 'ok', delivered: 3 }])
  })

  it('that only try the target, or hold nothing, are acknowledged', async () => {
    const control = await run(
      'cloudtrail',
      subscription(['CWL CONTROL MESSAGE: Checking health of destination.'], { messageType: 'CONTROL_MESSAGE' }),
    )
    expect([control.ignored, control.receipts]).toEqual([['control'], []])
    expect((await run('cloudtrail', subscription([]))).ignored).toEqual(['empty'])
  })

  it('of a log group of our own are not forwarded: they would feed on themselves', async () => {
    const own = await run('cloudtrail', subscription(trail.slice(0, 3), { logGroup: '/bucketwatch/test/cloudtrail' }))
    expect([own.messages, own.receipts]).toEqual([[], []])
  })

  it('that are damaged fail with a code, and nothing else does', async () => {
    await expect(run('cloudtrail', { awslogs: { data: 'bm8gZ3ppcA==' } })).rejects.toMatchObject({
      code: 'NOTIFICATION_UNKNOWN',
    })
    const odd = await run('cloudtrail', subscription([trail[0]!, 'no record at all', trail[1]!]))
    expect(odd.receipts).toMatchObject([{ delivered: 2, quarantined: 1 }])
  })
})
