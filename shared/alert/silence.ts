/** A silence that somebody has brought about is told in their incident. */
import { hash } from 'node:crypto'
import { createFactsTally } from '../incident/evidence.ts'
import { isoTime } from '../incident/facts.ts'
import type { Hit } from '../incident/hit.ts'
import type { Incident } from '../incident/incident.ts'
import type { AlarmChange } from './alarm-message.ts'
import type { BackstopTally } from './backstop.ts'
import type { AlertRule } from './rules.ts'
import type { Window } from './window.ts'

/** What a cause has stopped may still be on its way for so long: CloudTrail delivers within 15 minutes, mostly. */
const ON_ITS_WAY_MS = 3_600_000

/** The rules whose hits bring about what a rule waits for, as far as they are on. */
export function causesOf(rule: AlertRule, rules: readonly AlertRule[]): AlertRule[] {
  return rules.filter(({ id, hits }) => hits && rule.explainedBy.includes(id))
}

/** Where a cause of a silence stands: within it, or so shortly before that what followed was on its way already. */
export function causeWindow({ start, end }: Window): Window {
  return { start: start - ON_ITS_WAY_MS, end }
}

/** Records of a cause around a silence. */
export interface CauseFound {
  readonly cause: AlertRule
  /** Matching records; 0 as well where the search was not complete. */
  readonly total: number
  readonly tally: Pick<BackstopTally, 'compare'>
}

/** A silence that has become part of incidents. */
export interface ToldSilence {
  readonly incidentIds: readonly string[]
  readonly hits: readonly Hit[]
}

/**
 * The hits that tell a silence in the incidents of those who brought it about; undefined: no incident has told of a cause,
 * so that the alarm itself has to.
 */
export async function explainSilence(
  given: Pick<Parameters<typeof silenceHit>[0], 'rule' | 'change' | 'window'>,
  found: readonly CauseFound[],
  incidentsOf: (principal: string) => Promise<readonly Incident[]>,
): Promise<ToldSilence | undefined> {
  const causes = new Map<string, string>()
  const incidentIds = new Set<string>()
  for (const { cause, total, tally } of found) {
    if (total === 0) continue
    const told = await tally.compare(incidentsOf)
    for (const id of told.incidentIds) incidentIds.add(id)
    for (const principal of told.principals) if (!causes.has(principal)) causes.set(principal, cause.id)
  }
  if (causes.size === 0) return undefined
  const hits = [...causes].map(([principal, cause]) => silenceHit({ ...given, principal, cause }))
  return { incidentIds: [...incidentIds], hits }
}

/**
 * The hit with which a silence becomes part of the incident of whoever brought it about. The same on every attempt.
 */
function silenceHit(given: {
  readonly rule: AlertRule
  readonly change: AlarmChange
  /** What the alarm has looked at, and found nothing in. */
  readonly window: Window
  readonly principal: string
  readonly cause: string
}): Hit {
  const { rule, change, window, principal, cause } = given
  const logGroupName = rule.logGroupNames[0] ?? ''
  const name = [change.alarmName, change.stateChangeTime, principal].join('\n')
  const id = hash('sha256', name, 'base64url').slice(0, 24)
  const [time, since] = [change.stateChangeTime, isoTime(window.start)]
  const tally = createFactsTally()
  tally.add(
    {
      time: isoTime(time),
      eventName: 'No record',
      eventID: id,
      note: `nothing came to ${logGroupName} from ${since.slice(11, 16)} to ${isoTime(time).slice(11, 16)}, after ${cause}`,
      logGroupName,
    },
    time,
  )
  return {
    version: 1,
    id,
    rule: rule.id,
    severity: rule.severity,
    principal,
    entity: { principal },
    // It began when the cause was still fresh.
    first: window.start,
    last: time,
    at: time,
    matches: 1,
    count: 'events',
    amount: 1,
    threshold: 1,
    window: 0,
    evidence: tally.result(),
    calls: [id],
    object: { bucket: '', key: '' },
    logGroupName,
  }
}
