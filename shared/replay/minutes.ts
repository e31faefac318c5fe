/** Numbers by the minute, in parts that can be put together. */
import { MINUTE_MS } from '../metric/store.ts'

/** A part as plain data: rows one after another, of a minute (since the epoch) and its columns. */
export type MinutesPart = Float64Array<ArrayBuffer>

/** Columns of sums a minute. A minute takes 8 bytes a column and some 20 for itself. */
export interface Minutes {
  /** Where in `values` the columns of a time (ms since the epoch) begin. Good until the next call, as `values` is. */
  at(time: number): number
  readonly values: Float64Array
  merge(part: MinutesPart): void
  part(): MinutesPart
  /** Rows by time: begin of the minute in ms, and its numbers. */
  rows(): readonly (readonly [time: number, row: Float64Array])[]
  clear(): void
}

/**
 * How each column is put together with itself: sums, but for what is a least or a largest value.
 */
export type Joining = 'sum' | 'least' | 'largest'

const FIRST_ROWS = 16

/**
 * @param columns how each column is joined. Of a new row all are 0, least ones +∞, largest ones −∞.
 * @example
 * const minutes = createMinutes(['sum']); const at = minutes.at(Date.now()); minutes.values[at]! += 1
 */
export function createMinutes(columns: readonly Joining[]): Minutes {
  const width = columns.length
  const fresh = columns.map((joining) =>
    joining === 'sum' ? 0 : joining === 'least' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  )
  let size = 0
  let minutes = new Float64Array(FIRST_ROWS)
  let values = new Float64Array(FIRST_ROWS * width)
  /** Row + 1 by minute, with open addressing: minutes of one log follow each other. */
  let places = new Int32Array(2 * FIRST_ROWS)
  let lastMinute = Number.NaN
  let lastAt = 0

  function placeOf(minute: number): number {
    const capacity = places.length
    let place = minute % capacity
    if (place < 0) place += capacity
    while (places[place] !== 0 && minutes[places[place]! - 1] !== minute) place = place + 1 === capacity ? 0 : place + 1
    return place
  }

  function grow(): void {
    minutes = grown(minutes)
    values = grown(values)
    places = new Int32Array(2 * minutes.length)
    for (let row = 0; row < size; row += 1) places[placeOf(minutes[row]!)] = row + 1
  }

  function atMinute(minute: number): number {
    if (minute === lastMinute) return lastAt
    let place = placeOf(minute)
    if (places[place] === 0) {
      if (size === minutes.length) {
        grow()
        place = placeOf(minute)
      }
      minutes[size] = minute
      values.set(fresh, size * width)
      size += 1
      places[place] = size
    }
    lastMinute = minute
    lastAt = (places[place]! - 1) * width
    return lastAt
  }

  const rowAt = (row: number): Float64Array => values.subarray(row * width, (row + 1) * width)

  return {
    at: (time) => atMinute(Math.floor(time / MINUTE_MS)),
    get values() {
      return values
    },
    merge(part) {
      for (let row = 0; row < part.length; row += 1 + width) {
        const at = atMinute(part[row]!)
        for (let column = 0; column < width; column += 1)
          values[at + column] = join(columns[column]!, values[at + column]!, part[row + 1 + column]!)
      }
    },
    part() {
      const all = new Float64Array(size * (1 + width))
      for (let row = 0; row < size; row += 1) {
        all[row * (1 + width)] = minutes[row]!
        all.set(rowAt(row), row * (1 + width) + 1)
      }
      return all
    },
    rows() {
      const order = Uint32Array.from({ length: size }, (_, row) => row).sort((a, b) => minutes[a]! - minutes[b]!)
      return Array.from(order, (row) => [minutes[row]! * MINUTE_MS, rowAt(row)] as const)
    },
    clear() {
      size = 0
      places.fill(0)
      lastMinute = Number.NaN
    },
  }
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}

function join(joining: Joining, a: number, b: number): number {
  if (joining === 'sum') return a + b
  return joining === 'least' ? Math.min(a, b) : Math.max(a, b)
}
