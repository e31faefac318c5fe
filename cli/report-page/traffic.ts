/** The traffic itself: what a quiet month has to show. */

import { count, plural } from '../../shared/basics/numbers.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import type { TrafficColumn, TrafficSeries } from '../../shared/replay/traffic.ts'
import { distinctOf } from '../../shared/report/headline.ts'
import { bytes, percent } from '../../shared/report/words.ts'
import { el, section } from './dom.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
/** The week begins on a Monday. */
const WEEK = [1, 2, 3, 4, 5, 6, 0]

export function trafficView(model: ReplayModel): HTMLElement {
  return section('traffic', 'Traffic', '', tilesOf(model), gridOf(model.traffic.grid))
}

function tilesOf({ traffic, top, totals }: ReplayModel): HTMLElement {
  const kinds = Object.values(traffic.kinds) as TrafficSeries[]
  const sum = (column: TrafficColumn): number =>
    kinds.reduce((all, series) => all + series[column].reduce((part, value) => part + value, 0), 0)
  const requests = sum('requests')
  const share = (value: number): string => (requests === 0 ? '' : percent(value / requests))
  const errors = sum('clientErrors') + sum('serverErrors')
  const tiles: readonly (readonly [string, string, string])[] = [
    ['Requests', count(requests), `${plural(Object.keys(totals.kinds).length, 'kind')} of logs`],
    ['Bytes out', bytes(sum('bytesOut')), ''],
    ['Bytes in', bytes(sum('bytesIn')), ''],
    ['Errors', count(errors), share(errors)],
    ['Denied', count(sum('denied')), share(sum('denied'))],
    ['Anonymous', count(sum('anonymous')), share(sum('anonymous'))],
    ['Writes', count(sum('writes')), share(sum('writes'))],
    ['Clients', distinctOf(top.addresses), 'addresses'],
  ]
  return el(
    'dl',
    'tiles',
    ...tiles.map(([name, value, note]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, el('small', {}, note))),
    ),
  )
}

function gridOf(grid: readonly (readonly number[])[]): HTMLElement {
  const most = Math.max(1, ...grid.flat())
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'))
  const row = (day: number): HTMLElement =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, DAYS[day]!.slice(0, 3)),
      ...hours.map((hour, index) => {
        const value = grid[day]?.[index] ?? 0
        const warm = value === 0 ? 0 : Math.max(1, Math.ceil((5 * value) / most))
        return el(
          'td',
          { class: `heat heat-${warm}`, title: `${DAYS[day]} ${hour}:00 UTC: ${count(value)}` },
          value === 0 ? '' : compact(value),
        )
      }),
    )
  return el(
    'div',
    {},
    el('h3', {}, 'Requests by day and hour (UTC)'),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Requests by day and hour' },
      el(
        'table',
        'grid',
        el('caption', 'visually-hidden', 'Requests by day of the week and hour, UTC'),
        el('thead', {}, el('tr', {}, el('td'), ...hours.map((hour) => el('th', { scope: 'col' }, hour)))),
        el('tbody', {}, ...WEEK.map(row)),
      ),
    ),
  )
}

const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 0 })
const compact = (value: number): string => short.format(value)
