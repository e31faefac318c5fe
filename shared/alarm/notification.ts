import { longTime } from './reason.ts'
import type { StateChange } from './simulate.ts'
import { isCompositeAlarm, type MetricAlarmConfig } from './types.ts'

/** The metric that an alarm watches, in its SNS message. */
export interface TriggerMetric {
  readonly MetricName: string
  readonly Namespace: string
  readonly StatisticType: 'Statistic'
  readonly Statistic: string
  readonly Unit: string | null
  readonly Dimensions: readonly { readonly value: string; readonly name: string }[]
}

/** What an alarm on a metric or on metric math says of itself; in `Metrics` the expression stands before its metric. */
export interface AlarmTrigger extends Partial<TriggerMetric> {
  readonly Period: number
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm?: number
  readonly ComparisonOperator: string
  readonly Threshold: number
  readonly TreatMissingData: string
  readonly EvaluateLowSampleCountPercentile: string
  readonly Metrics?: readonly Readonly<Record<string, unknown>>[]
}

/** What a CloudWatch alarm publishes to SNS (the message, not the envelope). Metric alarms carry Trigger. */
export interface AlarmNotification {
  readonly AlarmName: string
  readonly AlarmDescription: string | null
  readonly AWSAccountId: string
  readonly AlarmConfigurationUpdatedTimestamp: string
  readonly NewStateValue: string
  readonly NewStateReason: string
  readonly StateChangeTime: string
  /** The Region's long name, as CloudWatch writes it: `EU (Frankfurt)`. */
  readonly Region: string
  readonly AlarmArn: string
  readonly OldStateValue: string
  readonly OKActions: readonly string[]
  readonly AlarmActions: readonly string[]
  readonly InsufficientDataActions: readonly string[]
  readonly AlarmRule?: string
  readonly Trigger?: AlarmTrigger
}

const REGION_NAMES: Readonly<Record<string, string>> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
  'ca-central-1': 'Canada (Central)',
  'eu-west-1': 'EU (Ireland)',
  'eu-west-2': 'EU (London)',
  'eu-west-3': 'EU (Paris)',
  'eu-central-1': 'EU (Frankfurt)',
  'eu-north-1': 'EU (Stockholm)',
  'eu-south-1': 'EU (Milan)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-northeast-2': 'Asia Pacific (Seoul)',
  'ap-northeast-3': 'Asia Pacific (Osaka)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'ap-east-1': 'Asia Pacific (Hong Kong)',
  'sa-east-1': 'South America (Sao Paulo)',
  'me-south-1': 'Middle East (Bahrain)',
  'af-south-1': 'Africa (Cape Town)',
}

/**
 * The SNS message that CloudWatch would publish for a state change. Regions whose long name is not known are given by
 * their code.
 *
 * @see CloudWatch guide, "Using Amazon CloudWatch alarms", SNS notification
 * @example
 * JSON.stringify(alarmNotification(change)) // the SNS `Message`
 */
export function alarmNotification(change: StateChange): AlarmNotification {
  const { alarm, alarmArn } = change
  const [, , , region = '', accountId = ''] = alarmArn.split(':')
  return {
    AlarmName: alarm.alarmName,
    AlarmDescription: alarm.alarmDescription ?? null,
    AWSAccountId: accountId,
    AlarmConfigurationUpdatedTimestamp: longTime(change.configuredAt),
    NewStateValue: change.newState,
    NewStateReason: change.reason,
    StateChangeTime: longTime(change.timestamp),
    Region: REGION_NAMES[region] ?? region,
    AlarmArn: alarmArn,
    OldStateValue: change.oldState,
    OKActions: alarm.okActions ?? [],
    AlarmActions: alarm.alarmActions ?? [],
    InsufficientDataActions: alarm.insufficientDataActions ?? [],
    ...(isCompositeAlarm(alarm)
      ? { AlarmRule: alarm.alarmRule }
      : {
          Trigger: {
            ...(alarm.fill === undefined ? triggerMetric(alarm) : {}),
            Period: alarm.period,
            EvaluationPeriods: alarm.evaluationPeriods,
            ...(alarm.datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: alarm.datapointsToAlarm }),
            ComparisonOperator: alarm.comparisonOperator,
            Threshold: alarm.threshold,
            TreatMissingData: alarm.treatMissingData ?? 'missing',
            EvaluateLowSampleCountPercentile: '',
            ...(alarm.fill === undefined ? {} : { Metrics: triggerMetrics(alarm, alarm.fill) }),
          },
        }),
  }
}

const dimensionsOf = (alarm: MetricAlarmConfig): TriggerMetric['Dimensions'] =>
  Object.entries(alarm.dimensions ?? {}).map(([name, value]) => ({ value, name }))

function triggerMetric(alarm: MetricAlarmConfig): TriggerMetric {
  return {
    MetricName: alarm.metricName,
    Namespace: alarm.namespace,
    StatisticType: 'Statistic',
    Statistic: STATISTIC_NAMES[alarm.statistic],
    Unit: alarm.unit ?? null,
    Dimensions: dimensionsOf(alarm),
  }
}

/** The members of a metric-math alarm's trigger, as API `MetricDataQuery` has them. */
function triggerMetrics(alarm: MetricAlarmConfig, fill: number): NonNullable<AlarmTrigger['Metrics']> {
  return [
    { Expression: `FILL(m, ${fill})`, Id: 'e', ReturnData: true },
    {
      Id: 'm',
      MetricStat: {
        Metric: { Dimensions: dimensionsOf(alarm), MetricName: alarm.metricName, Namespace: alarm.namespace },
        Period: alarm.period,
        Stat: alarm.statistic,
      },
      ReturnData: false,
    },
  ]
}

const STATISTIC_NAMES = {
  Sum: 'SUM',
  SampleCount: 'SAMPLE_COUNT',
  Average: 'AVERAGE',
  Minimum: 'MINIMUM',
  Maximum: 'MAXIMUM',
} as const
