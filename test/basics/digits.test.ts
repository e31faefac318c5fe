import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digits36 } from '../../shared/basics/digits.ts'

test('numbers are written as the engine writes them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.integer(), fc.double()), (number) => {
      expect(digits36(number)).toBe(number.toString(36))
    }),
  )
  for (const number of [0, 35, 36, 1_295, 1_296, 36 ** 3, 36 ** 4 - 1, 2 ** 53 - 1, 2 ** 53])
    expect(digits36(number)).toBe(number.toString(36))
})
