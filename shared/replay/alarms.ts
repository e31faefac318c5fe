/** A rule's alarm over the minutes of a replay, as CloudWatch would have run it. */
import { createSimulation, isBeginning, type StateChange } from '../alarm/simulate.ts'
import type { AlarmState, MetricAlarmConfig } from '../alarm/types.ts'
import { createSeries, MINUTE_MS, type StatisticSet, statisticOf } from '../metric/store.ts'
import type { Minutes } from './minutes.ts'
import type { RuleAlarm, Series } from './model.ts'
import { thinned } from './steps.ts'

/** Datapoints of an alarm that are kept; of more, the largest of several. */
const MAX_POINTS = 1_500
/** State changes that are kept: the first ones. */
const MAX_CHANGES = 2_000

/**
 * @param minutes what the metric got each minute: sum, samples, least and largest value.
 * @example
 * simulateAlarm(rule.alarm, sum.rule(id).metric).fired
 */
export function simulateAlarm(alarm: MetricAlarmConfig, minutes: Minutes): RuleAlarm {
  const rows = rowsOf(minutes)
  const changes = changesOf(alarm, rows)
  return {
    name: alarm.alarmName,
    period: alarm.period,
    evaluationPeriods: alarm.evaluationPeriods,
    datapointsToAlarm: alarm.datapointsToAlarm ?? alarm.evaluationPeriods,
    threshold: alarm.threshold,
    comparisonOperator: alarm.comparisonOperator,
    statistic: alarm.statistic,
    treatMissingData: alarm.treatMissingData ?? 'missing',
    datapoints: datapointsOf(alarm, rows),
    changes: changes
      .slice(0, MAX_CHANGES)
      .map(({ timestamp, newState }) => ({ time: new Date(timestamp).toISOString(), state: newState })),
    fired: changes.filter(({ newState }) => newState === 'ALARM').length,
    secondsInAlarm: secondsIn('ALARM', changes),
  }
}

/** The state changes of an alarm over the minutes of a replay, without an ALARM that only says that the logs begin. */
export function alarmChanges(alarm: MetricAlarmConfig, minutes: Minutes): readonly StateChange[] {
  return changesOf(alarm, rowsOf(minutes))
}

function rowsOf(minutes: Minutes): Rows {
  return minutes.rows().map(([time, [sum = 0, sampleCount = 0, minimum = 0, maximum = 0]]) => {
    return [time, { sum, sampleCount, minimum, maximum }] as const
  })
}

type Rows = readonly (readonly [time: number, set: StatisticSet])[]

function changesOf(alarm: MetricAlarmConfig, rows: Rows): StateChange[] {
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return []
  const simulation = createSimulation({
    alarms: [alarm],
    filters: [],
    start: first[0] - MINUTE_MS,
    evidenceLimit: 0,
    // A Region and an account would be invented.
    owner: { accountId: '', region: '' },
  })
  const changes: StateChange[] = []
  for (const [time, set] of rows) {
    changes.push(...simulation.advance(time))
    simulation.ingestSet(alarm, time, set)
  }
  // The last minute has to be looked at. After that, one that waits for silence would hear only that the logs end.
  const rest = watchesSilence(alarm) ? 0 : (alarm.evaluationPeriods + 1) * alarm.period * 1000
  changes.push(...simulation.advance(last[0] + 2 * MINUTE_MS + rest, true))
  return changes.filter((change) => change.newState !== 'ALARM' || !isBeginning(change))
}

const watchesSilence = ({ comparisonOperator }: MetricAlarmConfig): boolean => comparisonOperator.startsWith('LessThan')

/** Calendar periods; those of an alarm slide, and lie so at every period's end. */
function datapointsOf({ period, statistic }: MetricAlarmConfig, rows: Rows): Series {
  const series = createSeries()
  for (const [time, set] of rows) series.addSet(time, set)
  const periodMs = period * 1000
  const starts = [...new Set(rows.map(([time]) => Math.floor(time / periodMs) * periodMs))]
  return thinned(
    starts.map((start) => [start, statisticOf(series.aggregate(start, start + periodMs)!, statistic)] as const),
    MAX_POINTS,
  )
}

function secondsIn(state: AlarmState, changes: readonly StateChange[]): number {
  let seconds = 0
  for (const [index, { newState, timestamp }] of changes.entries()) {
    const next = changes[index + 1]
    if (newState === state && next !== undefined) seconds += (next.timestamp - timestamp) / 1000
  }
  return seconds
}
