/** What it was made from: inputs, receipts, what could not be read, how it was counted. */

import { count, plural } from '../../shared/basics/numbers.ts'
import type { KindTotals, ReplayModel } from '../../shared/replay/model.ts'
import type { PageModel } from '../../shared/report/html.ts'
import { bytes } from '../../shared/report/words.ts'
import { el, section, table } from './dom.ts'

export function footnotes({ replay, version }: PageModel): HTMLElement[] {
  return [
    section('footnotes', 'What this was made from', '', inputsView(replay), totalsView(replay), problemsView(replay)),
    el(
      'p',
      'about',
      `Made by bucketwatch ${version}. This page holds all that it shows and asks nothing of any network. Charts: uPlot, © Leon Sorokin, MIT licence.`,
    ),
  ]
}

const CLOCKS = {
  event: 'as if each record had come when it happened',
  delivery: 'as objects would have been delivered',
} as const

function inputsView({ inputs }: ReplayModel): HTMLElement {
  const facts: readonly (readonly [string, string])[] = [
    ['Logs', inputs.paths.join(', ')],
    ['From', inputs.from ?? 'the first record'],
    ['To', inputs.to ?? 'the last record'],
    ['Clock', CLOCKS[inputs.clock]],
    ['Accounts', inputs.accounts.join(', ') || 'all'],
    ['Buckets', inputs.buckets.join(', ') || 'all'],
    ['Packs', inputs.packs.join(', ') || 'all that are on'],
    ['Rules', inputs.rules.join(', ') || 'all that are on'],
    [
      'Settings',
      inputs.settings === undefined ? 'the defaults' : `${inputs.settings.file}: ${inputs.settings.keys.join(', ')}`,
    ],
  ]
  return el('dl', 'wide', ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))
}

function totalsView({ totals }: ReplayModel): HTMLElement {
  const kinds = Object.entries(totals.kinds) as [string, KindTotals][]
  const apart = [
    totals.duplicates > 0 ? `${plural(totals.duplicates, 'record')} stood in several objects and counted once` : '',
    totals.skipped > 0 ? `${plural(totals.skipped, 'object')} with nothing to read` : '',
    totals.filtered > 0 ? `${plural(totals.filtered, 'record')} dropped by the filters` : '',
    totals.outOfSpan > 0 ? `${plural(totals.outOfSpan, 'record')} outside of what was asked for` : '',
  ].filter((part) => part !== '')
  return el(
    'div',
    {},
    table(
      'What was read',
      ['Logs', 'Objects', 'Records', 'Stored', 'Inflated', 'As records'],
      kinds.map(([kind, of]) => [
        kind,
        of.objects,
        of.records,
        bytes(of.bytes),
        bytes(of.inflatedBytes),
        bytes(of.recordBytes),
      ]),
      count,
    ),
    apart.length > 0 && el('p', {}, `${apart.join('; ')}.`),
    el('p', 'about', 'A request may stand in CloudTrail and in the access log; each log counts it.'),
  )
}

function problemsView({ problems }: ReplayModel): HTMLElement {
  if (problems.length === 0) return el('p', {}, 'Everything could be read.')
  return el(
    'div',
    {},
    el('h3', {}, 'What could not be read'),
    table(
      'What could not be read',
      ['Code', 'Times', 'Among them'],
      problems.map(({ code, count: times, examples }) => [code, times, examples.join('\n')]),
      count,
    ),
  )
}
