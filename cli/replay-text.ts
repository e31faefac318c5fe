/** A replay as text: what happened, how loud it was, what was quiet, what could not have been seen. */
import { safeText } from '../shared/alert/safe-text.ts'
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import type { ReplayModel, ReplayRule } from '../shared/replay/model.ts'
import { NOT_QUIETED, problemsOf } from '../shared/report/headline.ts'
import { countIncidents, renderIncidents } from './alert-screen.ts'
import type { Io } from './io.ts'
import { bytes, clip, count, createPaint, duration, type Paint, plural, table } from './render.ts'

/** Incidents on the screen: the worst, the worst last. */
const SHOWN = 20
/** Rules for which settings are shown; --json has all. */
const QUIETED = 5

export interface TextOptions {
  readonly paint: Paint
  readonly width: number
  readonly showAlerts: boolean
}

/** The whole summary. */
export function summaryLines(model: ReplayModel, options: TextOptions): string[] {
  return [
    ...(options.showAlerts ? alertLines(model, options) : []),
    ...incidentLines(model, options),
    ...loudLines(model, options),
    ...quietLines(model, options),
    ...totalLines(model, options),
    ...problemLines(model, options.paint),
  ]
}

/** Every message as it would have been mailed. */
function alertLines({ tellings }: ReplayModel, { paint }: TextOptions): string[] {
  return tellings.flatMap(({ time, subject, text = '' }) => [
    paint('bold', `${at(time)}  ${subject}`),
    '',
    ...text.trimEnd().split('\n'),
    '-'.repeat(72),
  ])
}

const at = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

function incidentLines({ incidents, incidentsLeftOut }: ReplayModel, { paint, width }: TextOptions): string[] {
  if (incidents.length === 0) return []
  // As it was told first: that all of them are over needs no saying.
  const findings = incidents.map(({ finding }) => ({ ...finding, event: 'opened' as const }))
  const rank = ['info', 'low', 'medium', 'high', 'critical']
  const worst = findings
    .toSorted((a, b) => rank.indexOf(b.severity) - rank.indexOf(a.severity) || b.matches - a.matches)
    .slice(0, SHOWN)
  const rest = findings.length - worst.length + incidentsLeftOut
  const more = rest === 0 ? '' : `; ${plural(rest, 'more')} not shown`
  return [
    '',
    paint('bold', `INCIDENTS by severity, the worst last${more}`),
    '',
    ...renderIncidents(worst, { paint, width }),
  ]
}

/** Would it be noisy? One row a rule that made an incident or an alarm, the loudest first. */
function loudLines(model: ReplayModel, { paint }: TextOptions): string[] {
  const loud = model.rules
    .filter(({ incidents, alarm }) => incidents > 0 || (alarm?.fired ?? 0) > 0)
    .sort((a, b) => loudness(b) - loudness(a) || (a.id < b.id ? -1 : 1))
  if (loud.length === 0) return []
  const rows = loud.map((rule) => [
    rule.id,
    rule.severity,
    rule.matches,
    rule.incidents,
    perDay(rule.noise.incidentsPerDay),
    rule.alarm?.fired ?? 0,
    perDay(rule.noise.alarmsPerDay),
    share(rule.noise.shareInAlarm),
    rule.noise.topActor === undefined
      ? ''
      : `${share(rule.noise.topActor.share)} ${clip(safeText(shortActor(rule.noise.topActor.value)), 40)}`,
  ])
  const head = ['rule', 'severity', 'matches', 'incidents', 'a day', 'alarms', 'a day', 'in alarm', 'most of it by']
  const [titles = '', ...lines] = table([head, ...rows])
  const quieting = loud.filter(({ noise }) => noise.quieting !== undefined || noise.isNotQuieted).slice(0, QUIETED)
  const settings = quieting.flatMap((rule) => quietingLines(rule, paint))
  return [
    '',
    paint('bold', 'WOULD IT BE NOISY? rules that told something'),
    '',
    paint('dim', titles),
    ...lines,
    ...(settings.length === 0
      ? []
      : ['', paint('bold', 'SETTINGS that would have quieted the loudest; look at what they hide first'), ...settings]),
  ]
}

const loudness = ({ noise }: ReplayRule): number => noise.incidentsPerDay + noise.alarmsPerDay / 10

const perDay = (value: number): string => (value === 0 ? '0' : value < 0.1 ? '< 0.1' : value.toFixed(1))
const share = (value: number): string => `${Math.round(value * 100)} %`

/** `role/etl` in place of its ARN. */
const shortActor = (actor: string): string => /^arn:[^:]*:(?:iam|sts)::\d*:(.+)$/.exec(actor)?.[1] ?? actor

