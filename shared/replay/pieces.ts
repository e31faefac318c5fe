/** What is put together of all units and does not wait for people to be told: any thread can do it. Pure. */
import type { MetricAlarmConfig } from '../alarm/types.ts'
import { simulateAlarm } from './alarms.ts'
import type { MinutesPart } from './minutes.ts'
import type { MatchRow, RuleAlarm } from './model.ts'
import { type KeptRecord, rowOf } from './rows.ts'
import { createMetric, type Sum } from './sum.ts'

/** Plain data, for a thread that has no more to read. */
export interface Piece {
  /** In their order. */
  readonly rows?: readonly KeptRecord[]
  readonly alarms?: readonly {
    readonly rule: string
    readonly alarm: MetricAlarmConfig
    readonly metric: MinutesPart
  }[]
}

/** What comes of it. */
export interface Pieced {
  readonly rows: readonly MatchRow[]
  /** By rule. */
  readonly alarms: ReadonlyMap<string, RuleAlarm>
}

/**
 * Matching records, and what their rules' alarms would have done: two pieces of about the same size.
 *
 * @param alarms rule → its alarm.
 * @example
 * joined(piecesOf(sum, alarms).map(putTogether)).rows
 */
export function piecesOf(sum: Pick<Sum, 'rows' | 'rules'>, alarms: ReadonlyMap<string, MetricAlarmConfig>): Piece[] {
  const simulated = [...sum.rules()].flatMap(([rule, { metric }]) => {
    const alarm = alarms.get(rule)
    return alarm === undefined ? [] : [{ rule, alarm, metric: metric.part() }]
  })
  return [{ alarms: simulated }, { rows: sum.rows.sorted() }]
}

/** Does one. */
export function putTogether({ rows = [], alarms = [] }: Piece): Pieced {
  return {
    rows: rows.map(rowOf),
    alarms: new Map(
      alarms.map(({ rule, alarm, metric }) => {
        const minutes = createMetric()
        minutes.merge(metric)
        return [rule, simulateAlarm(alarm, minutes)] as const
      }),
    ),
  }
}

/** All of them, in their order. */
export const joined = (pieces: readonly Pieced[]): Pieced => ({
  rows: pieces.flatMap(({ rows }) => rows),
  alarms: new Map(pieces.flatMap(({ alarms }) => [...alarms])),
})
