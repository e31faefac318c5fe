import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRowIndex } from '../../shared/basics/row-index.ts'

/** Far too few, so that many rows share a hash; some of more than 32 bits. */
const hashOf = (text: string, hashes: number): number => ((text.charCodeAt(0) || 0) % hashes) * (2 ** 40 + 1)

test('finds what a Map finds, whatever shares a hash, and also after it was cleared', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), fc.integer({ min: 1, max: 50 }), (given, hashes) => {
      const texts: string[] = []
      const index = createRowIndex<string>(2, (row, text) => texts[row] === text)
      for (const _round of [1, 2]) {
        const map = new Map<string, number>()
        for (const text of given) {
          map.set(text, (map.get(text) ?? 0) + 1)
          const known = index.find(hashOf(text, hashes), text)
          const row = known >= 0 ? known : index.add(hashOf(text, hashes))
          texts[row] = text
          index.values[2 * row + 1]! += 1
        }
        expect(index.size).toBe(map.size)
        for (const [text, count] of map)
          expect(index.values[2 * index.find(hashOf(text, hashes), text) + 1]).toBe(count)
        expect(index.find(0, 'longer than any')).toBe(-1)
        index.clear()
        expect(index.size).toBe(0)
        for (const text of given) expect(index.find(hashOf(text, hashes), text)).toBe(-1)
      }
    }),
  )
})

test('grows with what it holds, and its rows keep their numbers', () => {
  const index = createRowIndex<number>(3, (row, n) => row === n)
  for (let n = 0; n < 10_000; n += 1) {
    expect(index.add(n * 2 ** 20)).toBe(n)
    index.values[3 * n + 2] = n
  }
  for (let n = 0; n < 10_000; n += 1) {
    expect(index.find(n * 2 ** 20, n)).toBe(n)
    expect([...index.values.subarray(3 * n, 3 * n + 3)]).toEqual([n * 2 ** 20, 0, n])
  }
})
