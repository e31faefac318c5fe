import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTextNumbers } from '../../shared/replay/text-numbers.ts'

test('each text has a number of its own, from 0, and is found by it', () => {
  const numbers = createTextNumbers()
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      numbers.clear()
      const given = texts.map(numbers.of)
      const different = [...new Set(texts)]
      expect(given).toEqual(texts.map((text) => different.indexOf(text)))
      expect(given.map(numbers.text)).toEqual(texts)
      expect(numbers.size()).toBe(different.length)
    }),
  )
})

test('half of a surrogate pair is U+FFFD, however often it comes', () => {
  const numbers = createTextNumbers()
  expect(['a\ud83d', 'a\ufffd', 'a\ude00', 'a\ud83d'].map(numbers.of)).toEqual([0, 0, 0, 0])
  expect(numbers.text(0)).toBe('a\ufffd')
  expect(numbers.size()).toBe(1)
})
