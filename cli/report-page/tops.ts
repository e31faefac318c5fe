/** The most frequent of everything. */

import { count } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import type { Ranked, Ranking, ReplayModel, TopList } from '../../shared/replay/model.ts'
import { distinctOf } from '../../shared/report/headline.ts'
import { bytes } from '../../shared/report/words.ts'
import { button, el, section } from './dom.ts'
import { change } from './state.ts'

const LISTS: readonly (readonly [TopList, string])[] = [
  ['actors', 'Actors'],
  ['people', 'People'],
  ['addresses', 'Addresses'],
  ['buckets', 'Buckets'],
  ['actions', 'Calls'],
  ['errors', 'Errors'],
  ['keys', 'Objects'],
  ['tools', 'Tools'],
  ['keyIds', 'Access keys'],
]
const SHOWN = 8

export function topsView(model: ReplayModel): HTMLElement {
  const cards = LISTS.flatMap(([list, title]) => {
    const ranking = model.top[list]
    return ranking.top.length === 0 ? [] : [cardOf(title, ranking)]
  })
  return section(
    'tops',
    'Most frequent',
    'Of all records, matching or not. A value looks for itself among the matching ones.',
    el('div', 'cards', ...cards),
  )
}

function cardOf(title: string, ranking: Ranking): HTMLElement {
  const { top } = ranking
  const most = Math.max(...top.map((one) => one.count))
  const items = top.map((one) => itemOf(one, most))
  const more = items.slice(SHOWN)
  for (const item of more) item.hidden = true
  const list = el('ol', 'bars', ...items)
  const card = el('div', 'card', el('h3', {}, title, el('small', {}, ` ${distinctOf(ranking)}`)), list)
  if (more.length > 0) {
    const open = button(`${count(more.length)} more`, () => {
      for (const item of more) item.hidden = false
      open.remove()
    })
    card.append(open)
  }
  return card
}

function itemOf({ value, count: n, bytes: size, type, isAtLeast }: Ranked, most: number): HTMLElement {
  const bar = el('span', 'fill')
  bar.style.width = `${Math.max(1, (100 * n) / most)}%`
  const name = button(
    shortName(value),
    () => {
      change({ text: value })
      document.getElementById('records')?.scrollIntoView()
    },
    { title: value },
  )
  const numbers = `${isAtLeast === true ? '≥ ' : ''}${count(n)}${size === undefined || size === 0 ? '' : ` · ${bytes(size)}`}`
  return el(
    'li',
    {},
    name,
    type !== undefined && el('small', {}, type),
    el('span', 'value', numbers),
    el('span', 'under', bar),
  )
}
