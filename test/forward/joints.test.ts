/** Where rooms meet: the reader of objects and the store below it, content and key, record and receipt. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BucketwatchError, type ErrorCode } from '../../shared/contracts/errors.ts'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import { addsUp } from '../../shared/forward/receipt.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { joinEntries, readEntry } from '../../shared/quarantine/entry.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'
import { memoryLog } from '../support/ports.ts'

const NOW = Date.parse('2026-03-17T09:00:00Z')
const BUCKET = 'amzn-s3-demo-logs'
const TRAIL =
  'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/111122223333_CloudTrail_eu-central-1_20260317T0855Z_AbCdEfGh12345678.json.gz'
const ACCESS = 'logs/2026-03-17-08-30-00-0123456789ABCDEF'
const DIGEST =
  'AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/03/17/111122223333_CloudTrail-Digest_eu-central-1_trail_eu-central-1_20260317T085500Z.json.gz'

const records = (count: number, seed = 1) => [...generateCloudTrail({ records: count, seed })]
const lines = (count: number, seed = 1) => [...generateAccessLogLines({ lines: count, seed, oddShare: 0 })]
const trail = (list: readonly unknown[]) => gzipSync(JSON.stringify({ Records: list }))

/** A body in pieces that throws after so many of them. */
async function* body(bytes: Uint8Array, failure?: Error, after = Number.POSITIVE_INFINITY, size = 500) {
  for (let start = 0, piece = 0; start < bytes.length; start += size, piece += 1) {
    if (piece === after) throw failure
    yield bytes.subarray(start, start + size)
  }
  if (failure !== undefined) throw failure
}

function setUp(open: ObjectStore['open'], env: Record<string, string> = {}) {
  const logs = createMemoryLogs({ now: () => NOW })
  const pipeline = createPipeline({
    functionName: 'test',
    instanceId: 'i-1',
    config: readConfig({ BUCKETWATCH_STAGE: 'test', ...env }),
    environment: EMPTY_ENVIRONMENT,
    store: { open },
    logs,
    now: () => NOW,
    sleep: async () => {},
    random: () => 0,
    log: memoryLog(),
  })
  const messages = (group: string): Record<string, unknown>[] =>
    [...(logs.groups.get(`/bucketwatch/test/${group}`)?.values() ?? [])]
      .flat()
      .map(({ message }) => JSON.parse(message))
  return { pipeline, messages }
}

/** Reads one object whose first reading breaks, and then the whole. */
async function readTwice(key: string, bytes: Uint8Array, failure: Error, after: number) {
  let reading = 0
  const { pipeline, messages } = setUp(async () => ({
    body: reading++ === 0 ? body(bytes, failure, after) : body(bytes),
  }))
  const first = await pipeline.process({ bucket: BUCKET, key })
  const second = await pipeline.process({ bucket: BUCKET, key })
  return { first, second, messages }
}

describe('a read from S3 that breaks in mid-object', () => {
  const broken = () => new BucketwatchError('OBJECT_READ', 'the connection broke')

  test.each([
    ['a trail', TRAIL, trail(records(200)), 'cloudtrail', 200],
    ['a trail that is not gzipped', TRAIL, Buffer.from(JSON.stringify({ Records: records(40) })), 'cloudtrail', 40],
    ['an access log', ACCESS, Buffer.from(lines(200).join('\n')), 'access-log', 200],
    ['an access log of a name that says nothing', 'x', Buffer.from(lines(200).join('\n')), 'access-log', 200],
  ])('%s is tried again, and then everything is there once', async (_, key, bytes, group, count) => {
    const { first, second, messages } = await readTwice(key, bytes, broken(), Math.floor(bytes.length / 1000))
    expect(first.error).toMatchObject({ code: 'OBJECT_READ', retryable: true })
    expect(first.receipt).toMatchObject({ status: 'failed', error: { code: 'OBJECT_READ' }, quarantined: 0 })
    expect(addsUp(first.receipt)).toBe(true)

    expect(second.error).toBeUndefined()
    // It goes on where the ledger says that the first reading stopped.
    expect(second.receipt.status).toBe('ok')
    expect(addsUp(second.receipt)).toBe(true)
    expect(first.receipt.delivered + second.receipt.delivered).toBe(count)
    expect(messages(group)).toHaveLength(count)
  })

  test('before its first byte, and after its last', async () => {
    const bytes = trail(records(10))
    for (const after of [0, Number.POSITIVE_INFINITY]) {
      const { first, second } = await readTwice(TRAIL, bytes, broken(), after)
      expect(first.error).toMatchObject({ code: 'OBJECT_READ' })
      expect(second.receipt.status).toBe('ok')
    }
  })

  test('by an error that has no code: tried again as INTERNAL', async () => {
    const { first, second } = await readTwice(ACCESS, Buffer.from(lines(50).join('\n')), new Error('?'), 3)
    expect(first.error).toMatchObject({ code: 'INTERNAL' })
    expect(second.receipt.status).toBe('ok')
  })

  test.each(['OBJECT_NOT_FOUND', 'OBJECT_ACCESS_DENIED', 'OBJECT_ARCHIVED', 'OBJECT_READ'] as ErrorCode[])(
    '%s on opening fails the notification',
    async (code) => {
      const { pipeline } = setUp(async () => {
        throw new BucketwatchError(code, 'told by the test')
      })
      const { receipt, error } = await pipeline.process({ bucket: BUCKET, key: TRAIL })
      expect(error).toMatchObject({ code })
      expect(receipt).toMatchObject({ status: 'failed', recordsIn: 0, delivered: 0, undelivered: 0 })
    },
  )
})

