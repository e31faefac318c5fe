import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHashIndex } from '../../shared/basics/hash-index.ts'

/** Far too few, so that many things share a hash; some of more than 32 bits. */
const hashOf = (text: string, hashes: number): number => ((text.charCodeAt(0) || 0) % hashes) * (2 ** 40 + 1)

test('finds what a Map finds, whatever shares a hash', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), fc.integer({ min: 1, max: 50 }), (texts, hashes) => {
      const index = createHashIndex<{ readonly text: string; count: number }, string>(({ text }, key) => text === key)
      const map = new Map<string, number>()
      for (const text of texts) {
        map.set(text, (map.get(text) ?? 0) + 1)
        const known = index.find(hashOf(text, hashes), text)
        if (known === undefined) index.add(hashOf(text, hashes), { text, count: 1 })
        else known.count += 1
      }
      expect(index.size).toBe(map.size)
      for (const [text, count] of map) expect(index.find(hashOf(text, hashes), text)?.count).toBe(count)
      expect(index.find(0, 'longer than any')).toBeUndefined()
      index.clear()
      expect(index.size).toBe(0)
      for (const text of texts) expect(index.find(hashOf(text, hashes), text)).toBeUndefined()
    }),
  )
})

test('grows with what it holds', () => {
  const index = createHashIndex<{ readonly n: number }, number>(({ n }, key) => n === key)
  for (let n = 0; n < 10_000; n += 1) index.add(n, { n })
  for (let n = 0; n < 10_000; n += 1) expect(index.find(n, n)).toEqual({ n })
})
