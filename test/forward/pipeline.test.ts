import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT, type Environment } from '../../shared/contracts/record.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import { addsUp, type Receipt } from '../../shared/forward/receipt.ts'
import { createMemoryLogs, type LogsFault } from '../../shared/local/memory-logs.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'
import { memoryLog, memoryStore } from '../support/ports.ts'

const NOW = Date.parse('2026-03-17T09:00:00Z')
const TRAIL =
  'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/111122223333_CloudTrail_eu-central-1_20260317T0855Z_AbCdEfGh12345678.json.gz'
const ACCESS = 'logs/2026-03-17-08-30-00-0123456789ABCDEF'
const BUCKET = 'amzn-s3-demo-logs'

interface Setup {
  readonly objects?: Record<string, Uint8Array | string>
  readonly store?: ObjectStore
  readonly faults?: readonly LogsFault[]
  readonly env?: Record<string, string>
  readonly environment?: Environment
}

function setUp({ objects = {}, store, faults, env = {}, environment = EMPTY_ENVIRONMENT }: Setup) {
  const named = Object.fromEntries(Object.entries(objects).map(([key, body]) => [`${BUCKET}/${key}`, body]))
  const logs = createMemoryLogs({ now: () => NOW, faults })
  const log = memoryLog()
  const pipeline = createPipeline({
    functionName: 'test',
    instanceId: 'i-1',
    config: readConfig({ BUCKETWATCH_STAGE: 'test', ...env }),
    environment,
    store: store ?? memoryStore(named),
    logs,
    now: () => NOW,
    sleep: async () => {},
    random: () => 0,
    log,
  })
  const messages = (group: string) =>
    [...(logs.groups.get(`/bucketwatch/test/${group}`)?.values() ?? [])]
      .flat()
      .map(({ message }) => JSON.parse(message))
  return { pipeline, logs, log, messages, process: (key: string) => pipeline.process({ bucket: BUCKET, key }) }
}

function trail(records: readonly unknown[]): Buffer {
  return gzipSync(JSON.stringify({ Records: records }))
}

const cloudTrail = (records: number, seed = 1) => [...generateCloudTrail({ records, seed })]
const accessLog = (lines: number, seed = 1) => [...generateAccessLogLines({ lines, seed, oddShare: 0 })]

describe('history', () => {
  it('records, receipt and what is rejected go to the group history, and nothing to the groups with metric filters', async () => {
    const records = cloudTrail(40)
    const damaged = Buffer.from(`${JSON.stringify({ Records: records }).slice(0, -2)},{"eventVersion":`)
    const { pipeline, messages, process } = setUp({ objects: { [TRAIL]: trail(records), 'old.json': damaged } })
    await process(TRAIL)
    const groups = () => ['cloudtrail', 'access-log', 'pipeline'].map((group) => messages(group).length)
    await pipeline.flushReceipts()
    const before = groups()
    const { receipt } = await pipeline.process({ bucket: BUCKET, key: TRAIL, history: true })
    // It is a copy of its own: that the records were forwarded when they arrived makes them no duplicates.
    expect(receipt).toMatchObject({
      history: true,
      delivered: 40,
      duplicates: 0,
      logGroupName: '/bucketwatch/test/history',
    })
    const again = await pipeline.process({ bucket: BUCKET, key: 'old.json', history: true })
    expect(again.receipt).toMatchObject({ history: true, status: 'quarantined' })
    await pipeline.flushReceipts()
    expect(groups()).toEqual(before)
    const kinds = messages('history').map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'receipt')).toHaveLength(2)
    expect(kinds).toContain('rejected')
  })
})

