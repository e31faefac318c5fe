import { createSimulation, isBeginning, type Simulation, type StateChange } from '../shared/alarm/simulate.ts'
import { changeOf } from '../shared/alert/alarm-message.ts'
import { type Alert, buildAlert } from '../shared/alert/alert.ts'
import { createBackstopTally } from '../shared/alert/backstop.ts'
import { createEvidenceTally } from '../shared/alert/evidence.ts'
import { type AlertRule, type AlertRules, compileAlertRules, findRule, watchesSilence } from '../shared/alert/rules.ts'
import { causesOf, causeWindow, explainSilence } from '../shared/alert/silence.ts'
import { alertWindow, type Window } from '../shared/alert/window.ts'
import type { LogEvent } from '../shared/contracts/ports.ts'
import { isObject } from '../shared/derive/json.ts'
import { type CompiledRule, compileDetections, type logGroupNames } from '../shared/detection/compile.ts'
import { formatProblem } from '../shared/detection/problem.ts'
import type { Detection } from '../shared/detection/schema.ts'
import type { Sequence } from '../shared/detection/sequence.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { recordTime } from '../shared/incident/facts.ts'
import { compileHitRules, type HitRule } from '../shared/incident/hit-rules.ts'
import type { Incident } from '../shared/incident/incident.ts'
import type { HitSink } from '../shared/incident/ports.ts'
import { createMetricFilter } from '../shared/metric/filter.ts'

/** `processing`: as in the cloud, on the log events' own timestamps. `event`: as if each record had come at once. */
export type AlarmClock = 'processing' | 'event'

/** One rule's alarm that went off. */
export interface FiredAlarm {
  readonly rule: CompiledRule
  readonly change: StateChange
}

/** What became of it. */
export interface LocalAlert extends FiredAlarm {
  readonly alert: Alert
  /** Incidents have told of its records: it is noted, and nobody is mailed. */
  readonly isTold: boolean
}

/** The log events of a group, in any order, as often as they are asked for. */
export type EventSource = (logGroupName: string) => AsyncIterable<LogEvent>

export interface LocalAlerts {
  readonly rules: readonly CompiledRule[]
  /** What the alert function knows of them. */
  readonly alertRules: AlertRules
  /** What the forwarders know of them. */
  readonly hitRules: readonly HitRule[]
  /** How many rules are off for want of a setting. */
  readonly lacking: number
  /** What keeps rules from being compiled, in sentences. */
  readonly problems: readonly string[]
  /** Takes log events as they reach a group, in the order of their arrival. */
  ingest(logGroupName: string, events: readonly LogEvent[]): void
  /** Lets the time go on, and returns the alarms that went off since the last call. On the event clock: none. */
  advance(now: number): FiredAlarm[]
  /** As `advance`, to the end of the run: the last minute is looked at, too. */
  finish(end: number): FiredAlarm[]
  /** Alarms of silence that may be told in somebody's incident: they have to be explained when they go off. */
  isForIncident(fired: FiredAlarm): boolean
  /** The alerts that the alarms become, from all events that matched; reads each group once, however many alarms. */
  explain(
    fired: readonly FiredAlarm[],
    source: EventSource,
    incidents: HitSink & { incidentsOf(principal: string): Promise<readonly Incident[]> },
  ): Promise<LocalAlert[]>
}

const MINUTE_MS = 60_000

/**
 * The enabled metric filters and alarms, running on this machine over what is delivered, as CloudWatch would run them, and
 * the alerts that the alert function would make of them.
 *
 * @param options.start when the alarms are created, ms since the epoch.
 */
