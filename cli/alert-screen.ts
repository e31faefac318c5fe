/** Alerts on the terminal, and their whole texts in files. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { renderBrief, renderText } from '../shared/alert/render.ts'
import { SEVERITIES, type Severity } from '../shared/detection/schema.ts'
import type { FiredAlarm, LocalAlert } from './local-alerts.ts'
import { count, type Paint, plural, type Style } from './render.ts'

const SEVERITY_STYLE: Readonly<Record<Severity | 'unknown', Style>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'blue',
  info: 'dim',
  unknown: 'dim',
}

/** So many alerts of one rule are looked up and told; of the others it is said that there were some. */
const ALERTS_A_RULE = 20

/** The alarms that are told: the first of each rule. */
export function toldOf(fired: readonly FiredAlarm[]): FiredAlarm[] {
  return [...Map.groupBy(fired, ({ rule }) => rule.detection.id).values()].flatMap((of) => of.slice(0, ALERTS_A_RULE))
}

/** How times are written: of one day (UTC) the time alone, else with the date. */
export function timeFormat(times: readonly number[]): { readonly say: (time: number) => string; readonly day: string } {
  const days = new Set(times.map((time) => iso(time).slice(0, 10)))
  const [day = ''] = days
  return days.size <= 1
    ? { say: (time) => iso(time).slice(11, 16), day }
    : { say: (time) => `${iso(time).slice(0, 16).replace('T', ' ')} UTC`, day: '' }
}

const iso = (time: number): string => new Date(time).toISOString()

/**
 * One block a rule, the worst last: next to what a terminal shows when all is done.
 *
 * @param fired all that went off, for what is not told in full
 */
export function renderAlerts(
  alerts: readonly LocalAlert[],
  options: { readonly paint: Paint; readonly width: number; readonly fired?: readonly FiredAlarm[] | undefined },
): string[] {
  const { paint, width, fired = alerts } = options
  const { say } = timeFormat(fired.map(({ change }) => change.timestamp))
  const byRule = [...Map.groupBy(alerts, ({ rule }) => rule.detection.id).values()]
  const rank = ([first]: readonly LocalAlert[]) => SEVERITIES.indexOf(first!.rule.severity)
  byRule.sort((a, b) => rank(a) - rank(b) || a[0]!.change.timestamp - b[0]!.change.timestamp)
  return byRule.flatMap((of) => {
    const { alert, change, rule } = of[0]!
    const all = fired.filter((one) => one.rule === rule).map((one) => say(one.change.timestamp))
    const { head, lines } = renderBrief(alert, { width, at: say(change.timestamp), note: again(all.slice(1)) })
    const word = /^\S+/.exec(head)?.[0] ?? ''
    return [
      paint(SEVERITY_STYLE[alert.severity], word) + head.slice(word.length),
      ...lines.map((line) => paint('dim', line)),
    ]
  })
}

function again(times: readonly string[]): string | undefined {
  if (times.length === 0) return undefined
  if (times.length <= 3) return `again ${times.join(', ')}`
  return `again ${count(times.length)} times, last ${times.at(-1)}`
}

/** `28 alerts: 6 critical, 9 high …`. */
export function countAlerts(alerts: readonly LocalAlert[]): string {
  const rules = new Map(alerts.map(({ rule }) => [rule.detection.id, rule.severity]))
  const parts = SEVERITIES.toReversed().flatMap((severity) => {
    const of = [...rules.values()].filter((one) => one === severity).length
    return of === 0 ? [] : [`${count(of)} ${severity}`]
  })
  return parts.length === 0 ? 'no alerts' : `${plural(rules.size, 'alert')}: ${parts.join(', ')}`
}

/** Writes the alerts' whole texts anew, one file a rule, and returns the folder. */
export async function writeAlerts(folder: string, alerts: readonly LocalAlert[]): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  if (alerts.length > 0) await mkdir(folder, { recursive: true })
  for (const [id, of] of Map.groupBy(alerts, ({ rule }) => rule.detection.id)) {
    await writeFile(
      path.join(folder, `${id}.txt`),
      of.map(({ alert }) => renderText(alert)).join(`\n${'-'.repeat(72)}\n\n`),
    )
  }
  return folder
}
