/** Charts over time: uPlot, in our colours, zoomed with the hand and the keys. */
import uPlot from 'uplot'
import { count } from '../../shared/basics/numbers.ts'
import { bytes, moment } from '../../shared/report/words.ts'
import { button, el } from './dom.ts'
import { colour, followTheme } from './theme.ts'

export interface Line {
  readonly label: string
  /** A colour of the style sheet. */
  readonly colour: string
  readonly values: readonly number[]
  /** Without a step of the axis: a threshold. */
  readonly dashed?: boolean
}

export interface ChartOptions {
  /** What it shows, for those who do not see it. */
  readonly label: string
  readonly height: number
  readonly time: readonly number[]
  readonly lines: readonly Line[]
  readonly unit: 'count' | 'bytes'
  /** Told of what is seen, ms; of everything: undefined. */
  readonly onZoom?: ((span: { from: number; to: number } | undefined) => void) | undefined
  /** Told where the plot lies, px from the left, and what it shows, ms. */
  readonly onDraw?: ((plot: { left: number; width: number; from: number; to: number }) => void) | undefined
}

export interface Chart {
  readonly node: HTMLElement
  show(options: {
    readonly time: readonly number[]
    readonly lines: readonly Line[]
    readonly unit: 'count' | 'bytes'
  }): void
  /** Shows a span, ms; undefined: all. */
  zoom(span: { from: number; to: number } | undefined): void
}

const AXIS_WIDTH = 58
const FEWEST_MS = 60_000
/** uPlot wants a time zone's date for each time; ours is UTC. */
const utc = (seconds: number): Date => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC')
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/**
 * A chart that is as wide as its place. Drag to zoom, double-click for all; with the keys + and - zoom, the arrows move,
 * 0 and Escape show all.
 */
