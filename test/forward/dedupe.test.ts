import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDedupeWindow, DUPLICATE, NAMELESS } from '../../shared/forward/dedupe.ts'

const SIZE = 1_024
const uuid = (number: number) => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000001/111122223333`

/** Delivers identities as an object of their own; returns how many of them were duplicates. */
function deliver(window: ReturnType<typeof createDedupeWindow>, identities: readonly string[]): number {
  const scope = window.scope()
  const notes = identities.map((identity) => scope.note(identity))
  scope.delivered(notes)
  return notes.filter((note) => note === DUPLICATE).length
}

describe('within an object', () => {
  test('the second of two is a duplicate, delivered or not; what has no identity never is', () => {
    const scope = createDedupeWindow(SIZE).scope()
    expect(scope.note('a')).toBe(0)
    expect(scope.note('b')).toBe(1)
    expect(scope.note('a')).toBe(DUPLICATE)
    scope.delivered([0, NAMELESS])
    expect(scope.note('a')).toBe(DUPLICATE)
    expect(scope.note(undefined)).toBe(NAMELESS)
    expect(scope.note(undefined)).toBe(NAMELESS)
  })

  test('property: exactly what a set would say, whatever the identities and however many', () => {
    const identity = fc.oneof(
      fc.integer({ min: 0, max: 400 }).map(uuid),
      fc.integer({ min: 0, max: 400 }).map((number) => number.toString(16).toUpperCase().padStart(16, '0')),
      fc.string({ unit: 'binary', maxLength: 80 }),
    )
    fc.assert(
      fc.property(fc.array(identity, { maxLength: 3_000 }), (identities) => {
        const scope = createDedupeWindow(8).scope()
        const seen = new Set<string>()
        for (const each of identities) {
          expect(scope.note(each) === DUPLICATE).toBe(seen.has(each))
          seen.add(each)
        }
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  test('300,000 records that differ in a digit, and all of them again', () => {
    const scope = createDedupeWindow(SIZE).scope()
    let wrong = 0
    for (let number = 0; number < 300_000; number++) if (scope.note(uuid(number)) !== number) wrong += 1
    for (let number = 0; number < 300_000; number++) if (scope.note(uuid(number)) !== DUPLICATE) wrong += 1
    expect(wrong).toBe(0)
  })
})

describe('across objects', () => {
  test('what was delivered is known to the next object; what was not is forgotten with its own', () => {
    const window = createDedupeWindow(SIZE)
    const first = window.scope()
    first.delivered([first.note('delivered')])
    first.note('lost')
    const second = window.scope()
    expect(second.note('delivered')).toBe(DUPLICATE)
    expect(second.note('lost')).not.toBe(DUPLICATE)
  })

  test('forgets at a slope and not at a cliff: 16,384 places, objects of growing size, each twice', () => {
    const known = [0.25, 0.5, 1, 1.2, 1.5, 2, 3, 4].map((load) => {
      const window = createDedupeWindow(16_384)
      const identities = Array.from({ length: Math.round(16_384 * load) }, (_, index) => uuid(index))
      deliver(window, identities)
      return deliver(window, identities) / identities.length
    })
    expect(known[0]).toBeGreaterThan(0.99)
    expect(known[1]).toBeGreaterThan(0.97)
    // A window in order of time would know nothing of any object beyond its size.
    expect(known[3]).toBeGreaterThan(0.6)
    expect(known[5]).toBeGreaterThan(0.25)
    expect(known[7]).toBeGreaterThan(0.08)
    for (const [index, share] of known.slice(1).entries()) expect(share).toBeLessThan(known[index]! + 0.01)
  })

  test('of the recent more is known than of the old, whatever the order of their coming again', () => {
    const size = 16_384
    const identities = Array.from({ length: 4 * size }, (_, index) => uuid(index))
    const known = [0, 1, 2, 3].map((age) => {
      const window = createDedupeWindow(size)
      deliver(window, identities)
      const part = identities.slice((3 - age) * size, (4 - age) * size)
      const scope = window.scope()
      return part.reverse().filter((identity) => scope.note(identity) === DUPLICATE).length / size
    })
    // e^-0.5, e^-1.5 …: the middle of each part.
    for (const [age, share] of known.entries()) expect(Math.abs(share - Math.exp(-(age + 0.5)))).toBeLessThan(0.08)
  })

  test('nothing is ever taken for a duplicate that is none', () => {
    const window = createDedupeWindow(SIZE)
    let duplicates = 0
    for (let object = 0; object < 100; object++) {
      duplicates += deliver(
        window,
        Array.from({ length: 2_000 }, (_, index) => uuid(object * 2_000 + index)),
      )
    }
    expect(duplicates).toBe(0)
  })
})
