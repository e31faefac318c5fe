import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { compareSequencer } from '../../shared/notification/sequencer.ts'

describe('compareSequencer', () => {
  test.each([
    ['0055AED6DCD90281E5', '0055AED6DCD90281E6', -1],
    ['0055AED6DCD90281E6', '0055AED6DCD90281E5', 1],
    ['0055AED6DCD90281E5', '0055AED6DCD90281E5', 0],
    ['617F08299329D189', '617F08299329D18900', 0],
    ['617F08299329D189', '617F08299329D18901', -1],
    ['9', '10', 1],
    ['0c0f', '0C0F', 0],
  ] as const)('%s and %s: %i', (a, b, expected) => {
    expect(compareSequencer(a, b)).toBe(expected)
  })

  it('orders', () => {
    const hex = fc.array(fc.constantFrom(...'0123456789ABCDEF')).map((digits) => digits.join(''))
    fc.assert(fc.property(hex, hex, (a, b) => compareSequencer(a, b) + compareSequencer(b, a) === 0))
  })
})
