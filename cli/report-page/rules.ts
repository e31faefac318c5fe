/** Each rule that matched: how much, by whom, against which threshold; and those that did not, with the reason. */

import { count, plural } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import type { ReplayModel, ReplayRule } from '../../shared/replay/model.ts'
import { NOT_QUIETED, rulesByState } from '../../shared/report/headline.ts'
import { aligned } from '../../shared/report/series.ts'
import { bytes, duration, percent } from '../../shared/report/words.ts'
import { createChart } from './chart.ts'
import { badge, button, el, section, table } from './dom.ts'
import { change } from './state.ts'

export function rulesView(model: ReplayModel): HTMLElement {
  const { matched, quiet, blind } = rulesByState(model)
  const about = `${count(matched.length)} matched, ${count(quiet.length)} watched and matched nothing, ${count(blind.length)} had nothing to watch.`
  return section(
    'rules',
    'Rules',
    about,
    el('div', 'panels', ...matched.map((rule) => panelOf(rule, model))),
    listOf('Watched and matched nothing', quiet),
    listOf('Blind: had nothing to watch', blind),
  )
}

function listOf(title: string, rules: readonly ReplayRule[]): HTMLElement | string {
  if (rules.length === 0) return ''
  return el(
    'details',
    {},
    el('summary', {}, `${title} (${count(rules.length)})`),
    table(
      title,
      ['Rule', 'Title', 'Severity', 'Why'],
      rules.map(({ id, title: name, severity, reason }) => [id, name, badge(severity), reason ?? '']),
    ),
  )
}

/** Many matches and no incident ask for a reason. */
function tellingOf({ incidents, counting }: ReplayRule): string {
  if (incidents > 0) return ` · ${plural(incidents, 'incident')}`
  if (counting === undefined || counting.threshold <= 1) return ''
  const { count: unit, threshold } = counting
  const most = unit === 'bytes' ? bytes(threshold) : `${count(threshold)}${unit === 'events' ? '' : ` ${unit}`}`
  return ` · nobody came to ${most} in ${duration(counting.window)}`
}

function panelOf(rule: ReplayRule, model: ReplayModel): HTMLElement {
  const { id, title, severity, noise, mitre } = rule
  const panel = el(
    'details',
    { id: `rule-${id}`, class: 'panel' },
    el(
      'summary',
      {},
      badge(severity),
      el('span', 'rule-title', title),
      el('span', 'about', `${id} · ${plural(rule.matches, 'match', 'matches')}${tellingOf(rule)}`),
    ),
  )
  const fill = (): void => {
    if (!panel.open || panel.childElementCount > 1) return
    panel.append(
      el('p', {}, countingOf(rule), mitre.length > 0 ? ` MITRE ATT&CK: ${mitre.join(', ')}.` : ''),
      ...chartsOf(rule, model),
      rankedView(
        'By',
        rule.actors.top.map(({ value, count: n }) => `${shortName(value)} (${count(n)})`),
      ),
      rankedView(
        'On',
        rule.buckets.top.map(({ value, count: n }) => `${value} (${count(n)})`),
      ),
      noiseView(noise),
      button('Its records', () => {
        change({ rule: id })
        document.getElementById('records')?.scrollIntoView()
      }),
    )
  }
  // Charts are drawn when somebody looks.
  panel.addEventListener('toggle', fill)
  return panel
}

function countingOf({ counting }: ReplayRule): string {
  if (counting === undefined) return 'It makes no incidents; its alarm alone tells.'
  const { count: what, threshold, window: seconds, by } = counting
  if (seconds === 0) return 'One matching record is enough.'
  return `It hits at ${count(threshold)} ${what} within ${duration(seconds)} of event time, for each ${by.join(' and ')}.`
}

/** All charts of rules have the same time, so that they can be compared. */
function spanOf({ span }: ReplayModel): { from: number; to: number } | undefined {
  return span === undefined ? undefined : { from: Date.parse(span.first), to: Date.parse(span.last) }
}

function chartsOf(rule: ReplayRule, model: ReplayModel): HTMLElement[] {
  const { alarm, series } = rule
  if (alarm !== undefined && alarm.datapoints.time.length > 0) {
    const { time, columns } = aligned([alarm.datapoints], alarm.period * 1000, spanOf(model))
    const chart = createChart({
      label: `Datapoints of the alarm ${alarm.name} against its threshold`,
      height: 150,
      time,
      unit: 'count',
      lines: [
        {
          label: `${alarm.statistic} in ${duration(alarm.period)}`,
          colour: `c-${rule.severity}`,
          values: columns[0] ?? [],
        },
        { label: 'threshold', colour: 'c-text', values: time.map(() => alarm.threshold), dashed: true },
      ],
    })
    const said = `The alarm went off ${plural(alarm.fired, 'time')}, and was in ALARM for ${duration(alarm.secondsInAlarm)} (${alarm.datapointsToAlarm} of ${alarm.evaluationPeriods} periods of ${duration(alarm.period)}, ${alarm.comparisonOperator} ${alarm.threshold}).`
    return [chart.node, el('p', 'about', said)]
  }
  const { time, columns } = aligned([series], model.traffic.step * 1000, spanOf(model))
  if (time.length === 0) return []
  const lines = [{ label: 'matches', colour: `c-${rule.severity}`, values: columns[0] ?? [] }]
  return [createChart({ label: `Matches of ${rule.id}`, height: 130, time, unit: 'count', lines }).node]
}

const rankedView = (word: string, names: readonly string[]): HTMLElement | string =>
  names.length === 0 ? '' : el('p', {}, el('strong', {}, `${word} `), names.slice(0, 5).join(', '))

function noiseView({
  incidentsPerDay,
  alarmsPerDay,
  shareInAlarm,
  topActor,
  quieting,
  isNotQuieted,
}: ReplayRule['noise']): HTMLElement {
  const said = [
    `${rate(incidentsPerDay, 'incident')} and ${rate(alarmsPerDay, 'alarm')} a day, ${percent(shareInAlarm)} of the time in ALARM`,
    ...(topActor === undefined ? [] : [`${percent(topActor.share)} by ${shortName(topActor.value)}`]),
    ...(isNotQuieted === true ? [NOT_QUIETED] : []),
  ].join('; ')
  if (quieting === undefined) return el('p', {}, `${said}.`)
  const { snippet, hides, leaves } = quieting
  const code = el(
    'pre',
    { tabindex: 0 },
    ...snippet.split('\n').flatMap((line) => [line, document.createTextNode('\n')]),
  )
  return el(
    'div',
    {},
    el('p', {}, `${said}.`),
    el(
      'p',
      {},
      `These settings would have quieted it: they hide ${plural(hides.matches, 'matching record')} and ${plural(hides.incidents, 'incident')}, and leave ${count(leaves.matches)} and ${count(leaves.incidents)}.`,
    ),
    code,
  )
}

/** `no incident`, `1 incident`, `0.3 incidents`. */
function rate(value: number, noun: string): string {
  if (value === 0) return `no ${noun}`
  const text = value < 10 ? value.toFixed(value < 0.1 ? 2 : 1).replace(/\.0$/, '') : count(Math.round(value))
  return `${text} ${noun}${text === '1' ? '' : 's'}`
}