describe('which log an object is', () => {
  const read = async (key: string, bytes: Uint8Array | string) => {
    const { pipeline, messages } = setUp(async () => ({ body: body(Buffer.from(bytes)) }))
    const { receipt } = await pipeline.process({ bucket: BUCKET, key })
    await pipeline.flushReceipts()
    return { receipt, messages }
  }

  test.each([
    ['x/y.gz', trail(records(3)), 'cloudtrail', 3],
    ['x/y.json', JSON.stringify({ Records: records(3) }), 'cloudtrail', 3],
    ['x/y', lines(3).join('\n'), 'access-log', 3],
    ['x/y.gz', gzipSync(lines(3).join('\n')), 'access-log', 3],
    ['x/big', lines(500).join('\n'), 'access-log', 500],
  ])('its content says where %s says nothing', async (key, bytes, kind, count) => {
    const { receipt, messages } = await read(key, bytes)
    expect(receipt).toMatchObject({
      status: 'ok',
      logKind: kind,
      logGroupName: `/bucketwatch/test/${kind}`,
      recordsIn: count,
      delivered: count,
      bytesIn: bytes.length,
    })
    expect(messages(kind)).toHaveLength(count)
  })

  test('a digest is not even opened', async () => {
    const { pipeline } = setUp(async () => {
      throw new Error('opened')
    })
    const { receipt, error } = await pipeline.process({ bucket: BUCKET, key: DIGEST })
    expect(error).toBeUndefined()
    expect(receipt).toMatchObject({ status: 'skipped', reason: 'digest', logKind: 'cloudtrail-digest', recordsIn: 0 })
  })

  test.each([
    ['nothing at all', TRAIL, ''],
    ['nothing at all, of a name that says nothing', 'x', ''],
    ['white space', 'x', ' \r\n\t '],
    ['no line', ACCESS, ''],
    ['an empty gzip', TRAIL, gzipSync('')],
    ['no records', TRAIL, trail([])],
  ])('%s is skipped as empty', async (_, key, bytes) => {
    const { receipt } = await read(key, bytes)
    expect(receipt).toMatchObject({ status: 'skipped', reason: 'empty', recordsIn: 0, delivered: 0, quarantined: 0 })
    expect(receipt.error).toBeUndefined()
  })

  test.each(['<html></html>', 'a text of no kind\nand another', '\u0000\u0001\u0002'])(
    'what is no log is quarantined, and says how it begins: %j',
    async (text) => {
      const { receipt, messages } = await read('x', text)
      expect(receipt).toMatchObject({ status: 'quarantined', logKind: 'unknown', recordsIn: 0 })
      expect(receipt.error?.message).toContain(JSON.stringify(text.slice(0, 60)))
      expect(messages('pipeline').map(({ kind }) => kind)).toEqual(['rejected', 'receipt'])
    },
  )

  test('what stands in a damaged trail after its sound records is quarantined with its text', async () => {
    const text = JSON.stringify({ Records: records(3) })
    const { receipt, messages } = await read(TRAIL, text.slice(0, -40))
    expect(receipt).toMatchObject({
      status: 'quarantined',
      recordsIn: 3,
      delivered: 2,
      quarantined: 1,
      quarantinedBy: { JSON_TRUNCATED: 1 },
    })
    expect(receipt.error?.message).toContain('2 records were delivered')
    const [rejected] = messages('pipeline').filter(({ kind, text: said }) => kind === 'rejected' && said !== undefined)
    expect(rejected).toMatchObject({ bucket: BUCKET, key: TRAIL, function: 'test', reason: 'JSON_TRUNCATED' })
    expect(text).toContain(String(rejected!.text))
  })

  test('one record delivered is one, not "1 records"', async () => {
    const { receipt } = await read(TRAIL, JSON.stringify({ Records: records(2) }).slice(0, -40))
    expect(receipt.error?.message).toContain('1 record was delivered')
  })
})

