/** Silences that somebody has brought about: told in their incident when the alarm goes off, as the deployed function does. */
import type { StateChange } from '../alarm/simulate.ts'
import type { MetricAlarmConfig } from '../alarm/types.ts'
import { changeOf } from '../alert/alarm-message.ts'
import { type BackstopTally, createBackstopTally } from '../alert/backstop.ts'
import type { AlertRule, AlertRules } from '../alert/rules.ts'
import { causesOf, causeWindow, explainSilence } from '../alert/silence.ts'
import { alertWindow } from '../alert/window.ts'
import type { Hit } from '../incident/hit.ts'
import type { Incident } from '../incident/incident.ts'
import { alarmChanges } from './alarms.ts'
import type { Sum } from './sum.ts'

/** Alarms of silence by the time they go off, and the hits of what may have brought them about. */
export interface Silences {
  /** Rules whose hits may explain one, whether it has gone off by now or not. */
  readonly causes: ReadonlySet<string>
  /** Remembers what a hit may explain; times never go back. */
  heard(time: number, hits: readonly Hit[]): void
  /** The next that goes off by then; it is handed out once. */
  next(until: number): Silence | undefined
}

export interface Silence {
  readonly time: number
  /** All that the alarm said: where nothing of it is another, it is the same silence. */
  readonly said: string
  /** What tells it in the incidents of those who brought it about; none: nobody is known to have. */
  hits(incidentsOf: (principal: string) => Promise<readonly Incident[]>): Promise<readonly Hit[]>
}

export interface SilencesOptions {
  readonly alertRules: AlertRules
  /** Rule → its alarm. */
  readonly alarms: ReadonlyMap<string, MetricAlarmConfig>
}

/**
 * @example
 * const silences = createSilences(options, sum)
 * for (let one = silences.next(now); one !== undefined; one = silences.next(now)) await put(await one.hits(incidentsOf))
 */
export function createSilences({ alertRules, alarms }: SilencesOptions, sum: Pick<Sum, 'rules'>): Silences {
  const { rules, incidents } = alertRules
  const explained = rules.flatMap((rule) => {
    const causes = causesOf(rule, rules)
    const alarm = alarms.get(rule.id)
    return causes.length === 0 || alarm === undefined ? [] : [{ rule, causes, alarm }]
  })
  const waiting = explained
    .flatMap(({ rule, causes, alarm }) => {
      const metric = sum.rules().get(rule.id)?.metric
      if (metric === undefined) return []
      return firings(alarmChanges(alarm, metric)).map((change) => waitFor(rule, causes, change))
    })
    .sort((a, b) => a.time - b.time)

  function waitFor(rule: AlertRule, causes: readonly AlertRule[], fired: StateChange) {
    const change = changeOf(fired)
    const window = alertWindow(change, rule, 0)
    const found = causes.map((cause) => ({
      cause,
      total: 0,
      tally: createBackstopTally(cause, incidents.suppressions),
    }))
    const explain = (of: typeof found) => (incidentsOf: Parameters<BackstopTally['compare']>[0]) =>
      explainSilence({ rule, change, window }, of, incidentsOf)
    const said = JSON.stringify([rule.id, change, window])
    return { time: change.stateChangeTime, said, window: causeWindow(window), found, explain: explain(found) }
  }

  return {
    causes: new Set(explained.flatMap(({ causes }) => causes.map(({ id }) => id))),
    heard(time, hits) {
      for (const { window, found } of waiting) {
        if (time < window.start || time > window.end) continue
        for (const one of found) {
          for (const hit of hits.filter(({ rule }) => rule === one.cause.id)) {
            one.total += hit.matches
            for (const facts of hit.evidence.records) one.tally.add(facts, { timestamp: time }, undefined)
          }
        }
      }
    },
    next(until) {
      if (waiting.length === 0 || waiting[0]!.time > until) return undefined
      const { time, said, explain } = waiting.shift()!
      return { time, said, hits: async (incidentsOf) => (await explain(incidentsOf))?.hits ?? [] }
    },
  }
}

const firings = (changes: readonly StateChange[]): StateChange[] =>
  changes.filter(({ newState }) => newState === 'ALARM')
