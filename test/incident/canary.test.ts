import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { loadDetections, loadSettings } from '../../shared/files/detections.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import {
  CANARY_EVENTS,
  CANARY_MINUTES,
  canaryNote,
  canaryObject,
  isCanaryDue,
  isCanaryHit,
} from '../../shared/incident/canary.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { LOG_KINDS, type LogKind } from '../../shared/kinds/kinds.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { compilePattern } from '../../shared/metric/filter.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { memoryLog, memoryStore } from '../support/ports.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const PLACE = { bucket: 'bucketwatch-prod-canarybucket-example', accountId: '111122223333', region: 'eu-west-1' }
const settings = await loadSettings('events/settings.json')
/** Every rule, also those that are off. */
const all = compileDetections({
  detections: (await loadDetections('infra/detections')).map((one) => ({ ...one, enabled: true })),
  settings,
  stage: 'prod',
}).rules

function setUp(env: Readonly<Record<string, string>> = {}, store?: ObjectStore) {
  const objects = LOG_KINDS.map((kind) => canaryObject(kind, PLACE, NOW))
  const hits: Hit[] = []
  const receipts: Receipt[] = []
  const logs = createMemoryLogs({ now: () => NOW })
  const pipeline = createPipeline({
    functionName: 'test',
    instanceId: 'i-1',
    config: readConfig({ BUCKETWATCH_STAGE: 'prod', BUCKETWATCH_CANARY_BUCKET: PLACE.bucket, ...env }),
    environment: settings.environment,
    store: store ?? memoryStore(Object.fromEntries(objects.map(({ key, body }) => [`${PLACE.bucket}/${key}`, body]))),
    logs,
    rules: compileHitRules({ rules: all }).rules,
    hits: { put: async (more) => void hits.push(...more) },
    now: () => NOW + 20_000,
    sleep: async () => {},
    random: () => 0.5,
    log: memoryLog(),
    onReceipt: (receipt) => receipts.push(receipt),
  })
  const process = (kind: LogKind) =>
    pipeline.process({ bucket: PLACE.bucket, key: objects[LOG_KINDS.indexOf(kind)]!.key })
  const records = (group: string) =>
    [...(logs.groups.get(`/bucketwatch/prod/${group}`)?.values() ?? [])]
      .flat()
      .map(({ message }) => JSON.parse(message))
  return { pipeline, process, hits, receipts, records }
}

describe.each(LOG_KINDS)('a canary of %s', (kind) => {
  it('is a log object like any other, of one record that no rule matches', async () => {
    const { process, records } = setUp()
    const { receipt } = await process(kind)
    expect(receipt).toMatchObject({ status: 'ok', logKind: kind, recordsIn: 1, delivered: 1, quarantined: 0 })
    const [record, ...others] = records(kind)
    expect(others).toEqual([])
    expect(record).toMatchObject({ eventName: CANARY_EVENTS[kind], outcome: 'success', awsService: true })
    expect(record.kind ?? 'event').toBe('event')
    const matching = all
      .filter(({ detection }) => detection.sources.includes(kind))
      .filter(({ pattern }) => compilePattern(pattern).match(JSON.stringify(record)))
    expect(matching.map(({ detection }) => detection.id)).toEqual([])
  })

  it('ends as a hit of its own, and leaves no receipt and no count', async () => {
    const { pipeline, process, hits, receipts, records } = setUp()
    await process(kind)
    await pipeline.flushReceipts()
    expect(hits).toHaveLength(1)
    expect(hits.every(isCanaryHit)).toBe(true)
    expect(canaryNote(hits[0]!, 'prod', NOW + 42_400)).toEqual({
      kind: 'canary',
      version: 1,
      time: '2026-03-17T13:00:42.400Z',
      source: kind,
      sent: '2026-03-17T13:00:00.000Z',
      seconds: 42,
      stage: 'prod',
    })
    expect(receipts).toEqual([])
    expect(records('pipeline')).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['event names', { BUCKETWATCH_INCLUDE_EVENT_NAMES: 'PutObject' }],
    ['what services do', { BUCKETWATCH_EXCLUDE_AWS_SERVICE: 'all' }],
    ['what no rule matches', { BUCKETWATCH_FORWARD: 'matching' }],
  ])('gets through where %s are left out', async (_, env) => {
    const { process, hits, records } = setUp(env)
    await process(kind)
    expect(records(kind)).toHaveLength(1)
    expect(hits).toHaveLength(1)
  })

  it('does not keep the rules from what comes after it, nor do they count it', async () => {
    const other = 'amzn-s3-demo-logs'
    const bodies = [
      JSON.stringify({
        Records: [
          {
            ...{ eventVersion: '1.11', eventTime: '2026-03-17T12:55:00Z', awsRegion: 'eu-west-1' },
            ...{ eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging', eventID: 'stop' },
            ...{ recipientAccountId: '111122223333', sourceIPAddress: '198.51.100.7' },
            userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/mallory', userName: 'mallory' },
          },
        ],
      }),
      Array.from(
        { length: 200 },
        (_, n) =>
          `79a5 amzn-s3-demo-bucket [17/Mar/2026:12:55:${String(n % 60).padStart(2, '0')} +0000] 198.51.100.7 - R${n} ` +
          `REST.GET.OBJECT k${n} "GET /k${n} HTTP/1.1" 200 - 10 10 5 4 "-" "curl/8" - H - - - h - - - -`,
      ).join('\n'),
    ]
    const objects = LOG_KINDS.map((one) => canaryObject(one, PLACE, NOW))
    const store = memoryStore({
      ...Object.fromEntries(objects.map(({ key, body }) => [`${PLACE.bucket}/${key}`, body])),
      [`${other}/object`]: bodies[LOG_KINDS.indexOf(kind)]!,
    })
    const { pipeline, process, hits } = setUp({}, store)
    await process(kind)
    await pipeline.process({ bucket: other, key: 'object' })
    const told = hits.filter((hit) => !isCanaryHit(hit))
    expect(hits).toHaveLength(told.length + 1)
    expect(told.length).toBeGreaterThan(0)
  })

  it('that cannot be read has a receipt that says so', async () => {
    const store: ObjectStore = { open: () => Promise.reject(new Error('no')) }
    const { process, receipts } = setUp({}, store)
    const { error } = await process(kind)
    expect(error).toBeDefined()
    expect(receipts).toMatchObject([{ status: 'failed', bucket: PLACE.bucket }])
  })

  it('is another object, and another call, the next time', () => {
    const [one, two] = [0, CANARY_MINUTES].map((minutes) => canaryObject(kind, PLACE, NOW + minutes * 60_000))
    expect(one?.key).not.toBe(two?.key)
    expect(one?.body).not.toEqual(two?.body)
  })

  it('in another bucket is an object like any other', async () => {
    const { process, hits, receipts } = setUp({ BUCKETWATCH_CANARY_BUCKET: 'amzn-s3-demo-other' })
    await process(kind)
    expect(hits).toEqual([])
    expect(receipts).toHaveLength(1)
  })
})

describe('isCanaryDue', () => {
  it('is true in one minute of fifteen', () => {
    const due = Array.from({ length: 60 }, (_, minute) => minute).filter((minute) => isCanaryDue(NOW + minute * 60_000))
    expect(due).toEqual([0, 15, 30, 45])
    expect(isCanaryDue(NOW + 59_999)).toBe(true)
  })
})
