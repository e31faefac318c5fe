/** The matching records that are kept: the same ones however the logs are split. */
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { hashKey } from '../incident/key-sample.ts'
import type { MatchRow } from './model.ts'

/** Where a row stands among all: those of rules that hit at once before those that only count, the worst first. */
export interface RowRank {
  /** 0 … 9 */
  readonly level: number
  /** Rows of one level go by this, so that what is left out is spread over the time. */
  readonly order: number
}

export interface RowsPart {
  readonly total: number
  readonly rows: readonly (readonly [level: number, order: number, row: MatchRow])[]
}

export interface Rows {
  /** What comes behind this is not kept; undefined: there is room. */
  readonly cut: RowRank | undefined
  /** Whether a row of this rank would be kept. */
  wants(rank: RowRank): boolean
  /** Counts a matching record; `row` is asked only where it is kept. */
  add(rank: RowRank, row: () => MatchRow): void
  merge(part: RowsPart): void
  part(): RowsPart
  readonly total: number
  /** The worst first, then by time. */
  sorted(): readonly MatchRow[]
}

/**
 * @param isCounted no rule that the record matches hits at once.
 */
export function rankRow(severity: Severity, isCounted: boolean, object: string, record: number): RowRank {
  return {
    level: SEVERITIES.indexOf(severity) + (isCounted ? 0 : SEVERITIES.length),
    order: hashKey(`${object}\n${record}`, 0x2545f491),
  }
}

const isBefore = (a: RowRank, b: RowRank): boolean => (a.level === b.level ? a.order < b.order : a.level > b.level)

interface Kept extends RowRank {
  readonly make: () => MatchRow
}

/**
 * Keeps the first `limit` rows by rank: of all rows together the same as of any parts of them.
 *
 * @param cut of others: what comes behind it is known not to be kept in the end.
 * @example
 * createRows(1000).add(rankRow('high', false, object, 1), () => row)
 */
export function createRows(limit: number, cut?: RowRank): Rows {
  let kept: Kept[] = []
  let total = 0
  /** What comes behind this is not kept. */
  let last = cut

  function prune(): void {
    kept.sort((a, b) => b.level - a.level || a.order - b.order)
    kept = kept.slice(0, limit)
    if (kept.length === limit) last = kept.at(-1) ?? last
  }

  function put(rank: RowRank, make: () => MatchRow): void {
    if (last !== undefined && !isBefore(rank, last)) return
    kept.push({ ...rank, make })
    if (kept.length >= 2 * Math.max(1, limit)) prune()
  }

  function final(): Kept[] {
    prune()
    return kept
  }

  return {
    get cut() {
      return last
    },
    wants: (rank) => limit > 0 && (last === undefined || isBefore(rank, last)),
    add(rank, row) {
      total += 1
      put(rank, row)
    },
    merge(part) {
      total += part.total
      for (const [level, order, row] of part.rows) put({ level, order }, () => row)
    },
    part: () => ({ total, rows: final().map(({ level, order, make }) => [level, order, make()] as const) }),
    get total() {
      return total
    },
    sorted: () =>
      final()
        .map(({ level, order, make }) => ({ level, order, row: make() }))
        .sort(
          (a, b) =>
            b.level - a.level || (a.row.time < b.row.time ? -1 : a.row.time > b.row.time ? 1 : a.order - b.order),
        )
        .map(({ row }) => row),
  }
}
