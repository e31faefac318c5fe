/** Partial results put together, and the one that is being made. */
import { BucketwatchError, type ErrorCode } from '../contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { type Cells, createCells, type Matched } from './cells.ts'
import { createMinutes, type Joining, type Minutes } from './minutes.ts'
import { type KindTotals, TOP_LISTS, type TopList } from './model.ts'
import { PARTIAL_VERSION, type Partial, type RulePart } from './partial.ts'
import { createRanking, type RankingCounter } from './ranking.ts'
import { createRows, type RowRank, type Rows } from './rows.ts'
import { TRAFFIC_COLUMNS } from './traffic.ts'

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
/** So many of each, before the rarest go: keys come again and again that are not among the most frequent. */
const ROOM = 4_096
const KEYS_ROOM = 12_288
/** Values of each rule; what comes record by record has more room than what cells bring. */
const RULE_VALUES = 128
const RULE_ROOM = 512
const ADDRESSES_ROOM = 2_048
const roomOf = (name: TopList): number => (name === 'keys' ? KEYS_ROOM : Math.max(ROOM, 2 * FOLLOWED[name]))
/** Examples of each problem. */
const EXAMPLES = 5

/** Columns of a rule's minutes: records by their own time; and by the replay's clock, what the metric gets. */
const MATCHES: readonly Joining[] = ['sum']
const METRIC: readonly Joining[] = ['sum', 'sum', 'least', 'largest']
/** Minutes of a rule's metric. */
export const createMetric = (): Minutes => createMinutes(METRIC)
const TRAFFIC: readonly Joining[] = TRAFFIC_COLUMNS.map(() => 'sum')

export interface RuleSum {
  matches: number
  readonly actors: RankingCounter
  readonly buckets: RankingCounter
  readonly addresses: RankingCounter
  readonly byMinute: Minutes
  readonly metric: Minutes
  /** Takes actors and buckets from the cells. */
  readonly cells: Matched
}

