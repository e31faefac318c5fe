import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTexts, unpackTexts } from '../../shared/replay/texts.ts'

test('texts come back by their numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (given) => {
      const texts = createTexts()
      const numbers = given.map((text) => texts.add(text.toWellFormed()))
      const read = unpackTexts(texts.pack())
      expect(numbers.map((number) => read[number])).toEqual(given.map((text) => text.toWellFormed()))
      expect(read).toHaveLength(new Set(given).size)
    }),
  )
})

test('more than is packed at once, too', () => {
  const texts = createTexts()
  const given = Array.from({ length: 300 }, (_, n) => `${n}: ${'é'.repeat(10_000)}`)
  const numbers = given.map((text) => texts.add(text))
  const bytes = texts.pack()
  expect(bytes.length).toBeLessThan(300_000)
  const read = unpackTexts(bytes)
  expect(numbers.map((number) => read[number])).toEqual(given)
})
