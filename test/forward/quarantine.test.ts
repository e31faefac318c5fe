import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { replayNotification } from '../../shared/backfill/notification.ts'
import { LogsPortError, type ObjectStore } from '../../shared/contracts/ports.ts'
import { parseNotificationBody } from '../../shared/notification/parse.ts'
import { joinEntries, rangesOf, readEntry } from '../../shared/quarantine/entry.ts'
import {
  account,
  arrived,
  BUCKET,
  createInstance,
  createWorld,
  eventId,
  PIPELINE_GROUP,
  type World,
} from '../support/instance.ts'

const KEY =
  'AWSLogs/111122223333/CloudTrail/x/2026/03/17/111122223333_CloudTrail_x-x-1_20260317T0900Z_aaaaaaaaaaaaaaaa.json.gz'
const REF = { bucket: BUCKET, key: KEY, versionId: 'v1' }

const LINE =
  '79a5 amzn-s3-demo-bucket [17/Mar/2026:08:00:00 +0000] 192.0.2.3 - 7ACC4BE89EXAMPLE REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 1 1 1 1 "-" "curl" - H - - - s3.amazonaws.com TLSv1.2 - -'

const record = (number: number, text = '') => ({
  eventVersion: '1.11',
  eventTime: '2026-03-17T08:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  eventID: eventId(number),
  recipientAccountId: '111122223333',
  requestParameters: { bucketName: 'amzn-s3-demo-bucket', text },
})

function storeOf(content: string | Uint8Array): ObjectStore {
  return {
    async open() {
      async function* body() {
        yield Buffer.from(content as string)
      }
      return { body: body() }
    },
  }
}

const objectOf = (records: readonly unknown[]) => gzipSync(JSON.stringify({ Records: records }))

function putAside({ logs }: World, group = PIPELINE_GROUP) {
  const events = [...(logs.groups.get(group)?.values() ?? [])].flat()
  return joinEntries(events.flatMap(({ message }) => readEntry(message) ?? []))
}

describe('what cannot be read or delivered is kept whole', () => {
  it('a record beyond the limit, and beyond what is held in memory', async () => {
    const world = createWorld()
    const long = record(1, `?X-Amz-Signature=abc123&${'é'.repeat(3 * 1024 * 1024)}end`)
    const store = storeOf(objectOf([record(0), long, record(2)]))
    const { pipeline } = createInstance(world, { store })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'quarantined', recordsIn: 3, delivered: 2, quarantined: 1, undelivered: 0 })
    const [entry, ...others] = putAside(world)
    expect(others).toEqual([])
    expect(entry).toMatchObject({ reason: 'RECORD_TOO_LARGE', record: 2, bucket: BUCKET, key: KEY, versionId: 'v1' })
    expect(entry).not.toHaveProperty('missing')
    expect(entry!.text === JSON.stringify(long).replace('abc123', 'REDACTED')).toBe(true)
  })

  it.each([
    [
      'an access-log line that is longer than any',
      'logs/2026-03-17-08-30-00-0123456789ABCDEF',
      (long: string) => [`${LINE}\n`, long, `\n${LINE.replace('7ACC4BE89', '7ACC4BE90')}\n`],
      'LINE_TOO_LARGE',
    ],
    [
      'a line of aws logs tail, with what is written over several lines',
      'tail.txt',
      (long: string) => [
        `2026-03-17T08:00:00Z s ${JSON.stringify(record(0))}\n`,
        `2026-03-17T08:00:01Z s {\n${long.replaceAll('é'.repeat(1000), (part) => `${part}\n`)}`,
        `\n2026-03-17T08:00:00Z s ${JSON.stringify(record(2))}\n`,
      ],
      'RECORD_TOO_LARGE',
    ],
    [
      'a row of CSV whose quote nothing closes',
      'rows.csv',
      (long: string) => [
        `eventversion,eventtime,eventsource,eventname,eventid\n1.11,2026-03-17T08:00:00Z,s3.amazonaws.com,A,1\n1.11,2026-03-17T08:00:00Z,s3.amazonaws.com,B,2\n`,
        `1.11,"${long}`,
        '',
      ],
      'RECORD_TOO_LARGE',
    ],
    [
      'an object by itself',
      'one.json',
      (long: string) => [
        `${JSON.stringify(record(0))}\n`,
        JSON.stringify({ a: 1, long }),
        `\n${JSON.stringify(record(2))}`,
      ],
      'RECORD_TOO_LARGE',
    ],
    [
      'a record that is no JSON and too long for a log event',
      KEY,
      (long: string) => [
        `{"Records":[${JSON.stringify(record(0))},`,
        `{"eventVersion":"1.11","eventName": nothing ${long.slice(0, 600_000)}"}`,
        `,${JSON.stringify(record(2))}]}`,
      ],
      'RECORD_KIND',
    ],
  ] as const)('%s', async (_name, key, pieces, code) => {
    const world = createWorld()
    const [before, long, after] = pieces(`?X-Amz-Signature=abc123&${'é'.repeat(5 * 1024 * 1024)}end`)
    const { pipeline } = createInstance(world, { store: storeOf(before! + long! + after!) })
    const { receipt } = await pipeline.process({ bucket: BUCKET, key })
    expect(receipt).toMatchObject({ recordsIn: 3, delivered: 2, quarantinedBy: { [code]: 1 }, undelivered: 0 })
    const entry = putAside(world).find(({ reason }) => reason === code)
    expect(entry).not.toHaveProperty('missing')
    // Not by toBe: what it prints is as long.
    expect(entry!.text === long!.replace('abc123', 'REDACTED')).toBe(true)
  })

  it('more than a thousand pieces, each with its number', async () => {
    const world = createWorld()
    const list = Array.from({ length: 3000 }, (_, index) => (index % 2 === 0 ? record(index) : { no: index }))
    const { pipeline } = createInstance(world, { store: storeOf(objectOf(list)) })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'quarantined', delivered: 1500, quarantined: 1500 })
    const all = putAside(world)
    expect(all.map(({ record: number }) => number)).toEqual(Array.from({ length: 1500 }, (_, index) => 2 * index + 2))
    expect(all.every(({ text, record: number }) => text === JSON.stringify({ no: number! - 1 }))).toBe(true)
  })

  it('what is cut off, and that the object ends there', async () => {
    const world = createWorld()
    const text = JSON.stringify({ Records: [record(0), record(1, 'https://h.example/?X-Amz-Signature=abc123')] })
    const cut = text.slice(0, text.indexOf('abc123') + 6)
    const { pipeline } = createInstance(world, { store: storeOf(cut) })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'quarantined', delivered: 1, quarantined: 1 })
    const [damage, ...rest] = putAside(world)
    expect(rest).toEqual([])
    expect(damage).toMatchObject({ reason: 'JSON_TRUNCATED', record: 2, endsAfter: 2 })
    expect(damage!.text!.endsWith('X-Amz-Signature=REDACTED')).toBe(true)
    expect(JSON.stringify(putAside(world))).not.toContain('abc123')
  })

  it('what CloudWatch Logs rejects, whole and with its number', async () => {
    const world = createWorld()
    const rejecting = {
      ...world.logs,
      async putLogEvents(input: Parameters<typeof world.logs.putLogEvents>[0]) {
        if (input.logGroupName === PIPELINE_GROUP) return world.logs.putLogEvents(input)
        return { rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } }
      },
    }
    const long = 'y'.repeat(100_000)
    const env = { BUCKETWATCH_DETAIL: 'full' }
    const { pipeline } = createInstance(world, {
      store: storeOf(objectOf([record(0), record(1, long)])),
      logs: rejecting,
      env,
    })
    const { receipt } = await pipeline.process(REF)
    expect(receipt).toMatchObject({ status: 'quarantined', delivered: 0, quarantinedBy: { tooNew: 2 } })
    const all = putAside(world).filter(({ record: number }) => number !== undefined)
    expect(all.map(({ record: number, reason }) => [number, reason])).toEqual([
      [1, 'tooNew'],
      [2, 'tooNew'],
    ])
    expect(all[1]!.text).toContain(long)
  })

  it('or else the message fails', async () => {
    const world = createWorld()
    const logs = {
      ...world.logs,
      async putLogEvents(input: Parameters<typeof world.logs.putLogEvents>[0]) {
        if (input.logGroupName === PIPELINE_GROUP) throw new LogsPortError('denied', 'no')
        return world.logs.putLogEvents(input)
      },
    }
    const { pipeline } = createInstance(world, { store: storeOf(objectOf([record(0), { no: 1 }])), logs })
    const { receipt, error } = await pipeline.process(REF)
    expect(receipt.status).toBe('failed')
    expect(error?.code).toBe('RECEIPT_LOST')
  })
})

