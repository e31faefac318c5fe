/**
 * Alarms on S3's request metrics: minutes after the request, where access logs are hours late. docs/request-metrics.md.
 *
 * Sources: S3 User Guide, "Metrics and dimensions" (request metrics), "CloudWatch metrics configurations"; CloudWatch User
 * Guide, "Using metric math", "Creating a CloudWatch alarm based on anomaly detection".
 */
import { logicalId, type Resource, type Resources, ref } from './cfn.ts'
import { type Context, IDS } from './context.ts'
import type { RequestMetrics, Threshold } from './request-metrics-parameter.ts'

const PERIOD_SECONDS = 300
/** Rates are looked at for a quarter of an hour, and mean nothing where hardly anybody asks. */
const PERIODS = 3
const MIN_REQUESTS = 100
/** Standard deviations that are not unusual. */
const BAND = 3

type Name = '4xxErrors' | '5xxErrors' | 'AllRequests' | 'BytesDownloaded'

/** A metric of a bucket, as alarms and the dashboard name it. */
const dimensions = ({ bucket, filter }: RequestMetrics) => [
  { Name: 'BucketName', Value: bucket },
  { Name: 'FilterId', Value: filter },
]

const stat = (of: RequestMetrics, name: Name, id: string, isShown: boolean) => ({
  Id: id,
  MetricStat: {
    Metric: { Namespace: 'AWS/S3', MetricName: name, Dimensions: dimensions(of) },
    Stat: 'Sum',
    Period: PERIOD_SECONDS,
  },
  ReturnData: isShown,
})

/** The words that stand under every one of them: what the metrics are worth. */
const WORTH =
  'S3 delivers request metrics within minutes, at best effort: counts may be partial, and begin about 15 minutes after the metrics were turned on. Who it was is in the access logs, some hours later, and in CloudTrail data events.'

/** Alarms of the buckets that the parameter `requestMetrics` names, a part of the template for each. */
export function requestMetrics(context: Context): readonly Resources[] {
  return context.parameters.requestMetrics.map((of) => ofBucket(context, of))
}

/** @returns logical ids of the alarms. */
export const requestMetricAlarmIds = (parts: readonly Resources[]): string[] =>
  parts.flatMap((part) => Object.keys(part).filter((id) => part[id]!.Type === 'AWS::CloudWatch::Alarm'))

function ofBucket(context: Context, of: RequestMetrics): Resources {
  return {
    ...errorRate(context, of, '4xxErrors', of.clientErrors),
    ...errorRate(context, of, '5xxErrors', of.serverErrors),
    ...amount(context, of, 'BytesDownloaded', of.bytes, 'bytes downloaded'),
    ...amount(context, of, 'AllRequests', of.requests, 'requests'),
  }
}

const idOf = (kind: string, { bucket, filter }: RequestMetrics, name: Name): string =>
  logicalId(kind, bucket, filter, name)

function alarm(
  context: Context,
  of: RequestMetrics,
  name: Name,
  says: string,
  rest: Readonly<Record<string, unknown>>,
): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${context.name}-request-metrics-${of.bucket}-${of.filter}-${name}`,
      AlarmDescription: `Bucket ${of.bucket}: ${says}. ${WORTH}`,
      TreatMissingData: 'notBreaching',
      ...rest,
      AlarmActions: [ref(IDS.alarmsTopic)],
      OKActions: [ref(IDS.alarmsTopic)],
    },
  }
}

const WHAT = {
  '4xxErrors': 'fail with a 4xx status: denials, and keys that are not there',
  '5xxErrors': 'fail with a 5xx status: S3 is slow, or asks to slow down',
} as const

function errorRate(context: Context, of: RequestMetrics, name: keyof typeof WHAT, percent: number | 'off'): Resources {
  if (percent === 'off') return {}
  const says = `for ${(PERIODS * PERIOD_SECONDS) / 60} minutes more than ${percent} % of at least ${MIN_REQUESTS} requests in five minutes ${WHAT[name]}`
  return {
    [idOf('RequestMetricsAlarm', of, name)]: alarm(context, of, name, says, {
      Metrics: [
        // No error at all is no data point.
        {
          Id: 'rate',
          Expression: `IF(FILL(requests, 0) >= ${MIN_REQUESTS}, 100 * FILL(errors, 0) / requests, 0)`,
          Label: `${name}, percent of the requests`,
          ReturnData: true,
        },
        stat(of, name, 'errors', false),
        stat(of, 'AllRequests', 'requests', false),
      ],
      EvaluationPeriods: PERIODS,
      DatapointsToAlarm: PERIODS,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: percent,
    }),
  }
}

function amount(
  context: Context,
  of: RequestMetrics,
  name: 'BytesDownloaded' | 'AllRequests',
  threshold: Threshold,
  what: string,
): Resources {
  if (threshold === 'off') return {}
  const id = idOf('RequestMetricsAlarm', of, name)
  const once = { EvaluationPeriods: 1, DatapointsToAlarm: 1 }
  if (threshold !== 'anomaly')
    return {
      [id]: alarm(context, of, name, `more than ${threshold.toLocaleString('en-US')} ${what} in five minutes`, {
        Metrics: [stat(of, name, 'amount', true)],
        ...once,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: threshold,
      }),
    }
  return {
    [idOf('RequestMetricsDetector', of, name)]: {
      Type: 'AWS::CloudWatch::AnomalyDetector',
      Properties: { Namespace: 'AWS/S3', MetricName: name, Stat: 'Sum', Dimensions: dimensions(of) },
    },
    [id]: alarm(
      context,
      of,
      name,
      `more ${what} in five minutes than is usual at this hour (learned from up to two weeks)`,
      {
        Metrics: [
          { Id: 'band', Expression: `ANOMALY_DETECTION_BAND(amount, ${BAND})`, Label: 'usual', ReturnData: true },
          stat(of, name, 'amount', true),
        ],
        ...once,
        ComparisonOperator: 'GreaterThanUpperThreshold',
        ThresholdMetricId: 'band',
      },
    ),
  }
}

/** Of the dashboard: a row a bucket. Metrics as in a widget's `metrics`. */
export function requestMetricWidgets(
  of: RequestMetrics,
): readonly (readonly [title: string, metrics: readonly unknown[]])[] {
  const series = (name: Name, rest: object) => ['AWS/S3', name, 'BucketName', of.bucket, 'FilterId', of.filter, rest]
  const rate = (name: keyof typeof WHAT, id: string) => [
    [{ expression: `100 * FILL(${id}, 0) / requests`, label: name, id: `${id}Rate` }],
    series(name, { stat: 'Sum', id, visible: false }),
  ]
  return [
    [
      `${of.bucket}: errors, % of requests`,
      [
        ...rate('4xxErrors', 'client').flatMap(asItems),
        ...rate('5xxErrors', 'server').flatMap(asItems),
        series('AllRequests', { stat: 'Sum', id: 'requests', visible: false }),
      ],
    ],
    [`${of.bucket}: requests`, [series('AllRequests', { stat: 'Sum', label: 'requests' })]],
    [`${of.bucket}: bytes downloaded`, [series('BytesDownloaded', { stat: 'Sum', label: 'bytes' })]],
  ]
}

const asItems = (item: unknown): unknown[] => [item]
