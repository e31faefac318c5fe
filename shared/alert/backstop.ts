/** Whether people know already what an alarm is about: from incidents, or from the alarm's last alert. */
import { own } from '../basics/own.ts'
import type { LogEvent } from '../contracts/ports.ts'
import type { EventFacts } from '../incident/facts.ts'
import type { Incident } from '../incident/incident.ts'
import { principalOf } from '../incident/principal.ts'
import { suppresses } from '../incident/suppress.ts'
import type { Suppression } from '../settings/incidents.ts'
import type { AlertRule } from './rules.ts'

/** Principals that are followed; of more, the rest counts as told by nobody. */
const MAX_PRINCIPALS = 500

/** What the matching records of one principal add up to. Times in ms since the epoch. */
interface Part {
  matches: number
  amount: number
  first: number
  last: number
}

/** Sums up by principal what an alarm's records say. */
export interface BackstopTally {
  add(facts: EventFacts, event: Pick<LogEvent, 'timestamp'>, amount: number | undefined): void
  /** The newest of the log events; 0: none. */
  readonly newest: number
  /**
   * What incidents have told, and what nobody has.
   *
   * @param incidentsOf the incidents of a principal.
   */
  compare(incidentsOf: (principal: string) => Promise<readonly Incident[]>): Promise<Backstop>
}

export interface Backstop {
  /** True: without what incidents have told, and what the settings keep out, the alarm would not have gone off. */
  readonly isTold: boolean
  readonly incidentIds: readonly string[]
  /** Whose incidents. */
  readonly principals: readonly string[]
  /** Matching records that no incident has told. */
  readonly untold: number
}

/**
 * @example
 * const tally = createBackstopTally(rule, settings.suppressions)
 */
export function createBackstopTally(rule: AlertRule, suppressions: readonly Suppression[]): BackstopTally {
  const parts = new Map<string, Part>()
  const rest = { matches: 0, amount: 0 }
  let newest = 0
  return {
    get newest() {
      return newest
    },
    add(facts, { timestamp }, amount = 1) {
      newest = Math.max(newest, timestamp)
      const time = Date.parse(facts.time)
      const at = Number.isFinite(time) ? time : timestamp
      if (suppressions.some((suppression) => suppresses(suppression, rule.id, facts, at))) return
      const principal = principalOf(facts)
      const part = parts.get(principal)
      if (part !== undefined) {
        part.matches += 1
        part.amount += amount
        part.first = Math.min(part.first, at)
        part.last = Math.max(part.last, at)
      } else if (parts.size < MAX_PRINCIPALS) parts.set(principal, { matches: 1, amount, first: at, last: at })
      else {
        rest.matches += 1
        rest.amount += amount
      }
    },
    async compare(incidentsOf) {
      const incidentIds = new Set<string>()
      const principals: string[] = []
      let { matches: untold, amount } = rest
      let most = rest.amount
      for (const [principal, part] of parts) {
        const incident = (await incidentsOf(principal)).find((one) => tells(one, rule, part))
        if (incident === undefined) {
          untold += part.matches
          amount += part.amount
          most = Math.max(most, part.amount)
        } else {
          incidentIds.add(incident.id)
          principals.push(principal)
        }
      }
      // Who counts by actor has looked at each of them: below the threshold none is to be told.
      const counted = rule.by.some((field) => field === 'principal' || field === 'actor') ? most : amount
      return { isTold: untold === 0 || staysBelow(rule, counted), incidentIds: [...incidentIds], principals, untold }
    },
  }
}

/** An incident that was told, of this rule, at this time; of a rule that makes no hits, of whoever it is about. */
function tells({ sequence, rules, first, last }: Incident, rule: AlertRule, part: Part): boolean {
  const isOfRule = !rule.hits || own(rules, rule.id) !== undefined
  return sequence > 0 && isOfRule && part.first >= first && part.last <= last
}

/** Whether so much alone would not have set the alarm off. */
function staysBelow({ alarm }: AlertRule, amount: number): boolean {
  if (alarm.statistic !== 'Sum') return false
  if (alarm.comparisonOperator === 'GreaterThanOrEqualToThreshold') return amount < alarm.threshold
  return alarm.comparisonOperator === 'GreaterThanThreshold' && amount <= alarm.threshold
}
