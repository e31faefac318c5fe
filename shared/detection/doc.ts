/**
 * The rule table of the docs, made from the detections themselves. `npx node infra/detections-doc.ts` writes it to
 * docs/detections.md; a test fails where the two differ.
 */
import type { ComparisonOperator } from '../alarm/types.ts'
import { type Detection, SEVERITIES } from './schema.ts'

/** What the page needs of a detection. */
export type DocumentedDetection = Pick<
  Detection,
  | 'id'
  | 'pack'
  | 'title'
  | 'severity'
  | 'enabled'
  | 'description'
  | 'sources'
  | 'requires'
  | 'metric'
  | 'alarm'
  | 'mitre'
  | 'cis'
>

const HEADER = ['Rule', 'Severity', 'Default', 'What it sees', 'Alarm', 'Watches', 'ATT&CK, CIS']

/**
 * The whole page: an overview, and one table a pack, packs and rules in the order of their names.
 *
 * @param week what stands between the markers of {@link weekIn}, which is measured and not made of the rules.
 * @example
 * writeFileSync('docs/detections.md', renderDetections(await loadDetections('infra/detections')))
 */
export function renderDetections(detections: readonly DocumentedDetection[], week = ''): string {
  const packs = [...Map.groupBy(detections, ({ pack }) => pack)]
    .map(([name, rules]) => ({ name, rules: rules.toSorted((a, b) => compare(a.id, b.id)) }))
    .sort((a, b) => compare(a.name, b.name))
  const on = detections.filter(({ enabled }) => enabled).length
  return [
    '<!-- Made by `npx node infra/detections-doc.ts` out of infra/detections: change the rules, not this page. -->',
    '',
    '# Detections',
    '',
    `${detections.length} rules, ${on} of them on by default. A rule that is off is noisy, a matter of compliance, or depends`,
    'on surroundings that only you know; a comment in its file says which. Settings switch rules and packs on and off, and',
    'tune them: [writing-detections.md](writing-detections.md#settings). Each file also has false positives, a runbook, and',
    'examples that must hit and must not.',
    '',
    '**Alarm**: how many matching log events set it off. Periods end at every minute, see [alarms.md](alarms.md).',
    '**Watches**: the log groups, and what the rule needs beyond management events.',
    '',
    '## An ordinary week',
    '',
    'What the rules that are on tell of a week in which nothing is wrong: `test/week` plays an account with Terraform,',
    'deployments, previews, ECS, EKS, EMR, Glue, Athena, Config, Macie, Backup, replication, inventory, Control Tower, a',
    'posture scanner, people in the console, a website with scanners, a bucket of public downloads, CloudFront and a partner;',
    'delivered as AWS delivers, through the code that is deployed. The test fails where it gets louder.',
    '',
    'An alarm that is on tells nothing new. Out of the box that of `data-anon-read` is on for most of the week, since two buckets',
    'are public and no setting says what for (`purposes`). What people are told is not deaf for it: incidents are counted for each',
    'caller, bucket or address, by every rule but two that watch the pipeline, and of a hundred other buckets that nobody in',
    'particular reads, one after the other through the week, each is told. Deaf is a rule only to more of what it is telling: the',
    'same caller, or at a public bucket one more of those without a name.',
    '',
    `${WEEK_BEGIN}${week}${WEEK_END}`,
    '',
    '## Packs',
    '',
    ...table([
      ['Pack', 'Rules', 'On', ...SEVERITIES.toReversed()],
      ...packs.map(({ name, rules }) => [
        `[${name}](#${name})`,
        String(rules.length),
        String(rules.filter(({ enabled }) => enabled).length),
        ...SEVERITIES.toReversed().map((severity) => count(rules.filter((rule) => rule.severity === severity).length)),
      ]),
    ]),
    ...packs.flatMap(({ name, rules }) => ['', `## ${name}`, '', ...table([HEADER, ...rules.map(row)])]),
    '',
  ].join('\n')
}

const WEEK_BEGIN = '<!-- week: npx vitest run test/week -u -->\n'
const WEEK_END = '\n<!-- /week -->'

/** The figures of the week in a page that was rendered before; empty where it has none. */
export function weekIn(page: string): string {
  const start = page.indexOf(WEEK_BEGIN)
  const end = page.indexOf(WEEK_END)
  return start === -1 || end === -1 ? '' : page.slice(start + WEEK_BEGIN.length, end)
}

function row(rule: DocumentedDetection): string[] {
  const { id, pack, title, severity, enabled, description, sources, requires, mitre, cis } = rule
  const needs = requires.length === 0 ? '' : `; needs ${requires.join(', ')}`
  return [
    `[${id}](../infra/detections/${pack}/${id}.yml)<br>${cell(title)}`,
    severity,
    enabled ? '**on**' : 'off',
    cell(firstSentence(description)),
    cell(alarmInWords(rule)),
    `${sources.join(', ')}${needs}`,
    [...mitre.map(attackLink), ...cis.map((text) => cell(text))].join(', '),
  ]
}

/**
 * The alarm as people would say it.
 *
 * @example
 * alarmInWords(detection) // 'at least 20 in 5 minutes, in 1 of 2 periods'
 */
export function alarmInWords({ metric, alarm }: Pick<Detection, 'metric' | 'alarm'>): string {
  const { statistic, periodSeconds, evaluationPeriods, threshold, comparisonOperator, treatMissingData } = alarm
  const { datapointsToAlarm = evaluationPeriods } = alarm
  const counts = statistic === 'SampleCount' || (statistic === 'Sum' && metric.value === 1)
  const what = counts ? '' : `${statistic.toLowerCase()} of ${nameOf(metric.value)} `
  const periods =
    evaluationPeriods === 1
      ? ''
      : datapointsToAlarm === evaluationPeriods
        ? `, ${evaluationPeriods} times in a row`
        : `, in ${datapointsToAlarm} of ${evaluationPeriods} periods`
  const silence = treatMissingData === 'breaching' ? '; silence counts' : ''
  return `${what}${OPERATORS[comparisonOperator]} ${count(threshold)} in ${duration(periodSeconds)}${periods}${silence}`
}

const OPERATORS: Readonly<Record<ComparisonOperator, string>> = {
  GreaterThanOrEqualToThreshold: 'at least',
  GreaterThanThreshold: 'more than',
  LessThanThreshold: 'fewer than',
  LessThanOrEqualToThreshold: 'at most',
}

function nameOf(value: number | string): string {
  return typeof value === 'number' ? `${value} a match` : value
}

function duration(seconds: number): string {
  const [size, unit] = seconds % 3600 === 0 ? [3600, 'hour'] : [60, 'minute']
  const number = seconds / size
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}

/**
 * The first sentence of a text: what a description begins with is what the rule sees.
 *
 * @example
 * firstSentence('Somebody deleted a policy. With it go …') // 'Somebody deleted a policy.'
 */
export function firstSentence(text: string): string {
  return /^.+?[.!?](?=\s+\p{Lu}|\s*$)/su.exec(text)?.[0] ?? text
}

function attackLink(technique: string): string {
  return `[${technique}](https://attack.mitre.org/techniques/${technique.replace('.', '/')}/)`
}

/** Text that stays text in a cell of a Markdown table: no column, line, tag or link of its own. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[|*_[\]\\]/g, '\\$&')
    .replaceAll('<', '&lt;')
}

function table(rows: readonly (readonly string[])[]): string[] {
  const [header = [], ...body] = rows
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...body.map(line)]
}

const number = new Intl.NumberFormat('en-US')

function count(value: number): string {
  return number.format(value)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
