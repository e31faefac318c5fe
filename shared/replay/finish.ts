/** From what all units said together to the model. */
import type { CompiledRule } from '../detection/compile.ts'
import type { Detection, Requirement } from '../detection/schema.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import {
  type KindTotals,
  type MatchRow,
  type MatrixCell,
  type ReplayIncident,
  type ReplayInputs,
  type ReplayModel,
  type ReplayRule,
  type ReplayTotals,
  type RuleState,
  TOP_LISTS,
  type TopLists,
} from './model.ts'
import { noiseOf } from './noise.ts'
import type { Ran } from './run.ts'
import { byStep, stepOf } from './steps.ts'
import type { RuleSum, Sum } from './sum.ts'
import { TRAFFIC_COLUMNS, type Traffic, type TrafficColumn, type TrafficSeries } from './traffic.ts'

/** Values of each list, and of each rule's; cells of the matrix. */
const TOP = 100
const RULE_TOP = 10
const CELLS = 500

export interface FinishInput {
  readonly inputs: ReplayInputs
  readonly compiled: readonly CompiledRule[]
  /** All rules that were asked for, in the order of their files; those that are not compiled are off. */
  readonly detections: readonly Detection[]
  /** Rule → what it lacks. */
  readonly lacking: ReadonlyMap<string, string>
  readonly ran: Pick<Ran, 'sum' | 'told' | 'pieced'>
}

/**
 * @example
 * finish({ inputs, compiled: compiled.rules, detections, lacking: new Map(), ran }).rules
 */
export function finish(input: FinishInput): ReplayModel {
  const { inputs, ran } = input
  const { sum, told } = ran
  const { rows } = ran.pieced
  const hasTimes = sum.last >= sum.first
  const step = hasTimes ? stepOf(sum.first, sum.last) : 60
  return {
    kind: 'replay',
    version: 1,
    inputs,
    ...(hasTimes ? { span: { first: iso(sum.first), last: iso(sum.last) } } : {}),
    totals: totalsOf(sum),
    problems: sum.problems().map(([code, count, examples]) => ({ code, count, examples })),
    passedOver: sum.passedOver().map(([word, count, examples]) => ({ word, count, examples })),
    incidents: told.incidents,
    incidentsLeftOut: told.leftOut,
    tellings: told.tellings,
    rules: rulesOf(input, step),
    traffic: trafficOf(sum, step),
    top: Object.fromEntries(TOP_LISTS.map((name) => [name, sum.top[name].rank(TOP)])) as TopLists,
    matrix: matrixOf(sum),
    matches: {
      total: sum.rows.total(),
      rows: withIncidents(rows, told.incidents),
      leftOut: sum.rows.total() - rows.length,
    },
  }
}

const iso = (time: number): string => new Date(time).toISOString()

function totalsOf(sum: Sum): ReplayTotals {
  const kinds = LOG_KINDS.filter((kind) => sum.kinds[kind].objects > 0).map((kind) => [kind, sum.kinds[kind]] as const)
  const add = (name: keyof KindTotals) => kinds.reduce((total, [, of]) => total + of[name], 0)
  return {
    objects: add('objects'),
    bytes: add('bytes'),
    skipped: sum.skipped,
    records: add('records'),
    duplicates: sum.duplicates,
    outOfSpan: sum.outOfSpan,
    filtered: sum.filtered,
    dataEvents: sum.dataEvents,
    kinds: Object.fromEntries(kinds),
  }
}

function trafficOf(sum: Sum, step: number): Traffic {
  const grid = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  const kinds: Partial<Record<LogKind, TrafficSeries>> = {}
  for (const kind of LOG_KINDS) {
    const rows = sum.traffic[kind].rows()
    if (rows.length === 0) continue
    for (const [time, [requests = 0]] of rows) {
      const date = new Date(time)
      grid[date.getUTCDay()]![date.getUTCHours()]! += requests
    }
    const { time, columns } = byStep(rows, step)
    const named = TRAFFIC_COLUMNS.map((name, index) => [name, columns[index] ?? []] as const)
    kinds[kind] = { time, ...(Object.fromEntries(named) as Record<TrafficColumn, number[]>) }
  }
  return { step, kinds, grid }
}

function matrixOf(sum: Sum): ReplayModel['matrix'] {
  const { cells, rest } = sum.cells.most(CELLS)
  return {
    rest,
    cells: cells.map(
      ({ actor, bucket, action, count, bytes, errors, first, last }): MatrixCell => ({
        actor,
        bucket,
        action,
        count,
        bytes,
        errors,
        first: last >= first ? iso(first) : '',
        last: last >= first ? iso(last) : '',
      }),
    ),
  }
}

/** A record is part of the incident of its principal, by its rules, whose time it lies in. */
function withIncidents(rows: readonly MatchRow[], incidents: readonly ReplayIncident[]): MatchRow[] {
  const known = incidents.map(({ finding }) => ({
    finding,
    first: Date.parse(finding.firstTime),
    last: Date.parse(finding.lastTime),
    rules: new Set(finding.rules.map(({ id }) => id)),
  }))
  const byPrincipal = Map.groupBy(known, ({ finding }) => finding.principal)
  const byActor = groupByEach(known, ({ finding }) => finding.actors.map(({ value }) => value))
  return rows.map((row) => {
    const time = Date.parse(row.time)
    const isOf = ({ first, last, rules }: (typeof known)[number]) =>
      time >= first && time <= last && row.rules.some((rule) => rules.has(rule))
    const isThere = ({ finding }: (typeof known)[number]) =>
      finding.buckets.some(({ value }) => value === (row.bucket ?? ''))
    // What was linked to somebody's incident (strangers at the bucket that was opened) is in it by what it did, and where.
    const of =
      byPrincipal.get(row.principal)?.find(isOf) ??
      byActor.get(row.actor ?? '')?.find((one) => isOf(one) && isThere(one))
    return of === undefined ? row : { ...row, incidentId: of.finding.mergedInto ?? of.finding.incidentId }
  })
}