function quietingLines({ id, noise: { quieting } }: ReplayRule, paint: Paint): string[] {
  if (quieting === undefined) return ['', paint('dim', `# ${id}: ${NOT_QUIETED}`)]
  const { hides, leaves, snippet } = quieting
  return [
    '',
    paint(
      'dim',
      `# ${id}: hides ${plural(hides.incidents, 'incident')} and ${plural(hides.matches, 'matching record')}, leaves ${count(leaves.incidents)} and ${count(leaves.matches)}`,
    ),
    ...snippet.trimEnd().split('\n'),
  ]
}

function quietLines({ rules }: ReplayModel, { paint, width }: TextOptions): string[] {
  const untold = rules.filter(
    ({ state, incidents, alarm }) => state === 'matched' && incidents === 0 && (alarm?.fired ?? 0) === 0,
  )
  const quiet = rules.filter(({ state }) => state === 'quiet')
  const blind = Map.groupBy(
    rules.filter(({ state }) => state === 'blind'),
    ({ reason = '' }) => reason,
  )
  return [
    ...(untold.length === 0
      ? []
      : ['', paint('bold', `MATCHED, and told nothing: ${plural(untold.length, 'rule')}`), ...named(untold, width)]),
    ...(quiet.length === 0
      ? []
      : ['', paint('bold', `QUIET, nothing matched: ${plural(quiet.length, 'rule')}`), ...named(quiet, width)]),
    ...(blind.size === 0 ? [] : ['', paint('bold', 'BLIND, whatever happened')]),
    ...[...blind].flatMap(([reason, of]) => [`  ${plural(of.length, 'rule')}: ${reason}`, ...named(of, width)]),
  ]
}

/** Whole names: one that is cut cannot be looked for. */
function named(rules: readonly ReplayRule[], width: number): string[] {
  const lines: string[] = []
  for (const [index, { id }] of rules.entries()) {
    const word = index === rules.length - 1 ? id : `${id},`
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(`  ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const CLOCK_WORDS = { event: 'the time things happened', delivery: 'the time their objects would have come' } as const

function totalLines(model: ReplayModel, { paint }: TextOptions): string[] {
  const { totals, span, tellings, incidents, inputs, rules } = model
  const seconds = span === undefined ? 0 : (Date.parse(span.last) - Date.parse(span.first)) / 1000
  const parts = [
    [totals.duplicates, 'read before'],
    [totals.outOfSpan, 'outside of what was asked for'],
    [totals.filtered, 'of AWS delivering logs'],
  ].flatMap(([n, words]) => (n === 0 ? [] : [`${count(n as number)} ${words}`]))
  const problems = problemsOf(model)
  const findings = incidents.map(({ finding }) => finding)
  const fired = rules.reduce((sum, { alarm }) => sum + (alarm?.fired ?? 0), 0)
  return [
    '',
    paint(
      'bold',
      `${plural(totals.objects, 'object')}, ${plural(totals.records, 'record')}${parts.length === 0 ? '' : `; besides ${parts.join(', ')}`}${problems === undefined ? '' : `; ${problems}`}`,
    ),
    ...(span === undefined ? [] : [`  ${at(span.first)} to ${at(span.last)}, ${duration(seconds)}`]),
    ...LOG_KINDS.flatMap((kind) => {
      const of = totals.kinds[kind]
      return of === undefined
        ? []
        : [
            `  ${kind}: ${plural(of.objects, 'object')}, ${plural(of.records, 'record')}, ${bytes(of.bytes)} stored, ${bytes(of.recordBytes)} as records, ${bytes(of.matchingBytes)} of them match`,
          ]
    }),
    ...(totals.skipped === 0
      ? []
      : [`  ${plural(totals.skipped, 'object')} with nothing to read (digests, empty ones, no logs)`]),
    paint('bold', `${countIncidents(findings)}; ${plural(tellings.length, 'message')} people would have got`),
    `  ${plural(fired, 'alarm')} went off, by ${CLOCK_WORDS[inputs.clock]}; of ${plural(rules.filter(({ isEnabled }) => isEnabled).length, 'rule')} that are on`,
  ]
}

/** What could not be read, and what is no log, each object by its whole name: a name that is cut cannot be looked for. */
export function problemLines({ problems, passedOver = [] }: ReplayModel, paint: Paint): string[] {
  return [
    ...(problems.length === 0 ? [] : ['', paint(['bold', 'red'], 'NOT READ, or in part')]),
    ...problems.flatMap(({ code, count: n, examples }) => exampleLines(code, n, examples)),
    ...(passedOver.length === 0 ? [] : ['', paint('bold', 'PASSED OVER, since they are no logs')]),
    ...passedOver.flatMap(({ word, count: n, examples }) => exampleLines(word, n, examples)),
  ]
}

const exampleLines = (name: string, n: number, examples: readonly string[]): string[] => [
  `  ${name}: ${count(n)}`,
  ...examples.map((example) => `    ${safeText(example, 500)}`),
]

/** Beside an output that has no place for them: what could not be read, and what is no log, on standard error. */
export function tellProblems(model: ReplayModel, io: Pick<Io, 'err'>): void {
  for (const line of problemLines(model, createPaint(false, {}))) if (line !== '') io.err(line)
}
