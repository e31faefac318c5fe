import { errorMessage } from '../contracts/errors.ts'
import type { AlertPublisher, LogSearch, OperatorLog } from '../contracts/ports.ts'
import type { StateStore } from '../contracts/state.ts'
import type { Hit } from '../incident/hit.ts'
import type { Incident } from '../incident/incident.ts'
import { LOG_KINDS } from '../kinds/kinds.ts'
import type { Suppression } from '../settings/incidents.ts'
import type { AlarmChange } from './alarm-message.ts'
import { createAlarmState, type OpenAlarm } from './alarm-state.ts'
import { type AlertKind, buildAlert } from './alert.ts'
import { type BackstopTally, createBackstopTally } from './backstop.ts'
import { collectEvidence, type Evidence } from './evidence.ts'
import type { NotedAlarm } from './findings-log.ts'
import { renderAlert } from './render.ts'
import { type AlertRule, findRule, watchesSilence } from './rules.ts'
import { causesOf, causeWindow, explainSilence } from './silence.ts'
import { alertWindow, closingWindow, type Window } from './window.ts'

export interface ResponderOptions {
  readonly rules: readonly AlertRule[]
  readonly stage: string
  /** Without a trailing slash. */
  readonly logGroupPrefix: string
  /** Athena's workgroup, where the stack has one. */
  readonly athenaWorkgroup?: string | undefined
  readonly search: LogSearch
  readonly publisher: AlertPublisher
  readonly state: StateStore
  /**
   * The incidents of a principal: what people know already. Undefined: there are none to ask, so that every alarm is told,
   * without a word on what incidents have told.
   */
  readonly incidentsOf: ((principal: string) => Promise<readonly Incident[]>) | undefined
  /** Takes hits into incidents. */
  readonly take: (hits: readonly Hit[]) => Promise<void>
  readonly suppressions: readonly Suppression[]
  /** Writes an alarm that is not mailed into the log group `findings`. */
  readonly note: (alarm: NotedAlarm) => Promise<void>
  readonly log: OperatorLog
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly evidenceMarginSeconds: number
  readonly evidenceMaxEvents: number
  readonly evidenceTimeoutSeconds: number
}

/** What became of a state change. `noted`: people know it already, so it is in the log group `findings` only. */
export type Response = AlertKind | 'noted' | 'ignored'

/** What was found, and what of it people know. */
interface Found {
  readonly evidence: Evidence
  readonly tally: BackstopTally
}

/** Why an alarm is not mailed. */
interface Known {
  readonly reason: string
  readonly incidentIds: readonly string[]
}

/** Log events can be found a few seconds after metric filters have seen them. */
const SECOND_LOOK_MS = 5000

/**
 * Answers state changes of alarms: the backstop behind incidents, which works where our own matching does not.
 *
 * - To ALARM: noted where incidents have told of its records, or its last alert has; a silence is told in the incident of
 *   whoever brought it about. Else an alert that says that nothing else has told.
 * - To OK, from ALARM or while an alarm is open: a closing message about all that matched, noted where the alarm was, or
 *   where its alert has told of all.
 * - To INSUFFICIENT_DATA: an alert where the rule watches for silence, else nothing.
 *
 * Each state change is answered once. Evidence that cannot be had is said in the alert; what is not known for certain is
 * mailed.
 *
 * @throws BucketwatchError ALERT_PUBLISH, or an Error while another invocation is at the same state change: then trying
 * again is right.
 * @example
 * await createResponder(options)(change)
 */