export function createChart(given: ChartOptions): Chart {
  let options: ChartOptions = given
  let plot: uPlot | undefined
  let seen: { from: number; to: number } | undefined
  const place = el('div', {
    class: 'plot',
    tabindex: 0,
    role: 'img',
    'aria-label': `${given.label}. Keys: + and - zoom, arrows move, 0 shows all.`,
  })
  const tools = el('div', { class: 'zoom', role: 'group', 'aria-label': `Zoom: ${given.label}` })
  const node = el('div', 'chart', place, given.onZoom !== undefined && tools)

  const all = (): { from: number; to: number } => {
    const { time } = options
    const from = time[0] ?? 0
    return { from, to: Math.max(time.at(-1) ?? from, from + FEWEST_MS) }
  }

  function set(span: { from: number; to: number } | undefined, isTold: boolean): void {
    const whole = all()
    const isAll = span === undefined || (span.from <= whole.from && span.to >= whole.to)
    seen = isAll ? undefined : span
    const { from, to } = seen ?? whole
    plot?.setScale('x', { min: from / 1000, max: to / 1000 })
    if (isTold) options.onZoom?.(seen)
  }

  function move(factor: number, shift: number): void {
    const whole = all()
    const { from, to } = seen ?? whole
    const width = Math.min(whole.to - whole.from, Math.max(FEWEST_MS, (to - from) * factor))
    const middle = (from + to) / 2 + shift * (to - from)
    const start = Math.min(Math.max(middle - width / 2, whole.from), whole.to - width)
    set({ from: start, to: start + width }, true)
  }

  function draw(): void {
    plot?.destroy()
    place.replaceChildren()
    const { time, lines } = options
    if (time.length === 0) {
      place.append(el('p', 'about', 'No data.'))
      return
    }
    plot = new uPlot(
      {
        ...layout(options, place.clientWidth, (span) => set(span, true)),
        hooks: hooks(
          () => options,
          () => plot,
        ),
      },
      [time.map((at) => at / 1000), ...lines.map(({ values }) => [...values])] as uPlot.AlignedData,
      place,
    )
    set(seen, false)
  }

  place.addEventListener('keydown', (event) => {
    const act = KEYS[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (act === 'all') set(undefined, true)
    else move(act[0], act[1])
  })
  tools.append(
    button('+', () => move(0.5, 0), { 'aria-label': 'Zoom in' }),
    button('−', () => move(2, 0), { 'aria-label': 'Zoom out' }),
    button('◀', () => move(1, -0.5), { 'aria-label': 'Earlier' }),
    button('▶', () => move(1, 0.5), { 'aria-label': 'Later' }),
    button('All', () => set(undefined, true)),
  )
  let width = 0
  new ResizeObserver(() => {
    if (place.clientWidth === width || place.clientWidth === 0) return
    width = place.clientWidth
    draw()
  }).observe(place)
  followTheme(() => {
    if (width > 0) draw()
  })
  return {
    node,
    show(more) {
      options = { ...options, ...more }
      draw()
    },
    zoom: (span) => set(span, false),
  }
}

/** Factor of the width, and how far to the side. */
const KEYS: Readonly<Record<string, readonly [number, number] | 'all'>> = {
  '+': [0.5, 0],
  '=': [0.5, 0],
  '-': [2, 0],
  ArrowLeft: [1, -0.25],
  ArrowRight: [1, 0.25],
  0: 'all',
  Escape: 'all',
}

function hooks(options: () => ChartOptions, plot: () => uPlot | undefined): uPlot.Hooks.Arrays {
  const tell = (u: uPlot): void => {
    const { min, max } = u.scales.x ?? {}
    if (min === undefined || max === undefined || min === null || max === null) return
    const { left, width } = u.bbox
    const ratio = window.devicePixelRatio
    options().onDraw?.({ left: left / ratio, width: width / ratio, from: min * 1000, to: max * 1000 })
  }
  return { draw: [(u) => tell(plot() ?? u)] }
}

function layout(
  options: ChartOptions,
  width: number,
  zoomed: (span: { from: number; to: number }) => void,
): uPlot.Options {
  const { height, lines, unit } = options
  const line = colour('c-line')
  const soft = colour('c-soft')
  const axis = {
    stroke: soft,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: '12px system-ui, sans-serif',
  }
  return {
    width,
    height,
    tzDate: utc,
    legend: { live: true },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, space: 70, values: timeValues },
      {
        ...axis,
        size: AXIS_WIDTH,
        values: (_, splits) => splits.map((value) => (unit === 'bytes' ? bytes(value) : short.format(value))),
      },
    ],
    series: [
      { label: 'Time (UTC)', value: (_, value) => (value === null ? '–' : moment(value * 1000)) },
      ...lines.map((one) => seriesOf(one, unit, options.time.length)),
    ],
    plugins: [
      {
        hooks: {
          setSelect: (u) => {
            if (u.select.width < 4) return
            const from = u.posToVal(u.select.left, 'x') * 1000
            const to = u.posToVal(u.select.left + u.select.width, 'x') * 1000
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
            zoomed({ from, to })
          },
          ready: (u) =>
            u.over.addEventListener('dblclick', () => {
              const { data } = u
              zoomed({ from: (data[0][0] ?? 0) * 1000, to: Number.POSITIVE_INFINITY })
            }),
        },
      },
    ],
  }
}

function seriesOf({ label, colour: name, dashed }: Line, unit: 'count' | 'bytes', points: number): uPlot.Series {
  const stroke = colour(name)
  return {
    label,
    stroke,
    width: dashed === true ? 1.5 : 2,
    ...(dashed === true ? { dash: [6, 4] } : { fill: transparent(stroke) }),
    points: { show: points < 40 && dashed !== true, size: 5 },
    value: (_, value) => (value === null ? '–' : unit === 'bytes' ? bytes(value) : count(value)),
  }
}

/** `rgb(1, 2, 3)` with a little of it left. */
const transparent = (rgb: string): string => rgb.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)')

/** The time of day; at midnight, and where days are apart, the day. */
function timeValues(_: uPlot, splits: readonly number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0)
  let before = ''
  return splits.map((at) => {
    const iso = new Date(at * 1000).toISOString()
    const date = iso.slice(5, 10)
    const isNew = date !== before
    before = date
    if (step >= 86_400) return iso.slice(0, 10)
    return isNew ? `${iso.slice(11, 16)}\n${iso.slice(0, 10)}` : step < 60 ? iso.slice(11, 19) : iso.slice(11, 16)
  })
}
