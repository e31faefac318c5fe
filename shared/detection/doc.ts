/**
 * The rule table of the docs, made from the detections themselves. `npx node infra/detections-doc.ts` writes it to
 * docs/detections.md; a test fails where the two differ.
 */
import type { ComparisonOperator } from '../alarm/types.ts'
import { count } from '../basics/numbers.ts'
import { countingOf } from './counting.ts'
import { type Count, type Detection, SEVERITIES } from './schema.ts'
import type { Sequence } from './sequence.ts'

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
  | 'by'
  | 'window'
  | 'threshold'
  | 'count'
  | 'aboveUsual'
>

/** What the page needs of a sequence. */
export type DocumentedSequence = Pick<
  Sequence,
  'id' | 'title' | 'severity' | 'description' | 'steps' | 'within' | 'mitre'
>

const HEADER = ['Rule', 'Severity', 'Default', 'What it sees', 'Alarm', 'Watches', 'ATT&CK, CIS']
const SEQUENCE_HEADER = ['Sequence', 'Severity', 'What it sees', 'Steps, in order', 'Within', 'ATT&CK']

/**
 * The whole page: an overview, and one table a pack, packs and rules in the order of their names.
 *
 * @param week what stands between the markers of {@link weekIn}, which is measured and not made of the rules.
 * @example
 * writeFileSync('docs/detections.md', renderDetections(await loadDetections('infra/detections')))
 */
export function renderDetections(
  detections: readonly DocumentedDetection[],
  week = '',
  sequences: readonly DocumentedSequence[] = [],
): string {
  const packs = [...Map.groupBy(detections, ({ pack }) => pack)]
    .map(([name, rules]) => ({ name, rules: rules.toSorted((a, b) => compare(a.id, b.id)) }))
    .sort((a, b) => compare(a.name, b.name))
  const onceSet = detections.filter(isOnOnceSet)
  return [
    '<!-- Made by `npx node infra/detections-doc.ts` out of infra/detections: change the rules, not this page. -->',
    '',
    '# Detections',
    '',
    `${detections.length} rules: ${onInWords(detections)}. A rule that is off is noisy, a matter of compliance,`,
    'or depends on surroundings that only you know; a comment in its file says which. Settings switch rules and packs on and',
    'off, and tune them: [writing-detections.md](writing-detections.md#settings). Each file also has false positives, a',
    'runbook, and examples that must hit and must not.',
    '',
    ...(onceSet.length === 0 ? [] : [...onceSetInWords(onceSet), '']),
    '**Alarm**: *people*, how much one entity (`by`) does until people are told; *alarm*, how many matching log events of',
    'whomever set off the alarm in CloudWatch, whose periods end at every minute, see [alarms.md](alarms.md). Rules that have an',
    'alarm only are not counted by entity.',
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
        onCell(rules),
        ...SEVERITIES.toReversed().map((severity) => count(rules.filter((rule) => rule.severity === severity).length)),
      ]),
    ]),
    ...packs.flatMap(({ name, rules }) => ['', `## ${name}`, '', ...table([HEADER, ...rules.map(row)])]),
    ...(sequences.length === 0 ? [] : sequenceSection(sequences)),
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

/** Settings without which a rule is off: compile.ts, `missingRequirement`. */
function neededSettings({ requires }: Pick<DocumentedDetection, 'requires'>): string[] {
  return requires.filter((requirement) => requirement !== 'dataEvents' && requirement !== 'account')
}

/**
 * Whether a rule's file says that it is on, and it is off all the same until a setting is given.
 *
 * @example
 * isOnOnceSet({ enabled: true, requires: ['blockRanges'] }) // true
 */
export function isOnOnceSet(rule: Pick<DocumentedDetection, 'enabled' | 'requires'>): boolean {
  return rule.enabled && neededSettings(rule).length > 0
}

/** `95 on, 6 of them once a setting is given`. */
function onInWords(rules: readonly DocumentedDetection[]): string {
  const onceSet = rules.filter(isOnOnceSet).length
  const on = `${rules.filter(({ enabled }) => enabled).length} on`
  return onceSet === 0 ? on : `${on}, ${onceSet} of them once a setting is given`
}

function onCell(rules: readonly DocumentedDetection[]): string {
  const onceSet = rules.filter(isOnOnceSet).length
  return `${rules.filter(({ enabled }) => enabled).length}${onceSet === 0 ? '' : `, ${onceSet} once set`}`
}