/** A partial result that is being added to. */
export interface Sum {
  kinds: Record<LogKind, { -readonly [Name in keyof KindTotals]: KindTotals[Name] }>
  dataEvents: number
  skipped: number
  duplicates: number
  outOfSpan: number
  filtered: number
  first: number
  last: number
  readonly traffic: Readonly<Record<LogKind, Minutes>>
  readonly top: Readonly<Record<TopList, RankingCounter>>
  readonly cells: Cells
  rows: Rows
  rule(id: string): RuleSum
  rules(): ReadonlyMap<string, RuleSum>
  problem(code: ErrorCode, example: string, count?: number): void
  problems(): Partial['problems']
  /** An object that is no log at all, with the word for what it is. */
  passOver(word: string, example: string, count?: number): void
  passedOver(): Partial['passedOver']
  merge(part: Partial): void
  part(): Partial
  /**
   * Begins anew, with what it remembers of names: making the same few thousand of them for each object costs more than
   * counting them. What it says afterwards does not depend on what was counted before.
   */
  clear(rowCut?: RowRank): void
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

const noCounts = () => ({
  kinds: eachKind(noTotals),
  dataEvents: 0,
  skipped: 0,
  duplicates: 0,
  outOfSpan: 0,
  filtered: 0,
  first: Number.POSITIVE_INFINITY,
  last: Number.NEGATIVE_INFINITY,
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
  const known = new Map<string, RuleSum>()
  /** Those of them that were asked for. */
  const rules = new Map<string, RuleSum>()
  const problems = createExamples<ErrorCode>()
  const passedOver = createExamples<string>()
  const top = Object.fromEntries(
    TOP_LISTS.map((name) => [name, createRanking(FOLLOWED[name], name === 'keys', roomOf(name))]),
  ) as Sum['top']
  // Actors, buckets and actions are the sums of the cells.
  const cells = createCells(({ actor, bucket, action }, count, bytes) => {
    top.actors.add(actor, actor === 'anonymous' ? 'anonymous' : '', bytes, count)
    if (bucket !== '') top.buckets.add(bucket, '', bytes, count)
    top.actions.add(action, '', bytes, count)
  })

  const sum: Sum = {
    ...noCounts(),
    traffic: eachKind(() => createMinutes(TRAFFIC)),
    top,
    cells,
    rows: createRows(rowLimit, rowCut),
    rule(id) {
      const at = rules.get(id)
      if (at !== undefined) return at
      const rule = known.get(id) ?? newRule()
      known.set(id, rule)
      rules.set(id, rule)
      return rule
    },
    rules: () => rules,
    problem: problems.add,
    problems: problems.all,
    passOver: passedOver.add,
    passedOver: passedOver.all,
    merge: (part) => mergeInto(sum, part),
    part: () => partOf(sum),
    clear(nextCut) {
      Object.assign(sum, noCounts())
      for (const kind of LOG_KINDS) sum.traffic[kind].clear()
      for (const name of TOP_LISTS) top[name].clear()
      cells.clear()
      sum.rows = createRows(rowLimit, nextCut)
      for (const rule of rules.values()) clearRule(rule)
      rules.clear()
      problems.clear()
      passedOver.clear()
    },
  }
  return sum
}

/** How often what was met, by its name, with a few examples. */
function createExamples<Name extends string>() {
  const known = new Map<Name, { count: number; examples: string[] }>()
  return {
    add(name: Name, example: string, count = 1): void {
      const of = known.get(name) ?? { count: 0, examples: [] }
      known.set(name, of)
      of.count += count
      of.examples = [...new Set([...of.examples, example])].sort().slice(0, EXAMPLES)
    },
    all: (): (readonly [name: Name, count: number, examples: readonly string[]])[] =>
      [...known]
        .map(([name, { count, examples }]) => [name, count, examples] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    clear: () => known.clear(),
  }
}

function addExamples<Name extends string>(
  add: (name: Name, example: string, count: number) => void,
  part: readonly (readonly [name: Name, count: number, examples: readonly string[]])[],
): void {
  for (const [name, count, examples] of part)
    for (const [index, example] of examples.entries()) add(name, example, index === 0 ? count : 0)
}

/** Parts of one split, the later on top of the earlier. */
function mergeInto(sum: Sum, part: Partial): void {
  if (part.version !== PARTIAL_VERSION)
    throw new BucketwatchError('REPLAY_PARTIAL', `Its version is ${String(part.version)}.`)
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
  addExamples(sum.problem, part.problems)
  addExamples(sum.passOver, part.passedOver)
  for (const [id, rule] of Object.entries(part.rules)) mergeRule(sum.rule(id), rule)
  for (const name of TOP_LISTS) sum.top[name].merge(part.top[name])
  sum.cells.merge(part.cells)
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

function partOf(sum: Sum): Partial {
  // Before the lists that they are added to, those of rules too.
  const cells = sum.cells.part()
  return {
    version: PARTIAL_VERSION,
    kinds: sum.kinds,
    dataEvents: sum.dataEvents,
    skipped: sum.skipped,
    duplicates: sum.duplicates,
    outOfSpan: sum.outOfSpan,
    filtered: sum.filtered,
    span: sum.last >= sum.first ? [sum.first, sum.last] : undefined,
    problems: sum.problems(),
    passedOver: sum.passedOver(),
    traffic: eachKind((kind) => sum.traffic[kind].part()),
    rules: Object.fromEntries(Array.from(sum.rules(), ([id, rule]) => [id, rulePart(rule)])),
    top: Object.fromEntries(TOP_LISTS.map((name) => [name, sum.top[name].part()])) as Partial['top'],
    cells,
    rows: sum.rows.part(),
  }
}

function newRule(): RuleSum {
  const actors = createRanking(RULE_VALUES, false, RULE_ROOM)
  const buckets = createRanking(RULE_VALUES, false, RULE_ROOM)
  return {
    matches: 0,
    actors,
    buckets,
    addresses: createRanking(RULE_VALUES, false, ADDRESSES_ROOM),
    byMinute: createMinutes(MATCHES),
    metric: createMetric(),
    cells: {
      add(actor, bucket, count) {
        actors.add(actor, '', 0, count)
        if (bucket !== '') buckets.add(bucket, '', 0, count)
      },
    },
  }
}

function clearRule(rule: RuleSum): void {
  rule.matches = 0
  for (const one of [rule.actors, rule.buckets, rule.addresses, rule.byMinute, rule.metric]) one.clear()
}

const rulePart = (rule: RuleSum): RulePart => ({
  matches: rule.matches,
  actors: rule.actors.part(),
  buckets: rule.buckets.part(),
  addresses: rule.addresses.part(),
  byMinute: rule.byMinute.part(),
  metric: rule.metric.part(),
})