describe('a replay', () => {
  it('delivers what was put aside, and nothing else, once what stood in its way is gone', async () => {
    const world = createWorld()
    const big = 'x'.repeat(20_000)
    const store = storeOf(objectOf([record(0), record(1, big), record(2), record(3, big)]))
    const small = createInstance(world, { store, env: { BUCKETWATCH_MAX_RECORD_BYTES: '16384' } })
    expect((await small.pipeline.process(REF)).receipt).toMatchObject({ status: 'quarantined', delivered: 2 })
    expect(arrived(world.logs)).toEqual([0, 2])

    const ranges = rangesOf(putAside(world))
    const [asked] = parseNotificationBody(replayNotification(BUCKET, { key: KEY, versionId: 'v1' }, ranges)).objects
    expect(asked?.records).toEqual([
      { from: 2, to: 2 },
      { from: 4, to: 4 },
    ])
    const tooEarly = await small.pipeline.process(asked!)
    expect(tooEarly.receipt).toMatchObject({
      status: 'quarantined',
      replay: true,
      lookedAt: 4,
      recordsIn: 2,
      delivered: 0,
    })
    expect(putAside(world)).toHaveLength(4)

    const large = createInstance(world, { store })
    const { receipt } = await large.pipeline.process(asked!)
    expect(receipt).toMatchObject({
      status: 'ok',
      replay: true,
      lookedAt: 4,
      recordsIn: 2,
      delivered: 2,
      quarantined: 0,
    })
    expect(arrived(world.logs)).toEqual([0, 2, 1, 3])
    expect(account(world.logs, 4)).toEqual({ delivered: 4, doubled: 0, lost: 0 })

    // The same message once more, and the object itself, add nothing.
    expect((await large.pipeline.process(asked!)).receipt.delivered).toBe(0)
    expect((await large.pipeline.process(REF)).receipt).toMatchObject({ status: 'duplicate', delivered: 0 })
    expect(arrived(world.logs)).toEqual([0, 2, 1, 3])
  })
})