describe('the version of an object', () => {
  test('is the one that is opened, and stands in the receipt and with what is rejected', async () => {
    const opened: unknown[] = []
    const { pipeline, messages } = setUp(async (address) => {
      opened.push(address)
      return { body: body(Buffer.from('no log')) }
    })
    await pipeline.process({ bucket: BUCKET, key: 'x', versionId: 'v-7' })
    await pipeline.flushReceipts()
    expect(opened).toMatchObject([{ bucket: BUCKET, key: 'x', versionId: 'v-7' }])
    expect(messages('pipeline').map(({ kind, versionId }) => `${kind} ${versionId}`)).toEqual([
      'rejected v-7',
      'receipt v-7',
    ])
  })

  test('tells the lines of one batch delete apart', async () => {
    const line = (version: string, requestId = '79A59DF900B949E5') =>
      `79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket [17/Mar/2026:08:00:00 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/alice ${requestId} BATCH.DELETE.OBJECT key.txt - 204 - - 5 - - - - ${version} hostid= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com TLSv1.3 - - -`
    const text = [line('v1'), line('v2'), line('v1'), line('-'), line('v1', '79A59DF900B949E6')].join('\n')
    const { pipeline } = setUp(async () => ({ body: body(Buffer.from(text)) }))
    const { receipt } = await pipeline.process({ bucket: BUCKET, key: ACCESS })
    expect(receipt).toMatchObject({ recordsIn: 5, delivered: 4, duplicates: 1, raw: 0 })
  })
})

describe('the receipt', () => {
  test('counts bytes as stored, inflated, sent and billed', async () => {
    const bytes = trail(records(20))
    const { pipeline, messages } = setUp(async () => ({ body: body(bytes) }))
    const { receipt } = await pipeline.process({ bucket: BUCKET, key: TRAIL })
    const sent = messages('cloudtrail').reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)), 0)
    expect(receipt.bytesIn).toBe(bytes.length)
    expect(receipt.bytesInflated).toBe(Buffer.byteLength(JSON.stringify({ Records: records(20) })))
    expect(receipt.bytesOut).toBe(sent)
    expect(receipt.bytesBilled).toBe(sent + 20 * 26)
  })

  test('rejected records are kept, all of them and all of their text', async () => {
    const record = records(1)[0] as Record<string, unknown>
    const big = JSON.stringify({ ...record, requestParameters: { key: 'x'.repeat(30_000) } })
    const text = `{"Records":[${Array.from({ length: 1_005 }, () => big).join(',')}]}`
    const { pipeline, messages } = setUp(
      async () => ({ body: body(Buffer.from(text), undefined, undefined, 64_000) }),
      {
        BUCKETWATCH_MAX_RECORD_BYTES: '20000',
      },
    )
    const { receipt } = await pipeline.process({ bucket: BUCKET, key: TRAIL })
    await pipeline.flushReceipts()
    expect(receipt).toMatchObject({ recordsIn: 1_005, quarantined: 1_005, quarantinedBy: { RECORD_TOO_LARGE: 1_005 } })
    const kept = joinEntries(messages('pipeline').flatMap((message) => readEntry(JSON.stringify(message)) ?? []))
    expect(kept.map(({ record: number }) => number)).toEqual(Array.from({ length: 1_005 }, (_, index) => index + 1))
    expect(kept.every(({ text: all }) => all === big)).toBe(true)
  })
})
