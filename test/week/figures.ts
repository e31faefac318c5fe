/** The week in figures, as docs/detections.md has them: `npx vitest run test/week -u` writes them. */
import { readFileSync } from 'node:fs'
import { SEVERITIES, type Severity } from '../../shared/detection/schema.ts'
import { DAY } from './cast.ts'
import type { WeekResult } from './run.ts'

export const PAGE = 'docs/detections.md'
const BEGIN = '<!-- week: npx vitest run test/week -u -->\n'
const END = '\n<!-- /week -->'

/** From here on people are to look at once. */
export const isSerious = ({ severity }: { readonly severity: Severity }): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('medium')

/** The most on one day of the week. */
export function worstDay(times: readonly number[]): number {
  const days = Map.groupBy(times, (time) => Math.floor(time / DAY))
  return Math.max(0, ...[...days.values()].map((list) => list.length))
}

/** The rule whose alarm was in ALARM longest, and the share of the week. */
export function longestInAlarm({ inAlarm, from, until }: WeekResult): {
  readonly rule: string
  readonly share: number
} {
  const [rule = 'none', time = 0] = [...inAlarm].sort((a, b) => b[1] - a[1])[0] ?? []
  return { rule, share: time / (until - from) }
}

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const days = ({ from, until }: WeekResult): number => (until - from) / DAY

function column(result: WeekResult): readonly string[] {
  const { incidents, alarms, findings } = result
  const perDay = (count: number) => number.format(count / days(result))
  const of = (severity: Severity) => incidents.filter((incident) => incident.severity === severity).length
  const { rule, share } = longestInAlarm(result)
  return [
    ...SEVERITIES.toReversed().map((severity) => String(of(severity))),
    perDay(incidents.filter(isSerious).length),
    String(worstDay(incidents.filter(isSerious).map(({ openedAt }) => openedAt))),
    perDay(findings.length),
    perDay(alarms.length),
    `${number.format(share * 100)} % (${rule})`,
  ]
}

const ROWS = [
  ...SEVERITIES.toReversed().map((severity) => `incidents, ${severity}, in the week`),
  'incidents of medium or more a day',
  'the most of them on one day',
  'messages a day, updates and ends among them',
  'alarms that go off a day',
  'longest in ALARM',
]

/** The page with the figures of runs, each under a name, and the settings of the last one. */
export function pageWith(runs: Readonly<Record<string, WeekResult>>, settings: string): string {
  const page = readFileSync(PAGE, 'utf8')
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (start === -1 || end === -1) throw new Error(`${PAGE} has no place for the week`)
  const names = Object.keys(runs)
  const columns = Object.values(runs).map(column)
  const { records, objects } = Object.values(runs)[0]!
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const text = [
    `${number.format(records)} records in ${number.format(objects)} log objects.`,
    '',
    line(['', ...names]),
    line(['---', ...names.map(() => '---')]),
    ...ROWS.map((row, index) => line([row, ...columns.map((cells) => cells[index]!)])),
    '',
    'The settings:',
    '',
    '```yaml',
    settings.trimEnd(),
    '```',
  ].join('\n')
  return page.slice(0, start + BEGIN.length) + text + page.slice(end)
}
