import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createHours, historyMessages, wholeHours } from '../../shared/backfill/history-messages.ts'
import { parseNotificationBody } from '../../shared/notification/parse.ts'

const OWNER = { accountId: '111122223333', region: 'eu-central-1' }
const HOUR = Date.parse('2026-03-17T08:00Z')
const record = (time: string, more: object = {}) => JSON.stringify({ eventTime: `2026-03-17T${time}Z`, ...more })

function messagesIn(body: string): string[] {
  const { bucketwatch } = JSON.parse(body) as { bucketwatch: { awslogs: { data: string } } }
  const payload = JSON.parse(gunzipSync(Buffer.from(bucketwatch.awslogs.data, 'base64')).toString()) as {
    logEvents: { message: string }[]
  }
  return payload.logEvents.map(({ message }) => message)
}

describe('wholeHours', () => {
  const now = Date.parse('2026-03-18T10:10:00Z')
  const at = (text: string) => Date.parse(text)

  test.each([
    [{}, '2025-12-18T11:00Z', '2026-03-18T09:00Z'],
    [{ from: at('2026-03-17T08:10Z'), to: at('2026-03-17T08:20Z') }, '2026-03-17T08:00Z', '2026-03-17T09:00Z'],
    [{ from: at('2026-03-17T08:00Z'), to: at('2026-03-17T09:00Z') }, '2026-03-17T08:00Z', '2026-03-17T09:00Z'],
    [{ from: at('2020-01-01'), to: at('2026-03-19') }, '2025-12-18T11:00Z', '2026-03-18T09:00Z'],
  ])('%j', (given, from, to) => {
    expect(wholeHours({ ...given, now })).toEqual({ from: at(from), to: at(to) })
  })

  test('an hour is sent a quarter of an hour after its end, not before', () => {
    expect(wholeHours({ now: at('2026-03-18T10:15Z') }).to).toBe(at('2026-03-18T10:00Z'))
    expect(() => wholeHours({ from: at('2026-03-18T09:30Z'), now })).toThrow(/no whole hour/)
  })
})

test('an hour is given out once an earlier one has begun; what has no time stays where it came', () => {
  const hours = createHours(HOUR + 7_200_000)
  expect(hours.add(['no JSON', record('09:59:59'), record('09:00:00')])).toEqual([])
  expect(hours.add([record('08:59:59'), '{}', record('06:00:00')])).toEqual([
    { hour: HOUR + 3_600_000, records: ['no JSON', record('09:59:59'), record('09:00:00')] },
    { hour: HOUR, records: [record('08:59:59'), '{}'] },
  ])
  expect(hours.end()).toEqual([{ hour: HOUR - 7_200_000, records: [record('06:00:00')] }])
  expect(hours.end()).toEqual([])
})

test('the same records are the same message, and other records another object', () => {
  const records = [record('08:00:01', { eventID: 'b' }), record('08:00:01', { eventID: 'a' }), record('08:00:00')]
  const [body, ...more] = historyMessages({ hour: HOUR, records }, OWNER)
  expect(more).toEqual([])
  expect(historyMessages({ hour: HOUR, records: records.toReversed() }, OWNER)).toEqual([body])
  expect(messagesIn(body!)).toEqual([records[2], records[1], records[0]])
  const [object] = parseNotificationBody(body).objects
  expect(object).toMatchObject({
    bucket: 'cloudtrail:LookupEvents',
    key: expect.stringMatching(/^111122223333\/eu-central-1\/2026-03-17T08\/[\w-]{22}$/),
    history: true,
  })
  const [other] = historyMessages({ hour: HOUR, records: records.slice(1) }, OWNER)
  expect(parseNotificationBody(other).objects[0]!.key).not.toBe(object!.key)
})

test('what does not compress is split until SQS takes it, and nothing is lost or out of order', () => {
  const records = Array.from({ length: 40 }, (_, index) =>
    record(`08:00:${String(index).padStart(2, '0')}`, { blob: randomBytes(60_000).toString('base64') }),
  )
  const bodies = historyMessages({ hour: HOUR, records }, OWNER)
  expect(bodies.length).toBeGreaterThan(3)
  for (const body of bodies) expect(body.length).toBeLessThan(1_000_000)
  expect(bodies.flatMap(messagesIn)).toEqual(records)
})

test('log events at the top of a message are live, whatever stands beside them', () => {
  const [body] = historyMessages({ hour: HOUR, records: [record('08:00:00')] }, OWNER)
  const { bucketwatch } = JSON.parse(body!) as { bucketwatch: { awslogs: unknown } }
  const [live] = parseNotificationBody({ awslogs: bucketwatch.awslogs, bucketwatch: { group: 'history' } }).objects
  expect(live).not.toHaveProperty('history')
})
