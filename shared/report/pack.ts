/** The matching records as a page holds them: columns of numbers over a list of texts, so that 100,000 are no burden. */
import type { MatchRow } from '../replay/model.ts'
import { rankOfSeverity, WORST_FIRST } from './severity.ts'

/** Columns whose cells are texts. */
export const TEXT_COLUMNS = [
  'kind',
  'actor',
  'person',
  'keyId',
  'ip',
  'bucket',
  'key',
  'action',
  'outcome',
  'tool',
  'detail',
  'object',
  'principal',
  'incidentId',
] as const
export type TextColumn = (typeof TEXT_COLUMNS)[number]

/** JSON, one entry a row in each column. */
export interface PackedRows {
  /** Every text once; the first is the empty one, which stands for what a record does not say. */
  readonly texts: readonly string[]
  /** Every combination of rules once, as indexes into `texts`. */
  readonly ruleSets: readonly (readonly number[])[]
  /** ms since the epoch; null where the record has no usable time. */
  readonly time: readonly (number | null)[]
  /** 0: critical. */
  readonly severity: readonly number[]
  readonly rules: readonly number[]
  readonly bytes: readonly (number | null)[]
  readonly record: readonly number[]
  readonly columns: Readonly<Record<TextColumn, readonly number[]>>
}

/**
 * Packs rows; {@link unpackRow} gives one of them back as it was (times as ISO 8601 with milliseconds).
 *
 * @example
 * packRows(model.matches.rows).texts.length
 */
export function packRows(rows: readonly MatchRow[]): PackedRows {
  const texts = new Map<string, number>([['', 0]])
  const sets = new Map<string, { index: number; ids: number[] }>()
  const id = (text: string | undefined): number => {
    const known = texts.get(text ?? '')
    if (known !== undefined) return known
    texts.set(text!, texts.size)
    return texts.size - 1
  }
  const set = (rules: readonly string[]): number => {
    const name = rules.join(' ')
    const known = sets.get(name)
    if (known !== undefined) return known.index
    sets.set(name, { index: sets.size, ids: rules.map(id) })
    return sets.size - 1
  }
  const columns = Object.fromEntries(
    TEXT_COLUMNS.map((column) => [column, rows.map((row) => id(row[column]))]),
  ) as unknown as PackedRows['columns']
  const rules = rows.map((row) => set(row.rules))
  return {
    texts: [...texts.keys()],
    ruleSets: [...sets.values()].map(({ ids }) => ids),
    time: rows.map(({ time }) => finite(Date.parse(time))),
    severity: rows.map(({ severity }) => rankOfSeverity(severity)),
    rules,
    bytes: rows.map((row) => row.bytes ?? null),
    record: rows.map(({ record }) => record),
    columns,
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** One row as it was. */
export function unpackRow(packed: PackedRows, index: number): MatchRow {
  const { texts, ruleSets } = packed
  const time = packed.time[index]
  const size = packed.bytes[index]
  const said = TEXT_COLUMNS.flatMap((column) => {
    const text = packed.columns[column][index]
    return text === undefined || text === 0 ? [] : [[column, texts[text]]]
  })
  return {
    ...Object.fromEntries(said),
    time: time === null || time === undefined ? '' : new Date(time).toISOString(),
    rules: (ruleSets[packed.rules[index] ?? 0] ?? []).map((rule) => texts[rule] ?? ''),
    severity: WORST_FIRST[packed.severity[index] ?? 0] ?? 'info',
    ...(size === null || size === undefined ? {} : { bytes: size }),
    record: packed.record[index] ?? 0,
  }
}
