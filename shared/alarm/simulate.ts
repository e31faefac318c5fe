import { BucketwatchError } from '../contracts/errors.ts'
import type { FilterEvent, MetricFilter } from '../metric/filter.ts'
import {
  createSeries,
  type MetricId,
  MINUTE_MS,
  metricKey,
  type Series,
  type StatisticSet,
  statisticOf,
} from '../metric/store.ts'
import { type AlarmRule, alarmRuleChildren, evaluateAlarmRule, parseAlarmRule } from './composite.ts'
import { type AlarmPoint, defaultEvaluationRange, evaluateAlarm } from './evaluate.ts'
import { createEvidenceLog, type Evidence, type EvidenceLog, NO_EVIDENCE } from './evidence.ts'
import { compositeReason, longTime, stateReason, stateReasonData } from './reason.ts'
import { type AlarmConfig, type AlarmState, isCompositeAlarm, type MetricAlarmConfig } from './types.ts'
import {
  createWallClock,
  type Period,
  slidingPeriods,
  WALL_CLOCK_PERIODS,
  type WallClock,
  wallClockPeriods,
} from './window.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** A log event of one log group, as it reaches CloudWatch Logs. */
export interface SimulatedEvent extends FilterEvent {
  readonly logGroupName: string
  /** When it arrives, ms since the epoch; default: its timestamp. The stream is in this order. */
  readonly ingestionTime?: number | undefined
}

/** Whose alarms they are; only names in texts depend on it. */
export interface AlarmOwner {
  readonly accountId: string
  readonly region: string
  readonly partition?: string | undefined
}

/** An alarm that changed its state, and why. */
export interface StateChange {
  readonly alarm: AlarmConfig
  readonly alarmArn: string
  /** When, ms since the epoch. */
  readonly timestamp: number
  readonly oldState: AlarmState
  readonly newState: AlarmState
  readonly reason: string
  /** JSON text. */
  readonly reasonData: string
  /** The periods whose value breached the threshold, newest first; none where silence was the reason. */
  readonly breaching: readonly AlarmPoint[]
  /** The log events behind those periods. */
  readonly evidence: Evidence
  /** When the alarm was configured: the start of the clock. */
  readonly configuredAt: number
}

export interface SimulationOptions {
  readonly alarms: readonly AlarmConfig[]
  readonly filters: readonly MetricFilter[]
  /** When the alarms are created, ms since the epoch. The first evaluation is the next tick. */
  readonly start: number
  /** Milliseconds between evaluations; default one minute, as CloudWatch for periods of a minute and more. */
  readonly tick?: number | undefined
  /** Points fetched for N evaluation periods; default N + 2. CloudWatch does not publish its formula. */
  readonly evaluationRange?: ((evaluationPeriods: number) => number) | undefined
  /**
   * For alarms that name no window of their own. `sliding` (CloudWatch's default): each evaluation looks back from its
   * own minute. `wallClock`: at whole calendar periods in UTC that have ended; alarms with a period that CloudWatch has
   * no such window for slide all the same.
   */
  readonly evaluationWindow?: 'sliding' | 'wallClock' | undefined
  /** How many events are kept as evidence for a change; default 20. */
  readonly evidenceLimit?: number | undefined
  readonly owner?: AlarmOwner | undefined
  /** For tests: evaluate everything at every tick. The result is the same, only slower. */
  readonly everyTick?: boolean | undefined
}

/** A running simulation: log events go in, time goes on, state changes come out. */
export interface Simulation {
  /** Takes one event. Call {@link Simulation.advance} up to its arrival first. */
  ingest(event: SimulatedEvent): void
  /** Takes what a metric got in a minute, where that is known and the log events are not. */
  ingestSet(metric: MetricId, timestamp: number, set: StatisticSet): void
  /** Runs every evaluation that is due before `time` (or at it, with `inclusive`). */
  advance(time: number, inclusive?: boolean): StateChange[]
  stateOf(alarmName: string): AlarmState | undefined
}

/** One metric that alarms watch. */
interface Watched {
  readonly series: Series
  readonly evidence: EvidenceLog
  readonly alarms: MetricAlarm[]
  /** How far back any of its alarms looks, ms. */
  reach: number
}

interface AlarmRecord {
  readonly config: AlarmConfig
  readonly arn: string
  state: AlarmState
}

