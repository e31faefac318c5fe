/** What a unit of objects says, as plain data that merges: one thread's, one Lambda's, or one file's of a state folder. */
import { BucketwatchError, type ErrorCode } from '../contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { createMinutes, type Joining, type Minutes, type MinutesPart } from './minutes.ts'
import { type KindTotals, TOP_LISTS, type TopList, TRAFFIC_COLUMNS } from './model.ts'
import { createRanking, type RankingCounter, type RankingPart } from './ranking.ts'
import { createRows, type RowRank, type Rows, type RowsPart } from './rows.ts'

/** Values that are followed of each list. */
const FOLLOWED: Readonly<Record<TopList, number>> = {
  actors: 4_096,
  people: 2_048,
  keyIds: 2_048,
  addresses: 2_048,
  buckets: 2_048,
  actions: 1_024,
  errors: 512,
  tools: 64,
  keys: 512,
}
/** Cells of who × bucket × action, and values of each rule. */
const CELLS = 4_096
const RULE_VALUES = 128
/** Examples of each problem. */
const EXAMPLES = 5

/** Columns of a rule's minutes: records by their own time; and by the replay's clock, what the metric gets. */
const MATCHES: readonly Joining[] = ['sum']
const METRIC: readonly Joining[] = ['sum', 'sum', 'least', 'largest']
const TRAFFIC: readonly Joining[] = TRAFFIC_COLUMNS.map(() => 'sum')

/** What is read of a rule. */
export interface RulePart {
  readonly matches: number
  readonly actors: RankingPart
  readonly buckets: RankingPart
  readonly addresses: RankingPart
  readonly byMinute: MinutesPart
  readonly metric: MinutesPart
}

/** A cell of who × bucket × action: count, bytes, errors, and first and last (ms since the epoch) where there are any. */
export type CellPart = readonly [actor: string, bucket: string, action: string, ...numbers: number[]]

export interface Partial {
  readonly version: 1
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
  readonly traffic: Readonly<Record<LogKind, MinutesPart>>
  readonly rules: Readonly<Record<string, RulePart>>
  readonly top: Readonly<Record<TopList, RankingPart>>
  readonly cells: readonly CellPart[]
  readonly cellsLeft: number
  readonly rows: RowsPart
}

export interface RuleSum {
  matches: number
  readonly actors: RankingCounter
  readonly buckets: RankingCounter
  readonly addresses: RankingCounter
  readonly byMinute: Minutes
  readonly metric: Minutes
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
  counted: { readonly count: number; readonly bytes: number }
}

/** A partial result that is being added to. */
export interface Sum {
  readonly kinds: Record<LogKind, { -readonly [Name in keyof KindTotals]: KindTotals[Name] }>
  dataEvents: number
  skipped: number
  duplicates: number
  outOfSpan: number
  filtered: number
  first: number
  last: number
  readonly traffic: Readonly<Record<LogKind, Minutes>>
  readonly top: Readonly<Record<TopList, RankingCounter>>
  readonly rows: Rows
  rule(id: string): RuleSum
  rules(): ReadonlyMap<string, RuleSum>
  cell(actor: string, bucket: string, action: string): Cell
  /** The most frequent cells, and the records of the others. */
  cells(limit: number): { readonly cells: readonly Cell[]; readonly rest: number }
  problem(code: ErrorCode, example: string, count?: number): void
  problems(): Partial['problems']
  merge(part: Partial): void
  part(): Partial
}

const eachKind = <T>(make: (kind: LogKind) => T): Record<LogKind, T> =>
  Object.fromEntries(LOG_KINDS.map((kind) => [kind, make(kind)])) as Record<LogKind, T>

const noTotals = () => ({
  objects: 0,
  bytes: 0,
  inflatedBytes: 0,
  records: 0,
  recordBytes: 0,
  matchingRecords: 0,
  matchingBytes: 0,
})

/**
 * An empty sum. Merging is associative and commutative as long as no ranking has more values than it follows (then see
 * {@link createRanking}); memory is bounded, but for minutes and problems' codes, of which there are few.
 *
 * @param rowLimit matching records that are kept.
 * @example
 * const sum = createSum(1000); for (const part of parts) sum.merge(part)
 */
