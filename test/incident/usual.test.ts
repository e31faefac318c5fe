/** Counts of a day against the entity's own days: what is usual, and what instances share of it. */
import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../shared/contracts/state.ts'
import { allowancesOf } from '../../shared/incident/allowances.ts'
import { counterKey } from '../../shared/incident/count-item.ts'
import type { Contribution } from '../../shared/incident/count-windows.ts'
import { createCounters } from '../../shared/incident/counters.ts'
import { addAmount, type Digest } from '../../shared/incident/digest.ts'
import { addKey, emptySample, hashKey } from '../../shared/incident/key-sample.ts'
import { createLease } from '../../shared/incident/lease.ts'
import { createTableCounts } from '../../shared/incident/shared-counts.ts'
import { addToDays, type Days, daysOfKeys, forgetDays, raiseDays, usualDay } from '../../shared/incident/usual.ts'
import { createMemoryState } from '../../shared/state/memory.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const DAY = 86_400
/** A Monday at midnight. */
const MONDAY = Date.UTC(2026, 2, 16) / 1000
const TODAY = MONDAY / DAY

describe('the usual day', () => {
  it.each<[string, Days, number]>([
    ['nothing is known', new Map(), 0],
    ['one day', new Map([[TODAY - 3, 900]]), 900],
    [
      'the second most of several',
      new Map([
        [TODAY - 4, 900],
        [TODAY - 3, 70],
        [TODAY - 2, 80],
      ]),
      80,
    ],
    [
      'today is none of them, nor are yesterday and tomorrow',
      new Map([
        [TODAY - 1, 900],
        [TODAY, 900],
        [TODAY + 1, 900],
        [TODAY - 2, 80],
      ]),
      80,
    ],
    [
      'what is older than four weeks',
      new Map([
        [TODAY - 29, 900],
        [TODAY - 28, 5],
      ]),
      5,
    ],
  ])('%s', (_, days, usual) => {
    expect(usualDay(days, MONDAY + 3600)).toBe(usual)
  })

  it('is of the day on which things happened', () => {
    const days: Days = new Map()
    const amounts: Digest = new Map()
    addAmount(amounts, MONDAY - 1, 2)
    addAmount(amounts, MONDAY, 3)
    addAmount(amounts, MONDAY + DAY - 1, 4)
    addToDays(days, amounts)
    addToDays(days, new Map(amounts))
    expect(days).toEqual(
      new Map([
        [TODAY - 1, 4],
        [TODAY, 14],
      ]),
    )
  })

  it('takes a key for each day on which it came, and keeps what a sample forgot', () => {
    const sample = emptySample()
    addKey(sample, 1, MONDAY - 10)
    addKey(sample, 1, MONDAY + 10)
    addKey(sample, 2, MONDAY + 20)
    const days = daysOfKeys(sample)
    expect(days).toEqual(
      new Map([
        [TODAY - 1, 1],
        [TODAY, 2],
      ]),
    )
    raiseDays(
      days,
      new Map([
        [TODAY, 1],
        [TODAY - 1, 7],
      ]),
    )
    expect(days).toEqual(
      new Map([
        [TODAY - 1, 7],
        [TODAY, 2],
      ]),
    )
    expect(daysOfKeys({ ...sample, level: 3 }).get(TODAY)).toBe(16)
  })

  it('is remembered for four weeks', () => {
    const days: Days = new Map(Array.from({ length: 40 }, (_, n) => [TODAY + n, 1]))
    forgetDays(days)
    expect([Math.min(...days.keys()), days.size]).toEqual([TODAY + 11, 29])
  })
})

