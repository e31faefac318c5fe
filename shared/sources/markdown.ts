/** What `coverage` tells as Markdown: for tickets and wikis, and as a section of a report. */
import { safeText } from '../alert/safe-text.ts'
import { CELLS } from './cell.ts'
import type { BucketCoverage, CoverageReport, TrailCoverage } from './coverage.ts'
import { groupRules } from './rule-groups.ts'
import type { RuleCoverage, Sight } from './see-rule.ts'
import {
  accountNotes,
  accountTitle,
  bucketNotes,
  CELL_TITLES,
  coverageAbout,
  coverageTitle,
  noBuckets,
  noTrails,
  SIGHT_TITLES,
  trailFacts,
} from './words.ts'

/**
 * The section, which begins with a heading of the second level. Names that strangers chose stand in it as text.
 *
 * @example
 * coverageMarkdown(report).split('\n')[0] // '## What is seen: 71 of 77 rules see everything'
 */
export function coverageMarkdown(report: CoverageReport): string {
  const { rules, accounts, problems, notLookedAt } = report
  const parts = [
    `## What is seen: ${coverageTitle(report)}`,
    coverageAbout(report),
    ...accounts.flatMap((account) => [
      `### ${text(accountTitle(account))}`,
      listOf(account.problems),
      account.trails.length === 0 ? noTrails(account) : account.trails.map(trailLine).join('\n'),
      account.buckets.length === 0 ? noBuckets(account) : bucketTable(account.buckets),
      listOf([...account.buckets.flatMap(bucketNotes), ...accountNotes(account)]),
    ]),
    listOf(problems),
    `Not looked at: ${notLookedAt.join('; ')}.`,
    ...(['blind', 'unknown', 'part'] as const).flatMap((sight) => rulePart(rules, sight)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

const text = (value: string): string => safeText(value, 300).replace(/[\\`*_{}[\]<>#|~&]/g, (mark) => `\\${mark}`)

const listOf = (sentences: readonly string[]): string => sentences.map((sentence) => `- ${text(sentence)}`).join('\n')

const trailLine = (trail: TrailCoverage): string =>
  `- Trail ${text(`${trail.name}: ${trailFacts(trail)}.`)}${trail.problems.map((problem) => ` ${text(problem)}`).join('')}`

function bucketTable(buckets: readonly BucketCoverage[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const heads = ['Bucket', 'Region', ...CELLS.map((name) => CELL_TITLES[name])]
  const rows = buckets.map(({ bucket, region, cells }) => [
    text(bucket),
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
