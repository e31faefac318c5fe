import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HistoryCursor, readEventHistory, startHistory } from '../../shared/backfill/event-history.ts'
import { historyObjects } from '../../shared/backfill/history-object.ts'
import type { HistoryEvent, LookupInput, LookupResult } from '../../shared/contracts/event-history.ts'
import { classifyKey } from '../../shared/object/key.ts'

const NOW = Date.UTC(2026, 2, 17, 12)
const DAY = 86_400_000

const event = (id: string, secondsAgo: number): HistoryEvent => {
  const time = NOW - secondsAgo * 1000
  return { id, time, record: JSON.stringify({ eventID: id, eventTime: new Date(time).toISOString() }) }
}

/** Event history as the API reference tells of it; `faults` are answered first, one a call. */
function fake(
  events: readonly HistoryEvent[],
  faults: readonly ('throttled' | 'staleToken' | undefined)[] = [],
  size = 50,
) {
  const calls: (LookupInput & { at: number })[] = []
  const clock = { now: NOW }
  const latestFirst = events.toSorted((a, b) => b.time - a.time)
  return {
    calls,
    clock,
    options: {
      now: () => clock.now,
      sleep: async (ms: number) => {
        clock.now += ms
      },
      random: () => 0.5,
      history: {
        async lookup(input: LookupInput): Promise<LookupResult> {
          const fault = faults[calls.length]
          calls.push({ ...input, at: clock.now })
          if (fault === 'throttled' || (fault === 'staleToken' && input.nextToken !== undefined)) return { kind: fault }
          const within = latestFirst.filter(({ time }) => time >= input.from && time <= input.until)
          const start = Number(input.nextToken ?? 0)
          const rest = within.length > start + size
          return {
            kind: 'page',
            events: within.slice(start, start + size),
            nextToken: rest ? String(start + size) : undefined,
          }
        },
      },
    },
  }
}

const begin = () => startHistory({ from: NOW - DAY, to: NOW + 1000, now: NOW })

async function all(options: ReturnType<typeof fake>['options'], cursor: HistoryCursor) {
  const records: string[] = []
  let last = cursor
  for await (const page of readEventHistory({ ...options, cursor })) {
    records.push(...page.records)
    last = page.cursor
  }
  return { ids: records.map((text) => (JSON.parse(text) as { eventID: string }).eventID), last }
}

describe('reading Event history', () => {
  test('every event once, latest first, whatever token is lost and wherever it is interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(40), { maxLength: 60 }),
        fc.array(fc.constantFrom('throttled' as const, 'staleToken' as const, undefined), { maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(10),
        async (ages, faults, size, stopAfter) => {
          const events = ages.map((age, index) => event(`e${index}`, age))
          const { options } = fake(events, faults, size)
          const got: string[] = []
          let cursor: HistoryCursor = begin()
          let pages = 0
          for await (const page of readEventHistory({ ...options, cursor })) {
            got.push(...page.records)
            // Kept in a file, and read again.
            cursor = JSON.parse(JSON.stringify(page.cursor)) as HistoryCursor
            if (pages++ === stopAfter) break
          }
          const rest = await all(options, cursor)
          const ids = [...got.map((text) => (JSON.parse(text) as { eventID: string }).eventID), ...rest.ids]
          const lost = new Set(faults).has('staleToken')
          // A second with more events than a page holds repeats them after a lost token; they are told apart by id.
          expect([...ids].sort()).toEqual(events.map(({ id }) => id).sort())
          if (!lost) expect(rest.last.repeated).toBe(0)
          expect(rest.last).toMatchObject({ done: true, events: events.length })
        },
      ),
      { numRuns: 300 },
    )
  })

  test('no more than two requests a second, and fewer where CloudTrail is too busy', async () => {
    const { options, calls } = fake(
      Array.from({ length: 300 }, (_, i) => event(`e${i}`, i)),
      [undefined, 'throttled', 'throttled', 'throttled'],
    )
    const { ids } = await all(options, begin())
    expect(ids).toHaveLength(300)
    const gaps = calls.slice(1).map(({ at }, index) => at - calls[index]!.at)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500)
    // 1, 2, 4 s, of which three quarters.
    expect(gaps.slice(1, 4)).toEqual([750, 1500, 3000])
  })

  test('gives up where it stays too busy, with a code', async () => {
    const { options, clock } = fake(
      [event('a', 1)],
      Array.from({ length: 99 }, () => 'throttled' as const),
    )
    await expect(all(options, begin())).rejects.toMatchObject({
      code: 'AWS_CALL',
      details: { action: 'cloudtrail:LookupEvents', name: 'ThrottlingException' },
    })
    expect(clock.now - NOW).toBeGreaterThan(5 * 60_000)
  })

  test('events without a record are counted', async () => {
    const { options } = fake([event('a', 1), { id: 'b', time: NOW - 5000 }])
    const { ids, last } = await all(options, begin())
    expect(ids).toEqual(['a'])
    expect(last).toMatchObject({ events: 2, withoutRecord: 1 })
  })

  test('the end is not part of it; the beginning is, and no older than Event history', async () => {
    const { options } = fake([event('end', 0), event('in', 1), event('start', 100), event('before', 101)])
    const { ids } = await all(options, startHistory({ from: NOW - 100_000, to: NOW, now: NOW }))
    expect(ids).toEqual(['in', 'start'])
    expect(startHistory({ from: 0, to: NOW, now: NOW }).from).toBe(NOW - 90 * DAY)
    expect(() => startHistory({ from: 0, to: NOW - 91 * DAY, now: NOW })).toThrow(/90 days/)
    expect(() => startHistory({ from: NOW, to: NOW, now: NOW })).toThrow(/before the end/)
  })
})

describe('objects of it', () => {
  const record = (eventTime: string, more: object = {}) =>
    JSON.stringify({ eventName: 'X', eventTime, recipientAccountId: '111122223333', ...more })
  const options = { region: 'eu-central-1', unique: () => 'ABCDEFGHIJKLMNOP' }

  test('are named as CloudTrail names them, one a day, records in the order of time', () => {
    const objects = historyObjects(
      [
        record('2026-03-17T08:00:01Z', { n: 3 }),
        record('2026-03-17T07:00:00Z', { n: 2 }),
        record('2026-03-16T23:00:00Z', { n: 1 }),
      ],
      options,
    )
    expect(objects.map(({ key }) => key)).toEqual([
      'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/111122223333_CloudTrail_eu-central-1_20260317T0801Z_ABCDEFGHIJKLMNOP.json.gz',
      'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/16/111122223333_CloudTrail_eu-central-1_20260316T2301Z_ABCDEFGHIJKLMNOP.json.gz',
    ])
    for (const { key } of objects) expect(classifyKey(key).kind).toBe('cloudtrail')
    expect((JSON.parse(objects[0]!.text) as { Records: { n: number }[] }).Records.map(({ n }) => n)).toEqual([2, 3])
  })

  test('lose no record that is odd', () => {
    const odd = [
      '{"eventTime":"never"',
      '[]',
      '{"eventTime":7,"recipientAccountId":null}',
      record('2026-03-17T08:00:01Z'),
    ]
    const objects = historyObjects(odd, options)
    expect(objects.reduce((sum, { records }) => sum + records, 0)).toBe(4)
    for (const { text } of objects) expect(() => JSON.parse(text)).not.toThrow()
    expect(historyObjects([], options)).toEqual([])
  })
})
