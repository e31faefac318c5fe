/**
 * The log group `findings` as CloudWatch sees it: a metric and an alarm a severity, and what tells people when the telling
 * itself fails. docs/targets.md, "When the telling fails".
 */
import { REFUSED_MESSAGE, UNTOLD_MESSAGE } from '../shared/alert/tell.ts'
import { SEVERITIES, type Severity } from '../shared/detection/schema.ts'
import { watch } from './alarms.ts'
import { logicalId, type Resources, ref, sub } from './cfn.ts'
import { type Context, IDS, pascal } from './context.ts'
import { dependsOnFindings, functionName, logGroupName } from './logs.ts'

/** Five minutes: each incident is an alarm of its own, unless they come together. */
const PERIOD_SECONDS = 300

/** The severities that somebody has to hear of even when the alert function says nothing. */
const URGENT: readonly Severity[] = ['critical', 'high']

const findingAlarmId = (severity: Severity): string => logicalId('FindingAlarm', severity)

/** The metric of the targets that did not take a finding; the alarm on it is the pipeline's (alarms.ts). */
export const untoldMetric = (context: Context) => ({
  namespace: `bucketwatch/${context.stage}`,
  name: 'findings-untold',
})

/** How many incidents of a severity were opened or got worse. */
export const findingMetric = (context: Context, severity: Severity) => ({
  namespace: `bucketwatch/${context.stage}`,
  name: `findings-${severity}`,
})

/**
 * @param failing logical ids of the alarms that say that the alert function fails; the composite alarms of rules' severities.
 */
export function findings(context: Context, failing: readonly string[], composites: readonly string[]): Resources {
  return {
    ...Object.assign({}, ...SEVERITIES.map((severity) => ofSeverity(context, severity))),
    ...untold(context),
    UntoldAlarm: {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      Properties: {
        AlarmName: `${context.name}-untold`,
        AlarmDescription: `Something critical or high was seen, by a rule's alarm or in ${logGroupName(context, 'findings')}, while the function ${functionName(context, 'alert')} fails to tell of it. Look into that log group and at the alarms that are on; the function's own log says why it fails.`,
        AlarmRule: sub(`(${or([...composites.filter(isUrgent), ...URGENT.map(findingAlarmId)])}) AND (${or(failing)})`),
        // Past the alert function, which is what is broken.
        AlarmActions: [ref(IDS.alertsTopic)],
      },
    },
  }
}

const or = (ids: readonly string[]): string => ids.map((id) => `ALARM("\${${id}}")`).join(' OR ')
const isUrgent = (id: string): boolean => URGENT.some((severity) => id.startsWith(logicalId('Severity', severity)))

/** Findings that people should look at: not the end of an incident, and not what it turned out to be part of. */
function ofSeverity(context: Context, severity: Severity): Resources {
  const metric = findingMetric(context, severity)
  return {
    [logicalId('FindingFilter', severity)]: {
      Type: 'AWS::Logs::MetricFilter',
      ...dependsOnFindings(context),
      Properties: {
        FilterName: `${context.name}-findings-${severity}`,
        LogGroupName: logGroupName(context, 'findings'),
        FilterPattern: `{ $.kind = "finding" && $.severity = "${severity}" && ($.event = "opened" || $.event = "escalated") }`,
        MetricTransformations: [{ MetricNamespace: metric.namespace, MetricName: metric.name, MetricValue: '1' }],
      },
    },
    [findingAlarmId(severity)]: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `${context.name}-findings-${severity}`,
        AlarmDescription: `An incident of severity ${severity} was opened or got worse. Its text is in ${logGroupName(context, 'findings')}, and was sent to the targets; this alarm has no action of its own.`,
        ...watch({ metric, statistic: 'Sum', period: PERIOD_SECONDS, fill: 0 }),
        EvaluationPeriods: 1,
        DatapointsToAlarm: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        TreatMissingData: 'notBreaching',
      },
    },
  }
}

/** A target that a finding was refused by never gets it: that weighs as much as three failures that are tried again. */
const WEIGHTS: readonly (readonly [id: string, message: string, weight: number])[] = [
  ['UntoldFilter', UNTOLD_MESSAGE, 1],
  ['RefusedFilter', REFUSED_MESSAGE, 3],
]

function untold(context: Context): Resources {
  const { namespace, name } = untoldMetric(context)
  return Object.fromEntries(
    WEIGHTS.map(([id, message, weight]) => [
      id,
      {
        Type: 'AWS::Logs::MetricFilter',
        DependsOn: `${pascal('alert')}FunctionLogs`,
        Properties: {
          FilterName: `${context.name}-${logicalId(id)}`,
          LogGroupName: `/aws/lambda/${functionName(context, 'alert')}`,
          FilterPattern: `{ $.message = "${message}" }`,
          MetricTransformations: [{ MetricNamespace: namespace, MetricName: name, MetricValue: String(weight) }],
        },
      },
    ]),
  )
}