export function createSum(rowLimit: number, rowCut?: RowRank): Sum {
  const rules = new Map<string, RuleSum>()
  const byActor = new Map<string, Map<string, Map<string, Cell>>>()
  let cellCount = 0
  let cellsLeft = 0
  const problems = new Map<ErrorCode, { count: number; examples: string[] }>()

  function allCells(): Cell[] {
    const all: Cell[] = []
    for (const buckets of byActor.values())
      for (const actions of buckets.values()) for (const cell of actions.values()) all.push(cell)
    return all.sort((a, b) => b.count - a.count || (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  /** What was counted in cells is counted for their actors, buckets and actions, too: once. */
  function addMargins(): void {
    for (const cell of allCells()) {
      const { actor, bucket, action, counted } = cell
      const [count, bytes] = [cell.count - counted.count, cell.bytes - counted.bytes]
      if (count === 0) continue
      cell.counted = { count: cell.count, bytes: cell.bytes }
      sum.top.actors.add(actor, actor === 'anonymous' ? 'anonymous' : '', bytes, count)
      if (bucket !== '') sum.top.buckets.add(bucket, '', bytes, count)
      sum.top.actions.add(action, '', bytes, count)
    }
  }

  function pruneCells(): void {
    addMargins()
    const all = allCells()
    byActor.clear()
    cellCount = 0
    for (const cell of all.slice(0, CELLS)) place(cell)
    for (const cell of all.slice(CELLS)) cellsLeft += cell.count
  }

  function actionsOf(actor: string, bucket: string): Map<string, Cell> {
    const buckets = byActor.get(actor) ?? new Map<string, Map<string, Cell>>()
    byActor.set(actor, buckets)
    const actions = buckets.get(bucket) ?? new Map<string, Cell>()
    buckets.set(bucket, actions)
    return actions
  }

  function place(cell: Cell): void {
    actionsOf(cell.actor, cell.bucket).set(cell.action, cell)
    cellCount += 1
  }

  function cellOf(actor: string, bucket: string, action: string): Cell {
    const known = byActor.get(actor)?.get(bucket)?.get(action)
    if (known !== undefined) return known
    if (cellCount >= 2 * CELLS) pruneCells()
    const cell = { ...fresh(actor, bucket, action) }
    place(cell)
    return cell
  }

  const sum: Sum = {
    kinds: eachKind(noTotals),
    dataEvents: 0,
    skipped: 0,
    duplicates: 0,
    outOfSpan: 0,
    filtered: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    traffic: eachKind(() => createMinutes(TRAFFIC)),
    top: Object.fromEntries(TOP_LISTS.map((name) => [name, createRanking(FOLLOWED[name])])) as Sum['top'],
    rows: createRows(rowLimit, rowCut),
    rule(id) {
      const known = rules.get(id)
      if (known !== undefined) return known
      const rule = newRule()
      rules.set(id, rule)
      return rule
    },
    rules: () => rules,
    cell: cellOf,
    cells(limit) {
      const all = allCells()
      return { cells: all.slice(0, limit), rest: cellsLeft + all.slice(limit).reduce((n, { count }) => n + count, 0) }
    },
    problem(code, example, count = 1) {
      const known = problems.get(code) ?? { count: 0, examples: [] }
      problems.set(code, known)
      known.count += count
      known.examples = [...new Set([...known.examples, example])].sort().slice(0, EXAMPLES)
    },
    problems: () =>
      [...problems]
        .map(([code, { count, examples }]) => [code, count, examples] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    merge: (part) => mergeInto(sum, part, (left) => (cellsLeft += left)),
    part() {
      addMargins()
      if (cellCount > CELLS) pruneCells()
      return { ...partOf(sum), cells: allCells().map(cellPart), cellsLeft }
    },
  }
  return sum
}

/** Parts of one split, the later on top of the earlier. */
function mergeInto(sum: Sum, part: Partial, leaveCells: (count: number) => void): void {
  if (part.version !== 1) throw new BucketwatchError('REPLAY_PARTIAL', `Its version is ${String(part.version)}.`)
  for (const kind of LOG_KINDS) {
    for (const [name, value] of Object.entries(part.kinds[kind])) sum.kinds[kind][name as keyof KindTotals] += value
    sum.traffic[kind].merge(part.traffic[kind])
  }
  sum.dataEvents += part.dataEvents
  sum.skipped += part.skipped
  sum.duplicates += part.duplicates
  sum.outOfSpan += part.outOfSpan
  sum.filtered += part.filtered
  if (part.span !== undefined) {
    sum.first = Math.min(sum.first, part.span[0])
    sum.last = Math.max(sum.last, part.span[1])
  }
  for (const [code, count, examples] of part.problems)
    for (const [index, example] of examples.entries()) sum.problem(code, example, index === 0 ? count : 0)
  for (const [id, rule] of Object.entries(part.rules)) mergeRule(sum.rule(id), rule)
  for (const name of TOP_LISTS) sum.top[name].merge(part.top[name])
  for (const [actor, bucket, action, ...numbers] of part.cells) mergeCell(sum.cell(actor, bucket, action), numbers)
  leaveCells(part.cellsLeft)
  sum.rows.merge(part.rows)
}

function mergeRule(rule: RuleSum, part: RulePart): void {
  rule.matches += part.matches
  for (const name of ['actors', 'buckets', 'addresses', 'byMinute', 'metric'] as const) {
    // Each takes its own kind of part.
    const sum = rule[name] as { merge(part: unknown): void }
    sum.merge(part[name])
  }
}

function mergeCell(cell: Cell, [count = 0, bytes = 0, errors = 0, ...times]: readonly number[]): void {
  cell.count += count
  cell.bytes += bytes
  // The lists are merged by themselves.
  cell.counted = { count: cell.counted.count + count, bytes: cell.counted.bytes + bytes }
  cell.errors += errors
  cell.first = Math.min(cell.first, ...times)
  cell.last = Math.max(cell.last, ...times)
}

function partOf(sum: Sum): Omit<Partial, 'cells' | 'cellsLeft'> {
  const rules = [...sum.rules()].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    version: 1,
    kinds: sum.kinds,
    dataEvents: sum.dataEvents,
    skipped: sum.skipped,
    duplicates: sum.duplicates,
    outOfSpan: sum.outOfSpan,
    filtered: sum.filtered,
    span: sum.last >= sum.first ? [sum.first, sum.last] : undefined,
    problems: sum.problems(),
    traffic: eachKind((kind) => sum.traffic[kind].part()),
    rules: Object.fromEntries(rules.map(([id, rule]) => [id, rulePart(rule)])),
    top: Object.fromEntries(TOP_LISTS.map((name) => [name, sum.top[name].part()])) as Partial['top'],
    rows: sum.rows.part(),
  }
}

const newRule = (): RuleSum => ({
  matches: 0,
  actors: createRanking(RULE_VALUES),
  buckets: createRanking(RULE_VALUES),
  addresses: createRanking(RULE_VALUES),
  byMinute: createMinutes(MATCHES),
  metric: createMinutes(METRIC),
})

const rulePart = (rule: RuleSum): RulePart => ({
  matches: rule.matches,
  actors: rule.actors.part(),
  buckets: rule.buckets.part(),
  addresses: rule.addresses.part(),
  byMinute: rule.byMinute.part(),
  metric: rule.metric.part(),
})

const keyOf = ({ actor, bucket, action }: Cell): string => `${actor}\n${bucket}\n${action}`

const fresh = (actor: string, bucket: string, action: string): Cell => ({
  actor,
  bucket,
  action,
  count: 0,
  bytes: 0,
  errors: 0,
  first: Number.POSITIVE_INFINITY,
  last: Number.NEGATIVE_INFINITY,
  counted: { count: 0, bytes: 0 },
})

/** Of records without a time there is no first and no last. */
const cellPart = ({ actor, bucket, action, count, bytes, errors, first, last }: Cell): CellPart => [
  actor,
  bucket,
  action,
  count,
  bytes,
  errors,
  ...(first <= last ? [first, last] : []),
]
