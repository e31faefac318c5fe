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
  /** Row + 1 by minute, with open addressing: minutes of one log follow each other. */
  let places = new Int32Array(2 * FIRST_ROWS)
  let lastMinute = Number.NaN
  let lastAt = 0
  // A plain property: an object with a getter of its own is one of a kind to V8, and each look at it a search.
  const all = { values: new Float64Array(FIRST_ROWS * width), at, merge, part, rows, clear }

  function placeOf(minute: number): number {
    const capacity = places.length
    let place = minute % capacity
    if (place < 0) place += capacity
    while (places[place] !== 0 && minutes[places[place]! - 1] !== minute) place = place + 1 === capacity ? 0 : place + 1
    return place
  }

  function grow(): void {
    minutes = grown(minutes)
    all.values = grown(all.values)
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
      all.values.set(fresh, size * width)
      size += 1
      places[place] = size
    }
    lastMinute = minute
    lastAt = (places[place]! - 1) * width
    return lastAt
  }

  const rowAt = (row: number): Float64Array => all.values.subarray(row * width, (row + 1) * width)

  function at(time: number): number {
    return atMinute(Math.floor(time / MINUTE_MS))
  }

  function merge(given: MinutesPart): void {
    for (let row = 0; row < given.length; row += 1 + width) {
      const to = atMinute(given[row]!)
      const { values } = all
      for (let column = 0; column < width; column += 1)
        values[to + column] = join(columns[column]!, values[to + column]!, given[row + 1 + column]!)
    }
  }

  function part(): MinutesPart {
    const numbers = new Float64Array(size * (1 + width))
    for (let row = 0; row < size; row += 1) {
      numbers[row * (1 + width)] = minutes[row]!
      numbers.set(rowAt(row), row * (1 + width) + 1)
    }
    return numbers
  }

  function rows(): readonly (readonly [time: number, row: Float64Array])[] {
    const order = Uint32Array.from({ length: size }, (_, row) => row).sort((a, b) => minutes[a]! - minutes[b]!)
    return Array.from(order, (row) => [minutes[row]! * MINUTE_MS, rowAt(row)] as const)
  }

  function clear(): void {
    size = 0
    places.fill(0)
    lastMinute = Number.NaN
  }

  return all
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
