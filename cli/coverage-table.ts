/** What `coverage` prints for people. */
import { CELLS } from '../shared/sources/cell.ts'
import type { BucketCoverage, CoverageReport, TrailCoverage } from '../shared/sources/coverage.ts'
import { groupRules } from '../shared/sources/rule-groups.ts'
import type { Sight } from '../shared/sources/see-rule.ts'
import {
  accountNotes,
  accountTitle,
  bucketNotes,
  CELL_TITLES,
  noBuckets,
  noTrails,
  STATE_WORDS,
  trailFacts,
} from '../shared/sources/words.ts'
import { type Paint, plural, type Style, table } from './render.ts'

const STYLES: Readonly<Record<Sight, Style>> = { all: 'green', part: 'yellow', blind: 'red', unknown: 'yellow' }
const SIGHTS: Readonly<Record<Sight, string>> = {
  all: 'sees all',
  part: 'sees part',
  blind: 'BLIND',
  unknown: 'unknown',
}

/** The whole report as lines. `all`: rules that see everything are listed, too. */
export function coverageLines(report: CoverageReport, paint: Paint, options: { readonly all: boolean }): string[] {
  const lines: string[] = []
  for (const account of report.accounts) {
    const { trails, buckets, problems } = account
    lines.push(paint('bold', accountTitle(account)))
    lines.push(...problems.map((problem) => `  ${paint('yellow', 'unknown')}  ${problem}`))
    if (trails.length === 0) lines.push(`  ${paint('red', noTrails(account))}`)
    lines.push(...trailLines(trails, paint))
    lines.push(...(buckets.length === 0 ? [`  ${paint('yellow', noBuckets(account))}`] : bucketLines(buckets)))
    lines.push(...accountNotes(account).map((note) => `  ${note}`), '')
  }
  lines.push(...report.problems)
  lines.push(`Not looked at: ${report.notLookedAt.join('; ')}.`, '')
  return [...lines, ...ruleLines(report, paint, options.all)]
}

function trailLines(trails: readonly TrailCoverage[], paint: Paint): string[] {
  return trails.flatMap((trail) => [
    `  trail ${trail.name}: ${trailFacts(trail)}`,
    ...trail.problems.map((problem) => `    ${paint('yellow', problem)}`),
  ])
}

function bucketLines(buckets: readonly BucketCoverage[]): string[] {
  const rows = buckets.map(({ bucket, region, cells }) => [
    bucket,
    region ?? 'unknown',
    ...CELLS.map((name) => STATE_WORDS[cells[name].state]),
  ])
  return [
    '',
    ...table([['bucket', 'Region', ...CELLS.map((name) => CELL_TITLES[name])], ...rows]).map((line) => `  ${line}`),
    ...buckets.flatMap(bucketNotes).map((note) => `  ${note}`),
  ]
}

function ruleLines({ rules, totals, stack }: CoverageReport, paint: Paint, all: boolean): string[] {
  const shown = rules.filter(({ sight }) => all || sight !== 'all')
  const sum = `${plural(rules.length, 'rule')}: ${totals.all} see everything, ${totals.part} a part, ${totals.blind} blind, ${totals.unknown} unknown`
  return [
    ...groupRules(shown).flatMap(([rule, ids]) => [
      `${paint(STYLES[rule.sight], SIGHTS[rule.sight].padEnd(9))}  ${ids.join(', ')}`,
      ...rule.reasons.map((reason) => `           ${reason}`),
      ...rule.remedies.map((remedy) => `           → ${remedy}`),
      ...(rule.cost === undefined ? [] : [`           Data events: ${rule.cost}.`]),
    ]),
    paint('bold', stack !== false ? `${sum}.` : `${sum}, if a stack read these logs.`),
  ]
}
