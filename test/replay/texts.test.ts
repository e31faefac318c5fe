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
      expect(new Set(read)).toEqual(new Set(given.map((text) => text.toWellFormed())))
    }),
  )
})

test('more than there is room for at first, too, and the next ones by themselves', () => {
  const texts = createTexts()
  for (const mark of ['é', 'n']) {
    const given = Array.from({ length: 300 }, (_, n) => `${n}: ${mark.repeat(10_000)}`)
    const numbers = given.map((text) => texts.add(text))
    const read = unpackTexts(texts.pack())
    expect(numbers.map((number) => read[number])).toEqual(given)
    expect(read).toHaveLength(given.length)
  }
  expect(texts.pack()).toHaveLength(0)
})

test('a text that several rules keep, one after the other, is there once', () => {
  const texts = createTexts()
  const given = ['a', 'b', 'c', 'a', 'b', 'c', 'd', 'a']
  expect(given.map((text) => texts.add(text))).toEqual([0, 1, 2, 0, 1, 2, 3, 0])
  expect(unpackTexts(texts.pack())).toEqual(['a', 'b', 'c', 'd'])
})
