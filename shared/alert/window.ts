import type { AlarmChange } from './alarm-message.ts'
import type { AlertRule } from './rules.ts'

/** A stretch of time, ms since the epoch, both ends inclusive. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** CloudWatch looks at more periods than it needs: docs/alarms.md, "Periods → state". */
const EXTRA_PERIODS = 2
const HOUR_MS = 3_600_000

/** What an alarm's window follows from; the message goes before the rule, since it says what the alarm really is. */
function evaluation(change: AlarmChange, rule: AlertRule): { period: number; periods: number } {
  return {
    period: (change.period ?? rule.alarm.period) * 1000,
    periods: change.evaluationPeriods ?? rule.alarm.evaluationPeriods,
  }
}

/**
 * Where to look for what made an alarm go on: the evaluation periods before the state change, from the earliest
 * datapoint that the reason names if that is earlier, and `marginMs` more on both sides. The margin covers what
 * CloudWatch takes to publish a datapoint; log events carry the time they were forwarded, so the lateness of the records
 * themselves plays no part.
 *
 * @see CloudWatch guide, "Alarm evaluation"
 * @example
 * alertWindow(change, rule, 120_000)
 */
export function alertWindow(change: AlarmChange, rule: AlertRule, marginMs: number): Window {
  const { period, periods } = evaluation(change, rule)
  const { stateChangeTime: end } = change
  const start = end - period * periods
  const earliest = Math.min(...datapointTimes(change.reason), start)
  // A text that names another time than it can mean is not trusted.
  const furthest = end - period * (periods + EXTRA_PERIODS) - HOUR_MS
  return { start: (earliest >= furthest ? earliest : start) - marginMs, end: end + marginMs }
}

/**
 * Where to look for all that matched while an alarm was on: from what made it go on to its return to OK. Where the start
 * is not known, from as far back as CloudWatch kept looking.
 */
export function closingWindow(
  change: AlarmChange,
  rule: AlertRule,
  startedAt: number | undefined,
  marginMs: number,
): Window {
  const { period, periods } = evaluation(change, rule)
  const { stateChangeTime: end } = change
  const start = startedAt === undefined ? end - period * (periods + EXTRA_PERIODS) : startedAt - period * periods
  return { start: start - marginMs, end: end + marginMs }
}

/** The times of the datapoints in a StateReason: `[3.0 (25/11/26 09:05:00)]`, UTC. */
function datapointTimes(reason: string): number[] {
  return [...reason.matchAll(/\((\d\d)\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\)/g)].map(
    ([, day, month, year, hour, minute, second]) =>
      Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  )
}