export function createResponder(options: ResponderOptions): (change: AlarmChange) => Promise<Response> {
  const { rules, stage, logGroupPrefix, athenaWorkgroup, publisher, log, incidentsOf } = options
  const recordGroups = LOG_KINDS.map((kind) => `${logGroupPrefix}/${kind}`)
  const alarms = createAlarmState(options)

  async function publish(
    kind: AlertKind,
    change: AlarmChange,
    rule: AlertRule | undefined,
    evidence: Evidence | undefined,
    more: { readonly startedAt?: number | undefined; readonly untold?: number | undefined } = {},
  ): Promise<AlertKind> {
    if (evidence !== undefined && evidence.problems.length > 0) {
      log.warn('evidence is not complete', { alarmName: change.alarmName, problems: evidence.problems })
    }
    const alert = buildAlert({ kind, change, rules, rule, evidence, stage, recordGroups, athenaWorkgroup, ...more })
    await publisher.publish(renderAlert(alert))
    log.info('alert published', { alarmName: change.alarmName, kind, severity: alert.severity })
    return kind
  }

  async function note(change: AlarmChange, rule: AlertRule, matches: number, known: Known): Promise<Response> {
    const { alarmName, newState, stateChangeTime } = change
    try {
      await options.note({
        kind: 'noted',
        version: 1,
        time: iso(options.now()),
        alarmName,
        newState,
        stateChangeTime: iso(stateChangeTime),
        detection: rule.id,
        reason: known.reason,
        matches,
        incidentIds: known.incidentIds,
        stage,
      })
    } catch (error) {
      // People know; only the record of it is missing.
      log.error('an alarm could not be noted', { alarmName, reason: errorMessage(error) })
    }
    log.info('alarm noted', { alarmName, reason: known.reason })
    return 'noted'
  }

  /** Whether people know what an alarm is about; undefined: they do not, or that cannot be told. */
  async function known(
    { evidence, tally }: Found,
    open: OpenAlarm | undefined,
  ): Promise<{ readonly known?: Known; readonly untold?: number }> {
    const { total, status } = evidence
    if (status !== 'complete' || total === 0) return {}
    if (open !== undefined && tally.newest <= open.toldUntil) {
      return { known: { reason: 'An earlier alert of this alarm has told of all its records.', incidentIds: [] } }
    }
    if (incidentsOf === undefined) return {}
    try {
      const { isTold, incidentIds, untold } = await tally.compare(incidentsOf)
      if (!isTold) return { untold }
      const what = incidentIds.length > 0 ? 'Incidents have told of its records' : 'The settings keep its records out'
      const rest = untold === 0 ? '' : `; the other ${untold} are below the threshold`
      return { known: { reason: `${what}${rest}.`, incidentIds } }
    } catch (error) {
      log.warn('incidents could not be read: the alarm is mailed', { reason: errorMessage(error) })
      return {}
    }
  }

  /** A silence that somebody is known to have brought about becomes part of their incident. */
  async function knownSilence(change: AlarmChange, rule: AlertRule, window: Window): Promise<Known | undefined> {
    if (incidentsOf === undefined) return undefined
    const causes = causesOf(rule, rules)
    const found = await Promise.all(
      causes.map(async (cause) => {
        const { evidence, tally } = await look(options, cause, causeWindow(window), true)
        return { cause, tally, total: evidence.status === 'complete' ? evidence.total : 0 }
      }),
    )
    try {
      const told = await explainSilence({ rule, change, window }, found, incidentsOf)
      if (told === undefined) return undefined
      await options.take(told.hits)
      return { reason: 'It is told in the incidents of those who brought it about.', incidentIds: told.incidentIds }
    } catch (error) {
      log.warn('incidents could not be told of a silence: the alarm is mailed', { reason: errorMessage(error) })
      return undefined
    }
  }

  async function toAlarm(change: AlarmChange, rule: AlertRule | undefined): Promise<Response> {
    const { stateChangeTime: startedAt } = change
    const before = await alarms.find(change)
    if (rule === undefined) {
      const response = await publish('alarm', change, rule, undefined)
      await alarms.save(change, { startedAt, isNoted: false, toldUntil: 0 })
      return response
    }
    const found = await look(options, rule, alertWindow(change, rule, options.evidenceMarginSeconds * 1000))
    const { known: why, untold } = watchesSilence(rule)
      ? { known: await knownSilence(change, rule, alertWindow(change, rule, 0)) }
      : await known(found, before)
    const toldUntil = Math.max(before?.toldUntil ?? 0, found.tally.newest)
    const response =
      why === undefined
        ? await publish('alarm', change, rule, found.evidence, { untold })
        : await note(change, rule, found.evidence.total, why)
    // Only now: what was not published has told nobody.
    await alarms.save(change, { startedAt, isNoted: why !== undefined, toldUntil })
    return response
  }

  async function toOk(change: AlarmChange, rule: AlertRule | undefined): Promise<Response> {
    const { alarmName, oldState, stateChangeTime } = change
    const open = await alarms.find(change)
    // Of an alarm that went on later: this message was overtaken.
    const isOurs = open?.startedAt !== undefined && open.startedAt <= stateChangeTime
    const startedAt = isOurs ? open.startedAt : undefined
    if (oldState !== 'ALARM' && startedAt === undefined) {
      log.debug('back to OK without an alarm', { alarmName, oldState })
      return 'ignored'
    }
    const marginMs = options.evidenceMarginSeconds * 1000
    const found =
      rule === undefined ? undefined : await look(options, rule, closingWindow(change, rule, startedAt, marginMs), true)
    const isTold = isOurs && found !== undefined && isToldWhole(found, open)
    const isNoted = isOurs && rule !== undefined && (open.isNoted || (isTold && !watchesSilence(rule)))
    const reason = `It is over; its beginning was ${open?.isNoted === true ? 'noted, too' : 'mailed, with all its records'}.`
    const response = isNoted
      ? await note(change, rule, found?.evidence.total ?? 0, { reason, incidentIds: [] })
      : await publish('closed', change, rule, found?.evidence, { startedAt })
    if (startedAt !== undefined) await alarms.close(change, startedAt)
    return response
  }

  async function answer(change: AlarmChange): Promise<Response> {
    const { alarmName, newState, oldState, stateChangeTime } = change
    const rule = findRule(rules, alarmName)
    if (newState === 'ALARM') return toAlarm(change, rule)
    if (newState === 'OK') return toOk(change, rule)
    if (newState === 'INSUFFICIENT_DATA' && rule !== undefined && watchesSilence(rule)) {
      const { evidence } = await look(options, rule, alertWindow(change, rule, options.evidenceMarginSeconds * 1000))
      const response = await publish('noData', change, rule, evidence)
      if (oldState !== 'ALARM') await alarms.save(change, { startedAt: stateChangeTime, isNoted: false, toldUntil: 0 })
      return response
    }
    log.debug('state change without an alert', { alarmName, oldState, newState })
    return 'ignored'
  }

  return async (change) => {
    const begun = await alarms.begin(change)
    if (begun.kind === 'done') return begun.response as Response
    // Lambda tries again after a minute.
    if (begun.kind === 'busy') throw new Error(`${change.alarmName}: another invocation is answering this state change`)
    try {
      const response = await answer(change)
      await alarms.finish(change, response)
      return response
    } catch (error) {
      await alarms.forget(change)
      throw error
    }
  }
}

/** Whether an alarm's alert has told of all there is, so that its end is no news. */
function isToldWhole({ evidence, tally }: Found, open: OpenAlarm): boolean {
  return evidence.status === 'complete' && tally.newest > 0 && tally.newest <= open.toldUntil
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Looks for evidence; a second time, a little later, where there must be some and none was found. */
async function look(
  options: ResponderOptions,
  rule: AlertRule,
  window: { readonly start: number; readonly end: number },
  once = watchesSilence(rule),
): Promise<Found> {
  const { search, evidenceMaxEvents: maxEvents, evidenceTimeoutSeconds, sleep, suppressions } = options
  const signal = AbortSignal.timeout(evidenceTimeoutSeconds * 1000)
  const collect = async (): Promise<Found> => {
    const tally = createBackstopTally(rule, suppressions)
    return { tally, evidence: await collectEvidence({ search, rule, window, maxEvents, signal, onFacts: tally.add }) }
  }
  const found = await collect()
  if (once || found.evidence.total > 0 || found.evidence.status !== 'complete') return found
  await sleep(SECOND_LOOK_MS)
  return signal.aborted ? found : collect()
}
