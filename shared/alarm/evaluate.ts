import type { AlarmState, ComparisonOperator, MetricAlarmConfig } from './types.ts'

/** One period of the alarm's metric that holds data. */
export interface AlarmPoint {
  /** Start of the period, ms since the epoch; it ends one period later. */
  readonly start: number
  readonly value: number
  readonly sampleCount: number
}

/** What an evaluation found. Points are newest first, as CloudWatch lists them. */
export interface Evaluation {
  readonly state: AlarmState
  /** The points with data that were looked at. */
  readonly evaluated: readonly AlarmPoint[]
  /** Those of them that breach the threshold. */
  readonly breaching: readonly AlarmPoint[]
  /** How many missing points were filled in, in CloudWatch's sense. */
  readonly missing: number
}

const COMPARE: Readonly<Record<ComparisonOperator, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
}

/** Whether a value breaches an alarm's threshold. */
export const breachesThreshold = (
  { comparisonOperator, threshold }: Pick<MetricAlarmConfig, 'comparisonOperator' | 'threshold'>,
  value: number,
): boolean => COMPARE[comparisonOperator](value, threshold)

/** The number of points CloudWatch fetches for N evaluation periods: not published; its example has N=3 → 5. */
export const defaultEvaluationRange = (evaluationPeriods: number): number => evaluationPeriods + 2

/**
 * The state that a metric alarm takes, given the points of its evaluation range (oldest first, undefined where a
 * period holds no data) and the state it is in.
 *
 * With N = evaluationPeriods and M = datapointsToAlarm:
 * - At least N points with data: the N newest decide, wherever they lie in the range, and treatMissingData is ignored.
 * - None: `missing` → INSUFFICIENT_DATA, `ignore` → the state stays, `breaching` → ALARM, `notBreaching` → OK.
 * - Fewer than N: all of them count, and the rest is filled in as treatMissingData says. With `missing` and `ignore`
 *   nothing can be filled in; then fewer than M points go to ALARM only by the premature rule: the oldest breach among
 *   the N newest periods is at least M periods old and everything newer is breaching or missing (`ignore`: the state
 *   stays).
 *
 * Not documented, chosen here: with `missing`, fewer than M points that all breach but are not that old leave the state
 * as it is.
 *
 * @see CloudWatch guide, "Configuring how CloudWatch alarms treat missing data"
 * @example
 * evaluateAlarm(config, [undefined, undefined, point(5), undefined, undefined], 'OK').state
 */
export function evaluateAlarm(
  config: MetricAlarmConfig,
  points: readonly (AlarmPoint | undefined)[],
  state: AlarmState,
): Evaluation {
  const { evaluationPeriods: periods, treatMissingData = 'missing' } = config
  const toAlarm = config.datapointsToAlarm ?? periods
  const breaches = (point: AlarmPoint): boolean => breachesThreshold(config, point.value)

  const evaluated: AlarmPoint[] = []
  for (let index = points.length - 1; index >= 0 && evaluated.length < periods; index--) {
    const point = points[index]
    if (point !== undefined) evaluated.push(point)
  }
  const breaching = evaluated.filter(breaches)
  const missing = periods - evaluated.length
  const result = (to: AlarmState): Evaluation => ({ state: to, evaluated, breaching, missing })
  const byCount = (count: number): Evaluation => result(count >= toAlarm ? 'ALARM' : 'OK')

  if (missing === 0) return byCount(breaching.length)
  if (treatMissingData === 'breaching') return byCount(breaching.length + missing)
  if (treatMissingData === 'notBreaching') return byCount(breaching.length)

  const ignore = treatMissingData === 'ignore'
  if (evaluated.length === 0) return result(ignore ? state : 'INSUFFICIENT_DATA')
  if (evaluated.length >= toAlarm) return byCount(breaching.length)
  if (isPremature(points.slice(-periods), toAlarm, breaches)) return result(ignore ? state : 'ALARM')
  return result(breaching.length === evaluated.length ? state : 'OK')
}

/** The oldest breach is at least `toAlarm` periods old, and all newer points are breaching or missing. */
function isPremature(
  newest: readonly (AlarmPoint | undefined)[],
  toAlarm: number,
  breaches: (point: AlarmPoint) => boolean,
): boolean {
  const oldest = newest.findIndex((point) => point !== undefined && breaches(point))
  if (oldest === -1 || newest.length - oldest < toAlarm) return false
  return newest.slice(oldest).every((point) => point === undefined || breaches(point))
}
