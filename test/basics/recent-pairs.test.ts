import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecentPairs } from '../../shared/basics/recent-pairs.ts'

const word = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const pairs = fc.array(fc.tuple(word, word), { maxLength: 60 })

/** Those that were there already, of lists that are added one after another. */
function known(size: number, lists: readonly (readonly (readonly [number, number])[])[]): string[] {
  const recent = createRecentPairs(size)
  const found: string[] = []
  for (const list of lists) recent.addAll(Uint32Array.from(list.flat()), (a, b) => found.push(`${a}/${b}`))
  return found
}

/** The same with sets: the young ones, and those before. */
function bySets(size: number, lists: readonly (readonly (readonly [number, number])[])[]): string[] {
  let [young, old] = [new Set<string>(), new Set<string>()]
  const found: string[] = []
  for (const [a, b] of lists.flat()) {
    const name = a === 0 && b === 0 ? '0/1' : `${a}/${b}`
    if (old.has(name) || young.has(name)) found.push(`${a}/${b}`)
    else young.add(name)
    if (young.size >= size) [young, old] = [new Set(), young]
  }
  return found
}

test('pairs are known that were added lately, and none that were not', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 7, 50), fc.array(pairs, { maxLength: 8 }), (size, lists) => {
      expect(known(size, lists)).toEqual(bySets(size, lists))
    }),
  )
})

test('as many are known as it is to remember, at the least, and twice as many at the most', () => {
  const list = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => [((from + n) * 0x9e3779b1) >>> 0, from + n] as const)
  for (const [size, between, found] of [
    [5_000, 4_999, 1],
    [5_000, 10_000, 0],
    [100_000, 99_999, 1],
  ] as const)
    expect(known(size, [list(0, 1), list(1, 1 + between), list(0, 1)])).toHaveLength(found)
  // Three hundred lists of which each comes twice, one after the other.
  const lists = Array.from({ length: 300 }, (_, n) => list(n * 100, n * 100 + 100)).flatMap((one) => [one, one])
  expect(known(1_000, lists)).toEqual(
    lists.filter((_, n) => n % 2 === 1).flatMap((one) => one.map(([a, b]) => `${a}/${b}`)),
  )
})
