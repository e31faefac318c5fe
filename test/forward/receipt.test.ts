import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLagStatistics } from '../../shared/forward/receipt.ts'

describe('createLagStatistics', () => {
  it('knows nothing of nothing', () => {
    const lags = createLagStatistics()
    expect(lags.max()).toBeUndefined()
    expect(lags.p50()).toBeUndefined()
  })

  it('gives the exact lower median below an hour', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3599 }), { minLength: 1 }), (values) => {
        const lags = createLagStatistics()
        for (const value of values) lags.add(value)
        const sorted = values.toSorted((a, b) => a - b)
        expect(lags.p50()).toBe(sorted[Math.ceil(sorted.length / 2) - 1])
        expect(lags.max()).toBe(sorted.at(-1))
      }),
    )
  })

  it('is to the minute above', () => {
    const lags = createLagStatistics()
    for (const value of [7201, 7259, 86_400]) lags.add(value)
    expect(lags.p50()).toBe(7200)
    expect(lags.max()).toBe(86_400)
  })
})