/** Instances that share a table; a new set of them each day. */
function account(count: 'keys' | 'events', given: { readonly instances?: number; readonly threshold?: number } = {}) {
  const { instances = 2, threshold = 1000 } = given
  let clock = MONDAY * 1000
  const now = () => clock
  const state: StateStore = createMemoryState({ now })
  const rule = {
    id: 'slow',
    threshold,
    window: DAY,
    aboveUsual: 3,
    ...allowancesOf({ threshold, window: DAY }, instances),
  }
  let objects = 0
  let writes = 0

  /** `amount` of one entity between two hours of a day, evenly, an object every 5 minutes: told or not. */
  async function day(n: number, amount: number, from = 0, to = 8): Promise<boolean> {
    const all = Array.from({ length: instances }, (_, id) =>
      createCounters({
        shared: createTableCounts(state),
        now,
        log: QUIET,
        lease: createLease({ state, name: 'cloudtrail', instanceId: `${n}/${id}`, instances, now, log: QUIET }),
      }),
    )
    const parts = (to - from) * 12
    let told = false
    let done = 0
    for (let part = 0; part < parts; part += 1) {
      const start = MONDAY + n * DAY + from * 3600 + part * 300
      clock = (start + 600) * 1000
      const amounts: Digest = new Map()
      const keys = count === 'keys' ? emptySample() : undefined
      for (const goal = Math.round((amount * (part + 1)) / parts); done < goal; done += 1) {
        const second = start + ((done * 7) % 300)
        if (keys === undefined) addAmount(amounts, second, 1)
        else addKey(keys, hashKey(`${n}/${done}`, 7), second)
      }
      objects += 1
      const contribution: Contribution = { object: `o${objects}`, from: 0, upTo: 1, amounts, keys }
      const reached = await all[part % instances]!.count(rule, 'someone', contribution)
      told ||= reached !== undefined
    }
    writes += all.reduce((sum, one) => sum + one.writes, 0)
    return told
  }
  return {
    day,
    state,
    get writes() {
      return writes
    },
  }
}

describe.each(['events', 'keys'] as const)('%s of a day', (count) => {
  it('are told of whoever does it for the first time, however slowly', async () => {
    expect(await account(count).day(0, 1250, 0, 24)).toBe(true)
    expect(await account(count).day(0, 800, 0, 24)).toBe(false)
  })

  it('are told twice of a job that goes on with it, also when it grows and comes earlier', async () => {
    const job = account(count)
    for (const [n, amount, from, isTold] of [
      [0, 4000, 3, true],
      [1, 4000, 2, true],
      [2, 5000, 4, false],
      [3, 6500, 1, false],
      [8, 5000, 3, false],
    ] as const)
      expect([n, await job.day(n, amount, from, from + 3)]).toEqual([n, isTold])
  })

  it('are told of a night, though the evening before was the same', async () => {
    const thief = account(count, { instances: 1 })
    expect(await thief.day(0, 620, 20, 24)).toBe(false)
    expect(await thief.day(1, 640, 0, 4)).toBe(true)
  })

  it('are told again when they are three times as many', async () => {
    const job = account(count)
    await job.day(0, 1300)
    await job.day(1, 1300)
    expect(await job.day(2, 1300)).toBe(false)
    expect(await job.day(4, 1.25 * 3 * 1300 + 200)).toBe(true)
    // One such day makes no rule.
    expect(await job.day(7, 1.25 * 3 * 1300 + 200)).toBe(true)
  })

  it('are told again when nothing was heard for four weeks', async () => {
    const job = account(count)
    await job.day(0, 1300)
    expect(await job.day(28, 1300)).toBe(false)
    expect(await job.day(60, 1300)).toBe(true)
  })

  it('cost few writes, the fewer the more is usual', async () => {
    const job = account(count)
    const writesOf = async (n: number, amount: number) => {
      const before = job.writes
      await job.day(n, amount, 0, 24)
      return job.writes - before
    }
    expect(await writesOf(0, 200)).toBe(0)
    expect(await writesOf(1, 20_000)).toBeLessThan(120)
    expect(await writesOf(3, 20_000)).toBeLessThan(30)
    expect(await writesOf(4, 20_000)).toBeLessThan(30)
  })

  it('stand in an item that stays small', async () => {
    const job = account(count)
    for (let n = 0; n < 40; n += 4) await job.day(n, 3000, 0, 4)
    const item = await job.state.get(counterKey('slow', 'someone'))
    expect(item?.days).toMatch(/^[0-9a-z]+\.[0-9a-z]+(,[0-9a-z]+\.[0-9a-z]+){7}$/)
    expect(JSON.stringify(item).length).toBeLessThan(40_000)
  })
})
