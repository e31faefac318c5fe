/** Which logs are on for which bucket, and which rules are blind without: what `bucketwatch coverage` told. */
import { CELLS, type Cell } from '../../shared/sources/cell.ts'
import type { AccountCoverage, BucketCoverage, CoverageReport } from '../../shared/sources/coverage.ts'
import { groupRules } from '../../shared/sources/rule-groups.ts'
import type { RuleCoverage, Sight } from '../../shared/sources/see-rule.ts'
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
  STATE_WORDS,
  trailFacts,
} from '../../shared/sources/words.ts'
import { type Child, el, section } from './dom.ts'

export function coverageView(report: CoverageReport): HTMLElement {
  return section(
    'coverage',
    'What is seen',
    `${coverageTitle(report)}. ${coverageAbout(report)}`,
    ...(['blind', 'unknown', 'part'] as const).flatMap((sight) => rulesView(report.rules, sight)),
    ...report.accounts.flatMap(accountView),
    ...report.problems.map((problem) => el('p', {}, problem)),
    el('p', 'about', `Not looked at: ${report.notLookedAt.join('; ')}.`),
  )
}

/** Rules that say the same as one card: which, why, what shows them, for how much. */
function rulesView(rules: readonly RuleCoverage[], sight: Sight): HTMLElement[] {
  const groups = groupRules(rules.filter((rule) => rule.sight === sight))
  if (groups.length === 0) return []
  return [el('h3', {}, SIGHT_TITLES[sight]), el('div', 'cards', ...groups.map(([rule, ids]) => groupView(rule, ids)))]
}

const groupView = ({ sight, reasons, remedies, cost }: RuleCoverage, ids: readonly string[]): HTMLElement =>
  el(
    'div',
    `card sight-${sight}`,
    el('p', 'ids', ids.join(', ')),
    listOf(reasons),
    ...remedies.map((remedy) => el('pre', { tabindex: 0 }, remedy)),
    cost !== undefined && el('p', 'about', `Data events: ${cost}.`),
  )

function accountView(account: AccountCoverage): HTMLElement[] {
  const { trails, buckets, problems } = account
  const notes = [...buckets.flatMap(bucketNotes), ...accountNotes(account)]
  return [
    el('h3', {}, accountTitle(account)),
    listOf(problems, 'problems'),
    trails.length === 0
      ? el('p', {}, noTrails(account))
      : listOf(trails.map((trail) => [`Trail ${trail.name}: ${trailFacts(trail)}.`, ...trail.problems].join(' '))),
    buckets.length === 0 ? el('p', {}, noBuckets(account)) : tableOf(account),
    notes.length === 0
      ? el('p', {})
      : el('details', {}, el('summary', {}, `What stands behind it (${notes.length})`), listOf(notes)),
  ].filter((node) => node.childNodes.length > 0)
}

const listOf = (sentences: readonly string[], name = ''): HTMLElement =>
  el('ul', { class: name === '' ? undefined : name }, ...sentences.map((sentence) => el('li', {}, sentence)))

function tableOf(account: AccountCoverage): HTMLElement {
  const caption = `Sources of the buckets of ${accountTitle(account)}`
  const heads: Child[] = ['Bucket', 'Region', ...CELLS.map((name) => CELL_TITLES[name])].map((head) =>
    el('th', { scope: 'col' }, head),
  )
  return el(
    'div',
    { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      'sources',
      el('caption', 'visually-hidden', caption),
      el('thead', {}, el('tr', {}, ...heads)),
      el('tbody', {}, ...account.buckets.map(rowOf)),
    ),
  )
}

const rowOf = ({ bucket, region, cells }: BucketCoverage): HTMLElement =>
  el(
    'tr',
    {},
    el('th', { scope: 'row' }, bucket),
    el('td', {}, region ?? 'unknown'),
    ...CELLS.map((name) => cellOf(cells[name])),
  )

const cellOf = ({ state, what }: Cell): HTMLElement =>
  el('td', { class: `state-${state}`, title: what === '' ? undefined : what }, STATE_WORDS[state])