interface MetricAlarm extends AlarmRecord {
  readonly config: MetricAlarmConfig
  readonly watched: Watched
  readonly period: number
  readonly range: number
  /** Where the periods lie, if not back from each evaluation. */
  readonly wallClock: WallClock | undefined
  /** Multi-day alarms are evaluated once an hour, on data up to the full hour. */
  readonly multiDay: boolean
  /** Before this no evaluation happens. */
  notBefore: number
  /** Before this an evaluation would change nothing, unless data comes. */
  wakeAt: number
}

interface CompositeAlarm extends AlarmRecord {
  readonly rule: AlarmRule
  readonly children: readonly string[]
  evaluated: boolean
}

/**
 * Alarms as CloudWatch runs them, on a simulated clock. An evaluation at time T sees what arrived up to T. Data older
 * than the evaluation range is never looked at, so late records do not trip a short alarm. An alarm whose metric is
 * empty sleeps until data comes; that changes nothing but the cost.
 *
 * Errors: CONFIG_INVALID for a composite alarm with a bad rule, an unknown child or a circle, a repeated name, or a
 * wall-clock window with a period or a time zone that CloudWatch does not take.
 *
 * @see CloudWatch guide, "Alarm evaluation", "Alarm evaluation window"
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const { start, tick = MINUTE_MS, evaluationRange = defaultEvaluationRange, everyTick = false } = options
  const { accountId, region, partition = 'aws' } = options.owner ?? { accountId: '000000000000', region: 'us-east-1' }
  const evidenceLimit = options.evidenceLimit ?? 20
  const arnOf = (name: string): string => `arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${name}`

  const metrics = new Map<string, Watched>()
  const records = new Map<string, AlarmRecord>()
  const metricAlarms: MetricAlarm[] = []
  for (const config of options.alarms) {
    if (records.has(config.alarmName)) {
      throw new BucketwatchError('CONFIG_INVALID', `Two alarms are named "${config.alarmName}".`)
    }
    const base = { config, arn: arnOf(config.alarmName), state: 'INSUFFICIENT_DATA' as const }
    if (isCompositeAlarm(config)) {
      records.set(config.alarmName, base)
      continue
    }
    const key = metricKey(config)
    const watched: Watched = metrics.get(key) ?? {
      series: createSeries(),
      evidence: createEvidenceLog(evidenceLimit),
      alarms: [],
      reach: 0,
    }
    metrics.set(key, watched)
    const period = config.period * 1000
    const alarm: MetricAlarm = {
      ...base,
      config,
      watched,
      period,
      range: evaluationRange(config.evaluationPeriods),
      wallClock: wallClockOf(config, options.evaluationWindow),
      multiDay: period * config.evaluationPeriods > DAY_MS,
      notBefore: 0,
      wakeAt: 0,
    }
    // Wall-clock windows may end up to a period ago (and have an hour more), multi-day ones up to an hour.
    watched.reach = Math.max(watched.reach, (alarm.range + 1) * period + 2 * HOUR_MS)
    watched.alarms.push(alarm)
    metricAlarms.push(alarm)
    records.set(config.alarmName, alarm)
  }
  const composites = orderComposites(options.alarms, records)

  const filtersOf = new Map<string, MetricFilter[]>()
  for (const filter of options.filters) {
    const { logGroupName } = filter.config
    const group = filtersOf.get(logGroupName)
    if (group === undefined) filtersOf.set(logGroupName, [filter])
    else group.push(filter)
  }

  let lastTick = Math.floor(start / tick) * tick
  let wakeAt = 0

  const change = (
    record: AlarmRecord,
    newState: AlarmState,
    timestamp: number,
    because: Pick<StateChange, 'reason' | 'reasonData' | 'breaching' | 'evidence'>,
  ): StateChange => {
    const oldState = record.state
    record.state = newState
    return {
      alarm: record.config,
      alarmArn: record.arn,
      timestamp,
      oldState,
      newState,
      ...because,
      configuredAt: start,
    }
  }

  const periodsOf = (alarm: MetricAlarm, now: number): Period[] => {
    if (alarm.wallClock !== undefined) return wallClockPeriods(alarm.wallClock, now, alarm.range)
    const unit = alarm.multiDay ? HOUR_MS : MINUTE_MS
    return slidingPeriods(alarm.period, Math.floor(now / unit) * unit, alarm.range)
  }

  const pointsOf = ({ config, watched }: MetricAlarm, periods: readonly Period[]): (AlarmPoint | undefined)[] => {
    const points = periods.map(({ start, end }) => {
      const set = watched.series.aggregate(start, end)
      return set && { start, value: statisticOf(set, config.statistic), sampleCount: set.sampleCount }
    })
    const { fill } = config
    // Metric math on a metric without any data gives nothing.
    if (fill === undefined || points.every((point) => point === undefined)) return points
    return points.map((point, index) => point ?? { start: periods[index]!.start, value: fill, sampleCount: 0 })
  }

  const evaluateMetric = (alarm: MetricAlarm, now: number): StateChange | undefined => {
    const { config, watched } = alarm
    const periods = periodsOf(alarm, now)
    const rangeStart = periods[0]!.start
    const { end } = periods.at(-1)!
    const points = pointsOf(alarm, periods)
    const evaluation = evaluateAlarm(config, points, alarm.state)
    // Nothing in the range now: nothing can change before new data comes (which sets wakeAt back).
    const first = watched.series.firstAt(rangeStart)
    if (first === undefined) alarm.wakeAt = Number.POSITIVE_INFINITY
    else if (first >= end) alarm.wakeAt = first + MINUTE_MS
    else alarm.wakeAt = 0
    if (alarm.multiDay) alarm.notBefore = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS
    watched.series.dropBefore(now - watched.reach)
    watched.evidence.dropBefore(now - watched.reach)

    if (evaluation.state === alarm.state) return undefined
    const { breaching } = evaluation
    const evidence =
      evaluation.state === 'ALARM'
        ? watched.evidence.within(
            periods
              .filter(({ start }) => breaching.some((point) => point.start === start))
              .map(({ start, end }) => [start, end]),
          )
        : NO_EVIDENCE
    return change(alarm, evaluation.state, now, {
      reason: stateReason(config, evaluation),
      reasonData: stateReasonData(config, evaluation, now),
      breaching,
      evidence,
    })
  }

  const evaluateComposite = (composite: CompositeAlarm, now: number, changes: readonly StateChange[]) => {
    const cause = changes.findLast((each) => composite.children.includes(each.alarm.alarmName))
    if (composite.evaluated && cause === undefined) return undefined
    const holds = evaluateAlarmRule(composite.rule, (name) => records.get(name)!.state)
    const newState: AlarmState = holds ? 'ALARM' : 'OK'
    const created = !composite.evaluated
    composite.evaluated = true
    if (newState === composite.state) return undefined
    const triggering = composite.children.map((name) => records.get(name)!).filter((child) => child.state === 'ALARM')
    return change(composite, newState, now, {
      reason:
        created || cause === undefined
          ? `${composite.arn} was created and its alarm rule evaluates to ${newState}`
          : compositeReason(cause.alarmArn, cause.newState, cause.timestamp),
      reasonData: JSON.stringify({
        triggeringAlarms: triggering.map((child) => ({
          arn: child.arn,
          state: { value: child.state, timestamp: longTime(now) },
        })),
      }),
      breaching: [],
      evidence: NO_EVIDENCE,
    })
  }

  const evaluateAll = (now: number): StateChange[] => {
    const changes: StateChange[] = []
    wakeAt = Number.POSITIVE_INFINITY
    for (const alarm of metricAlarms) {
      if (alarm.notBefore <= now && (everyTick || alarm.wakeAt <= now)) {
        const changed = evaluateMetric(alarm, now)
        if (changed !== undefined) changes.push(changed)
      }
      wakeAt = Math.min(wakeAt, Math.max(alarm.wakeAt, alarm.notBefore))
    }
    for (const composite of composites) {
      const changed = evaluateComposite(composite, now, changes)
      if (changed !== undefined) changes.push(changed)
    }
    return changes
  }

  /** There is something new to look at. */
  const wake = ({ alarms }: Watched): void => {
    for (const alarm of alarms) alarm.wakeAt = 0
    wakeAt = 0
  }

  return {
    ingest(event) {
      const filters = filtersOf.get(event.logGroupName)
      if (filters === undefined) return
      const parsed = event.parsed === undefined ? parseJson(event.message) : event.parsed
      const shared: FilterEvent = { timestamp: event.timestamp, message: event.message, parsed }
      for (const filter of filters) {
        const { matched, datapoint } = filter.consume(shared)
        if (datapoint === undefined) continue
        const watched = metrics.get(metricKey(datapoint))
        if (watched === undefined) continue
        watched.series.add(datapoint.timestamp, datapoint.value)
        if (matched) {
          const { logGroupName, filterName } = filter.config
          const { timestamp, message } = event
          watched.evidence.add({ logGroupName, filterName, timestamp, message })
        }
        wake(watched)
      }
    },
    ingestSet(metric, timestamp, set) {
      const watched = metrics.get(metricKey(metric))
      if (watched === undefined) return
      watched.series.addSet(timestamp, set)
      wake(watched)
    },
    advance(time, inclusive = false) {
      const changes: StateChange[] = []
      for (;;) {
        const next = everyTick ? lastTick + tick : Math.max(lastTick + tick, Math.ceil(wakeAt / tick) * tick)
        if (!(next < time || (inclusive && next === time))) break
        lastTick = next
        changes.push(...evaluateAll(next))
      }
      // The ticks that were slept through are over: data that comes now is not theirs.
      lastTick = Math.max(lastTick, inclusive ? Math.floor(time / tick) * tick : Math.ceil(time / tick - 1) * tick)
      return changes
    },
    stateOf: (alarmName) => records.get(alarmName)?.state,
  }
}