export function createLocalAlerts(options: {
  readonly detections: readonly Detection[]
  readonly sequences: readonly Sequence[]
  readonly settings: Settings
  readonly stage: string
  readonly logGroupPrefix: string
  readonly clock: AlarmClock
  readonly start: number
}): LocalAlerts {
  const { detections, sequences, settings, stage, logGroupPrefix, clock } = options
  const own = (source: keyof ReturnType<typeof logGroupNames>) => `${logGroupPrefix}/${source}`
  const compiled = compileDetections({
    detections,
    settings,
    stage,
    logGroupNames: { cloudtrail: own('cloudtrail'), 'access-log': own('access-log'), pipeline: own('pipeline') },
  })
  const alertFile = compileAlertRules(compiled, settings.incidents, sequences)
  const { rules: alertRules } = alertFile
  const on = new Set(compiled.rules.map(({ detection }) => detection.file))
  const byAlarm = new Map(compiled.rules.map((rule) => [rule.alarm.alarmName, rule]))
  let changes: StateChange[] = []
  // On the event clock, everything has to be sorted first.
  const waiting: { timestamp: number; logGroupName: string; message: string }[] = []

  function simulation(start: number): Simulation {
    return createSimulation({
      alarms: compiled.rules.map(({ alarm }) => alarm),
      filters: compiled.rules.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
      start,
      // What matched is read from the log groups, all of it.
      evidenceLimit: 0,
      // A Region, and where the settings do not say it an account, would be invented.
      owner: { accountId: settings.environment.account ?? '', region: '' },
    })
  }

  let running: Simulation | undefined = clock === 'processing' ? simulation(options.start) : undefined

  function take(to: Simulation, logGroupName: string, { timestamp, message }: LogEvent): void {
    changes.push(...to.advance(timestamp))
    to.ingest({ logGroupName, timestamp, message })
  }

  function fired(): FiredAlarm[] {
    const all = changes
    changes = []
    return all.flatMap((change) => {
      const rule = byAlarm.get(change.alarm.alarmName)
      return rule === undefined || change.newState !== 'ALARM' || isBeginning(change) ? [] : [{ rule, change }]
    })
  }

  return {
    rules: compiled.rules,
    alertRules: alertFile,
    hitRules: compileHitRules(compiled).rules,
    lacking: new Set(compiled.warnings.map(({ file }) => file).filter((file) => file !== '' && !on.has(file))).size,
    problems: compiled.problems.map(formatProblem),
    ingest(logGroupName, events) {
      for (const event of events) {
        if (running !== undefined) take(running, logGroupName, event)
        else waiting.push({ logGroupName, message: event.message, timestamp: eventTime(event) })
      }
    },
    advance(now) {
      if (running !== undefined) changes.push(...running.advance(now))
      return fired()
    },
    finish(end) {
      let last = end
      if (running === undefined) {
        waiting.sort((a, b) => a.timestamp - b.timestamp)
        running = simulation((waiting[0]?.timestamp ?? end) - MINUTE_MS)
        for (const event of waiting) take(running, event.logGroupName, event)
        last = waiting.at(-1)?.timestamp ?? end
      }
      // The minute of the last event has to end, and to be looked at.
      changes.push(...running.advance(last + 2 * MINUTE_MS, true))
      return fired()
    },
    isForIncident: ({ rule: { detection } }) => detection.explainedBy !== undefined,
    async explain(alarms, source, incidents) {
      const look = (rule: AlertRule, window: Window) => {
        const backstop = createBackstopTally(rule, settings.incidents.suppressions)
        const maxEvents = Number.POSITIVE_INFINITY
        return {
          rule,
          window,
          backstop,
          tally: createEvidenceTally({ rule, window, maxEvents, onFacts: backstop.add }),
        }
      }
      const open = alarms.map((alarm) => {
        const { alarmName } = alarm.rule.alarm
        const change = changeOf(alarm.change)
        const rule = findRule(alertRules, alarmName)
        if (rule === undefined) throw new Error(`${alarmName} is no alarm of this run`)
        // No margin: here nothing is published late.
        const window = alertWindow(change, rule, 0)
        const causes = causesOf(rule, alertRules).map((cause) => look(cause, causeWindow(window)))
        return { alarm, change, causes, ...look(rule, window) }
      })
      const all = open.flatMap((one) => [one, ...one.causes])
      const groups = new Set(all.flatMap(({ rule }) => rule.logGroupNames))
      for (const logGroupName of groups) {
        const looking = all.filter(({ rule }) => rule.logGroupNames.includes(logGroupName))
        const from = Math.min(...looking.map(({ window }) => window.start))
        const to = Math.max(...looking.map(({ window }) => window.end))
        for await (const event of source(logGroupName)) {
          const timestamp = clock === 'event' ? eventTime(event) : event.timestamp
          if (timestamp < from || timestamp > to) continue
          for (const { window, tally } of looking) {
            if (timestamp >= window.start && timestamp <= window.end)
              tally.take({ timestamp, message: event.message }, logGroupName)
          }
        }
      }
      const explained: LocalAlert[] = []
      for (const { alarm, change, rule, window, tally, backstop, causes } of open) {
        const evidence = tally.result()
        const found = causes.map((one) => ({ cause: one.rule, tally: one.backstop, total: one.tally.total }))
        const silence = await explainSilence({ rule, change, window }, found, incidents.incidentsOf)
        if (silence !== undefined) await incidents.put(silence.hits)
        const isCounted = evidence.total > 0 && !watchesSilence(rule)
        const { isTold, untold } = isCounted
          ? await backstop.compare(incidents.incidentsOf)
          : { isTold: silence !== undefined, untold: undefined }
        const made = {
          kind: 'alarm',
          change,
          rules: alertRules,
          rule,
          evidence,
          stage,
          recordGroups: [],
          untold,
        } as const
        // There is no console to look into.
        explained.push({ ...alarm, isTold, alert: { ...buildAlert(made), links: {} } })
      }
      return explained
    },
  }
}

/** The record's own time; the log event's where it has none. */
function eventTime({ timestamp, message }: LogEvent): number {
  try {
    const record: unknown = JSON.parse(message)
    // A receipt tells of the forwarding itself: its time is the log event's.
    const time = isObject(record) ? Date.parse(recordTime(record) ?? '') : Number.NaN
    return Number.isFinite(time) ? time : timestamp
  } catch {
    return timestamp
  }
}
