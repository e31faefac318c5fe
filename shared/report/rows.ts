/** Looking for rows and sorting them, over packed rows: fast enough to follow a typing hand at 100,000. */
import { type PackedRows, TEXT_COLUMNS, type TextColumn } from './pack.ts'

/** What is wanted; all of it has to hold. */
export interface RowFilter {
  /** Words that have to stand somewhere in the row each; case does not matter. `column:text` looks in one column. */
  readonly text: string
  /** ms since the epoch; `to` is outside. Rows without a time are in no span. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** The worst so many severities: 1 is critical alone. */
  readonly severities?: number | undefined
  readonly rule?: string | undefined
  readonly incidentId?: string | undefined
  /** Only rows that are part of some incident. */
  readonly isTold?: boolean | undefined
}

export type SortColumn = TextColumn | 'time' | 'severity' | 'rules' | 'bytes' | 'who' | 'on'
export interface RowOrder {
  readonly column: SortColumn
  readonly descending: boolean
}

export interface RowIndex {
  readonly length: number
  /** Indexes of the rows that a filter lets through, in order. */
  select(filter: RowFilter, order: RowOrder): Uint32Array
}

/** Columns that a word is looked for in. */
const SEARCHED: readonly TextColumn[] = TEXT_COLUMNS.filter((column) => column !== 'principal' && column !== 'object')

/**
 * @example
 * createRowIndex(packed).select({ text: 'put ip:192.0.2.' }, { column: 'time', descending: false })
 */
export function createRowIndex(packed: PackedRows): RowIndex {
  const length = packed.time.length
  const folded = packed.texts.map((text) => text.toLowerCase())
  let ranks: Uint32Array | undefined

  /** Of each text its place in the alphabet; the empty one comes last. */
  function rankTexts(): Uint32Array {
    if (ranks !== undefined) return ranks
    const order = folded.map((_, index) => index).sort((a, b) => (folded[a]! < folded[b]! ? -1 : 1))
    ranks = new Uint32Array(folded.length)
    for (const [rank, index] of order.entries()) ranks[index] = rank
    ranks[0] = folded.length
    return ranks
  }

  return {
    length,
    select(filter, order) {
      const tests = testsOf(packed, folded, filter)
      const found: number[] = []
      for (let row = 0; row < length; row += 1) if (tests.every((test) => test(row))) found.push(row)
      return sorted(packed, found, order, rankTexts)
    },
  }
}

type RowTest = (row: number) => boolean

function testsOf(packed: PackedRows, folded: readonly string[], filter: RowFilter): RowTest[] {
  const tests: RowTest[] = []
  const { from, to, severities, rule, incidentId, isTold, text } = filter
  const { time, severity, columns, rules, texts } = packed
  if (severities !== undefined) tests.push((row) => severity[row]! < severities)
  if (from !== undefined) tests.push((row) => time[row] !== null && time[row]! >= from)
  if (to !== undefined) tests.push((row) => time[row] !== null && time[row]! < to)
  if (isTold === true) tests.push((row) => columns.incidentId[row] !== 0)
  if (incidentId !== undefined) {
    const id = texts.indexOf(incidentId)
    tests.push((row) => columns.incidentId[row] === id)
  }
  if (rule !== undefined) {
    const id = texts.indexOf(rule)
    tests.push((row) => packed.ruleSets[rules[row]!]!.includes(id))
  }
  for (const word of text.toLowerCase().split(/\s+/)) if (word !== '') tests.push(wordTest(packed, folded, word))
  return tests
}

function wordTest(packed: PackedRows, folded: readonly string[], word: string): RowTest {
  const [, name, rest] = /^([a-z]+):(.+)$/.exec(word) ?? []
  const column = TEXT_COLUMNS.find((one) => one.toLowerCase() === name)
  const hits = Uint8Array.from(folded, (text) => Number(text.includes(column === undefined ? word : rest!)))
  if (column !== undefined) return (row) => hits[packed.columns[column][row]!] === 1
  const sets = packed.ruleSets.map((ids) => ids.some((id) => hits[id] === 1))
  const searched = SEARCHED.map((one) => packed.columns[one])
  return (row) => sets[packed.rules[row]!] === true || searched.some((cells) => hits[cells[row]!] === 1)
}

/** Rows of equal cells stay in the order of time. */
function sorted(
  packed: PackedRows,
  rows: number[],
  { column, descending }: RowOrder,
  rankTexts: () => Uint32Array,
): Uint32Array {
  const keys = keysOf(packed, column, rankTexts)
  const sign = descending ? -1 : 1
  const time = timeOf(packed)
  rows.sort((a, b) => sign * (keys(a) - keys(b)) || time(a) - time(b) || a - b)
  return Uint32Array.from(rows)
}

/** What has no time comes last. */
const timeOf =
  ({ time }: PackedRows) =>
  (row: number): number =>
    time[row] ?? Number.MAX_SAFE_INTEGER

function keysOf(packed: PackedRows, column: SortColumn, rankTexts: () => Uint32Array): (row: number) => number {
  const { columns } = packed
  if (column === 'time') return timeOf(packed)
  if (column === 'severity') return (row) => packed.severity[row]!
  if (column === 'bytes') return (row) => packed.bytes[row] ?? -1
  const ranks = rankTexts()
  if (column === 'rules') return (row) => ranks[packed.ruleSets[packed.rules[row]!]![0] ?? 0]!
  if (column === 'who') return (row) => ranks[columns.person[row] || columns.actor[row] || 0]!
  if (column === 'on') return (row) => ranks[columns.bucket[row]!]! * packed.texts.length + ranks[columns.key[row]!]!
  return (row) => ranks[columns[column][row]!]!
}