function wallClockOf(
  config: MetricAlarmConfig,
  evaluationWindow: SimulationOptions['evaluationWindow'],
): WallClock | undefined {
  const { evaluationWindow: own, period } = config
  if (own !== undefined) {
    return 'wallClockWindow' in own ? createWallClock(period, own.wallClockWindow.timezone) : undefined
  }
  return evaluationWindow === 'wallClock' && WALL_CLOCK_PERIODS.includes(period) ? createWallClock(period) : undefined
}

function parseJson(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    // null, not undefined: no filter need try again.
    return null
  }
}

/** The composite alarms, every one after those it looks at. */
function orderComposites(
  configs: readonly AlarmConfig[],
  records: ReadonlyMap<string, AlarmRecord>,
): readonly CompositeAlarm[] {
  const ordered = new Map<string, CompositeAlarm>()
  const visit = (config: AlarmConfig, path: readonly string[]): void => {
    const { alarmName } = config
    if (!isCompositeAlarm(config) || ordered.has(alarmName)) return
    if (path.includes(alarmName)) {
      const circle = [...path.slice(path.indexOf(alarmName)), alarmName].join(' → ')
      throw new BucketwatchError('CONFIG_INVALID', `Composite alarms go in a circle: ${circle}.`)
    }
    const rule = parseAlarmRule(config.alarmRule)
    const children = alarmRuleChildren(rule)
    for (const child of children) {
      const record = records.get(child)
      if (record === undefined) {
        throw new BucketwatchError('CONFIG_INVALID', `The alarm rule of "${alarmName}" names no alarm: "${child}".`)
      }
      visit(record.config, [...path, alarmName])
    }
    const record = records.get(alarmName)!
    ordered.set(alarmName, Object.assign(record, { rule, children, evaluated: false }))
  }
  for (const config of configs) visit(config, [])
  return [...ordered.values()]
}

