/** How loud a rule would be, and which settings would have quieted it. */
import type { CompiledRule } from '../detection/compile.ts'
import type { Ranked, ReplayIncident, RuleAlarm, RuleNoise } from './model.ts'

const DAY_SECONDS = 86_400
/** A value that makes less than this share of a rule's matches does not explain its noise. */
const LEAST_SHARE = 0.3
/** Values that are put into one allow-list. */
const MAX_VALUES = 3
/** Less than so often a day, or so often at all, nobody calls noise: settings against it would hide what is rare. */
const QUIET_A_DAY = 0.2
const QUIET = 3

/** What noise is judged by. */
export interface NoiseInput {
  readonly rule: CompiledRule
  readonly matches: number
  readonly incidents: number
  readonly alarm: RuleAlarm | undefined
  readonly actors: readonly Ranked[]
  readonly buckets: readonly Ranked[]
  readonly addresses: readonly Ranked[]
  /** All incidents of the replay. */
  readonly all: readonly ReplayIncident[]
  /** Seconds. */
  readonly span: number
}

/**
 * @example
 * noiseOf(input).quieting?.snippet // 'detections:\n  rules:\n    ct-denied-spike:\n      allowActors: …'
 */
export function noiseOf(input: NoiseInput): RuleNoise {
  const { alarm, incidents, matches } = input
  // Of less than a day it cannot be told what a day is like; it counts as one.
  const days = Math.max(1, input.span / DAY_SECONDS)
  const incidentsPerDay = incidents / days
  const alarmsPerDay = (alarm?.fired ?? 0) / days
  const [actor] = input.actors
  // Of rules that make incidents, people get those; alarms that incidents have told are only noted.
  const told = input.rule.counting === undefined ? (alarm?.fired ?? 0) : incidents
  const isLoud = told >= QUIET && told / days >= QUIET_A_DAY
  const quieting = isLoud ? quietingOf(input) : undefined
  return {
    incidentsPerDay,
    alarmsPerDay,
    shareInAlarm: input.span <= 0 ? 0 : Math.min(1, (alarm?.secondsInAlarm ?? 0) / input.span),
    ...(actor === undefined || matches === 0
      ? {}
      : { topActor: { value: actor.value, share: Math.min(1, actor.count / matches) } }),
    ...(quieting === undefined ? {} : { quieting }),
    ...(isLoud && quieting === undefined ? { isNotQuieted: true } : {}),
  }
}

type Quieting = NonNullable<RuleNoise['quieting']>

/** The one list that hides most with fewest values; else a higher threshold. */
function quietingOf(input: NoiseInput): Quieting | undefined {
  const lists = [
    { key: 'allowActors', values: named(input.actors), has: ofIncident('actors') },
    { key: 'allowBuckets', values: named(input.buckets), has: ofIncident('buckets') },
    { key: 'allowAddresses', values: input.addresses, has: ofIncident('addresses') },
  ]
  for (const { key, values, has } of lists) {
    const chosen = values.filter(({ count }) => count >= LEAST_SHARE * input.matches).slice(0, MAX_VALUES)
    if (chosen.length === 0) continue
    const names = new Set(chosen.map(({ value }) => value))
    const hidden = input.all.filter(
      (one) => isPartOf(one, input.rule.detection.id) && has(one).every((value) => names.has(value)),
    )
    // Others would hide matches, and no message: what people are told of them has more in it than what the list names.
    const makesIncidents = input.rule.counting !== undefined
    const useful = chosen.filter(({ value }) => !makesIncidents || hidden.some((one) => has(one).includes(value)))
    if (useful.length === 0) continue
    const hides = { matches: useful.reduce((sum, { count }) => sum + count, 0), incidents: hidden.length }
    return {
      snippet: snippet(input.rule.detection.id, [
        `${key}:`,
        ...useful.map(({ value }) => `  - ${JSON.stringify(value)}`),
      ]),
      hides,
      leaves: rest(input, hides),
    }
  }
  return byThreshold(input)
}

function byThreshold(input: NoiseInput): Quieting | undefined {
  const { rule, alarm, all } = input
  if (alarm === undefined || (rule.counting?.window ?? 0) === 0 || !rule.alarm.comparisonOperator.startsWith('Greater'))
    return undefined
  const { id } = rule.detection
  const amounts = all.flatMap(({ finding }) => finding.rules.filter((one) => one.id === id).map(({ amount }) => amount))
  const largest = Math.max(...amounts, ...alarm.datapoints.value)
  if (!Number.isFinite(largest)) return undefined
  const threshold = roundUp(largest * 1.25)
  const hides = { matches: input.matches, incidents: all.filter((one) => isPartOf(one, id)).length }
  return { snippet: snippet(id, [`threshold: ${threshold}`]), hides, leaves: rest(input, hides) }
}

const rest = ({ matches, incidents }: NoiseInput, hides: Quieting['hides']): Quieting['leaves'] => ({
  matches: Math.max(0, matches - hides.matches),
  incidents: Math.max(0, incidents - hides.incidents),
})

/** Who is nobody in particular cannot stand in an allow-list. */
const named = (values: readonly Ranked[]): Ranked[] =>
  values.filter(({ value }) => value !== 'unknown' && value !== 'anonymous' && /^[ -)+-~]+$/.test(value))

const ofIncident =
  (name: 'actors' | 'buckets' | 'addresses') =>
  ({ finding }: ReplayIncident): string[] =>
    finding[name].map(({ value }) => value)

const isPartOf = ({ finding }: ReplayIncident, rule: string): boolean => finding.rules.some(({ id }) => id === rule)

function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1)
  return Math.ceil(value / unit) * unit
}

function snippet(rule: string, lines: readonly string[]): string {
  return ['detections:', '  rules:', `    ${rule}:`, ...lines.map((line) => `      ${line}`), ''].join('\n')
}
