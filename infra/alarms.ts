/**
 * The alarms that watch the pipeline itself. They go straight to `alerts`, past the alert function: they must arrive
 * when that function is what is broken. The alarms of detections are in detections.ts.
 */

import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import type { Metric, PipelineAlarm } from './alarm-types.ts'
import { canaryAlarms } from './canary.ts'
import { getAtt, logicalId, type Resources, ref } from './cfn.ts'
import {
  type Context,
  deadLetterQueueId,
  FUNCTIONS,
  type FunctionName,
  hasFeed,
  IDS,
  kindParameters,
  queueId,
} from './context.ts'
import { functionName, logGroupName } from './logs.ts'

/** What an alarm watches: a statistic of a metric, or with `fill` that of `FILL(m, fill)`. */
export interface Watched {
  readonly metric: Metric
  readonly statistic: string
  readonly unit?: string | undefined
  /** Seconds. */
  readonly period: number
  /** What a period without data counts as; absent: CloudWatch looks at older points in its place. */
  readonly fill?: number | undefined
}

/**
 * The members of an alarm that say what it watches. An alarm on metric math names metric, statistic and period inside
 * `Metrics`, and must not have them outside. One metric in it is billed as one alarm metric, as without.
 *
 * Source: CloudWatch API Reference, PutMetricAlarm, "Metrics"; guide, "Using metric math", FILL.
 *
 * @example
 * watch({ metric: { namespace: 'AWS/Lambda', name: 'Errors' }, statistic: 'Sum', period: 300, fill: 0 }).Metrics
 */
export function watch({ metric, statistic, unit, period, fill }: Watched): Readonly<Record<string, unknown>> {
  const named = {
    Namespace: metric.namespace,
    MetricName: metric.name,
    ...(metric.dimensions === undefined
      ? {}
      : { Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })) }),
  }
  const inUnit = unit === undefined ? {} : { Unit: unit }
  if (fill === undefined) return { ...named, Statistic: statistic, ...inUnit, Period: period }
  return {
    Metrics: [
      { Id: 'e', Expression: `FILL(m, ${fill})`, Label: metric.name, ReturnData: true },
      { Id: 'm', MetricStat: { Metric: named, Stat: statistic, ...inUnit, Period: period }, ReturnData: false },
    ],
  }
}

/** A metric that the forwarder functions publish themselves (embedded metric format, see shared/lambda/handler.ts). */
export const ownMetric = (context: Context, kind: LogKind, name: string): Metric => ({
  namespace: 'bucketwatch',
  name,
  dimensions: { stage: context.stage, service: kind },
})

/**
 * Keeps an alarm that waits for silence quiet until it can know: a new one has no data, and would go off at once.
 * It ends early when there is enough data. aws: CloudWatch User Guide, "Alarm warm-up periods" (1 to 2,880 minutes).
 */
export const warmUp = (windowSeconds: number) => ({
  WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: Math.min(2880, Math.ceil(windowSeconds / 60)) },
})

/** @param untold the metric of targets that did not take a finding. */
export function pipelineAlarms(context: Context, rules: readonly string[], untold: Metric): Resources {
  return Object.fromEntries(
    listAlarms(context, rules, untold).map((alarm) => [
      logicalId('PipelineAlarm', alarm.id),
      {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          AlarmName: `${context.name}-pipeline-${alarm.id}`,
          AlarmDescription: alarm.description,
          ...watch({ ...alarm, ...(countsEvents(alarm) ? { fill: 0 } : {}) }),
          EvaluationPeriods: alarm.evaluationPeriods,
          DatapointsToAlarm: alarm.evaluationPeriods,
          ComparisonOperator: alarm.comparison,
          Threshold: alarm.threshold,
          TreatMissingData: alarm.missing,
          ...(alarm.missing === 'breaching' ? warmUp(alarm.period * alarm.evaluationPeriods) : {}),
          ...(alarm.isSilent === true
            ? {}
            : { AlarmActions: [ref(IDS.alertsTopic)], OKActions: [ref(IDS.alertsTopic)] }),
        },
      },
    ]),
  )
}

/** A gap in what is counted is nothing to count. Depths and ages have no such meaning, and silence is a gap. */
const countsEvents = ({ statistic, missing }: PipelineAlarm): boolean =>
  statistic === 'Sum' && missing === 'notBreaching'

/** The alarms that say that people may not be told; see findings.ts. */
export const TELLING_FAILS = ['alert-failing', 'alert-dlq', 'hits-age', 'hits-dlq', 'targets'].map((id) =>
  logicalId('PipelineAlarm', id),
)

/** Telling takes seconds; a hit that fails comes again after six minutes. */
const HITS_AGE_SECONDS = 300

