/** What a unit of objects says, as plain data that merges: one thread's, one Lambda's, or one file's of a state folder. */
import type { ErrorCode } from '../contracts/errors.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { CellsPart } from './cells.ts'
import type { MinutesPart } from './minutes.ts'
import type { KindTotals, TopList } from './model.ts'
import type { RankingPart } from './ranking.ts'
import type { RowsPart } from './rows.ts'

/** What is read of a rule. */
export interface RulePart {
  readonly matches: number
  readonly actors: RankingPart
  readonly buckets: RankingPart
  readonly addresses: RankingPart
  readonly byMinute: MinutesPart
  readonly metric: MinutesPart
}

/** Of parts that can be put together. */
export const PARTIAL_VERSION = 5

/** Lists in it are in no order that means anything, but for the rows. */
export interface Partial {
  readonly version: typeof PARTIAL_VERSION
  readonly kinds: Readonly<Record<LogKind, KindTotals>>
  /** Data events of CloudTrail: without any, rules of them are blind. */
  readonly dataEvents: number
  /** Objects with nothing to read. */
  readonly skipped: number
  readonly duplicates: number
  readonly outOfSpan: number
  readonly filtered: number
  /** ms since the epoch. */
  readonly span: readonly [first: number, last: number] | undefined
  readonly problems: readonly (readonly [code: ErrorCode, count: number, examples: readonly string[]])[]
  /** What is no log at all. */
  readonly passedOver: readonly (readonly [word: string, count: number, examples: readonly string[]])[]
  readonly traffic: Readonly<Record<LogKind, MinutesPart>>
  readonly rules: Readonly<Record<string, RulePart>>
  readonly top: Readonly<Record<TopList, RankingPart>>
  readonly cells: CellsPart
  readonly rows: RowsPart
}
