import { errorMessage } from '../contracts/errors.ts'
import type { AlertPublisher, IncidentStore, LogSearch, OperatorLog } from '../contracts/ports.ts'
import { LOG_KINDS } from '../kinds/kinds.ts'
import type { AlarmChange } from './alarm-message.ts'
import { type AlertKind, buildAlert } from './alert.ts'
import { collectEvidence, type Evidence } from './evidence.ts'
import { renderAlert } from './render.ts'
import { type AlertRule, findRule, watchesSilence } from './rules.ts'
import { alertWindow, closingWindow } from './window.ts'

export interface ResponderOptions {
  readonly rules: readonly AlertRule[]
  readonly stage: string
  /** Without a trailing slash. */
  readonly logGroupPrefix: string
  readonly search: LogSearch
  readonly publisher: AlertPublisher
  readonly incidents: IncidentStore
  readonly log: OperatorLog
  readonly sleep: (ms: number) => Promise<unknown>
  readonly evidenceMarginSeconds: number
  readonly evidenceMaxEvents: number
  readonly evidenceTimeoutSeconds: number
}

/** What became of a state change. */
export type Response = 'alarm' | 'closed' | 'noData' | 'ignored'

/** Log events can be found a few seconds after metric filters have seen them. */
const SECOND_LOOK_MS = 5000

/**
 * Answers state changes of alarms with alerts.
 *
 * - To ALARM: an alert with what matched, and the incident is remembered.
 * - To OK, from ALARM or while an incident is open: a closing message about all that matched from first to last.
 * - To INSUFFICIENT_DATA: an alert where the rule watches for silence, else nothing.
 *
 * Evidence that cannot be had is said in the alert. An incident store that fails costs the start of the incident.
 *
 * @throws BucketwatchError ALERT_PUBLISH, and nothing else: then trying again is right.
 * @example
 * await createResponder(options)(change)
 */
export function createResponder(options: ResponderOptions): (change: AlarmChange) => Promise<Response> {
  const { rules, stage, logGroupPrefix, publisher, incidents, log } = options
  const recordGroups = LOG_KINDS.map((kind) => `${logGroupPrefix}/${kind}`)

  async function publish(
    kind: AlertKind,
    change: AlarmChange,
    rule: AlertRule | undefined,
    evidence: Evidence | undefined,
    startedAt?: number,
  ): Promise<AlertKind> {
    if (evidence !== undefined && evidence.problems.length > 0) {
      log.warn('evidence is not complete', { alarmName: change.alarmName, problems: evidence.problems })
    }
    const alert = buildAlert({ kind, change, rules, rule, evidence, stage, recordGroups, startedAt })
    await publisher.publish(renderAlert(alert))
    log.info('alert published', { alarmName: change.alarmName, kind, severity: alert.severity })
    return kind
  }

  /** The incident store is a convenience: an alert is not held up by it. */
  async function attempt<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      log.warn(`the incident store failed: ${what}`, { reason: errorMessage(error) })
      return undefined
    }
  }

  return async (change) => {
    const { alarmName, alarmArn, newState, oldState, stateChangeTime } = change
    const rule = findRule(rules, alarmName)
    const marginMs = options.evidenceMarginSeconds * 1000
    const id = alarmArn === '' ? alarmName : alarmArn

    if (newState === 'ALARM') {
      const [evidence] = await Promise.all([
        rule === undefined ? undefined : look(options, rule, alertWindow(change, rule, marginMs)),
        attempt('open', () => incidents.open(id, stateChangeTime)),
      ])
      return publish('alarm', change, rule, evidence)
    }

    if (newState === 'OK') {
      const opened = await attempt('find', () => incidents.find(id))
      // Of an incident that began later: this message was overtaken.
      const startedAt = opened !== undefined && opened <= stateChangeTime ? opened : undefined
      if (oldState !== 'ALARM' && startedAt === undefined) {
        log.debug('back to OK without an incident', { alarmName, oldState })
        return 'ignored'
      }
      const evidence =
        rule === undefined
          ? undefined
          : await look(options, rule, closingWindow(change, rule, startedAt, marginMs), true)
      const response = await publish('closed', change, rule, evidence, startedAt)
      if (startedAt !== undefined) await attempt('close', () => incidents.close(id, startedAt))
      return response
    }

    if (newState === 'INSUFFICIENT_DATA' && rule !== undefined && watchesSilence(rule)) {
      const [evidence] = await Promise.all([
        look(options, rule, alertWindow(change, rule, marginMs)),
        oldState === 'ALARM' ? undefined : attempt('open', () => incidents.open(id, stateChangeTime)),
      ])
      return publish('noData', change, rule, evidence)
    }

    log.debug('state change without an alert', { alarmName, oldState, newState })
    return 'ignored'
  }
}

/** Looks for evidence; a second time, a little later, where there must be some and none was found. */
async function look(
  options: ResponderOptions,
  rule: AlertRule,
  window: { readonly start: number; readonly end: number },
  once = watchesSilence(rule),
): Promise<Evidence> {
  const { search, evidenceMaxEvents: maxEvents, evidenceTimeoutSeconds, sleep } = options
  const signal = AbortSignal.timeout(evidenceTimeoutSeconds * 1000)
  const evidence = await collectEvidence({ search, rule, window, maxEvents, signal })
  if (once || evidence.total > 0 || evidence.status !== 'complete') return evidence
  await sleep(SECOND_LOOK_MS)
  return signal.aborted ? evidence : collectEvidence({ search, rule, window, maxEvents, signal })
}