describe('one object', () => {
  it('CloudTrail goes to the cloudtrail group, every record once, and the receipt says so', async () => {
    const { process, pipeline, messages } = setUp({ objects: { [TRAIL]: trail(cloudTrail(300)) } })
    const { receipt, error } = await process(TRAIL)
    expect(error).toBeUndefined()
    expect(receipt).toMatchObject({
      kind: 'receipt',
      status: 'ok',
      bucket: BUCKET,
      key: TRAIL,
      logKind: 'cloudtrail',
      logGroupName: '/bucketwatch/test/cloudtrail',
      recordsIn: 300,
      delivered: 300,
      filtered: 0,
      duplicates: 0,
      quarantined: 0,
      undelivered: 0,
    })
    const ids = messages('cloudtrail').map(({ eventID }) => eventID)
    expect(new Set(ids).size).toBe(300)
    await pipeline.flushReceipts()
    expect(messages('pipeline')).toEqual([JSON.parse(JSON.stringify(receipt))])
  })

  it('an access log goes to the access-log group, gzipped or not, whatever its name says', async () => {
    const text = accessLog(50).join('\n')
    const { process, messages } = setUp({
      objects: { [ACCESS]: text, 'some/export': gzipSync(text.replaceAll('"aws', '"AWS')) },
    })
    expect((await process(ACCESS)).receipt).toMatchObject({ logKind: 'access-log', recordsIn: 50, delivered: 50 })
    expect((await process('some/export')).receipt.logKind).toBe('access-log')
    expect(messages('access-log').length).toBeGreaterThanOrEqual(50)
  })

  it('stamps log events with the processing time, or with their own when asked', async () => {
    const objects = { [TRAIL]: trail(cloudTrail(5)) }
    const processing = setUp({ objects })
    await processing.process(TRAIL)
    expect(processing.logs.events('/bucketwatch/test/cloudtrail').map(({ timestamp }) => timestamp)).toEqual(
      Array(5).fill(NOW),
    )

    const recent = cloudTrail(5).map((record, index) => ({ ...record, eventTime: `2026-03-17T08:0${index}:00Z` }))
    const event = setUp({ objects: { [TRAIL]: trail(recent) }, env: { BUCKETWATCH_TIMESTAMP: 'event' } })
    await event.process(TRAIL)
    expect(event.logs.events('/bucketwatch/test/cloudtrail').map(({ timestamp }) => timestamp)).toEqual(
      recent.map(({ eventTime }) => Date.parse(eventTime)),
    )
  })

  it('measures the lag', async () => {
    const records = [60, 120, 3000].map((seconds, index) => ({
      eventID: `e-${index}`,
      eventName: 'X',
      eventTime: new Date(NOW - seconds * 1000).toISOString(),
    }))
    const { process } = setUp({ objects: { [TRAIL]: trail(records) } })
    expect((await process(TRAIL)).receipt).toMatchObject({ lagSecondsMax: 3000, lagSecondsP50: 120 })
  })
})

describe('nothing twice', () => {
  it('an event that stands twice in an object, or comes again with another, is delivered once', async () => {
    const records = cloudTrail(20)
    const { process, messages } = setUp({
      objects: { [TRAIL]: trail([...records, records[3]]), again: trail(records) },
    })
    expect((await process(TRAIL)).receipt).toMatchObject({ recordsIn: 21, delivered: 20, duplicates: 1 })
    expect((await process('again')).receipt).toMatchObject({ recordsIn: 20, delivered: 0, duplicates: 20 })
    expect(messages('cloudtrail')).toHaveLength(20)
  })

  it('what could not be delivered is no duplicate when it is tried again', async () => {
    const { process, messages } = setUp({
      objects: { [TRAIL]: trail(cloudTrail(20)) },
      faults: [{ failure: 'denied', times: 1 }],
    })
    const first = await process(TRAIL)
    expect(first.error?.code).toBe('LOGS_PUT')
    expect(first.receipt).toMatchObject({ status: 'failed', recordsIn: 20, delivered: 0, undelivered: 20 })
    expect((await process(TRAIL)).receipt).toMatchObject({ status: 'ok', delivered: 20, duplicates: 0 })
    expect(messages('cloudtrail')).toHaveLength(20)
  })
})

describe('filters run before anything is paid', () => {
  it('each filtered record is counted by reason', async () => {
    const records = [
      { eventID: '1', eventName: 'GetObject', eventSource: 's3.amazonaws.com', userIdentity: role('bucketwatch-fn') },
      { eventID: '2', eventName: 'DescribeInstances', eventSource: 'ec2.amazonaws.com', userIdentity: role('app') },
      { eventID: '3', eventName: 'DeleteBucket', eventSource: 's3.amazonaws.com', userIdentity: role('app') },
    ]
    const { process, messages } = setUp({
      objects: { [TRAIL]: trail(records) },
      env: { BUCKETWATCH_OWN_ROLES: 'bucketwatch-fn', BUCKETWATCH_EXCLUDE_EVENT_NAMES: 'Describe*' },
    })
    const { receipt } = await process(TRAIL)
    expect(receipt.filteredBy).toEqual({ ownTraffic: 1, eventNameExcluded: 1 })
    expect(receipt).toMatchObject({ recordsIn: 3, filtered: 2, delivered: 1 })
    expect(messages('cloudtrail').map(({ eventName }) => eventName)).toEqual(['DeleteBucket'])
  })
})

