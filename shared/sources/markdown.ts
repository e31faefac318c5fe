/** What `coverage` tells as Markdown: for tickets and wikis, and as a section of a report. */
import { safeText } from '../alert/safe-text.ts'
import { type BucketCoverage, CELLS, type CellName, type CoverageReport, type TrailCoverage } from './coverage.ts'
import { groupRules, type RuleCoverage, type Sight } from './see-rule.ts'

/** What people call the columns. */
export const CELL_TITLES: Readonly<Record<CellName, string>> = {
  managementEvents: 'management',
  dataReads: 'data reads',
  dataWrites: 'data writes',
  accessLogs: 'access logs',
  requestMetrics: 'metrics',
  notification: 'tells stack',
  versioning: 'versioning',
  publicAccessBlock: 'blocks public',
}

const SIGHT_TITLES: Readonly<Record<Sight, string>> = {
  blind: 'Blind',
  unknown: 'Not known',
  part: 'Sees a part',
  all: 'Sees everything',
}

/**
 * The section, which begins with a heading of the second level. Names that strangers chose stand in it as text.
 *
 * @example
 * coverageMarkdown(report).split('\n')[0] // '## What is seen: 71 of 77 rules see everything'
 */
export function coverageMarkdown(report: CoverageReport): string {
  const { rules, totals, accounts, stack } = report
  const parts = [
    `## What is seen: ${totals.all} of ${rules.length} rules see everything`,
    `${totals.part} see a part, ${totals.blind} are blind, ${totals.unknown} are not known.${stack ? '' : ' No stack reads these logs; rules are judged by what the sources would show one.'}`,
    ...accounts.flatMap(({ accountId, via, trails, buckets, problems }) => [
      `### Account ${accountId}${via === undefined ? '' : ` (${text(via)})`}`,
      problems.map((problem) => `- ${text(problem)}`).join('\n'),
      trails.length === 0 ? 'No trail logs here.' : trails.map(trailLine).join('\n'),
      buckets.length === 0 ? 'No bucket was found.' : bucketTable(buckets),
    ]),
    ...(['blind', 'unknown', 'part'] as const).flatMap((sight) => rulePart(rules, sight)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

const text = (value: string): string => safeText(value, 300).replace(/[\\`*_{}[\]<>#|~&]/g, (mark) => `\\${mark}`)

function trailLine({ name, scope, bucket, logging, problems }: TrailCoverage): string {
  const state = logging === undefined ? 'logging not known' : logging ? 'logging' : 'stopped'
  return `- Trail ${text(name)}: ${scope}, ${state}, to ${text(bucket)}.${problems.map((problem) => ` ${text(problem)}`).join('')}`
}

function bucketTable(buckets: readonly BucketCoverage[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const heads = ['Bucket', 'Region', ...CELLS.map((name) => CELL_TITLES[name])]
  const rows = buckets.map(({ bucket, region, holds, cells }) => [
    text(bucket) + (holds.length === 0 ? '' : ` (${holds.join(', ')})`),
    region ?? 'unknown',
    ...CELLS.map((name) => (cells[name].state === 'wrong' ? '**wrong**' : cells[name].state)),
  ])
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function rulePart(rules: readonly RuleCoverage[], sight: Sight): string[] {
  const groups = groupRules(rules.filter((rule) => rule.sight === sight))
  if (groups.length === 0) return []
  return [
    `### ${SIGHT_TITLES[sight]}`,
    groups
      .map(([{ reasons, remedies, cost }, ids]) =>
        [
          `- ${ids.join(', ')}`,
          ...reasons.map((reason) => `  - ${text(reason)}`),
          ...remedies.map((remedy) => `  - \`${remedy.replaceAll('`', '')}\``),
          ...(cost === undefined ? [] : [`  - Data events: ${cost}.`]),
        ].join('\n'),
      )
      .join('\n'),
  ]
}
