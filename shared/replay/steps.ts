/** Series short enough to be shown. */
import type { Series } from './model.ts'

/** Seconds; a minute, and what divides a day. */
const STEPS = [60, 300, 900, 3_600, 10_800, 21_600, 86_400] as const
/** Entries of a series. */
const MAX_STEPS = 1_500

/** The least step that keeps a span short. */
export function stepOf(first: number, last: number): number {
  const seconds = Math.max(0, last - first) / 1000
  return STEPS.find((step) => seconds / step <= MAX_STEPS) ?? 86_400 * Math.ceil(seconds / 86_400 / MAX_STEPS)
}

/** Rows a minute become columns a step: sums. */
export function byStep(
  rows: readonly (readonly [time: number, row: Float64Array])[],
  step: number,
): { readonly time: number[]; readonly columns: number[][] } {
  const stepMs = step * 1000
  const time: number[] = []
  const columns: number[][] = []
  for (const [at, row] of rows) addRow(time, columns, Math.floor(at / stepMs) * stepMs, row)
  return { time, columns }
}

function addRow(time: number[], columns: number[][], start: number, row: Float64Array): void {
  const isNew = time.length === 0 || time[time.length - 1] !== start
  if (isNew) time.push(start)
  for (let index = 0; index < row.length; index += 1) {
    const column = columns[index] ?? []
    columns[index] = column
    if (isNew) column.push(row[index]!)
    else column[column.length - 1]! += row[index]!
  }
}

/** At most so many points: of neighbours the largest. */
export function thinned(points: readonly (readonly [time: number, value: number])[], limit: number): Series {
  const group = Math.max(1, Math.ceil(points.length / limit))
  const time: number[] = []
  const value: number[] = []
  for (let at = 0; at < points.length; at += group) {
    const [best] = points.slice(at, at + group).sort((a, b) => b[1] - a[1])
    time.push(best![0])
    value.push(best![1])
  }
  return { time, value }
}
