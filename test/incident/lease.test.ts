import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { createLease, type Lease } from '../../shared/incident/lease.ts'
import { addSlots, mostIn, type Slots } from '../../shared/incident/slots.ts'
import { createMemoryState } from '../../shared/state/memory.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const MINUTE = 60_000
const START = Date.parse('2026-03-17T08:00:00Z')

function setUp(given?: Partial<StateStore>) {
  let time = START
  const now = () => time
  const memory = createMemoryState({ now })
  let writes = 0
  const state: StateStore = {
    ...memory,
    write: async (write) => {
      writes += 1
      return memory.write(write)
    },
    ...given,
  }
  return {
    leaseOf: (instanceId: string, instances = 10): Lease =>
      createLease({ state, name: 'cloudtrail', instanceId, instances, now, log: QUIET }),
    writes: () => writes,
    pass(minutes: number) {
      time += minutes * MINUTE
    },
  }
}

/** Of the ten places. */
const placesOf = (lease: Lease): number => lease.partOf(10)

describe('a lease', () => {
  it('gives most to one alone, for an hour and more, with one write', async () => {
    const { leaseOf, writes, pass } = setUp()
    const lease = leaseOf('a')
    expect(placesOf(lease)).toBe(0)
    for (let i = 0; i < 10; i += 1) await lease.ask()
    expect(placesOf(lease)).toBe(8)
    expect(writes()).toBe(1)
    pass(69)
    await lease.ask()
    expect(writes()).toBe(1)
    pass(2)
    await lease.ask()
    expect(writes()).toBe(2)
    pass(74)
    expect(placesOf(lease)).toBe(8)
    pass(2)
    expect(placesOf(lease)).toBe(0)
  })

  it('never gives away more than there is, whoever asks when, of much and of little', async () => {
    const asks = fc.array(fc.record({ who: fc.nat(5), minutes: fc.nat(90), together: fc.boolean() }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        asks,
        fc.constantFrom(1, 3, 8, 10, 1_000.5),
        fc.constantFrom(1, 3, 10),
        async (given, pool, instances) => {
          const { leaseOf, pass } = setUp()
          const leases = Array.from({ length: 6 }, (_, i) => leaseOf(`i ${i}`, instances))
          for (const { who, minutes, together } of given) {
            pass(minutes)
            await Promise.all((together ? leases : [leases[who]!]).map((lease) => lease.ask()))
            expect(leases.reduce((sum, lease) => sum + lease.partOf(pool), 0)).toBeLessThanOrEqual(pool)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('comes to be the same for all that are at work, and longer the smaller it is', async () => {
    const { leaseOf, writes, pass } = setUp()
    const leases = Array.from({ length: 10 }, (_, i) => leaseOf(`i ${i}`))
    for (let minutes = 0; minutes < 12 * 60; minutes += 5) {
      for (const lease of leases) await lease.ask()
      pass(5)
    }
    expect(leases.map(placesOf)).toEqual(leases.map(() => 1))
    // Of a pool of eight, eight have one each.
    expect(leases.map((lease) => lease.partOf(8)).sort()).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    const before = writes()
    for (let minutes = 0; minutes < 12 * 60; minutes += 5) {
      for (const lease of leases) await lease.ask()
      pass(5)
    }
    expect(writes() - before).toBeLessThanOrEqual(30)
  })

  it('leaves what an instance had alone for an hour after its end', async () => {
    const { leaseOf, pass } = setUp()
    await leaseOf('gone').ask()
    pass(100)
    const next = leaseOf('next')
    await next.ask()
    expect(placesOf(next)).toBe(2)
    pass(61)
    await next.ask()
    expect(placesOf(next)).toBe(8)
  })

  it('leaves what was given back alone for an hour', async () => {
    const { leaseOf, pass } = setUp()
    const [first, second] = [leaseOf('a'), leaseOf('b')]
    await first.ask()
    await second.ask()
    expect([first, second].map(placesOf)).toEqual([8, 2])
    pass(71)
    await first.ask()
    await second.ask()
    expect([first, second].map(placesOf)).toEqual([5, 2])
    pass(61)
    await second.ask()
    expect([first, second].map(placesOf)).toEqual([5, 5])
  })

  it('is nothing where the table fails, and is asked for again later', async () => {
    let calls = 0
    const { leaseOf, pass } = setUp({
      get: async () => {
        calls += 1
        throw new StateError('unavailable', 'down')
      },
    })
    const lease = leaseOf('a')
    for (let i = 0; i < 5; i += 1) await lease.ask()
    expect(placesOf(lease)).toBe(0)
    expect(calls).toBe(1)
    pass(16)
    await lease.ask()
    expect(calls).toBe(2)
  })
})

describe('sums at a glance', () => {
  it('are never less than what a window holds', () => {
    const event = fc.record({ second: fc.nat(5_000), length: fc.nat(40), amount: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), fc.constantFrom(60, 300, 900), (events, window) => {
        const slots: Slots = new Map()
        for (const { second, length, amount } of events) addSlots(slots, window, second, second + length, amount)
        for (const { second } of events) {
          for (const from of [second - window + 1, second - 7, second]) {
            const held = events.reduce(
              (sum, one) => (one.second < from + window && one.second + one.length >= from ? sum + one.amount : sum),
              0,
            )
            expect(mostIn([slots], [Math.floor(second / window)])).toBeGreaterThanOrEqual(held)
          }
        }
      }),
    )
  })
})
