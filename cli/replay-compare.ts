/** Two replays of the same logs with different settings, side by side. */
import { SEVERITIES } from '../shared/detection/schema.ts'
import type { ReplayModel, ReplayRule } from '../shared/replay/model.ts'
import { countIncidents } from './alert-screen.ts'
import { count, type Paint, plural, table } from './render.ts'

/** Incidents that are named. */
const NAMED = 20

/** What changes, rule by rule, and which incidents would not have been told, or newly. */
export function compareLines(before: ReplayModel, after: ReplayModel, paint: Paint): string[] {
  const now = new Map(before.rules.map((rule) => [rule.id, rule]))
  const then = new Map(after.rules.map((rule) => [rule.id, rule]))
  const ids = [...new Set([...now.keys(), ...then.keys()])].sort()
  const rows = ids.flatMap((id) => {
    const [a, b] = [now.get(id), then.get(id)]
    const cells = [matches, incidents, alarms].map((of) => change(of(a), of(b)))
    return cells.every(({ isSame }) => isSame) ? [] : [[id, ...cells.map(({ text }) => text)]]
  })
  const gone = missing(before, after)
  const fresh = missing(after, before)
  return [
    paint('bold', `now:  ${told(before)}`),
    paint('bold', `then: ${told(after)}`),
    '',
    ...(rows.length === 0
      ? ['No rule changes.']
      : [
          paint('bold', 'Rules that change, now → then'),
          '',
          ...table([['rule', 'matches', 'incidents', 'alarms'], ...rows]),
        ]),
    ...named('Incidents that would not be told any more', gone, paint),
    ...named('Incidents that would be told newly', fresh, paint),
  ]
}

const told = ({ incidents: of, incidentsLeftOut, tellings, rules }: ReplayModel): string => {
  const fired = rules.reduce((sum, { alarm }) => sum + (alarm?.fired ?? 0), 0)
  const more = incidentsLeftOut === 0 ? '' : ` and ${count(incidentsLeftOut)} more`
  return `${countIncidents(of.map(({ finding }) => finding))}${more}; ${plural(tellings.length, 'message')}, ${plural(fired, 'alarm')}`
}

const matches = (rule: ReplayRule | undefined): number | undefined =>
  rule?.isEnabled === true ? rule.matches : undefined
const incidents = (rule: ReplayRule | undefined): number | undefined =>
  rule?.isEnabled === true ? rule.incidents : undefined
const alarms = (rule: ReplayRule | undefined): number | undefined =>
  rule?.isEnabled === true ? (rule.alarm?.fired ?? 0) : undefined

function change(
  now: number | undefined,
  then: number | undefined,
): { readonly isSame: boolean; readonly text: string } {
  const say = (value: number | undefined) => (value === undefined ? 'off' : count(value))
  return { isSame: now === then, text: now === then ? say(now) : `${say(now)} → ${say(then)}` }
}

/** Incidents of one that the other has not: none of the same principal at the same time. */
function missing(of: ReplayModel, from: ReplayModel): ReplayModel['incidents'] {
  const others = Map.groupBy(from.incidents, ({ finding }) => finding.principal)
  return of.incidents.filter(({ finding: { principal, firstTime, lastTime } }) => {
    const same = others.get(principal) ?? []
    return !same.some(({ finding }) => finding.firstTime <= lastTime && finding.lastTime >= firstTime)
  })
}

function named(title: string, of: ReplayModel['incidents'], paint: Paint): string[] {
  if (of.length === 0) return []
  const worst = of.toSorted((a, b) => SEVERITIES.indexOf(b.finding.severity) - SEVERITIES.indexOf(a.finding.severity))
  const rest = worst.length - NAMED
  return [
    '',
    paint('bold', `${title}: ${count(of.length)}`),
    ...worst
      .slice(0, NAMED)
      .map(
        ({ finding: { severity, firstTime, summary } }) =>
          `  ${severity.toUpperCase().padEnd(8)}  ${firstTime.slice(0, 16)}  ${summary}`,
      ),
    ...(rest > 0 ? [`  and ${count(rest)} more`] : []),
  ]
}