function role(name: string) {
  return {
    type: 'AssumedRole',
    arn: `arn:aws:sts::111122223333:assumed-role/${name}/session`,
    accountId: '111122223333',
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::111122223333:role/${name}`, userName: name } },
  }
}

describe('bad content', () => {
  it('a digest is skipped and counted, not an error', async () => {
    const key =
      'AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/03/17/111122223333_CloudTrail-Digest_eu-central-1_trail_eu-central-1_20260317T080000Z.json.gz'
    const { process } = setUp({ objects: { [key]: trail([]) } })
    expect((await process(key)).receipt).toMatchObject({ status: 'skipped', reason: 'digest', recordsIn: 0 })
  })

  it('an object that is no log is quarantined with the reason, and is not tried again', async () => {
    const { process, pipeline, messages } = setUp({ objects: { 'notes.txt': 'buy milk' } })
    const { receipt, error } = await process('notes.txt')
    expect(error).toBeUndefined()
    expect(receipt).toMatchObject({ status: 'quarantined', recordsIn: 0, error: { code: 'OBJECT_KIND' } })
    expect(receipt.error?.message).toContain('buy milk')
    await pipeline.flushReceipts()
    expect(messages('pipeline').map(({ kind }) => kind)).toEqual(['rejected', 'receipt'])
  })

  it('what was sound of a truncated object is delivered; the rest is quarantined and counted', async () => {
    const records = cloudTrail(400)
    const whole = trail(records)
    const { process, pipeline, messages } = setUp({ objects: { [TRAIL]: whole.subarray(0, whole.length * 0.6) } })
    const { receipt, error } = await process(TRAIL)
    expect(error).toBeUndefined()
    expect(receipt.status).toBe('quarantined')
    expect(receipt.error?.code).toBe('GZIP_TRUNCATED')
    expect(receipt.error?.message).toContain(`${receipt.delivered} records were delivered`)
    expect(receipt.delivered).toBeGreaterThan(100)
    expect(addsUp(receipt)).toBe(true)
    expect(messages('cloudtrail').map(({ eventID }) => eventID)).toEqual(
      records.slice(0, receipt.delivered).map(({ eventID }) => eventID),
    )
    await pipeline.flushReceipts()
    expect(messages('pipeline').filter(({ kind }) => kind === 'rejected').length).toBeGreaterThan(0)
  })

  it('an access-log line that is too long is put aside, all of it, its neighbours as they are', async () => {
    const [first, second] = accessLog(2)
    const long = `${first!.slice(0, -1)}${'x'.repeat(1_100_000)}`
    const { process, messages, pipeline } = setUp({ objects: { [ACCESS]: `${first}\n${long}\n${second}\n` } })
    const { receipt } = await process(ACCESS)
    expect(receipt).toMatchObject({ status: 'quarantined', recordsIn: 3, delivered: 2, quarantined: 1 })
    expect(messages('access-log').filter(({ kind = 'event' }) => kind === 'event')).toHaveLength(2)
    await pipeline.flushReceipts()
    const parts = messages('pipeline').filter(({ kind }) => kind.startsWith('rejected'))
    expect(parts[0]).toMatchObject({ kind: 'rejected', reason: 'LINE_TOO_LARGE', record: 2 })
    expect(parts.map(({ text }) => text).join('') === long).toBe(true)
  })

  it('a line that cannot be read is delivered as text, its neighbours are untouched', async () => {
    const [first, second] = accessLog(2)
    const { process, messages } = setUp({ objects: { [ACCESS]: `${first}\nthis is no access log line\n${second}\n` } })
    expect((await process(ACCESS)).receipt).toMatchObject({ recordsIn: 3, delivered: 3, raw: 1 })
    expect(messages('access-log')[1]).toMatchObject({
      kind: 'parseError',
      parse: 'raw',
      raw: 'this is no access log line',
    })
  })

  it('a record beyond the memory limit is quarantined, its neighbours are delivered', async () => {
    const big = { eventID: 'big', eventName: 'X', requestParameters: { text: 'x'.repeat(50_000) } }
    const { process } = setUp({
      objects: { [TRAIL]: trail([...cloudTrail(3), big, ...cloudTrail(3, 2)]) },
      env: { BUCKETWATCH_MAX_RECORD_BYTES: '20000' },
    })
    expect((await process(TRAIL)).receipt).toMatchObject({
      recordsIn: 7,
      delivered: 6,
      quarantined: 1,
      quarantinedBy: { RECORD_TOO_LARGE: 1 },
    })
  })

  it('an object that inflates beyond the limit is cut there', async () => {
    const { process } = setUp({
      objects: { [TRAIL]: trail(cloudTrail(200)) },
      env: { BUCKETWATCH_MAX_INFLATED_BYTES: '100000' },
    })
    const { receipt } = await process(TRAIL)
    expect(receipt).toMatchObject({ status: 'quarantined', error: { code: 'INFLATED_TOO_LARGE' } })
    expect(receipt.delivered).toBeGreaterThan(20)
    expect(addsUp(receipt)).toBe(true)
  })

  it('an event larger than CloudWatch takes is shrunk, keeps what detections read, and is flagged', async () => {
    const huge = {
      eventID: 'huge',
      eventName: 'PutBucketPolicy',
      eventSource: 's3.amazonaws.com',
      eventTime: '2026-03-17T08:59:00Z',
      requestParameters: { bucketName: 'amzn-s3-demo-bucket', note: 'é'.repeat(900_000) },
    }
    const { process, messages } = setUp({ objects: { [TRAIL]: trail([huge]) }, env: { BUCKETWATCH_DETAIL: 'full' } })
    expect((await process(TRAIL)).receipt).toMatchObject({ delivered: 1, truncated: 1 })
    expect(messages('cloudtrail')[0]).toMatchObject({
      eventID: 'huge',
      eventName: 'PutBucketPolicy',
      change: 'policy',
      truncated: true,
    })
  })

  it('every receipt adds up, whatever bytes the object holds', async () => {
    const records = trail(cloudTrail(30))
    const lines = Buffer.from(accessLog(30).join('\n'))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(records, lines),
        fc.array(
          fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.integer({ min: 0, max: 255 }) }),
          { maxLength: 6 },
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (source, flips, cut) => {
          const body = Buffer.from(source)
          for (const { at, byte } of flips) body[Math.floor(at * (body.length - 1))] = byte
          const { process } = setUp({ objects: { any: body.subarray(0, Math.ceil(cut * body.length)) } })
          const { receipt, error } = await process('any')
          expect(error).toBeUndefined()
          expect(addsUp(receipt)).toBe(true)
          expect(receipt.undelivered).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('failures that a retry can help', () => {
  it.each([
    ['a missing object', 'OBJECT_NOT_FOUND', setUp({})],
    ['a broken connection', 'INTERNAL', setUp({ store: { open: async () => ({ body: broken() }) } })],
    [
      'no right to write',
      'LOGS_PUT',
      setUp({ objects: { [TRAIL]: trail(cloudTrail(2)) }, faults: [{ failure: 'denied', times: 9 }] }),
    ],
  ])('%s is %s, and the receipt says failed', async (_, code, { process }) => {
    const { receipt, error } = await process(TRAIL)
    expect(error?.code).toBe(code)
    expect(error?.retryable).toBe(true)
    expect(receipt.status).toBe('failed')
    expect(addsUp(receipt)).toBe(true)
  })

  async function* broken(): AsyncGenerator<Uint8Array> {
    yield trail(cloudTrail(100)).subarray(0, 2000)
    throw new Error('socket hang up')
  }

  it('throttling is waited out', async () => {
    const { process } = setUp({
      objects: { [TRAIL]: trail(cloudTrail(50)) },
      faults: [{ failure: 'throttled', times: 3 }],
    })
    expect((await process(TRAIL)).receipt).toMatchObject({ status: 'ok', delivered: 50, retries: 4 })
  })

  it('receipts that cannot be delivered stand in the function’s own log', async () => {
    const { process, pipeline, log } = setUp({
      objects: { [TRAIL]: trail(cloudTrail(1)) },
      faults: [{ failure: 'denied', times: 9, when: ({ logGroupName }) => logGroupName.endsWith('/pipeline') }],
    })
    await process(TRAIL)
    await pipeline.flushReceipts()
    const line = log.lines.find(({ message }) => message === 'receipts could not be delivered')
    expect(line?.level).toBe('error')
    expect(JSON.stringify(line?.extra)).toContain('receipt')
  })
})

describe('memory', () => {
  it('many objects leave nothing behind but the de-duplication window', async () => {
    const receipts: Receipt[] = []
    const objects = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`o${index}`, trail(cloudTrail(20, index))]),
    )
    const { process } = setUp({ objects })
    for (const key of Object.keys(objects)) receipts.push((await process(key)).receipt)
    expect(receipts.every(({ status }) => status === 'ok')).toBe(true)
  })
})
