/** Who did what to which bucket: a table of warmth, and the calls behind a cell. */

import { count, plural } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import type { MatrixCell, ReplayModel } from '../../shared/replay/model.ts'
import { bytes, clock, day } from '../../shared/report/words.ts'
import { button, el, section, table } from './dom.ts'

type Measure = 'count' | 'bytes' | 'errors'
const MEASURES: readonly (readonly [Measure, string])[] = [
  ['count', 'Requests'],
  ['bytes', 'Bytes'],
  ['errors', 'Errors'],
]
const MAX_ACTORS = 16
const MAX_BUCKETS = 10
/** Requests that are on no bucket. */
const nameOf = (bucket: string): string => (bucket === '' ? '(no bucket)' : bucket)

export function matrixView(model: ReplayModel): HTMLElement {
  const { cells, rest } = model.matrix
  const actions = [...new Set(cells.map(({ action }) => action))].sort()
  let measure: Measure = 'count'
  let action = ''
  const place = el('div')
  const behind = el('div', { role: 'status', 'aria-live': 'polite', class: 'behind' })
  const draw = (): void => {
    const wanted = action === '' ? cells : cells.filter((cell) => cell.action === action)
    behind.replaceChildren()
    place.replaceChildren(gridOf(wanted, measure, (of) => behind.replaceChildren(callsOf(of))))
  }
  const chooseMeasure = el(
    'select',
    { id: 'matrix-measure' },
    ...MEASURES.map(([value, name]) => el('option', { value }, name)),
  )
  const chooseAction = el(
    'select',
    { id: 'matrix-action' },
    el('option', { value: '' }, 'all calls'),
    ...actions.map((name) => el('option', { value: name }, name)),
  )
  chooseMeasure.addEventListener('change', () => {
    measure = chooseMeasure.value as Measure
    draw()
  })
  chooseAction.addEventListener('change', () => {
    action = chooseAction.value
    draw()
  })
  draw()
  return section(
    'matrix',
    'Who did what, where',
    rest === 0
      ? 'All requests, also those that no rule matches.'
      : `The most frequent of all requests; ${count(rest)} more are not in it.`,
    el(
      'div',
      'tools',
      el('label', { for: 'matrix-measure' }, 'Show'),
      chooseMeasure,
      el('label', { for: 'matrix-action' }, 'of'),
      chooseAction,
    ),
    place,
    behind,
  )
}

function gridOf(
  cells: readonly MatrixCell[],
  measure: Measure,
  open: (cells: readonly MatrixCell[]) => void,
): HTMLElement {
  const sum = (of: readonly MatrixCell[]): number => of.reduce((all, cell) => all + cell[measure], 0)
  const largest = (of: ReadonlyMap<string, readonly MatrixCell[]>, limit: number): string[] =>
    [...of]
      .sort((a, b) => sum(b[1]) - sum(a[1]))
      .slice(0, limit)
      .map(([name]) => name)
  const byActor = Map.groupBy(cells, ({ actor }) => actor)
  const byBucket = Map.groupBy(cells, ({ bucket }) => bucket)
  const actors = largest(byActor, MAX_ACTORS)
  const buckets = largest(byBucket, MAX_BUCKETS)
  const most = Math.max(
    1,
    ...actors.flatMap((actor) => [...Map.groupBy(byActor.get(actor)!, ({ bucket }) => bucket).values()].map(sum)),
  )
  const say = measure === 'bytes' ? bytes : count
  const rows = actors.map((actor) => {
    const own = Map.groupBy(byActor.get(actor)!, ({ bucket }) => bucket)
    const values = buckets.map((bucket) => {
      const of = own.get(bucket) ?? []
      const value = sum(of)
      if (of.length === 0) return el('td')
      const node = button(say(value), () => open(of), {
        'aria-label': `${say(value)}: ${shortName(actor)} on ${nameOf(bucket)}`,
      })
      const cell = el('td', { class: `heat heat-${warmth(value, most)}` }, node)
      return cell
    })
    return el('tr', {}, el('th', { scope: 'row', title: actor }, shortName(actor)), ...values)
  })
  const left = byActor.size - actors.length + byBucket.size - buckets.length
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Who by bucket' },
      el(
        'table',
        'matrix',
        el('caption', 'visually-hidden', 'Requests by actor and bucket'),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', { scope: 'col' }, 'Who'),
            ...buckets.map((bucket) => el('th', { scope: 'col' }, nameOf(bucket))),
          ),
        ),
        el('tbody', {}, ...rows),
      ),
    ),
    left > 0 &&
      el(
        'p',
        'about',
        `The largest ${actors.length} of ${plural(byActor.size, 'actor')}, ${buckets.length} of ${plural(byBucket.size, 'bucket')}.`,
      ),
  )
}

/** 0 to 5, by orders of magnitude. */
function warmth(value: number, most: number): number {
  if (value <= 0) return 0
  return Math.max(1, Math.min(5, Math.ceil((5 * Math.log(value + 1)) / Math.log(most + 1))))
}

function callsOf(cells: readonly MatrixCell[]): HTMLElement {
  const { actor = '', bucket = '' } = cells[0] ?? {}
  const at = (time: string): string => `${day(Date.parse(time)).slice(5)} ${clock(Date.parse(time))}`
  return el(
    'div',
    {},
    el('h3', {}, `${shortName(actor)} on ${nameOf(bucket)}`),
    table(
      `Calls of ${shortName(actor)} on ${nameOf(bucket)}`,
      ['Call', 'Requests', 'Errors', 'Bytes', 'First', 'Last'],
      cells
        .toSorted((a, b) => b.count - a.count)
        .map((cell) => [
          cell.action,
          cell.count,
          cell.errors,
          cell.bytes === 0 ? '' : bytes(cell.bytes),
          at(cell.first),
          at(cell.last),
        ]),
      count,
    ),
  )
}
