import { describe, expect, it } from 'vitest'
import { createCounter, createKeeper } from '../../shared/search/count.ts'
import type { FoundFacts } from '../../shared/search/facets.ts'

const facts = (given: Partial<FoundFacts>): FoundFacts => ({ time: '2026-03-17T07:00:00Z', logGroupName: '', ...given })

describe('counting', () => {
  it('tells how many, how many failed, the bytes, the first and the last, the most frequent first', () => {
    const counter = createCounter('bucket')
    counter.add(facts({ bucket: 'b', outcome: 'success', bytes: 5, time: '2026-03-17T07:02:00Z' }))
    counter.add(facts({ bucket: 'b', outcome: 'failure', time: '2026-03-17T07:01:00Z' }))
    counter.add(facts({ bucket: 'b', outcome: 'success', bytes: 6, time: '2026-03-17T07:03:00Z' }))
    counter.add(facts({ bucket: 'c' }))
    counter.add(facts({ bucket: 'a' }))
    counter.add(facts({}))
    const once = { count: 1, bytes: 0, failures: 0, first: '2026-03-17T07:00:00Z', last: '2026-03-17T07:00:00Z' }
    expect(counter.result()).toEqual({
      missed: 0,
      all: { count: 5, bytes: 11, failures: 1, first: '2026-03-17T07:00:00Z', last: '2026-03-17T07:03:00Z' },
      values: [
        { value: 'b', count: 3, bytes: 11, failures: 1, first: '2026-03-17T07:01:00Z', last: '2026-03-17T07:03:00Z' },
        { value: 'a', ...once },
        { value: 'c', ...once },
      ],
    })
  })

  it('has nothing to tell of nothing', () => {
    expect(createCounter('actor').result()).toEqual({ missed: 0, all: undefined, values: [] })
  })

  it.each([
    ['key', { bucket: 'b', key: 'k' }, 'b/k'],
    ['key', { bucket: 'b' }, undefined],
    ['outcome', { outcome: 'failure', errorCode: 'AccessDenied' }, 'AccessDenied'],
    ['outcome', { outcome: 'success' }, 'success'],
    ['hour', {}, '2026-03-17T07:00Z'],
    ['day', {}, '2026-03-17'],
    ['ip', { sourceIPAddress: '192.0.2.1' }, '192.0.2.1'],
    ['call', { eventName: 'GetObject', action: 'object.read' }, 'GetObject'],
    ['action', { eventName: 'GetObject', action: 'object.read' }, 'object.read'],
    ['key-id', { keyId: 'AKIAIOSFODNN7EXAMPLE' }, 'AKIAIOSFODNN7EXAMPLE'],
  ] as const)('by %s of %j: %s', (field, given, value) => {
    const counter = createCounter(field)
    counter.add(facts(given))
    expect(counter.result().values[0]?.value).toBe(value)
  })

  it('never loses what is frequent, however many rare values come, and says how sure it is', () => {
    const counter = createCounter('key', 100)
    for (let index = 0; index < 5_000; index += 1) {
      counter.add(facts({ bucket: 'rare', key: String(index) }))
      if (index % 5 === 0) counter.add(facts({ bucket: 'b', key: 'heavy' }))
    }
    const { values, missed, all } = counter.result()
    expect(all?.count).toBe(6_000)
    expect(values.length).toBeLessThanOrEqual(100)
    expect(values[0]!.value).toBe('b/heavy')
    expect(values[0]!.count + missed).toBeGreaterThanOrEqual(1_000)
    expect(values[0]!.count).toBeLessThanOrEqual(1_000)
    expect(missed).toBeGreaterThan(0)
  })
})

describe('what is shown', () => {
  const times = Array.from(
    { length: 5_000 },
    (_, index) => `2026-03-17T07:${String((index * 7919) % 5_000).padStart(4, '0')}`,
  )

  it.each([
    ['first', ['2026-03-17T07:0000', '2026-03-17T07:0001', '2026-03-17T07:0002']],
    ['last', ['2026-03-17T07:4997', '2026-03-17T07:4998', '2026-03-17T07:4999']],
  ] as const)('are the %s by time', (end, expected) => {
    const keeper = createKeeper(3, end)
    for (const time of times) keeper.add(facts({ time }))
    expect(keeper.result().map(({ time }) => time)).toEqual(expected)
  })
})
