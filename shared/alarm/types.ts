/**
 * The configuration of alarms, in CloudWatch's own names (API PutMetricAlarm and PutCompositeAlarm), camelCase as the
 * SDK's inputs are PascalCase. Times are milliseconds since the epoch unless the name says seconds.
 */
import type { MetricStatistic } from '../metric/store.ts'
import type { EvaluationWindow } from './window.ts'

export const COMPARISON_OPERATORS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const
/** The operators for a static threshold. The three anomaly-band operators need a model and are not evaluated here. */
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number]

export const TREAT_MISSING_DATA = ['missing', 'ignore', 'breaching', 'notBreaching'] as const
export type TreatMissingData = (typeof TREAT_MISSING_DATA)[number]

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** What an alarm does and says, whatever it watches. */
export interface AlarmActions {
  readonly alarmName: string
  readonly alarmDescription?: string | undefined
  readonly actionsEnabled?: boolean | undefined
  readonly okActions?: readonly string[] | undefined
  readonly alarmActions?: readonly string[] | undefined
  readonly insufficientDataActions?: readonly string[] | undefined
}

/** An alarm on one metric. */
export interface MetricAlarmConfig extends AlarmActions {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions?: Readonly<Record<string, string>> | undefined
  readonly statistic: MetricStatistic
  readonly unit?: string | undefined
  /** Seconds: 10, 20, 30 or a multiple of 60. Metric filters give one point a minute, so here a multiple of 60. */
  readonly period: number
  readonly evaluationPeriods: number
  /** Default: evaluationPeriods. */
  readonly datapointsToAlarm?: number | undefined
  readonly threshold: number
  readonly comparisonOperator: ComparisonOperator
  /** Default: `missing`, as in CloudWatch. */
  readonly treatMissingData?: TreatMissingData | undefined
  /** Default: sliding, as in CloudWatch. */
  readonly evaluationWindow?: EvaluationWindow | undefined
  /**
   * The alarm watches `FILL(m, fill)` (metric math) in place of the metric m: a period without data has this value, as
   * long as any period that is fetched has data.
   */
  readonly fill?: number | undefined
}

/** An alarm on other alarms' states. */
export interface CompositeAlarmConfig extends AlarmActions {
  readonly alarmRule: string
}

export type AlarmConfig = MetricAlarmConfig | CompositeAlarmConfig

export function isCompositeAlarm(config: AlarmConfig): config is CompositeAlarmConfig {
  return 'alarmRule' in config
}