/** Each item under all of its keys, in the order in which they come. */
function groupByEach<T>(
  items: readonly T[],
  keysOf: (item: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    for (const key of new Set(keysOf(item))) {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [item])
      else group.push(item)
    }
  }
  return groups
}

function rulesOf(input: FinishInput, step: number): ReplayRule[] {
  const compiled = new Map(input.compiled.map((rule) => [rule.detection.id, rule]))
  const rules = input.detections.flatMap((detection) => {
    const rule = compiled.get(detection.id)
    if (rule !== undefined) return [ruleOf(input, rule, step)]
    const lacks = input.lacking.get(detection.id)
    return lacks === undefined ? [] : [offRule(detection, lacks)]
  })
  return rules.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function ruleOf({ ran, inputs }: FinishInput, rule: CompiledRule, step: number): ReplayRule {
  const { sum, told, pieced } = ran
  const { detection, severity, counting } = rule
  const of: RuleSum | undefined = sum.rules().get(detection.id)
  const kinds = kindsOf(detection)
  const reason = blindness(detection, kinds, sum, inputs)
  const matches = of?.matches ?? 0
  const alarm = pieced.alarms.get(detection.id)
  const hasTold = matches > 0 || (alarm?.fired ?? 0) > 0
  const state: RuleState = hasTold ? 'matched' : reason === undefined ? 'quiet' : 'blind'
  const { time, columns } = byStep(of?.byMinute.rows() ?? [], step)
  const incidents = told.byRule.get(detection.id) ?? 0
  const span = sum.last >= sum.first ? (sum.last - sum.first) / 1000 : 0
  const [actors, buckets, addresses] = [of?.actors, of?.buckets, of?.addresses].map((one) =>
    one === undefined ? { top: [], distinct: 0 } : one.rank(RULE_TOP),
  ) as [ReplayRule['actors'], ReplayRule['buckets'], ReplayRule['buckets']]
  return {
    ...describe(detection, kinds),
    severity,
    isEnabled: true,
    state,
    ...(state === 'blind' ? { reason: reason! } : {}),
    ...(counting === undefined ? {} : { counting }),
    matches,
    hits: told.hits.get(detection.id) ?? 0,
    incidents,
    actors,
    buckets,
    series: { time, value: columns[0] ?? [] },
    ...(alarm === undefined ? {} : { alarm }),
    noise: noiseOf({
      rule,
      matches,
      incidents,
      alarm,
      actors: actors.top,
      buckets: buckets.top,
      addresses: addresses.top,
      all: told.incidents,
      span,
    }),
  }
}

/** A rule that is off because a setting is empty. */
function offRule(detection: Detection, lacks: string): ReplayRule {
  const nothing = { top: [], distinct: 0 }
  return {
    ...describe(detection, kindsOf(detection)),
    severity: detection.severity,
    isEnabled: false,
    state: 'blind',
    reason: lacks,
    matches: 0,
    hits: 0,
    incidents: 0,
    actors: nothing,
    buckets: nothing,
    series: { time: [], value: [] },
    noise: { incidentsPerDay: 0, alarmsPerDay: 0, shareInAlarm: 0 },
  }
}

const describe = ({ id, title, pack, mitre }: Detection, kinds: readonly LogKind[]) => ({
  id,
  title,
  pack,
  mitre,
  kinds,
})

const kindsOf = ({ sources }: Detection): LogKind[] => LOG_KINDS.filter((kind) => sources.includes(kind))

const DATA_EVENTS: Requirement = 'dataEvents'
const ACCOUNT: Requirement = 'account'

/** Why a rule could not have matched, or has not seen all that it watches, whatever happened. */
function blindness(
  { requires, sources }: Detection,
  kinds: readonly LogKind[],
  sum: Sum,
  { settings }: ReplayInputs,
): string | undefined {
  if (kinds.length === 0) return 'it watches the pipeline’s own receipts, and only a deployed pipeline writes them'
  const read = kinds.filter((kind) => sum.kinds[kind].records > 0)
  // Of which kinds those are that were not asked for, nobody has counted.
  const lack = sum.outOfSpan > 0 ? 'what was asked for left' : 'there was'
  if (read.length === 0) return `${lack} no record of ${kinds.join(' or ')}`
  if (requires.includes(DATA_EVENTS) && !read.includes('access-log') && sum.dataEvents === 0)
    return 'there was no data event in the CloudTrail logs'
  // CloudTrail's records name the account they are of; lines of access logs do not (the bucket's owner by a canonical id).
  if (requires.includes(ACCOUNT) && settings?.keys.includes(ACCOUNT) !== true && !read.includes('cloudtrail'))
    return `it needs the setting "${ACCOUNT}", which is empty: access logs do not say the bucket’s account`
  if (sources.includes('pipeline'))
    return 'it watches the pipeline’s own receipts, too, and only a deployed pipeline writes them'
  return undefined
}