function listAlarms(context: Context, rules: readonly string[], untold: Metric): PipelineAlarm[] {
  const above = {
    statistic: 'Maximum',
    evaluationPeriods: 1,
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    missing: 'notBreaching',
  } as const
  const deadLetters = (id: string, queue: string, description: string): PipelineAlarm => ({
    id,
    description,
    metric: queueMetric(queue, 'ApproximateNumberOfMessagesVisible'),
    ...above,
    period: 60,
  })
  const perFunction = (name: FunctionName): PipelineAlarm[] => [
    {
      id: `${name}-errors`,
      description: `The function ${functionName(context, name)} fails. Its log group /aws/lambda/${functionName(context, name)} says why; failed batches are retried, then go to the dead-letter queue.`,
      metric: lambdaMetric(context, name, 'Errors'),
      ...above,
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 3,
    },
    {
      id: `${name}-throttles`,
      description: `The function ${functionName(context, name)} is throttled: the account's or the function's concurrency is used up. Nothing is lost while the queue holds it; alerts come late.`,
      metric: lambdaMetric(context, name, 'Throttles'),
      ...above,
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 3,
    },
  ]
  const perKind = (kind: LogKind): PipelineAlarm[] => [
    deadLetters(
      `${kind}-dlq`,
      deadLetterQueueId(kind),
      `Notifications of ${kind} objects failed five times and lie in the dead-letter queue ${context.name}-${kind}-dlq (kept 14 days). Read the reason in the pipeline log group, mend it, then redrive the queue.`,
    ),
    {
      id: `${kind}-age`,
      description: `The oldest notification in ${context.name}-${kind} has waited over ${context.parameters.maximumAgeMinutes} minutes: more arrives than is read (raise maximumConcurrency), or it fails again and again.`,
      metric: queueMetric(queueId(kind), 'ApproximateAgeOfOldestMessage'),
      ...above,
      threshold: context.parameters.maximumAgeMinutes * 60,
      period: 300,
      evaluationPeriods: 2,
    },
    {
      id: `${kind}-objects-failed`,
      description: `Objects of ${kind} fail, and are tried again; a function that fails single messages has no error of its own. Their receipts in ${logGroupName(context, 'pipeline')} say why; what fails five times goes to the dead-letter queue.`,
      metric: ownMetric(context, kind, 'ObjectsFailed'),
      ...above,
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 3,
    },
    ...silence(context, kind, rules),
  ]
  return [
    ...LOG_KINDS.flatMap(perKind),
    ...canaryAlarms(context),
    ...FUNCTIONS.flatMap(perFunction),
    {
      id: 'alert-failing',
      isSilent: true,
      description: `The function ${functionName(context, 'alert')} has failed within five minutes: see ${context.name}-untold.`,
      metric: lambdaMetric(context, 'alert', 'Errors'),
      ...above,
      statistic: 'Sum',
      period: 300,
    },
    deadLetters(
      'hits-dlq',
      IDS.hitsDeadLetterQueue,
      `Hits of rules failed five times and lie in the dead-letter queue ${context.name}-hits-dlq (kept 14 days): people were not told of them. The log group /aws/lambda/${functionName(context, 'alert')} says why; mend it, then redrive the queue.`,
    ),
    {
      id: 'hits-age',
      description: `Hits of rules have waited over ${HITS_AGE_SECONDS / 60} minutes for the function ${functionName(context, 'alert')}: people are told late, or not at all.`,
      metric: queueMetric(IDS.hitsQueue, 'ApproximateAgeOfOldestMessage'),
      ...above,
      threshold: HITS_AGE_SECONDS,
      period: 60,
    },
    {
      id: 'targets',
      description: `A target of alerts does not take findings: three times within a quarter of an hour, or one for good. The log group /aws/lambda/${functionName(context, 'alert')} says which and why (docs/targets.md); the findings are in ${logGroupName(context, 'findings')}.`,
      metric: untold,
      ...above,
      threshold: 2,
      statistic: 'Sum',
      period: 900,
    },
    deadLetters(
      'alert-dlq',
      IDS.alertQueue,
      `Alarms could not be turned into alerts; they lie in the dead-letter queue ${context.name}-alert-dlq. Look at the alarms in CloudWatch themselves.`,
    ),
  ]
}

/** The rules that tell the same silence, with the records' own group. */
const SILENCE_RULES: Readonly<Record<LogKind, string>> = {
  cloudtrail: 'pipe-trail-silent',
  'access-log': 'pipe-sal-silent',
}

/**
 * No log object read for hours: logging was stopped, a notification was removed, or delivery fails. One alarm a silence:
 * where the rule is on, it tells.
 */
function silence(context: Context, kind: LogKind, rules: readonly string[]): PipelineAlarm[] {
  if (rules.includes(SILENCE_RULES[kind])) return []
  const { silenceHours: hours } = kindParameters(context, kind)
  // Without a bucket there is nothing to be silent.
  if (hours === 0 || !hasFeed(context, kind)) return []
  return [
    {
      id: `${kind}-silence`,
      description: `No ${kind} object has been read for ${hours} hours. Is logging still on, and is the bucket's notification still there? \`bucketwatch doctor\` checks both.`,
      metric: ownMetric(context, kind, 'Objects'),
      statistic: 'Sum',
      period: 3600,
      evaluationPeriods: hours,
      comparison: 'LessThanThreshold',
      threshold: 1,
      missing: 'breaching',
    },
  ]
}

const queueMetric = (queue: string, name: string): Metric => ({
  namespace: 'AWS/SQS',
  name,
  dimensions: { QueueName: getAtt(queue, 'QueueName') },
})
const lambdaMetric = (context: Context, name: FunctionName, metric: string): Metric => ({
  namespace: 'AWS/Lambda',
  name: metric,
  dimensions: { FunctionName: functionName(context, name) },
})
