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
    leaseOf: (instanceId: string): Lease => createLease({ state, name: 'cloudtrail', instanceId, now, log: QUIET }),
    writes: () => writes,
    pass(minutes: number) {
      time += minutes * MINUTE
    },
  }
}

describe('a lease', () => {
  it('gives most to one alone, for an hour, with one write', async () => {
    const { leaseOf, writes, pass } = setUp()
    const lease = leaseOf('a')
    expect(lease.share).toBe(0)
    for (let i = 0; i < 10; i += 1) await lease.ask()
    expect(lease.share).toBeCloseTo(0.8, 1)
    expect(writes()).toBe(1)
    pass(54)
    await lease.ask()
    expect(writes()).toBe(1)
    pass(2)
    await lease.ask()
    expect(writes()).toBe(2)
    pass(59)
    expect(lease.share).toBeGreaterThan(0)
    pass(2)
    expect(lease.share).toBe(0)
  })

  it('never gives away more than there is, whoever asks when', async () => {
    const asks = fc.array(fc.record({ who: fc.nat(5), minutes: fc.nat(40), together: fc.boolean() }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(asks, async (given) => {
        const { leaseOf, pass } = setUp()
        const leases = Array.from({ length: 6 }, (_, i) => leaseOf(`i ${i}`))
        for (const { who, minutes, together } of given) {
          pass(minutes)
          await Promise.all((together ? leases : [leases[who]!]).map((lease) => lease.ask()))
          expect(leases.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leaves what an instance had alone for an hour after its end', async () => {
    const { leaseOf, pass } = setUp()
    await leaseOf('gone').ask()
    pass(90)
    const next = leaseOf('next')
    await next.ask()
    expect(next.share).toBeLessThan(0.2)
    pass(91)
    await next.ask()
    expect(next.share).toBeCloseTo(0.8, 1)
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
    expect(lease.share).toBe(0)
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
