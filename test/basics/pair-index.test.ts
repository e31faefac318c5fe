import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPairIndex, hashed, hashText } from '../../shared/basics/pair-index.ts'

const word = fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

test('tells pairs apart and numbers them as they come, also when it is used again', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.tuple(word, word), { maxLength: 200 }), { maxLength: 3 }), (rounds) => {
      const index = createPairIndex(1)
      for (const pairs of rounds) {
        index.clear()
        const numbers = new Map<string, number>()
        for (const [a, b] of pairs) {
          const isNew = !numbers.has(`${a}/${b}`)
          expect(index.has(a, b)).toBe(!isNew)
          expect(index.add(a, b)).toBe(isNew)
          if (isNew) numbers.set(`${a}/${b}`, numbers.size + 1)
          expect(index.numberOf(a, b)).toBe(numbers.get(`${a}/${b}`))
        }
        expect(index.size()).toBe(numbers.size)
        expect([...index.pairs()]).toEqual([...numbers.keys()].flatMap((pair) => pair.split('/').map(Number)))
        expect(index.numberOf(7, 2 ** 32 - 7)).toBe(numbers.get(`7/${2 ** 32 - 7}`) ?? 0)
      }
    }),
  )
})

test('texts have different bits', () => {
  const all = new Set<string>()
  for (let n = 0; n < 100_000; n += 1) {
    hashText(`shared/${n.toString(16).padStart(32, '0')}`)
    all.add(`${hashed.high}/${hashed.low}`)
  }
  expect(all.size).toBe(100_000)
})
