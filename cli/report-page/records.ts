/** The matching records: searched, sorted, a page at a time. */

import { count, plural } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import type { MatchRow, ReplayModel } from '../../shared/replay/model.ts'
import { type PackedRows, unpackRow } from '../../shared/report/pack.ts'
import { createRowIndex, type RowOrder, type SortColumn } from '../../shared/report/rows.ts'
import { WORST_FIRST } from '../../shared/report/severity.ts'
import { bytes, moment } from '../../shared/report/words.ts'
import { badge, button, type Child, el, section } from './dom.ts'
import { change, follow, view } from './state.ts'

const PAGE = 50

const HEADS: readonly (readonly [SortColumn, string])[] = [
  ['time', 'Time (UTC)'],
  ['severity', 'Severity'],
  ['who', 'Who'],
  ['ip', 'From'],
  ['action', 'Did'],
  ['outcome', 'Result'],
  ['on', 'On'],
  ['bytes', 'Bytes'],
  ['rules', 'Rules'],
]

export function recordsView(
  model: ReplayModel,
  packed: PackedRows,
): { readonly node: HTMLElement; counts(incidentId: string): number } {
  const index = createRowIndex(packed)
  const perIncident = countIncidents(packed)
  let order: RowOrder = { column: 'time', descending: false }
  let page = 0
  let selected = new Uint32Array(0)

  const search = el('input', {
    id: 'search',
    type: 'search',
    placeholder: 'words, or ip:192.0.2. bucket:… action:put',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  const least = el(
    'select',
    { id: 'severity' },
    ...WORST_FIRST.map((severity, rank) =>
      el(
        'option',
        { value: rank + 1, selected: rank === WORST_FIRST.length - 1 },
        rank === WORST_FIRST.length - 1 ? 'any severity' : rank === 0 ? severity : `${severity} and worse`,
      ),
    ),
  )
  const rule = el(
    'select',
    { id: 'rule' },
    el('option', { value: '' }, 'any rule'),
    ...model.rules
      .filter(({ matches }) => matches > 0)
      .map(({ id, matches }) => el('option', { value: id }, `${id} (${count(matches)})`)),
  )
  const isAnyTold = perIncident.size > 0
  const which = el(
    'select',
    { id: 'which' },
    el('option', { value: 'told', disabled: !isAnyTold, selected: isAnyTold }, 'of incidents'),
    el('option', { value: 'all', selected: !isAnyTold }, 'all that match'),
  )
  const status = el('p', { role: 'status', 'aria-live': 'polite', class: 'about' })
  const head = el('tr', { role: 'row' })
  const body = el('tbody', { role: 'rowgroup' })
  const pager = el('div', { class: 'pager', role: 'group', 'aria-label': 'Pages' })

  function select(): void {
    const { from, to, incidentId } = view()
    selected = index.select(
      {
        text: search.value,
        from,
        to,
        severities: Number(least.value),
        rule: rule.value === '' ? undefined : rule.value,
        incidentId,
        isTold: which.value === 'told',
      },
      order,
    ) as Uint32Array<ArrayBuffer>
    page = 0
    draw()
  }

  function draw(): void {
    const pages = Math.max(1, Math.ceil(selected.length / PAGE))
    const first = page * PAGE
    body.replaceChildren(
      ...[...selected.subarray(first, first + PAGE)].flatMap((row) => rowView(unpackRow(packed, row))),
    )
    withRoles(body)
    const { leftOut } = model.matches
    status.textContent =
      (selected.length === 0
        ? 'No record fits.'
        : `${count(first + 1)}–${count(Math.min(first + PAGE, selected.length))} of ${plural(selected.length, 'record')}`) +
      (leftOut === 0
        ? ''
        : `; ${plural(leftOut, 'matching record')} of less severity ${leftOut === 1 ? 'is' : 'are'} counted above and not listed`)
    const to = (next: number, label: string, name: string): HTMLButtonElement =>
      button(
        label,
        () => {
          page = next
          draw()
        },
        { 'aria-label': name, disabled: next < 0 || next >= pages || next === page },
      )
    pager.replaceChildren(
      to(0, '«', 'First page'),
      to(page - 1, '‹', 'Previous page'),
      el('span', {}, `page ${count(page + 1)} of ${count(pages)}`),
      to(page + 1, '›', 'Next page'),
      to(pages - 1, '»', 'Last page'),
    )
    drawHead()
  }

  function drawHead(): void {
    const focused = head.contains(document.activeElement)
      ? document.activeElement?.getAttribute('data-column')
      : undefined
    head.replaceChildren(
      ...HEADS.map(([column, name]) => {
        const isSorted = order.column === column
        const sort = button(
          `${name}${isSorted ? (order.descending ? ' ↓' : ' ↑') : ''}`,
          () => {
            order = { column, descending: isSorted ? !order.descending : column === 'bytes' }
            select()
          },
          { 'data-column': column },
        )
        return el(
          'th',
          {
            scope: 'col',
            role: 'columnheader',
            'aria-sort': isSorted ? (order.descending ? 'descending' : 'ascending') : undefined,
          },
          sort,
        )
      }),
    )
    if (focused !== undefined && focused !== null)
      head.querySelector<HTMLElement>(`[data-column="${focused}"]`)?.focus()
  }

  let waiting = 0
  search.addEventListener('input', () => {
    window.clearTimeout(waiting)
    waiting = window.setTimeout(select, 80)
  })
  which.addEventListener('change', select)
  least.addEventListener('change', select)
  rule.addEventListener('change', () => change({ rule: rule.value === '' ? undefined : rule.value }))
  follow(({ rule: wanted, text }) => {
    // Of one rule, or of what was searched for elsewhere, all is wanted.
    if (wanted !== undefined || text !== undefined) which.value = 'all'
    rule.value = wanted ?? ''
    if (text !== undefined) {
      search.value = text
      change({ text: undefined })
    }
    select()
  })
  select()

  const node = section(
    'records',
    'Matching records',
    `${plural(model.matches.total, 'record')} that a rule matches. One match may be nothing: many rules count, and only what reaches their threshold is part of an incident.`,
    el(
      'div',
      'tools',
      el('label', { for: 'search', class: 'visually-hidden' }, 'Search the records'),
      search,
      el('label', { for: 'which', class: 'visually-hidden' }, 'Which records'),
      which,
      el('label', { for: 'severity', class: 'visually-hidden' }, 'Least severity'),
      least,
      el('label', { for: 'rule', class: 'visually-hidden' }, 'Rule'),
      rule,
    ),
    status,
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Matching records' },
      el(
        'table',
        { class: 'records', role: 'table' },
        el('caption', 'visually-hidden', 'Records that a rule matches'),
        el('thead', { role: 'rowgroup' }, head),
        body,
      ),
    ),
    pager,
  )
  return { node, counts: (incidentId) => perIncident.get(incidentId) ?? 0 }
}

/** On a phone rows are laid out as cards, and a browser may take them for no table any more. */
function withRoles(body: HTMLElement): void {
  for (const row of body.children) {
    row.setAttribute('role', 'row')
    for (const cell of row.children) cell.setAttribute('role', 'cell')
  }
}

function countIncidents({ texts, columns }: PackedRows): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of columns.incidentId) {
    const name = texts[id] ?? ''
    if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

function rowView(row: MatchRow): HTMLElement[] {
  const who = row.person ?? shortName(row.actor ?? '')
  const on = [row.bucket, row.key].filter((part) => part !== undefined).join('/')
  const more = el('tr', { class: 'more', hidden: true })
  const time = row.time === '' ? '–' : moment(Date.parse(row.time))
  const open = button(
    time,
    () => {
      more.hidden = !more.hidden
      open.setAttribute('aria-expanded', String(!more.hidden))
      if (more.childElementCount === 0) more.append(el('td', { colspan: HEADS.length }, moreView(row)))
    },
    { 'aria-expanded': 'false', class: 'open', 'aria-label': `${time}, all of this record` },
  )
  const cells: Child[] = [
    el('td', 'time', open),
    // What no incident tells of has the severity of a rule that may have counted to one.
    el('td', {}, badge(row.severity, row.incidentId === undefined)),
    el('td', { class: 'who', title: row.actor }, who),
    el('td', 'from', row.ip ?? ''),
    el('td', 'did', row.action),
    el('td', row.outcome === 'success' ? 'fine' : 'failed', row.outcome),
    el('td', 'on', on),
    el('td', 'number', row.bytes === undefined ? '' : bytes(row.bytes)),
    el('td', 'ids', row.rules.slice(0, 2).join(', '), row.rules.length > 2 ? ` and ${row.rules.length - 2} more` : ''),
  ]
  return [el('tr', {}, ...cells), more]
}

function moreView(row: MatchRow): HTMLElement {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Detail', row.detail],
    ['Actor', row.actor],
    ['Person', row.person],
    ['Access key', row.keyId],
    ['Address', row.ip],
    ['Tool', row.tool],
    ['Bucket', row.bucket],
    ['Key', row.key],
    ['Rules', row.rules.join(', ')],
    ['Incident', row.incidentId],
    ['Log', row.kind],
    ['Stands in', `${row.object}, record ${count(row.record)}`],
  ]
  return el(
    'dl',
    'wide',
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [el('dt', {}, name), el('dd', {}, value)])),
  )
}
