/** What `coverage` prints for people. */
import {
  type BucketCoverage,
  CELLS,
  type CellName,
  type CellState,
  type CoverageReport,
  type TrailCoverage,
} from '../shared/sources/coverage.ts'
import { CELL_TITLES } from '../shared/sources/markdown.ts'
import { groupRules, type Sight } from '../shared/sources/see-rule.ts'
import { type Paint, plural, type Style, table } from './render.ts'

/** Facts beside the sources: shown, and never asked for. */
const FACTS: ReadonlySet<CellName> = new Set(['versioning', 'publicAccessBlock'])

const WORDS: Readonly<Record<CellState, string>> = {
  on: 'on',
  part: 'part',
  off: 'off',
  wrong: 'WRONG',
  unknown: 'unknown',
}
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
  for (const { accountId, via, trails, buckets, problems } of report.accounts) {
    lines.push(paint('bold', `Account ${accountId}${via === undefined ? '' : ` (${via})`}`))
    lines.push(...problems.map((problem) => `  ${paint('yellow', 'unknown')}  ${problem}`))
    lines.push(...trailLines(trails, paint), ...bucketLines(buckets, paint), '')
  }
  return [...lines, ...ruleLines(report, paint, options.all)]
}

function trailLines(trails: readonly TrailCoverage[], paint: Paint): string[] {
  if (trails.length === 0) return [`  ${paint('red', 'No trail logs here.')}`]
  return trails.flatMap((trail) => {
    const { name, scope, bucket, prefix, logging, kmsKeyId, logFileValidation, latestDelivery, aggregation } = trail
    const facts = [
      scope,
      logging === undefined ? 'logging unknown' : logging ? 'logging' : 'STOPPED',
      `to ${bucket}${prefix === '' ? '' : `/${prefix}`}`,
      kmsKeyId === undefined ? 'SSE-S3' : 'KMS',
      `validation ${logFileValidation ? 'on' : 'off'}`,
      ...(latestDelivery === undefined ? [] : [`last delivery ${new Date(latestDelivery).toISOString()}`]),
      ...(aggregation.length === 0 ? [] : [`also in sums (${aggregation.join(', ')})`]),
    ]
    return [
      `  trail ${name}: ${facts.join(', ')}`,
      ...trail.problems.map((problem) => `    ${paint('yellow', problem)}`),
    ]
  })
}

function bucketLines(buckets: readonly BucketCoverage[], paint: Paint): string[] {
  if (buckets.length === 0) return [`  ${paint('yellow', 'No bucket was found.')}`]
  const rows = buckets.map(({ bucket, region, cells }) => [
    bucket,
    region ?? 'unknown',
    ...CELLS.map((name) => WORDS[cells[name].state]),
  ])
  const notes = buckets.flatMap(({ bucket, holds, cells }) => [
    ...(holds.length === 0 ? [] : [`  ${bucket} holds ${holds.join(' and ')}.`]),
    ...CELLS.flatMap((name) => {
      const { state, what } = cells[name]
      if (FACTS.has(name) || !['part', 'wrong', 'unknown'].includes(state)) return []
      return [`  ${bucket}, ${CELL_TITLES[name]}: ${what}`]
    }),
  ])
  return [
    '',
    ...table([['bucket', 'Region', ...CELLS.map((name) => CELL_TITLES[name])], ...rows]).map((line) => `  ${line}`),
    ...notes,
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
    paint('bold', stack ? `${sum}.` : `${sum}, if a stack read these logs.`),
  ]
}
