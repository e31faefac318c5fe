/** Who did what to which bucket: cells of a matrix, of which the most frequent are kept. */
import { createRowIndex, type RowIndex } from '../basics/row-index.ts'
import { type TextColumn, textColumn, textsOf } from './columns.ts'
import { createTextNumbers } from './text-numbers.ts'

/** Cells as plain data. */
export interface CellsPart {
  /** Each actor, bucket and action once. */
  readonly names: TextColumn
  /** Three of a cell: where its names stand. */
  readonly of: Uint32Array<ArrayBuffer>
  /** Five of a cell: count, bytes, errors, first and last (ms since the epoch; ∞ and −∞ where no record has a time). */
  readonly numbers: Float64Array<ArrayBuffer>
  /** Records of cells that were dropped. */
  readonly left: number
}

const NUMBERS = 5

/** Who counts the matches of a rule. */
export interface Matched {
  add(actor: string, bucket: string, count: number): void
}

/** What tells cells apart. */
interface Names {
  readonly actor: string
  readonly bucket: string
  readonly action: string
}

export interface Cell extends Names {
  readonly count: number
  readonly bytes: number
  readonly errors: number
  readonly first: number
  readonly last: number
}

export interface Cells {
  /**
   * Counts a record; returns its cell, for `addMatch`.
   *
   * @param time ms since the epoch; undefined: it says none.
   */
  add(actor: string, bucket: string, action: string, bytes: number, isError: boolean, time: number | undefined): number
  /** Notes that the record that was just added to a cell matches a rule. */
  addMatch(cell: number, rule: Matched): void
  /** The most frequent, and the records of the others. */
  most(limit: number): { readonly cells: readonly Cell[]; readonly rest: number }
  merge(part: CellsPart): void
  part(): CellsPart
  /** Begins anew: what it says afterwards does not depend on what was counted before. */
  clear(): void
}

/** Columns of a cell's row, behind its key; a count of 0: it is remembered from before, or was dropped. */
const COUNT = 1
const BYTES = 2
const ERRORS = 3
const FIRST = 4
const LAST = 5
/** What of it the lists of actors, buckets and actions have. */
const COUNTED = 6
const COUNTED_BYTES = 7
const WIDTH = 8

/** Cells that are kept; twice as many for a moment. */
const CELLS = 4_096
/** So many are met before all are forgotten that are not counted. */
const MET = 4 * CELLS
/** More than the names of so many cells: three numbers of them are a key of 48 bits. */
const NAMES = 2 ** 16
const MOST_NAMES = NAMES - 4

/** Rules that a cell's records match, and how many of them each: told with the rest. */
interface Matches {
  readonly rules: Matched[]
  readonly counts: number[]
}

/**
 * @param onCounted told of what cells have got since they told it last: before they are dropped, and before a part is made.
 * @example
 * createCells(onCounted).add('arn:aws:iam::111122223333:user/alice', 'amzn-s3-demo-bucket', 'GetObject', 512, false, time)
 */
