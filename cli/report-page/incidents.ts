/** What happened: the first words of the page, and each incident as a story. */

import { count, plural } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import type { Finding, FindingValue, StoryLine } from '../../shared/incident/finding.ts'
import { keyMoments } from '../../shared/incident/key-moments.ts'
import type { ReplayIncident, ReplayModel } from '../../shared/replay/model.ts'
import { ALL_CALLS, callsOf, headline, matchesOf, storyOrder, tellable } from '../../shared/report/headline.ts'
import { clock, day, span } from '../../shared/report/words.ts'
import { badge, button, type Child, el, section } from './dom.ts'
import { change } from './state.ts'

const ms = (time: string): number => Date.parse(time)

/** The first words; returns what the page is called. */
export function titleView(into: HTMLElement, model: ReplayModel): string {
  const { title, about } = headline(model)
  const worst = tellable(model).slice(0, 3)
  into.append(el('h1', {}, title), el('p', 'about', about))
  if (worst.length > 0) into.append(el('ol', 'worst', ...worst.map(worstView)))
  return title
}

/** So many moments of an incident are told at once. */
const MOMENTS = 10

function worstView({ finding }: ReplayIncident): HTMLElement {
  const { severity, incidentId } = finding
  const moments = keyMoments(finding, MOMENTS, storyOrder(finding.story))
  return el(
    'li',
    {},
    badge(severity),
    el('a', { href: `#incident-${incidentId}` }, finding.summary),
    el('span', 'when', spanOf(finding)),
    moments.length > 1 && el('ol', { class: 'moments', 'aria-label': 'In short' }, ...moments.map(momentView)),
  )
}

const momentView = ({ time, text }: StoryLine): HTMLElement =>
  el('li', { title: text }, el('time', { datetime: time }, clock(ms(time))), ' ', text)

const spanOf = ({ firstTime, lastTime }: Finding): string => span(ms(firstTime), ms(lastTime))

export function incidentsView(model: ReplayModel, rowsOf: (incidentId: string) => number): HTMLElement {
  const incidents = tellable(model)
  const messages = model.tellings.length
  const about =
    incidents.length === 0
      ? 'Nothing that a rule tells people of. Which rules watched, and which had nothing to watch, stands below.'
      : `The worst first. People would have got ${plural(messages, 'message')}.`
  const cards = incidents.map((incident, index) => incidentView(model, incident, index === 0, rowsOf))
  const { incidentsLeftOut } = model
  const rest =
    incidentsLeftOut === 0
      ? ''
      : `${plural(incidentsLeftOut, 'more incident')}, none worse, are counted and not listed.`
  return section('incidents', 'What happened', about, ...cards, el('p', 'about', rest))
}

/** So much of a story is told at once. */
const STORY_LINES = 14

function incidentView(
  model: ReplayModel,
  incident: ReplayIncident,
  isFirst: boolean,
  rowsOf: (incidentId: string) => number,
): HTMLElement {
  const { finding } = incident
  const heading = `incident-${finding.incidentId}-title`
  return el(
    'article',
    { id: `incident-${finding.incidentId}`, class: `incident ${finding.severity}`, 'aria-labelledby': heading },
    el(
      'header',
      {},
      badge(finding.severity),
      el('h3', { id: heading }, finding.summary),
      el('p', 'when', `${spanOf(finding)} UTC · ${matchesOf(finding)}`, ' · ', told(incident)),
    ),
    el('div', 'story-and-facts', storyView(finding, isFirst), factsView(finding, callsOf(model, finding), rowsOf)),
    messagesView(model, finding.incidentId),
  )
}

function told({ opened, messages }: ReplayIncident): string {
  if (opened === undefined) return 'nobody would have been told'
  return `told ${day(ms(opened))} ${clock(ms(opened))}, ${plural(messages, 'message')}`
}

function storyView({ story, leftOut, firstTime, lastTime }: Finding, isFirst: boolean): HTMLElement {
  const isOneDay = day(ms(firstTime)) === day(ms(lastTime))
  const at = (time: string): string => (isOneDay ? '' : `${day(ms(time)).slice(5)} `) + clock(ms(time))
  const items = storyOrder(story).map(({ time, until, text, rules }) =>
    el(
      'li',
      {},
      el(
        'time',
        { datetime: time },
        until === undefined || at(until) === at(time) ? at(time) : `${at(time)}–${at(until)}`,
      ),
      el('span', { title: rules.join(', ') }, text),
    ),
  )
  const list = el('ol', 'story', ...items)
  const more = items.slice(isFirst ? STORY_LINES : STORY_LINES / 2)
  const node = el('div', 'told', list)
  if (more.length > 1) {
    for (const item of more) item.hidden = true
    const open = button(`Show ${plural(more.length, 'more line')}`, () => {
      for (const item of more) item.hidden = false
      more[0]?.setAttribute('tabindex', '-1')
      more[0]?.focus()
      open.remove()
    })
    node.append(open)
  }
  if (leftOut > 0) node.append(el('p', 'about', `${plural(leftOut, 'more call')} that the story has no room for.`))
  return node
}

