import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { allowancesOf } from '../../shared/incident/allowances.ts'
import type { Contribution, CountRule } from '../../shared/incident/count-windows.ts'
import { createCounters } from '../../shared/incident/counters.ts'
import {
  addAmount,
  addDigest,
  compress,
  type Digest,
  fullestWindow,
  readDigest,
  spansOf,
  writeDigest,
} from '../../shared/incident/digest.ts'
import {
  addKey,
  emptySample,
  hashKey,
  joinSample,
  readSample,
  spansOfKeys,
  writeSample,
} from '../../shared/incident/key-sample.ts'
import { createLease, type Lease, NO_LEASE } from '../../shared/incident/lease.ts'
import { createOwnCounts, createTableCounts, type SharedCounts } from '../../shared/incident/shared-counts.ts'
import { createMemoryState } from '../../shared/state/memory.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const START = 1_773_727_200

/** One record's amount at a second. */
interface Event {
  readonly second: number
  readonly amount: number
}

/** The fullest window, counted one by one. */
function fullest(events: readonly Event[], window: number): number {
  const seconds = [...new Set(events.map(({ second }) => second))]
  return Math.max(
    0,
    ...seconds.map((from) =>
      events.reduce((sum, { second, amount }) => (second >= from && second < from + window ? sum + amount : sum), 0),
    ),
  )
}

function amountsOf(events: readonly Event[]): Digest {
  const digest: Digest = new Map()
  for (const { second, amount } of events) addAmount(digest, second, amount)
  return digest
}

interface Scene {
  readonly rule: CountRule
  readonly events: readonly Event[]
  readonly objects: readonly (readonly Event[])[]
  /** Deliveries of objects to instances, in order; every object comes at least once. */
  readonly deliveries: readonly { readonly object: number; readonly instance: number }[]
  readonly instances: number
}

/** Bursts, trickles and clusters at both ends of a window, the amounts scaled so that the fullest window is at `share`. */
const scene = (share: fc.Arbitrary<number>): fc.Arbitrary<Scene> =>
  fc
    .record({
      window: fc.constantFrom(60, 300, 900, 3600),
      threshold: fc.constantFrom(3, 20, 50, 500, 10_000_000_000),
      instances: fc.constantFrom(1, 2, 10),
      share,
      places: fc.array(
        fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.constantFrom(0, 0.999, 1, 1.001, 1.02, 2, 2.01)),
        {
          minLength: 1,
          maxLength: 12,
        },
      ),
      pick: fc.infiniteStream(fc.nat({ max: 1_000_000 })),
      parts: fc.integer({ min: 1, max: 40 }),
    })
    .map(({ window, threshold, instances, share, places, pick, parts }) => {
      const next = () => pick.next().value as number
      const goal = share <= 1 ? Math.floor(share * threshold) : Math.ceil(share * threshold)
      const isLarge = threshold > 1_000
      const pieces = isLarge ? 40 : goal * 2
      let events: Event[] = []
      // Adds events until the fullest window is what it is to be.
      for (let i = 0; i < pieces; i++) {
        const place = places[next() % places.length]!
        const second = START + Math.floor(place * window) + (next() % 3)
        const amount = isLarge ? Math.ceil(goal / 20) : 1
        const more = [...events, { second, amount }]
        if (fullest(more, window) <= goal) events = more
        else if (share <= 1) continue
        else break
      }
      const missing = goal - fullest(events, window)
      if (share > 1 && missing > 0) {
        const from = events[0]?.second ?? START
        const inside = events.filter(({ second }) => second >= from && second < from + window)
        const more = goal - inside.reduce((sum, { amount }) => sum + amount, 0)
        for (let left = more; left > 0; ) {
          const amount = isLarge ? left : 1
          events.push({ second: from + (next() % window), amount })
          left -= amount
        }
      }
      const objects: Event[][] = Array.from({ length: parts }, () => [])
      for (const event of events) objects[next() % parts]!.push(event)
      const some = objects.filter(({ length }) => length > 0)
      const order = some.map((_, object) => ({ object, key: next() })).sort((a, b) => a.key - b.key)
      const deliveries = order.map(({ object }) => ({ object, instance: next() % instances }))
      // Some come again, to the same instance or another.
      for (let i = 0; i < some.length / 3; i++) {
        const at = next() % (deliveries.length + 1)
        deliveries.splice(at, 0, { object: next() % Math.max(1, some.length), instance: next() % instances })
      }
      const rule = { id: 'rule', threshold, window, ...allowancesOf({ threshold, window }, instances) }
      return { rule, events, objects: some, deliveries: some.length === 0 ? [] : deliveries, instances }
    })