export function createCells(onCounted: (cell: Names, count: number, bytes: number) => void): Cells {
  /** Numbers for actors, buckets and actions; a cell's key is made of three of them, and tells it apart. */
  const numbers = createTextNumbers()
  /** Cells that were met, counted or not: a thread meets the same in object after object. */
  const rows: RowIndex<undefined> = createRowIndex(WIDTH, () => true)
  let matches: (Matches | undefined)[] = []
  /** Those that are counted, as they came. */
  let live: number[] = []
  let left = 0

  const at = (row: number, column: number): number => rows.values[row * WIDTH + column]!
  const keyOf = (actor: number, bucket: number, action: number): number => (actor * NAMES + bucket) * NAMES + action
  function namesOf(row: number): Names {
    const key = rows.values[row * WIDTH]!
    const action = key % NAMES
    const above = (key - action) / NAMES
    const bucket = above % NAMES
    const actor = (above - bucket) / NAMES
    return { actor: numbers.text(actor), bucket: numbers.text(bucket), action: numbers.text(action) }
  }

  /** The most frequent first. */
  function sorted(): number[] {
    const named = live.map((row) => {
      const { actor, bucket, action } = namesOf(row)
      return { row, count: at(row, COUNT), name: `${actor}\n${bucket}\n${action}` }
    })
    named.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    return named.map(({ row }) => row)
  }

  function tellMatches(row: number): void {
    const its = matches[row]
    if (its === undefined) return
    const { actor, bucket } = namesOf(row)
    for (const [index, rule] of its.rules.entries()) rule.add(actor, bucket, its.counts[index]!)
    its.rules.length = 0
    its.counts.length = 0
  }

  function tell(): void {
    for (const row of live) {
      tellMatches(row)
      const count = at(row, COUNT) - at(row, COUNTED)
      if (count === 0) continue
      onCounted(namesOf(row), count, at(row, BYTES) - at(row, COUNTED_BYTES))
      rows.values[row * WIDTH + COUNTED] = at(row, COUNT)
      rows.values[row * WIDTH + COUNTED_BYTES] = at(row, BYTES)
    }
  }

  /** It is as one that did not come yet. */
  function reset(row: number): void {
    const { values } = rows
    values.fill(0, row * WIDTH + 1, (row + 1) * WIDTH)
    values[row * WIDTH + FIRST] = Number.POSITIVE_INFINITY
    values[row * WIDTH + LAST] = Number.NEGATIVE_INFINITY
    const its = matches[row]
    if (its === undefined) return
    its.rules.length = 0
    its.counts.length = 0
  }

  function prune(): void {
    tell()
    const all = sorted()
    live = all.slice(0, CELLS)
    for (const row of all.slice(CELLS)) {
      left += at(row, COUNT)
      reset(row)
    }
  }

  function insert(key: number): number {
    const row = rows.add(key)
    matches[row] = undefined
    reset(row)
    return row
  }

  /** Of the cells only the counted stay, with new numbers. */
  function forget(): void {
    const kept = live.map((row) => ({
      names: namesOf(row),
      its: matches[row],
      values: rows.values.slice(row * WIDTH + 1, (row + 1) * WIDTH),
    }))
    rows.clear()
    numbers.clear()
    matches = []
    live = kept.map(({ names: { actor, bucket, action }, its, values }) => {
      const row = insert(keyOf(numbers.of(actor), numbers.of(bucket), numbers.of(action)))
      rows.values.set(values, row * WIDTH + 1)
      matches[row] = its
      return row
    })
  }

  /** The cell of these, which is to be added to. */
  function of(actor: string, bucket: string, action: string): number {
    const key = keyOf(numbers.of(actor), numbers.of(bucket), numbers.of(action))
    let row = rows.find(key, undefined)
    if (row >= 0 && at(row, COUNT) > 0) return row
    if (live.length >= 2 * CELLS) prune()
    if (row < 0) {
      if (rows.size >= MET || numbers.size() > MOST_NAMES) {
        forget()
        return of(actor, bucket, action)
      }
      row = insert(key)
    }
    live.push(row)
    return row
  }

  function mergeCell(row: number, numbers: Float64Array, from: number): void {
    const { values } = rows
    const to = row * WIDTH
    const [count, bytes] = [numbers[from]!, numbers[from + 1]!]
    values[to + COUNT]! += count
    values[to + BYTES]! += bytes
    // The lists are merged by themselves.
    values[to + COUNTED]! += count
    values[to + COUNTED_BYTES]! += bytes
    values[to + ERRORS]! += numbers[from + 2]!
    values[to + FIRST] = Math.min(values[to + FIRST]!, numbers[from + 3]!)
    values[to + LAST] = Math.max(values[to + LAST]!, numbers[from + 4]!)
  }

  function cellOf(row: number): Cell {
    const [count, bytes, errors, first, last] = rows.values.subarray(row * WIDTH + COUNT) as unknown as FiveNumbers
    return { ...namesOf(row), count, bytes, errors, first, last }
  }

  return {
    add(actor, bucket, action, bytes, isError, time) {
      const row = of(actor, bucket, action)
      const { values } = rows
      const to = row * WIDTH
      values[to + COUNT]! += 1
      values[to + BYTES]! += bytes
      if (isError) values[to + ERRORS]! += 1
      if (time === undefined) return row
      if (time < values[to + FIRST]!) values[to + FIRST] = time
      if (time > values[to + LAST]!) values[to + LAST] = time
      return row
    },
    addMatch(cell, rule) {
      matches[cell] ??= { rules: [], counts: [] }
      const { rules, counts } = matches[cell]
      const known = rules.indexOf(rule)
      if (known >= 0) counts[known]! += 1
      else {
        rules.push(rule)
        counts.push(1)
      }
    },
    most(limit) {
      const all = sorted()
      return {
        cells: all.slice(0, limit).map(cellOf),
        rest: all.slice(limit).reduce((sum, row) => sum + at(row, COUNT), left),
      }
    },
    merge(part) {
      const names = textsOf(part.names)
      const name = (place: number) => names[part.of[place]!]!
      for (let cell = 0; 3 * cell < part.of.length; cell += 1)
        mergeCell(of(name(3 * cell), name(3 * cell + 1), name(3 * cell + 2)), part.numbers, cell * NUMBERS)
      left += part.left
    },
    part() {
      tell()
      if (live.length > CELLS) prune()
      return partOf(live.map(cellOf), left)
    },
    clear() {
      for (const row of live) reset(row)
      live = []
      left = 0
    },
  }
}

type FiveNumbers = readonly [number, number, number, number, number]

function partOf(cells: readonly Cell[], left: number): CellsPart {
  const places = createTextNumbers()
  const of = new Uint32Array(3 * cells.length)
  const numbers = new Float64Array(NUMBERS * cells.length)
  for (const [at, { actor, bucket, action, count, bytes, errors, first, last }] of cells.entries()) {
    of.set([places.of(actor), places.of(bucket), places.of(action)], 3 * at)
    numbers.set([count, bytes, errors, first, last], NUMBERS * at)
  }
  return {
    names: textColumn(Array.from({ length: places.size() }, (_, place) => places.text(place))),
    of,
    numbers,
    left,
  }
}