const NAMED = 4

function factsView(
  finding: Finding,
  calls: readonly FindingValue[],
  rowsOf: (incidentId: string) => number,
): HTMLElement {
  const { person, keyIds, actors, addresses, buckets, outcomes, tools, distinct, rules, incidentId } = finding
  const facts: [string, Child | undefined][] = [
    ['Who', person === undefined ? values(actors, distinct.actors) : el('span', {}, person)],
    ['As', person === undefined ? undefined : values(actors, distinct.actors)],
    ['Keys', keyIds.length === 0 ? undefined : el('span', {}, keyIds.slice(0, NAMED).join(', '))],
    ['From', values(addresses, distinct.addresses)],
    ['On', values(buckets, distinct.buckets)],
    ['With', values(tools, tools.length)],
    [ALL_CALLS, values(calls, calls.length)],
    ['Result', values(outcomes, outcomes.length)],
  ]
  const rows = rowsOf(incidentId)
  return el(
    'div',
    'facts',
    el(
      'dl',
      {},
      ...facts.flatMap(([name, value]) => (value === undefined ? [] : [el('dt', {}, name), el('dd', {}, value)])),
    ),
    el(
      'p',
      'rules',
      ...rules.map(({ id, title, severity, matches }) =>
        el(
          'a',
          { href: `#rule-${id}`, class: `tag ${severity}`, title: `${title}: ${plural(matches, 'match', 'matches')}` },
          id,
        ),
      ),
    ),
    el(
      'p',
      'actions',
      button('Zoom to it', () => change({ from: ms(finding.firstTime), to: ms(finding.lastTime) + 60_000 })),
      rows > 0 && recordsButton(rows, incidentId),
    ),
    adviceView(finding),
  )
}

function recordsButton(rows: number, incidentId: string): HTMLElement {
  return button(`Its ${plural(rows, 'record')}`, () => {
    change({ incidentId, from: undefined, to: undefined })
    document.getElementById('records')?.scrollIntoView()
  })
}

function values(of: readonly FindingValue[], distinct: number): HTMLElement | undefined {
  if (of.length === 0) return undefined
  const named = of.slice(0, NAMED)
  const rest = Math.max(distinct, of.length) - named.length
  return el(
    'span',
    {},
    ...named.flatMap(({ value, count: n }, index) => [
      index > 0 ? ', ' : '',
      el('span', { title: value }, shortName(value)),
      el('small', {}, ` ${count(n)}`),
    ]),
    rest > 0 ? ` and ${count(rest)} more` : '',
  )
}

function adviceView({ runbook, why, falsePositives }: Finding): HTMLElement | undefined {
  if (runbook.length === 0) return undefined
  return el(
    'details',
    {},
    el('summary', {}, 'What to do'),
    el('ol', {}, ...runbook.map((step) => el('li', {}, step))),
    why.length > 0 && el('p', {}, el('strong', {}, 'Why it matters. '), why.join(' ')),
    falsePositives.length > 0 && el('p', {}, el('strong', {}, 'It may be harmless. '), falsePositives.join(' ')),
  )
}

/** The messages as they would be mailed, where the replay has them. */
function messagesView(model: ReplayModel, incidentId: string): HTMLElement | undefined {
  const of = model.tellings.filter((telling) => telling.incidentId === incidentId && telling.text !== undefined)
  if (of.length === 0) return undefined
  return el(
    'details',
    'messages',
    el('summary', {}, `${plural(of.length, 'message')} as mailed`),
    ...of.map(({ time, subject, text }) =>
      el(
        'figure',
        {},
        el('figcaption', {}, `${day(ms(time))} ${clock(ms(time))} UTC · `, el('strong', {}, subject)),
        el('pre', {}, ...(text ?? '').split('\n').flatMap((line) => [line, document.createTextNode('\n')])),
      ),
    ),
  )
}
