import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeries, MINUTE_MS, metricKey, statisticOf } from '../../shared/metric/store.ts'

const at = (minute: number) => minute * MINUTE_MS

describe('series', () => {
  it('aggregates any window of whole minutes', () => {
    const series = createSeries()
    for (const [minute, value] of [
      [10, 4],
      [10, 6],
      [12, 1],
      [11, 9],
    ] as const) {
      series.add(at(minute) + 59_999, value)
    }
    const set = series.aggregate(at(10), at(12))!
    expect(set).toEqual({ sum: 19, sampleCount: 3, minimum: 4, maximum: 9 })
    expect(statisticOf(set, 'Sum')).toBe(19)
    expect(statisticOf(set, 'SampleCount')).toBe(3)
    expect(statisticOf(set, 'Average')).toBeCloseTo(19 / 3)
    expect(statisticOf(set, 'Minimum')).toBe(4)
    expect(statisticOf(set, 'Maximum')).toBe(9)
    expect(series.aggregate(at(13), at(20))).toBeUndefined()
    expect(series.aggregate(at(0), at(10))).toBeUndefined()
    expect(series.firstAt(at(11))).toBe(at(11))
    expect(series.firstAt(at(13))).toBeUndefined()
  })

  it('equals a plain sum over the values, whatever their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -5, max: 5 })), { maxLength: 60 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        (values, start, length, dropped) => {
          const series = createSeries()
          for (const [minute, value] of values) series.add(at(minute), value)
          series.dropBefore(at(dropped))
          const inside = values.filter(([minute]) => minute >= Math.max(start, dropped) && minute < start + length)
          const numbers = inside.map(([, value]) => value)
          expect(series.aggregate(at(start), at(start + length))).toEqual(
            numbers.length === 0
              ? undefined
              : {
                  sum: numbers.reduce((a, b) => a + b, 0),
                  sampleCount: numbers.length,
                  minimum: Math.min(...numbers),
                  maximum: Math.max(...numbers),
                },
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('tells metrics apart by namespace, name and dimensions, not by the dimensions’ order', () => {
    const key = (dimensions?: Record<string, string>) => metricKey({ namespace: 'n', metricName: 'm', dimensions })
    expect(key({})).toBe(key())
    expect(key({ a: '1', b: '2' })).toBe(key({ b: '2', a: '1' }))
    const others = [
      key(),
      key({ a: '1', b: '2' }),
      key({ a: '2', b: '1' }),
      metricKey({ namespace: 'm', metricName: 'n' }),
    ]
    expect(new Set(others).size).toBe(others.length)
  })
})