const contribution = (events: readonly Event[], object: number): Contribution => ({
  object: `object${object}`,
  from: 0,
  upTo: events.length,
  amounts: amountsOf(events),
  keys: undefined,
})

async function play({ rule, objects, deliveries, instances }: Scene, shared: SharedCounts) {
  const now = () => START * 1000
  const state = memory()
  const all = Array.from({ length: instances }, (_, id) => {
    const lease = createLease({ state, name: 'cloudtrail', instanceId: String(id), instances, now, log: QUIET })
    return createCounters({ shared, now, log: QUIET, lease })
  })
  let hits = 0
  for (const { object, instance } of deliveries) {
    const reached = await all[instance]!.count(rule, 'someone', contribution(objects[object]!, object))
    if (reached !== undefined) hits += 1
  }
  return { hits, writes: all.reduce((sum, { writes }) => sum + writes, 0) }
}

const memory = () => createMemoryState({ now: () => START * 1000 })
const table = () => createTableCounts(memory())

describe.each([
  ['the table', table],
  ['memory', () => createOwnCounts(() => START * 1000)],
])('counting by entity, shared in %s', (_, make) => {
  it('always hits at 1.25 times the threshold within the window, however it is split, ordered and repeated', async () => {
    await fc.assert(
      fc.asyncProperty(scene(fc.double({ min: 1.25, max: 2, noNaN: true })), async (given) => {
        fc.pre(fullest(given.events, given.rule.window) >= 1.25 * given.rule.threshold)
        expect((await play(given, make())).hits).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('never hits at 0.8 times the threshold, however it is split, ordered and repeated', async () => {
    await fc.assert(
      fc.asyncProperty(scene(fc.double({ min: 0.3, max: 0.8, noNaN: true })), async (given) => {
        expect(fullest(given.events, given.rule.window)).toBeLessThanOrEqual(0.8 * given.rule.threshold)
        expect((await play(given, make())).hits).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('writes nothing while an instance has less than its allowance, and small thresholds at once', async () => {
    const count = async (threshold: number, records: number) => {
      const rule = { id: 'r', threshold, window: 300, ...allowancesOf({ threshold, window: 300 }, 10) }
      const counters = createCounters({ shared: make(), now: () => START * 1000, log: QUIET })
      for (let i = 0; i < records; i++) await counters.count(rule, 'a', contribution([{ second: START, amount: 1 }], i))
      return counters.writes
    }
    expect(await count(1600, 10)).toBe(0)
    expect(await count(1600, 11)).toBe(1)
    expect(await count(1600, 110)).toBe(10)
    expect(await count(20, 5)).toBe(5)
  })

  it('hits before the threshold where others may know of the rest, and never where they may not', async () => {
    const rule = { id: 'r', threshold: 20, window: 300, ...allowancesOf({ threshold: 20, window: 300 }, 10) }
    const events = (count: number) => Array.from({ length: count }, () => ({ second: START, amount: 1 }))
    const countIn = async (lease: Lease, count: number) =>
      createCounters({ shared: make(), now: () => START * 1000, log: QUIET, lease }).count(
        rule,
        'a',
        contribution(events(count), 1),
      )
    expect(await countIn(NO_LEASE, 16)).toBeUndefined()
    expect(await countIn(NO_LEASE, 17)).toMatchObject({ amount: 17, isAtLeast: true })
    const most = { ...NO_LEASE, partOf: (pool: number) => Math.floor(0.8 * pool) }
    expect(await countIn(most, 19)).toBeUndefined()
    expect(await countIn(most, 20)).toMatchObject({ amount: 20 })
  })

  it('counts once what came here and elsewhere, though here it was kept', async () => {
    const shared = make()
    const rule = { id: 'r', threshold: 10, window: 300, allowance: 3, pool: 0 }
    const begin = () => createCounters({ shared, now: () => START * 1000, log: QUIET })
    const [one, other] = [begin(), begin()]
    const events = (count: number) => Array.from({ length: count }, () => ({ second: START, amount: 1 }))
    expect(await one.count(rule, 'a', contribution(events(3), 1))).toBeUndefined()
    expect(await other.count(rule, 'a', contribution(events(3), 1))).toBeUndefined()
    expect(await other.count(rule, 'a', contribution(events(2), 2))).toBeUndefined()
    expect(await one.count(rule, 'a', contribution(events(4), 3))).toBeUndefined()
    expect(await one.count(rule, 'a', contribution(events(1), 4))).toMatchObject({ amount: 10 })
  })

  it('tells what it has kept when its part becomes less', async () => {
    const shared = make()
    const rule = { id: 'r', threshold: 20, window: 300, allowance: 0, pool: 8, kept: 8 }
    let part = 6
    const lease: Lease = {
      partOf: (pool) => Math.floor((part * pool) / 8),
      async ask() {
        part = 1
      },
    }
    const one = createCounters({ shared, now: () => START * 1000, log: QUIET, lease })
    const events = (count: number) => Array.from({ length: count }, () => ({ second: START, amount: 1 }))
    expect(await one.count(rule, 'a', contribution(events(6), 1))).toBeUndefined()
    expect(one.writes).toBe(0)
    // Somebody else has made it ask.
    expect(await one.count(rule, 'b', contribution(events(7), 2))).toBeUndefined()
    expect(one.writes).toBe(2)
    const other = createCounters({ shared, now: () => START * 1000, log: QUIET })
    expect(await other.count(rule, 'a', contribution(events(11), 3))).toMatchObject({ amount: 17 })
  })

  it('does not lose one who comes again and again to ten thousand others between, each from a network of its own', async () => {
    const rule = { id: 'r', threshold: 40, window: 900, allowance: 10, pool: 0 }
    const counters = createCounters({ shared: make(), now: () => START * 1000, log: QUIET })
    let hits = 0
    for (let object = 0; object < 10; object += 1) {
      for (let n = 0; n < 10_000; n += 1) {
        const one = contribution([{ second: START + object, amount: 1 }], object)
        const other = counters.count(rule, `ip=2001:db8:${object.toString(16)}:${n.toString(16)}::/64`, one)
        expect(other).toBeUndefined()
      }
      const five = contribution([{ second: START + object, amount: 5 }], object)
      if ((await counters.count(rule, 'ip=203.0.113.9', five)) !== undefined) hits += 1
    }
    expect(hits).toBeGreaterThan(0)
    // Of the others nothing is told.
    expect(counters.writes).toBeLessThan(10)
  })

  it('keeps what many instances write at once', async () => {
    const shared = make()
    const rule = { id: 'r', threshold: 8, window: 300, allowance: 0, pool: 0 }
    const all = Array.from({ length: 8 }, () => createCounters({ shared, now: () => START * 1000, log: QUIET }))
    const found = await Promise.all(
      all.map((counters, i) => counters.count(rule, 'a', contribution([{ second: START + i, amount: 1 }], i))),
    )
    expect(found.filter((reached) => reached !== undefined).length).toBe(1)
  })
})

describe('counting by entity in the table', () => {
  it('counts a part of an object once, though the answer of the first write got lost', async () => {
    const state = memory()
    let isFirst = true
    const losing: StateStore = {
      ...state,
      async write(write) {
        const item = await state.write(write)
        if (!isFirst) return item
        isFirst = false
        throw new StateError('unavailable', 'no answer')
      },
    }
    const rule = { id: 'r', threshold: 10, window: 300, allowance: 0, pool: 0 }
    const events = Array.from({ length: 6 }, () => ({ second: START, amount: 1 }))
    const counters = createCounters({ shared: createTableCounts(losing), now: () => START * 1000, log: QUIET })
    expect(await counters.count(rule, 'a', contribution(events, 1))).toBeUndefined()
    expect(counters.failures).toBe(1)
    expect(await counters.count(rule, 'a', contribution(events, 1))).toBeUndefined()
    const other = createCounters({ shared: createTableCounts(state), now: () => START * 1000, log: QUIET })
    expect(await other.count(rule, 'a', contribution(events, 1))).toBeUndefined()
    expect(await other.count(rule, 'a', contribution(events.slice(0, 3), 2))).toBeUndefined()
    expect(await other.count(rule, 'a', contribution(events.slice(0, 1), 3))).toMatchObject({ amount: 10 })
  })

  it('counts in the instance where the table fails, and shares it later', async () => {
    const state = memory()
    let isDown = true
    const shaky: StateStore = {
      ...state,
      write: (write) => (isDown ? Promise.reject(new StateError('unavailable', 'down')) : state.write(write)),
    }
    const rule = { id: 'r', threshold: 10, window: 300, allowance: 0, pool: 0 }
    const one = { second: START, amount: 1 }
    const counters = createCounters({ shared: createTableCounts(shaky), now: () => START * 1000, log: QUIET })
    for (let i = 0; i < 9; i++) expect(await counters.count(rule, 'a', contribution([one], i))).toBeUndefined()
    expect(await counters.count(rule, 'a', contribution([one], 9))).toMatchObject({ amount: 10, isAtLeast: false })
    isDown = false
    await counters.count(rule, 'a', contribution([one], 10))
    const other = createCounters({ shared: createTableCounts(state), now: () => START * 1000, log: QUIET })
    expect(await other.count(rule, 'a', contribution([one], 11))).toMatchObject({ amount: 12 })
  })

  it('reads before it writes once others write the same, and does not write what is known to be enough', async () => {
    const state = memory()
    const calls = { reads: 0, failed: 0, writes: 0 }
    const watched: StateStore = {
      ...state,
      get(key) {
        calls.reads += 1
        return state.get(key)
      },
      async write(write) {
        calls.writes += 1
        try {
          return await state.write(write)
        } catch (error) {
          calls.failed += 1
          throw error
        }
      },
    }
    const rule = { id: 'r', threshold: 10, window: 300, allowance: 0, pool: 0 }
    const all = Array.from({ length: 3 }, () =>
      createCounters({ shared: createTableCounts(watched), now: () => START * 1000, log: QUIET }),
    )
    let hits = 0
    for (let i = 0; i < 30; i += 1) {
      const found = await all[i % 3]!.count(rule, 'a', contribution([{ second: START, amount: 1 }], i))
      if (found !== undefined) hits += 1
    }
    expect(hits).toBe(21)
    // Each finds out once that it is not alone, and tells once more when it has kept more than half of the threshold.
    expect(calls).toEqual({ reads: 11, failed: 3, writes: 10 + 3 + 3 })
  })

  it('keeps an item small whatever is counted', async () => {
    const state = memory()
    const rule = { id: 'r', threshold: 500, window: 86_400, allowance: 0, pool: 0 }
    const counters = createCounters({ shared: createTableCounts(state), now: () => START * 1000, log: QUIET })
    for (let i = 0; i < 150; i++) {
      const events = Array.from({ length: 400 }, (_, j) => ({
        second: START + ((i * 7919 + j * 211) % 86_400),
        amount: 1,
      }))
      await counters.count({ ...rule, threshold: 1e9 }, 'a', contribution(events, i))
    }
    const { counterKey } = await import('../../shared/incident/count-item.ts')
    const item = await state.get(counterKey('r', 'a'))
    expect(JSON.stringify(item).length).toBeLessThan(16_000)
  })
})

describe('a digest', () => {
  it('is never short, and by less than a fifth of the threshold over, in any window', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(60, 300, 3600),
        fc.constantFrom(100, 1_000),
        fc.array(fc.record({ second: fc.nat({ max: 7200 }), amount: fc.integer({ min: 1, max: 40 }) }), {
          minLength: 1,
          maxLength: 300,
        }),
        (window, threshold, given) => {
          const events = given.map(({ second, amount }) => ({ second: START + second, amount }))
          const digest = amountsOf(events.slice(0, 100))
          compress(digest, window, threshold, 0)
          for (const { second, amount } of events.slice(100)) addAmount(digest, second, amount)
          compress(digest, window, threshold, 0)
          const kept = readDigest(writeDigest(digest))
          expect(kept).toEqual(new Map([...digest].sort(([a], [b]) => a - b)))
          const seconds = events.map(({ second }) => second).sort((a, b) => a - b)
          const found = fullestWindow(spansOf([kept]), window, seconds)!.amount
          const truth = fullest(events, window)
          expect(found).toBeGreaterThanOrEqual(truth)
          expect(found - truth).toBeLessThan(0.2 * threshold)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is the same where only what has come is looked at, as where all is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(60, 300, 3600),
        fc.constantFrom(100, 1_000),
        fc.array(
          fc.array(fc.record({ second: fc.nat({ max: 7200 }), amount: fc.integer({ min: 1, max: 40 }) }), {
            maxLength: 20,
          }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        (window, threshold, given) => {
          const room = { share: 0.5 }
          const [all, some]: [Digest, Digest] = [new Map(), new Map()]
          for (const events of given) {
            const more = amountsOf(events.map(({ second, amount }) => ({ second: START + second, amount })))
            for (const digest of [all, some]) addDigest(digest, more)
            compress(all, window, threshold, START + 600, room)
            compress(some, window, threshold, START + 600, room, new Set(more.keys()))
            expect(new Map([...some].sort(([a], [b]) => a - b))).toEqual(new Map([...all].sort(([a], [b]) => a - b)))
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('stays so exact where several instances add to it again and again, each what it has joined by itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(300, 3600),
        fc.array(
          fc.record({ at: fc.constantFrom(0, 3700, 7400), spread: fc.nat({ max: 440 }), instance: fc.nat({ max: 3 }) }),
          { minLength: 100, maxLength: 1_500 },
        ),
        (window, given) => {
          const threshold = 1_000
          const events = given.map(({ at, spread }) => ({ second: START + at + spread, amount: 1 }))
          const table: Digest = new Map()
          const held = Array.from({ length: 4 }, (): { digest: Digest; seen: Digest } => ({
            digest: new Map(),
            seen: new Map(),
          }))
          for (const [index, { instance }] of given.entries()) {
            const { digest, seen } = held[instance]!
            addAmount(digest, events[index]!.second, 1)
            compress(digest, window, threshold, 0, { share: 0.5 / 4, beside: seen, together: 0.5 })
            if (index % 7 !== 0 && index < given.length - 1) continue
            for (const [node, amount] of digest) table.set(node, (table.get(node) ?? 0) + amount)
            compress(table, window, threshold, 0, { share: 0.5 })
            held[instance] = { digest: new Map(), seen: new Map(table) }
          }
          for (const { digest } of held)
            for (const [node, amount] of digest) table.set(node, (table.get(node) ?? 0) + amount)
          const seconds = events.map(({ second }) => second).sort((a, b) => a - b)
          const found = fullestWindow(spansOf([table]), window, seconds)!.amount
          const truth = fullest(events, window)
          expect(found).toBeGreaterThanOrEqual(truth)
          expect(found - truth).toBeLessThan(0.2 * threshold)
        },
      ),
      { numRuns: 20 },
    )
  })
})

describe('a digest of what comes once in a while', () => {
  it.each([300, 3_000, 30_000])('holds all %i of a day, in bounded space', (count) => {
    const digest: Digest = new Map()
    for (let n = 0; n < count; n += 1) addAmount(digest, START + Math.floor((n * 86_400) / count), 1)
    compress(digest, 86_400, count, 0)
    const seconds = [START, START + 43_200]
    const found = fullestWindow(spansOf([digest]), 86_400, seconds)!.amount
    expect(found).toBe(count)
    expect(digest.size).toBeLessThanOrEqual(768)
    const half = fullestWindow(spansOf([digest]), 43_200, [START])!.amount
    expect(Math.abs(half - count / 2)).toBeLessThan(0.2 * count)
  })
})

describe('a sample of keys', () => {
  it('is exact up to its limit, and near beyond, wherever its parts were taken', () => {
    for (const count of [1, 500, 2_000, 30_000]) {
      const parts = [emptySample(), emptySample(), emptySample()]
      for (let i = 0; i < count; i++) {
        const hash = hashKey(`media/${i % 7}/object-${i}.jpg`, 7)
        addKey(parts[i % 3]!, hash, START + (i % 600))
        addKey(parts[(i + 1) % 3]!, hash, START + (i % 600) + 5)
      }
      const whole = emptySample()
      for (const part of parts) joinSample(whole, readSample(writeSample(part)))
      const seconds = [START + 3]
      const found = fullestWindow(spansOfKeys(whole, 3600), 3600, seconds)!.amount
      if (count <= 2_000) expect(found).toBe(count)
      else expect(Math.abs(found - count) / count).toBeLessThan(0.2)
    }
  })
})
