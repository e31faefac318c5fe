/** Who did what to which bucket: cells of a matrix, of which the most frequent are kept. */
import { createHashIndex } from '../basics/hash-index.ts'
import { detach } from '../derive/detach.ts'
import { hashKey } from '../incident/key-sample.ts'
import { type TextColumn, textColumn, textsOf } from './columns.ts'

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

export interface Cell {
  readonly actor: string
  readonly bucket: string
  readonly action: string
  count: number
  bytes: number
  errors: number
  first: number
  last: number
  /** What of it the lists of actors, buckets and actions have. */
  counted: number
  countedBytes: number
  /** Rules that its records match, and how many: told with the rest. */
  readonly matched: Matched[]
  readonly matches: number[]
  /** False: it is remembered from before, or was dropped. */
  isLive: boolean
}

export interface Cells {
  /** The cell of these, which is to be added to. */
  of(actor: string, bucket: string, action: string): Cell
  /** The most frequent, and the records of the others. */
  most(limit: number): { readonly cells: readonly Cell[]; readonly rest: number }
  merge(part: CellsPart): void
  part(): CellsPart
  /** Tells what is not told yet. */
  tell(): void
  /** Begins anew: what it says afterwards does not depend on what was counted before. */
  clear(): void
}

/** Notes that a record of a cell matches a rule. */
export function addMatch({ matched, matches }: Cell, rule: Matched): void {
  const at = matched.indexOf(rule)
  if (at >= 0) matches[at]! += 1
  else {
    matched.push(rule)
    matches.push(1)
  }
}

/** Cells that are kept; twice as many for a moment. */
const CELLS = 4_096

/**
 * @param onCounted told of what cells have got since they told it last: before they are dropped, and before a part is made.
 * @example
 * createCells(onCounted).of('arn:aws:iam::111122223333:user/alice', 'amzn-s3-demo-bucket', 'GetObject').count += 1
 */
export function createCells(onCounted: (cell: Cell, count: number, bytes: number) => void): Cells {
  /** Cells that were met, counted or not: a thread meets the same in object after object. */
  const met = createHashIndex(isCell)
  /** Those that are counted, as they came. */
  let live: Cell[] = []
  let left = 0

  const sorted = (): Cell[] => live.toSorted((a, b) => b.count - a.count || (keyOf(a) < keyOf(b) ? -1 : 1))

  function tell(): void {
    for (const cell of live) {
      tellMatches(cell)
      const count = cell.count - cell.counted
      if (count === 0) continue
      onCounted(cell, count, cell.bytes - cell.countedBytes)
      cell.counted = cell.count
      cell.countedBytes = cell.bytes
    }
  }

  function prune(): void {
    tell()
    const cells = sorted()
    live = cells.slice(0, CELLS)
    for (const cell of cells.slice(CELLS)) {
      left += cell.count
      reset(cell)
    }
  }

  function forget(): void {
    met.clear()
    for (const cell of live) met.add(hashOf(cell.actor, cell.bucket, cell.action), cell)
  }

  function of(actor: string, bucket: string, action: string): Cell {
    const hash = hashOf(actor, bucket, action)
    const known = met.find(hash, { actor, bucket, action })
    if (known?.isLive === true) return known
    if (live.length >= 2 * CELLS) prune()
    if (known === undefined && met.size >= 4 * CELLS) forget()
    const cell = known ?? {
      actor: detach(actor),
      bucket: detach(bucket),
      action: detach(action),
      ...NOTHING,
      matched: [],
      matches: [],
    }
    if (known === undefined) met.add(hash, cell)
    cell.isLive = true
    live.push(cell)
    return cell
  }

  return {
    of,
    most(limit) {
      const cells = sorted()
      return { cells: cells.slice(0, limit), rest: cells.slice(limit).reduce((sum, { count }) => sum + count, left) }
    },
    merge(part) {
      const names = textsOf(part.names)
      const name = (at: number) => names[part.of[at]!]!
      for (let cell = 0; 3 * cell < part.of.length; cell += 1)
        mergeCell(of(name(3 * cell), name(3 * cell + 1), name(3 * cell + 2)), part.numbers, cell * NUMBERS)
      left += part.left
    },
    part() {
      tell()
      if (live.length > CELLS) prune()
      return partOf(live, left)
    },
    tell,
    clear() {
      for (const cell of live) reset(cell)
      live = []
      left = 0
    },
  }
}

const isCell = (cell: Cell, { actor, bucket, action }: Pick<Cell, 'actor' | 'bucket' | 'action'>): boolean =>
  cell.bucket === bucket && cell.action === action && cell.actor === actor

const hashOf = (actor: string, bucket: string, action: string): number =>
  hashKey(actor, hashKey(bucket, hashKey(action, SALT)))
const SALT = 0x3c6ef372

function tellMatches({ actor, bucket, matched, matches }: Cell): void {
  for (const [at, rule] of matched.entries()) rule.add(actor, bucket, matches[at]!)
  matched.length = 0
  matches.length = 0
}

function reset(cell: Cell): void {
  Object.assign(cell, NOTHING)
  cell.matched.length = 0
  cell.matches.length = 0
}

function mergeCell(cell: Cell, numbers: Float64Array, at: number): void {
  const [count, bytes] = [numbers[at]!, numbers[at + 1]!]
  cell.count += count
  cell.bytes += bytes
  // The lists are merged by themselves.
  cell.counted += count
  cell.countedBytes += bytes
  cell.errors += numbers[at + 2]!
  cell.first = Math.min(cell.first, numbers[at + 3]!)
  cell.last = Math.max(cell.last, numbers[at + 4]!)
}

const keyOf = ({ actor, bucket, action }: Cell): string => `${actor}\n${bucket}\n${action}`

const NOTHING = {
  count: 0,
  bytes: 0,
  errors: 0,
  first: Number.POSITIVE_INFINITY,
  last: Number.NEGATIVE_INFINITY,
  counted: 0,
  countedBytes: 0,
  isLive: false,
}

function partOf(cells: readonly Cell[], left: number): CellsPart {
  const places = new Map<string, number>()
  const of = new Uint32Array(3 * cells.length)
  const numbers = new Float64Array(NUMBERS * cells.length)
  const placeOf = (name: string): number => {
    let place = places.get(name)
    if (place === undefined) {
      place = places.size
      places.set(name, place)
    }
    return place
  }
  for (const [at, { actor, bucket, action, count, bytes, errors, first, last }] of cells.entries()) {
    of.set([placeOf(actor), placeOf(bucket), placeOf(action)], 3 * at)
    numbers.set([count, bytes, errors, first, last], NUMBERS * at)
  }
  return { names: textColumn([...places.keys()]), of, numbers, left }
}
