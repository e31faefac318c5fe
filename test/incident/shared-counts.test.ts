/** Counts of one process alone: they decide what counts in the state table decide. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import type { Known } from '../../shared/incident/count-item.ts'
import type { Contribution, CountRule, Reached } from '../../shared/incident/count-windows.ts'
import { createCounters } from '../../shared/incident/counters.ts'
import { addAmount, type Digest } from '../../shared/incident/digest.ts'
import { addKey, emptySample, hashKey } from '../../shared/incident/key-sample.ts'
import {
  createOwnCounts,
  createTableCounts,
  Overtaken,
  type SharedCounts,
} from '../../shared/incident/shared-counts.ts'
import { createMemoryState } from '../../shared/state/memory.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const START = 1_773_727_200
const HOUR = 3600

/** What one part of an object has of an entity, and when it is counted: seconds after the start. */
interface Part {
  readonly entity: number
  readonly object: number
  readonly at: number
  /** Seconds before, and how much. */
  readonly events: readonly (readonly [before: number, amount: number])[]
}

interface Given {
  readonly rule: CountRule & { readonly count: string }
  readonly parts: readonly Part[]
}

const given: fc.Arbitrary<Given> = fc
  .record({
    window: fc.constantFrom(60, 600, 86_400),
    threshold: fc.constantFrom(3, 20, 500),
    count: fc.constantFrom('events', 'keys'),
    aboveUsual: fc.constantFrom(undefined, 2),
    // Some hours apart, and some so far that what was known is over.
    span: fc.constantFrom(600, 3 * HOUR, 400 * HOUR),
    parts: fc.array(
      fc.record({
        entity: fc.nat({ max: 1 }),
        object: fc.nat({ max: 30 }),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        events: fc.array(fc.tuple(fc.nat({ max: 900 }), fc.constantFrom(1, 1, 2, 40)), { minLength: 1, maxLength: 20 }),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  })
  .map(({ window, threshold, count, aboveUsual, span, parts }) => ({
    rule: { id: 'r', window, threshold, count, aboveUsual, allowance: 0, pool: 0 },
    parts: parts.map((part) => ({ ...part, at: Math.floor(part.at * span) })).sort((a, b) => a.at - b.at),
  }))

function contributionOf({ count }: Given['rule'], { object, at, events }: Part): Contribution {
  const amounts: Digest = new Map()
  const keys = count === 'keys' ? emptySample() : undefined
  for (const [before, amount] of events) {
    const second = START + at - before
    if (keys === undefined) addAmount(amounts, second, amount)
    else for (let n = 0; n < amount; n += 1) addKey(keys, hashKey(`${before % 50}/${n}`, 7), second)
  }
  return { object: `o${object}`, from: 0, upTo: 1, amounts, keys }
}

async function decisions({ rule, parts }: Given, make: (now: () => number) => SharedCounts) {
  let clock = 0
  const now = () => clock
  const counters = createCounters({ shared: make(now), now, log: QUIET })
  const reached: (Reached | undefined)[] = []
  for (const part of parts) {
    clock = (START + part.at) * 1000
    reached.push(await counters.count(rule, `e${part.entity}`, contributionOf(rule, part)))
  }
  return { reached, failures: counters.failures }
}

const inTable = (now: () => number) => createTableCounts(createMemoryState({ now }))

describe('counts that nobody else knows of', () => {
  it('come to what they come to in the table, also after days and beyond what an instance remembers', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const own = await decisions(one, createOwnCounts)
        expect(own).toEqual(await decisions(one, inTable))
        expect(own.failures).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})

const known = (rev: number): Known => ({
  rev,
  amounts: new Map([[START, rev]]),
  keys: undefined,
  seen: new Map(),
  days: new Map(),
})

describe.each([
  ['in the table', inTable],
  ['in memory', createOwnCounts],
])('what is shared %s', (_, make) => {
  it('is what was written last, until its time is over', async () => {
    let clock = 0
    const shared = make(() => clock)
    expect(await shared.read('r', 'a')).toBeUndefined()
    await shared.write({ rule: 'r', entity: 'a', next: known(1), before: undefined, expiresAt: 10 })
    await shared.write({ rule: 'r', entity: 'a', next: known(2), before: 1, expiresAt: 10 })
    expect(await shared.read('r', 'a')).toEqual(known(2))
    expect(await shared.read('r', 'b')).toBeUndefined()
    clock = 10
    expect(await shared.read('r', 'a')).toBeUndefined()
    await shared.write({ rule: 'r', entity: 'a', next: known(1), before: undefined, expiresAt: 20 })
  })

  it('is not written over by one who does not know it', async () => {
    const shared = make(() => 0)
    await shared.write({ rule: 'r', entity: 'a', next: known(1), before: undefined, expiresAt: 10 })
    for (const before of [undefined, 2]) {
      const error = await shared
        .write({ rule: 'r', entity: 'a', next: known(3), before, expiresAt: 10 })
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Overtaken)
      expect((error as Overtaken).known).toEqual(known(1))
    }
    const gone = await shared
      .write({ rule: 'r', entity: 'b', next: known(2), before: 1, expiresAt: 10 })
      .catch((thrown: unknown) => thrown)
    expect(gone).toBeInstanceOf(Overtaken)
    expect((gone as Overtaken).known).toBeUndefined()
  })

  it('does not grow by what is over', async () => {
    let clock = 0
    const shared = make(() => clock)
    for (let n = 0; n < 25_000; n += 1) {
      clock = n
      await shared.write({ rule: 'r', entity: `e${n}`, next: known(1), before: undefined, expiresAt: n + 5 })
    }
    expect(await shared.read('r', 'e24999')).toEqual(known(1))
    expect(await shared.read('r', 'e24990')).toBeUndefined()
  })
})

it('what else the table says is said to whoever writes', async () => {
  const down: StateStore = {
    ...createMemoryState({ now: () => 0 }),
    write: () => Promise.reject(new StateError('throttled', 'slow down')),
  }
  const writing = createTableCounts(down).write({
    rule: 'r',
    entity: 'a',
    next: known(1),
    before: undefined,
    expiresAt: 1,
  })
  await expect(writing).rejects.toMatchObject({ name: 'StateError', failure: 'throttled' })
})