/** Of the time before the clock began nothing is known: that nothing came then is no silence. */
export function isBeginning({ alarm, timestamp, configuredAt, breaching }: StateChange): boolean {
  if (isCompositeAlarm(alarm) || alarm.treatMissingData !== 'breaching' || breaching.length > 0) return false
  return timestamp < configuredAt + alarm.period * alarm.evaluationPeriods * 1000
}

/** When to look: `start` and `end` in ms since the epoch, `tick` in ms (default one minute). */
export interface SimulationClock {
  readonly start: number
  readonly end: number
  readonly tick?: number | undefined
}

/**
 * Runs log events through metric filters and alarms, from `clock.start` to `clock.end`, and returns every state change
 * in order, each with the events behind it. Events come in the order of their arrival; those that arrive before the
 * start are data the alarms find already there, those after the end are not read.
 *
 * @example
 * simulate({ alarms, filters, events, clock: { start, end } }).filter((change) => change.newState === 'ALARM')
 */
export function simulate(
  options: Omit<SimulationOptions, 'start' | 'tick'> & {
    readonly events: Iterable<SimulatedEvent>
    readonly clock: SimulationClock
  },
): StateChange[] {
  const { events, clock, ...rest } = options
  const simulation = createSimulation({ ...rest, start: clock.start, tick: clock.tick })
  const changes: StateChange[] = []
  for (const event of events) {
    const arrival = event.ingestionTime ?? event.timestamp
    if (arrival > clock.end) break
    changes.push(...simulation.advance(arrival))
    simulation.ingest(event)
  }
  changes.push(...simulation.advance(clock.end, true))
  return changes
}