function onceSetInWords(rules: readonly DocumentedDetection[]): string[] {
  const settings = [...Map.groupBy(rules, (rule) => neededSettings(rule).join(', '))]
    .map(([setting, of]) => ({ setting, ids: of.map(({ id }) => id).sort(compare) }))
    .sort((a, b) => compare(a.setting, b.setting))
  return [
    '**On, once set**: without the setting the rule could not tell, so it is off until the setting is given. `logBuckets` a',
    'deployed stack fills in itself where it is told which buckets it reads.',
    '',
    ...settings.map(({ setting, ids }) => `- \`${setting}\`: ${ids.map((id) => `\`${id}\``).join(', ')}`),
  ]
}

/** The rules over incidents: what one caller did first, and then. */
function sequenceSection(sequences: readonly DocumentedSequence[]): string[] {
  const rows = sequences
    .toSorted((a, b) => compare(a.id, b.id))
    .map(({ id, title, severity, description, steps, within, mitre }) => [
      `[${id}](../infra/detections/sequences/${id}.yml)<br>${cell(title)}`,
      severity,
      cell(firstSentence(description)),
      steps
        .map(
          ({ name, rules }, index) => `${index + 1}. ${cell(name)}: ${rules.map((rule) => `\`${rule}\``).join(', ')}`,
        )
        .join('<br>'),
      short(within),
      mitre.map(attackLink).join(', '),
    ])
  return [
    '',
    '## sequences',
    '',
    'Rules over incidents: what one caller did first, and then. A step is fulfilled by any of its rules; a sequence is on where',
    'every step has a rule that is on. They have no alarm. [writing-detections.md](writing-detections.md#sequences) has the rest.',
    '',
    ...table([SEQUENCE_HEADER, ...rows]),
  ]
}

function row(rule: DocumentedDetection): string[] {
  const { id, pack, title, severity, enabled, description, sources, requires, mitre, cis } = rule
  const needs = requires.length === 0 ? '' : `; needs ${requires.join(', ')}`
  return [
    `[${id}](../infra/detections/${pack}/${id}.yml)<br>${cell(title)}`,
    severity,
    isOnOnceSet(rule) ? `**on**, once \`${neededSettings(rule).join('`, `')}\` is set` : enabled ? '**on**' : 'off',
    cell(firstSentence(description)),
    cell(thresholdsInWords(rule)),
    `${sources.join(', ')}${needs}`,
    [...mitre.map(attackLink), ...cis.map((text) => cell(text))].join(', '),
  ]
}

/** Both: what people are told of, and what sets off the alarm. */
function thresholdsInWords(rule: DocumentedDetection): string {
  const people = peopleInWords(rule)
  return `${people === undefined ? '' : `people: ${people}; `}alarm: ${alarmInWords(rule)}`
}

/**
 * How much one entity does until people are told; undefined: the rule has its alarm only.
 *
 * @example
 * peopleInWords(detection) // '10 GB by actor, bucket in 1 h'
 */
export function peopleInWords(
  rule: Pick<
    DocumentedDetection,
    'by' | 'window' | 'threshold' | 'count' | 'aboveUsual' | 'metric' | 'alarm' | 'sources'
  >,
): string | undefined {
  const counting = countingOf(rule, rule.alarm)
  if (counting === undefined) return undefined
  const { by, window, threshold, aboveUsual } = counting
  const of = `by ${by.join(', ')}`
  if (window === 0) return `each match, ${of}`
  const amount = counting.count === 'bytes' ? bytes(threshold) : `${count(threshold)}${COUNTED[counting.count]}`
  const usual = aboveUsual === undefined ? '' : `, or ${aboveUsual} times the usual day if that is more`
  return `${amount} ${of} in ${short(window)}${usual}`
}

const COUNTED: Readonly<Record<Exclude<Count, 'bytes'>, string>> = {
  events: '',
  keys: ' different keys',
  deletes: ' deletes',
}

/** `1 h`, `90 min`, `24 h`. */
function short(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}

/** `10 GB`, in powers of ten, where it comes out even. */
function bytes(value: number): string {
  if (value % 1e9 === 0) return `${count(value / 1e9)} GB`
  return value % 1e6 === 0 ? `${count(value / 1e6)} MB` : `${count(value)} bytes`
}

/**
 * The alarm as people would say it.
 *
 * @example
 * alarmInWords(detection) // 'at least 20 in 5 min, in 1 of 2 periods'
 */
export function alarmInWords({ metric, alarm }: Pick<Detection, 'metric' | 'alarm'>): string {
  const { statistic, periodSeconds, evaluationPeriods, threshold, comparisonOperator, treatMissingData } = alarm
  const { datapointsToAlarm = evaluationPeriods } = alarm
  const counts = statistic === 'SampleCount' || (statistic === 'Sum' && metric.value === 1)
  const isBytes = statistic === 'Sum' && metric.unit === 'Bytes'
  const what = counts || isBytes ? '' : `${statistic.toLowerCase()} of ${nameOf(metric.value)} `
  const periods =
    evaluationPeriods === 1
      ? ''
      : datapointsToAlarm === evaluationPeriods
        ? `, ${evaluationPeriods} times in a row`
        : `, in ${datapointsToAlarm} of ${evaluationPeriods} periods`
  const silence = treatMissingData === 'breaching' ? '; silence counts' : ''
  return `${what}${OPERATORS[comparisonOperator]} ${isBytes ? bytes(threshold) : count(threshold)} in ${short(periodSeconds)}${periods}${silence}`
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
