import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLagStatistics } from '../../shared/forward/receipt.ts'

const DAY = 86_400

function statistics(lags: readonly number[]) {
  const collected = createLagStatistics()
  for (const lag of lags) collected.add(lag)
  return [collected.p50(), collected.max()]
}

test.each([
  [[], [undefined, undefined]],
  [[0], [0, 0]],
  [
    [12, 40],
    [12, 40],
  ],
  [
    [40, 12],
    [12, 40],
  ],
  [
    [1, 2, 3],
    [2, 3],
  ],
  // Two digits and three: numbers, not texts.
  [
    [100, 99, 9],
    [99, 100],
  ],
  [[3_599], [3_599, 3_599]],
  [[3_600], [3_600, 3_600]],
  [[3_661], [3_660, 3_661]],
  [[14 * DAY + 61], [14 * DAY, 14 * DAY + 61]],
  [[14 * DAY - 1], [14 * DAY - 60, 14 * DAY - 1]],
  [
    [99 * DAY, 15 * DAY, 5],
    [14 * DAY, 99 * DAY],
  ],
  [
    [7, 7, 7, 5_000],
    [7, 5_000],
  ],
])('%j: the median and the most are %j', (lags, expected) => {
  expect(statistics(lags)).toEqual(expected)
})

test('below an hour the median is exact', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_599 }), { minLength: 1, maxLength: 60 }), (lags) => {
      const sorted = lags.toSorted((a, b) => a - b)
      expect(statistics(lags)).toEqual([sorted[Math.ceil(sorted.length / 2) - 1], sorted.at(-1)])
    }),
  )
})
