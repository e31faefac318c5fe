/** Series as a chart wants them. */
import type { Series } from '../replay/model.ts'

/**
 * A column of numbers for each of the given times, 0 where it has none; and at the ends of every gap of the times a 0,
 * so that a line does not run over it.
 *
 * @param step ms
 * @param span ms: what the chart shows, where that is more than the series have.
 * @returns the times, and the columns in the order in which they were given.
 * @example
 * aligned([{ time: [0, 180_000], value: [1, 2] }], 60_000) // { time: [0, 60000, 120000, 180000], columns: [[1, 0, 0, 2]] }
 */
export function aligned(
  series: readonly Series[],
  step: number,
  span?: { readonly from: number; readonly to: number },
): { time: number[]; columns: number[][] } {
  const known = new Set(series.flatMap(({ time }) => [...time]))
  const times = new Set(known)
  const ends = span === undefined ? [] : [span.from, span.to]
  const sorted = [...known, ...ends].sort((a, b) => a - b)
  for (const [index, at] of sorted.entries()) {
    times.add(at)
    const next = sorted[index + 1]
    if (next === undefined || next - at <= step) continue
    times.add(at + step)
    times.add(next - step)
  }
  const time = [...times].sort((a, b) => a - b)
  const place = new Map(time.map((at, index) => [at, index]))
  const columns = series.map((one) => {
    const column = time.map(() => 0)
    for (const [index, at] of one.time.entries()) column[place.get(at)!]! += one.value[index]!
    return column
  })
  return { time, columns }
}

/** Several series as one. */
export function summed(series: readonly Series[]): Series {
  const sums = new Map<number, number>()
  for (const one of series) {
    for (const [index, at] of one.time.entries()) sums.set(at, (sums.get(at) ?? 0) + one.value[index]!)
  }
  const time = [...sums.keys()].sort((a, b) => a - b)
  return { time, value: time.map((at) => sums.get(at)!) }
}

/** The same in steps that are so many times as long: for tables, which nobody reads a minute at a time. */
export function coarser({ time, value }: Series, step: number): Series {
  return summed([{ time: time.map((at) => at - (((at % step) + step) % step)), value }])
}

export const total = ({ value }: Series): number => value.reduce((sum, one) => sum + one, 0)
