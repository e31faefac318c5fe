import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digits36, digitsRead, readDigits36 } from '../../shared/basics/digits.ts'

test('numbers are written as the engine writes them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.integer(), fc.double()), (number) => {
      expect(digits36(number)).toBe(number.toString(36))
    }),
  )
  for (const number of [0, 35, 36, 1_295, 1_296, 36 ** 3, 36 ** 4 - 1, 2 ** 53 - 1, 2 ** 53])
    expect(digits36(number)).toBe(number.toString(36))
})

test('what was written is read from where it stands, and it is known where it ended', () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.string(),
      fc.constantFrom('', '.', ',', '-', ' x', 'é', '\u{1f512}'),
      (number, before, after) => {
        const digits = number.toString(36)
        expect(readDigits36(`${before}${digits}${after}`, before.length)).toBe(number)
        expect(digitsRead.end).toBe(before.length + digits.length)
      },
    ),
  )
})

test('where no number stands there is none', () => {
  for (const text of ['', '.', ',1', '-', '-,', 'é', ' 1']) expect(readDigits36(text, 0)).toBeNaN()
  expect(readDigits36('12', 2)).toBeNaN()
})
