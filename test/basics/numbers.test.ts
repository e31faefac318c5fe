import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { count, plural } from '../../shared/basics/numbers.ts'

const format = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

describe('count', () => {
  it('writes what Intl writes', () => {
    const special = [0, -0, 1, 999, 1000, 1001, 999_999, 1_000_000, -1, -1000, 1.005, 0.125, 1e21, Number.NaN]
    for (const value of [...special, Number.MAX_SAFE_INTEGER, 2 ** 60, Number.POSITIVE_INFINITY])
      expect(count(value), String(value)).toBe(format.format(value))
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => count(value) === format.format(value)))
    fc.assert(fc.property(fc.double(), (value) => count(value) === format.format(value)))
  })

  it('makes one of many', () => {
    expect([plural(1, 'record'), plural(1234, 'record'), plural(2, 'match', 'matches')]).toEqual([
      '1 record',
      '1,234 records',
      '2 matches',
    ])
  })
})
