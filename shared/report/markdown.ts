/** A report as Markdown: for tickets, wikis and mails. */

import { safeText, visibleText } from '../alert/safe-text.ts'
import { count, plural } from '../basics/numbers.ts'
import { shortName } from '../incident/actor-name.ts'
import type { Finding, FindingValue } from '../incident/finding.ts'
import {
  type Ranking,
  type ReplayIncident,
  type ReplayModel,
  type Telling,
  TOP_LISTS,
  type TopList,
} from '../replay/model.ts'
import { ALL_CALLS, callsOf, distinctOf, headline, matchesOf, rulesByState, storyOrder, tellable } from './headline.ts'
import { bytes, moment, percent, span } from './words.ts'

/** So much of a list is told. */
const LISTED = 10
const MAX_CELL = 300

/**
 * The whole report. What strangers wrote (keys, names) stands in it as text: no link, no markup, no line of its own.
 *
 * @example
 * renderMarkdown(model).split('\n')[0] // '# 2 incidents: 1 critical, 1 high'
 */
export function renderMarkdown(model: ReplayModel): string {
  const { title, about } = headline(model)
  const parts = [
    `# ${title}`,
    text(about),
    ...tellable(model).map((incident) => incidentPart(incident, model)),
    model.incidentsLeftOut === 0
      ? ''
      : `${plural(model.incidentsLeftOut, 'more incident')}, none worse, are not listed.`,
    rulesPart(model),
    ...topParts(model),
    madeFrom(model),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Nothing is left to mean something in Markdown or HTML, or to become a link. */
const text = (value: string, max = MAX_CELL): string =>
  safeText(value, max).replace(/[\\`*_{}[\]<>#|~&]/g, (mark) => `\\${mark}`)

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function incidentPart({ finding, opened, messages }: ReplayIncident, model: ReplayModel): string {
  const { tellings } = model
  const { severity, firstTime, lastTime, incidentId, story, leftOut } = finding
  const when = span(Date.parse(firstTime), Date.parse(lastTime))
  const told =
    opened === undefined
      ? 'nobody would have been told'
      : `told ${moment(Date.parse(opened))}, ${plural(messages, 'message')}`
  const lines = storyOrder(story).map(({ time, text: line }) => `- ${moment(Date.parse(time)).slice(11)} ${text(line)}`)
  const mails = tellings.filter((telling) => telling.incidentId === incidentId && telling.text !== undefined)
  return [
    `## ${severity.toUpperCase()}: ${text(finding.summary)}`,
    `${when} UTC · ${matchesOf(finding)} · ${told} · \`${incidentId}\``,
    factsPart(finding, callsOf(model, finding)),
    [...lines, ...(leftOut > 0 ? [`- … and ${plural(leftOut, 'more call')}`] : [])].join('\n'),
    ...mails.map(mailPart),
  ].join('\n\n')
}

function factsPart(finding: Finding, calls: readonly FindingValue[]): string {
  const { person, actors, keyIds, addresses, buckets, rules, distinct } = finding
  const named = (values: readonly { value: string; count: number }[], of: number): string => {
    const shown = values.slice(0, 5).map(({ value, count: n }) => `${text(shortName(value))} (${count(n)})`)
    return of > shown.length ? `${shown.join(', ')} and ${count(of - shown.length)} more` : shown.join(', ')
  }
  const facts: readonly (readonly [string, string])[] = [
    ['Who', person === undefined ? '' : text(person)],
    ['As', named(actors, distinct.actors)],
    ['Keys', keyIds.map((id) => text(id)).join(', ')],
    ['From', named(addresses, distinct.addresses)],
    ['On', named(buckets, distinct.buckets)],
    [ALL_CALLS, named(calls, calls.length)],
    ['Rules', rules.map(({ id }) => id).join(', ')],
  ]
  return facts.flatMap(([name, value]) => (value === '' ? [] : [`- **${name}** ${value}`])).join('\n')
}

/** A message as it would be mailed, indented: nothing in it can end the block. */
function mailPart({ time, subject, text: body = '' }: Telling): string {
  const lines = [`Subject: ${subject}`, '', ...body.split('\n')].map((line) =>
    `    ${visibleText(line, 4000)}`.trimEnd(),
  )
  return [`### Mailed ${moment(Date.parse(time))} UTC`, lines.join('\n')].join('\n\n')
}

function rulesPart(model: ReplayModel): string {
  const { matched, quiet, blind } = rulesByState(model)
  const rows = matched.map(({ id, severity, matches, incidents, noise }) => [
    id,
    severity,
    count(matches),
    count(incidents),
    noise.incidentsPerDay.toFixed(1),
    noise.alarmsPerDay.toFixed(1),
    noise.topActor === undefined ? '' : `${text(shortName(noise.topActor.value))} ${percent(noise.topActor.share)}`,
  ])
  const heads = ['Rule', 'Severity', 'Matches', 'Incidents', 'Incidents a day', 'Alarms a day', 'Most by']
  const blinds = blind.map(({ id, reason }) => `- ${id}${reason === undefined ? '' : `: ${text(reason)}`}`)
  return [
    '## Rules',
    `${count(matched.length)} matched, ${count(quiet.length)} watched and matched nothing, ${count(blind.length)} had nothing to watch.`,
    ...(rows.length === 0 ? [] : [table(heads, rows)]),
    ...(blinds.length === 0 ? [] : ['Blind:', blinds.join('\n')]),
  ].join('\n\n')
}

const TITLES: Readonly<Record<TopList, string>> = {
  actors: 'Actors',
  people: 'People',
  keyIds: 'Access keys',
  addresses: 'Addresses',
  buckets: 'Buckets',
  actions: 'Calls',
  errors: 'Errors',
  tools: 'Tools',
  keys: 'Objects',
}

function topParts(model: ReplayModel): string[] {
  const parts = TOP_LISTS.flatMap((list) => topPart(TITLES[list], model.top[list]))
  return parts.length === 0 ? [] : ['## Most frequent', ...parts]
}

function topPart(title: string, ranking: Ranking): string[] {
  const { top } = ranking
  if (top.length === 0) return []
  const rows = top
    .slice(0, LISTED)
    .map(({ value, count: n, bytes: size, isAtLeast }) => [
      text(shortName(value)),
      `${isAtLeast === true ? '≥ ' : ''}${count(n)}`,
      size === undefined || size === 0 ? '' : bytes(size),
    ])
  return [table([`${title} (${distinctOf(ranking)})`, 'Records', 'Bytes'], rows)]
}

function madeFrom({ inputs, totals, problems }: ReplayModel): string {
  const kinds = Object.entries(totals.kinds).map(
    ([kind, of]) => `- ${kind}: ${plural(of.records, 'record')} of ${plural(of.objects, 'object')}, ${bytes(of.bytes)}`,
  )
  const apart = [
    [totals.duplicates, 'counted once though they stood in several objects'],
    [totals.filtered, 'dropped by the filters'],
    [totals.outOfSpan, 'outside of what was asked for'],
  ] as const
  const settings =
    inputs.settings === undefined
      ? 'the defaults'
      : `${text(inputs.settings.file)} (${inputs.settings.keys.join(', ')})`
  return [
    '## What this was made from',
    [
      ...kinds,
      ...apart.flatMap(([n, what]) => (n === 0 ? [] : [`- ${plural(n, 'record')} ${what}`])),
      `- Logs: ${inputs.paths.map((one) => text(one)).join(', ')}; clock: ${inputs.clock}; settings: ${settings}`,
      ...problems.map(
        ({ code, count: n, examples }) =>
          `- ${code}, ${plural(n, 'time')}: ${examples.map((one) => text(one)).join('; ')}`,
      ),
    ].join('\n'),
  ].join('\n\n')
}
