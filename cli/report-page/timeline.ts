/** The timeline: one measure at a time by kind of log, the incidents below it on the same time. */

import { count } from '../../shared/basics/numbers.ts'
import { principalName } from '../../shared/incident/actor-name.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import type { TrafficColumn, TrafficSeries } from '../../shared/replay/traffic.ts'
import { tellable } from '../../shared/report/headline.ts'
import { aligned, coarser, summed } from '../../shared/report/series.ts'
import { WORST_FIRST } from '../../shared/report/severity.ts'
import { bytes, moment, span } from '../../shared/report/words.ts'
import { type Chart, createChart, type Line } from './chart.ts'
import { el, section, table } from './dom.ts'
import { change, follow } from './state.ts'

type Measure = TrafficColumn | 'matches'
const MEASURES: readonly (readonly [Measure, string])[] = [
  ['requests', 'Requests'],
  ['matches', 'Matches of rules'],
  ['bytesOut', 'Bytes out'],
  ['bytesIn', 'Bytes in'],
  ['denied', 'Denied'],
  ['clientErrors', 'Client errors'],
  ['serverErrors', 'Server errors'],
  ['anonymous', 'Anonymous'],
  ['writes', 'Writes'],
]
const KIND_NAMES: Readonly<Record<LogKind, readonly [string, string]>> = {
  cloudtrail: ['CloudTrail', 'c-first'],
  'access-log': ['Access logs', 'c-second'],
}

export const unitOf = (measure: Measure): 'count' | 'bytes' => (measure.startsWith('bytes') ? 'bytes' : 'count')

interface Shown {
  readonly time: readonly number[]
  readonly lines: readonly Line[]
  readonly unit: 'count' | 'bytes'
}

function shownOf(model: ReplayModel, measure: Measure): Shown {
  const step = model.traffic.step * 1000
  const parts = measure === 'matches' ? matchesOf(model) : trafficOf(model, measure)
  const { time, columns } = aligned(
    parts.map(({ series }) => series),
    step,
  )
  const lines = parts.map(({ label, colour }, index) => ({ label, colour, values: columns[index] ?? [] }))
  return { time, lines, unit: unitOf(measure) }
}

interface Part {
  readonly label: string
  readonly colour: string
  readonly series: { readonly time: readonly number[]; readonly value: readonly number[] }
}

function trafficOf(model: ReplayModel, measure: TrafficColumn): Part[] {
  return Object.entries(model.traffic.kinds).map(([kind, series]) => {
    const [label, colour] = KIND_NAMES[kind as LogKind]
    return {
      label,
      colour,
      series: { time: (series as TrafficSeries).time, value: (series as TrafficSeries)[measure] },
    }
  })
}

function matchesOf(model: ReplayModel): Part[] {
  const parts = WORST_FIRST.flatMap((severity) => {
    const of = model.rules.filter((rule) => rule.severity === severity && rule.matches > 0)
    return of.length === 0
      ? []
      : [{ label: severity, colour: `c-${severity}`, series: summed(of.map((rule) => rule.series)) }]
  })
  // The span is that of the traffic, so that nothing jumps.
  const rest = summed(trafficOf(model, 'requests').map(({ series }) => series))
  return [...parts, { label: 'records', colour: 'c-line', series: { time: rest.time, value: rest.time.map(() => 0) } }]
}

export function timelineView(model: ReplayModel): HTMLElement {
  let measure: Measure = 'requests'
  const lanes = el('div', { class: 'lanes', role: 'list', 'aria-label': 'Incidents on the timeline' })
  const chart: Chart = createChart({
    label: 'Timeline',
    height: 220,
    ...shownOf(model, measure),
    onZoom: (seen) => change({ from: seen?.from, to: seen?.to }),
    onDraw: (plot) => drawLanes(lanes, model, plot),
  })
  follow(({ from, to }) => chart.zoom(from === undefined || to === undefined ? undefined : { from, to }))
  const numbers = el('div')
  const details = el('details', {}, el('summary', {}, 'The same as a table'), numbers)
  const fill = (): void => numbers.replaceChildren(tableOf(model, measure))
  details.addEventListener('toggle', fill)
  const choose = el('select', { id: 'measure' }, ...MEASURES.map(([value, name]) => el('option', { value }, name)))
  choose.addEventListener('change', () => {
    measure = choose.value as Measure
    chart.show(shownOf(model, measure))
    if (details.open) fill()
  })
  return section(
    'timeline',
    'Timeline',
    'Drag over it to zoom, double-click for all. The records below follow. Times are UTC.',
    el('div', 'tools', el('label', { for: 'measure' }, 'Show'), choose),
    chart.node,
    lanes,
    details,
  )
}

const MAX_LANES = 8

function drawLanes(
  into: HTMLElement,
  model: ReplayModel,
  plot: { left: number; width: number; from: number; to: number },
): void {
  const { left, width, from, to } = plot
  const share = (time: number): number => (Math.min(Math.max(time, from), to) - from) / (to - from)
  const lanes = tellable(model)
    .slice(0, MAX_LANES)
    .filter(({ finding }) => Date.parse(finding.lastTime) >= from && Date.parse(finding.firstTime) <= to)
  into.replaceChildren(
    ...lanes.map(({ finding }) => {
      const [first, last] = [Date.parse(finding.firstTime), Date.parse(finding.lastTime)]
      const name = `${principalName(finding)}: ${finding.title}`
      const track = el('span', 'track')
      track.style.marginLeft = `${left}px`
      track.style.width = `${width}px`
      const bar = el('span', `bar ${finding.severity}`)
      bar.style.left = `${100 * share(first)}%`
      bar.style.width = `max(6px, ${100 * (share(last) - share(first))}%)`
      track.append(bar, ...dots(finding.story, share, from, to))
      const link = el(
        'a',
        { href: `#incident-${finding.incidentId}`, title: `${name}, ${span(first, last)} UTC` },
        name,
      )
      const label = el('span', 'lane-name', el('span', `dot ${finding.severity}`), link)
      label.style.marginLeft = `${left}px`
      return el('div', { class: 'lane', role: 'listitem' }, label, track)
    }),
  )
}

function dots(
  story: readonly { readonly time: string; readonly text: string }[],
  share: (time: number) => number,
  from: number,
  to: number,
): HTMLElement[] {
  return story.flatMap(({ time, text }) => {
    const at = Date.parse(time)
    if (at < from || at > to) return []
    const dot = el('span', { class: 'event', title: `${moment(at)} ${text}` })
    dot.style.left = `${100 * share(at)}%`
    return [dot]
  })
}

const MAX_ROWS = 60

/** For those who do not see the chart: in steps that make a table that can be read. */
function tableOf(model: ReplayModel, measure: Measure): HTMLElement {
  const { time, lines, unit } = shownOf(model, measure)
  const whole = (time.at(-1) ?? 0) - (time[0] ?? 0)
  const step = [300, 900, 3600, 14_400, 86_400, 604_800].find((one) => whole / (one * 1000) <= MAX_ROWS) ?? 2_419_200
  const columns = lines
    .filter(({ label }) => label !== 'records')
    .map(({ label, values }) => ({ label, series: coarser({ time, value: values }, step * 1000) }))
  const times = columns[0]?.series.time ?? []
  return table(
    MEASURES.find(([name]) => name === measure)?.[1] ?? measure,
    ['From (UTC)', ...columns.map(({ label }) => label)],
    times.map((at, index) => [moment(at), ...columns.map(({ series }) => series.value[index] ?? 0)]),
    unit === 'bytes' ? bytes : count,
  )
}
