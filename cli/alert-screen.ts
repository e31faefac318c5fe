/** Alerts on the terminal, and their whole texts in files. */
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { renderBrief, renderText } from '../shared/alert/render.ts'
import { renderFinding, renderFindingBrief } from '../shared/alert/render-finding.ts'
import { SEVERITIES, type Severity } from '../shared/detection/schema.ts'
import { makeFolder } from '../shared/files/make-folder.ts'
import type { Finding } from '../shared/incident/finding.ts'
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

/** Lines of an incident's story on the screen: the file has all of it. */
const STORY_LINES = 11

/** One block an incident, the worst last: next to what a terminal shows when all is done. */
export function renderIncidents(
  findings: readonly Finding[],
  options: { readonly paint: Paint; readonly width: number },
): string[] {
  const { paint, width } = options
  const { say } = timeFormat(
    findings.flatMap(({ firstTime, lastTime }) => [Date.parse(firstTime), Date.parse(lastTime)]),
  )
  const at = (time: string) => say(Date.parse(time))
  return worstLast(findings).flatMap((finding) => {
    const { head, lines } = renderFindingBrief(finding, { width, lines: STORY_LINES, at })
    const word = /^\S+/.exec(head)?.[0] ?? ''
    return [
      paint(SEVERITY_STYLE[finding.severity], word) + head.slice(word.length),
      ...lines.map((line) => paint('dim', line)),
    ]
  })
}

function worstLast(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity)
  return findings.toSorted((a, b) => rank(a) - rank(b) || Date.parse(a.firstTime) - Date.parse(b.firstTime))
}

/** `2 incidents: 1 critical, 1 high`. */
export function countIncidents(findings: readonly Finding[]): string {
  const parts = SEVERITIES.toReversed().flatMap((severity) => {
    const of = findings.filter((one) => one.severity === severity).length
    return of === 0 ? [] : [`${count(of)} ${severity}`]
  })
  return parts.length === 0 ? 'no incidents' : `${plural(findings.length, 'incident')}: ${parts.join(', ')}`
}

const RULE = `\n${'-'.repeat(72)}\n\n`

/**
 * Writes the whole texts anew and returns the folder: a file for each incident with every message of it, and one for each
 * alarm that no incident has told.
 */
export async function writeTexts(
  folder: string,
  told: readonly Finding[],
  alerts: readonly LocalAlert[],
): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  if (told.length + alerts.length > 0) makeFolder(folder)
  for (const [incidentId, of] of Map.groupBy(told, (finding) => finding.incidentId)) {
    const messages = of
      .map((finding) => renderFinding(finding))
      .map(({ subject, text }) => `Subject: ${subject}\n\n${text}`)
    await writeFile(path.join(folder, `incident-${incidentId}.txt`), messages.join(RULE))
  }
  for (const [id, of] of Map.groupBy(alerts, ({ rule }) => rule.detection.id)) {
    await writeFile(path.join(folder, `alarm-${id}.txt`), of.map(({ alert }) => renderText(alert)).join(RULE))
  }
  return folder
}
