/** Numbers by the minute, in parts that can be put together. */
import { MINUTE_MS } from '../metric/store.ts'

/** A part as plain data: rows of minute (since the epoch) and columns, by time. */
export type MinutesPart = readonly (readonly number[])[]

/** Columns of sums a minute. */
export interface Minutes {
  /** The row of a time (ms since the epoch), to be added to. */
  row(time: number): Float64Array
  merge(part: MinutesPart): void
  part(): MinutesPart
  /** Rows by time: begin of the minute in ms, and its numbers. */
  rows(): readonly (readonly [time: number, row: Float64Array])[]
}

/**
 * How each column is put together with itself: sums, but for what is a least or a largest value.
 */
export type Joining = 'sum' | 'least' | 'largest'

/**
 * @param columns how each column is joined. Of a new row all are 0, least ones +∞, largest ones −∞.
 * @example
 * const minutes = createMinutes(['sum']); minutes.row(Date.now())[0]! += 1
 */
export function createMinutes(columns: readonly Joining[]): Minutes {
  const rows = new Map<number, Float64Array<ArrayBuffer>>()
  const fresh = columns.map((joining) =>
    joining === 'sum' ? 0 : joining === 'least' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  )
  let lastMinute = Number.NaN
  let last = new Float64Array(0)

  function rowOf(minute: number): Float64Array<ArrayBuffer> {
    if (minute === lastMinute) return last
    let row = rows.get(minute)
    if (row === undefined) {
      row = Float64Array.from(fresh)
      rows.set(minute, row)
    }
    lastMinute = minute
    last = row
    return row
  }

  const sorted = () => [...rows].sort(([a], [b]) => a - b)

  return {
    row: (time) => rowOf(Math.floor(time / MINUTE_MS)),
    merge(part) {
      for (const [minute, ...values] of part) {
        const row = rowOf(minute!)
        for (const [index, value] of values.entries()) row[index] = join(columns[index]!, row[index]!, value)
      }
    },
    part: () => sorted().map(([minute, row]) => [minute, ...row]),
    rows: () => sorted().map(([minute, row]) => [minute * MINUTE_MS, row]),
  }
}

function join(joining: Joining, a: number, b: number): number {
  if (joining === 'sum') return a + b
  return joining === 'least' ? Math.min(a, b) : Math.max(a, b)
}
