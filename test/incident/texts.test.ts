import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTexts, unpackTexts } from '../../shared/incident/texts.ts'

const wellFormed = fc.string().map((text) => text.toWellFormed())

test('texts come back by their numbers, one by one and packed', () => {
  fc.assert(
    fc.property(fc.array(wellFormed), (given) => {
      const texts = createTexts()
      const numbers = given.map((text) => texts.add(text))
      expect(numbers).toEqual(given.map((_, at) => at))
      expect(numbers.map((number) => texts.text(number))).toEqual(given)
      expect(unpackTexts(texts.pack())).toEqual(given)
    }),
  )
})

test('those before a number are forgotten, and no others', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(wellFormed), fc.nat({ max: 40 }))), (steps) => {
      const texts = createTexts()
      const given: string[] = []
      let kept = 0
      for (const [more, before] of steps) {
        for (const text of more) expect(texts.add(text)).toBe(given.push(text) - 1)
        texts.forget(before)
        kept = Math.max(kept, Math.min(before, given.length))
        for (let number = kept; number < given.length; number += 1) expect(texts.text(number)).toBe(given[number])
      }
      texts.forget()
      for (const number of given.keys()) expect(texts.text(number)).toBe('')
      expect(texts.add('after')).toBe(given.length)
      expect(texts.text(given.length)).toBe('after')
    }),
  )
})

test('more than there is room for at first, too, and the next ones by themselves', () => {
  const texts = createTexts()
  for (const mark of ['é', 'n']) {
    const given = Array.from({ length: 300 }, (_, n) => `${n}: ${mark.repeat(n % 7 === 0 ? 70_000 : 10_000)}`)
    const numbers = given.map((text) => texts.add(text))
    const read = unpackTexts(texts.pack())
    expect(numbers.map((number) => read[number])).toEqual(given)
    expect(read).toHaveLength(given.length)
  }
  expect(texts.pack()).toHaveLength(0)
})

test('what was forgotten takes no room', () => {
  const texts = createTexts()
  for (let n = 0; n < 1_000; n += 1) {
    texts.add(`${n}: ${'x'.repeat(100)}`)
    texts.forget(n - 10)
  }
  expect(texts.pack().length).toBeLessThan(5_000)
})
