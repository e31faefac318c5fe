/**
 * Rules on log groups that AWS itself delivers to, without a function in between: metric filters or log alarms, for the
 * rules that need nothing which we derive (shared/detection/native.ts). docs/native.md.
 *
 * Sources: CloudFormation, AWS::Logs::MetricFilter, AWS::CloudWatch::LogAlarm; CloudWatch API Reference, PutLogAlarm.
 */
import { insightsFilter } from '../shared/alert/insights.ts'
import type { CompiledRule } from '../shared/detection/compile.ts'
import { logicalName } from '../shared/detection/join.ts'
import { renderNative } from '../shared/detection/native.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { watch } from './alarms.ts'
import { getAtt, localArn, logicalId, policyDocument, type Resource, type Resources, ref } from './cfn.ts'
import { type Context, IDS, kindParameters } from './context.ts'
import { permissionsBoundary, rolePath } from './roles.ts'

const QUERY_ROLE = 'LogAlarmRole'

interface NativeRule {
  readonly rule: CompiledRule
  readonly kind: LogKind
  readonly pattern: string
  readonly groups: readonly string[]
}

/** @param rules all that are enabled, whether or not our own log groups are fed. */
export function nativeRules(context: Context, rules: readonly CompiledRule[]): Resources {
  const { nativeDelivery } = context.parameters
  const found = nativeDelivery === 'functions' ? [] : LOG_KINDS.flatMap((kind) => rulesOf(context, kind, rules))
  if (found.length === 0) return {}
  if (nativeDelivery === 'filters') return Object.assign({}, ...found.map((one) => filtered(context, one)))
  const groups = [...new Set(found.flatMap((one) => one.groups))]
  return {
    [QUERY_ROLE]: queryRole(context, groups),
    ...Object.fromEntries(
      found.flatMap((one) => {
        const filter = insightsFilter(one.pattern)
        return filter === undefined ? [] : [[idOf('LogAlarm', one), logAlarm(context, one, filter)]]
      }),
    ),
  }
}

function rulesOf(context: Context, kind: LogKind, rules: readonly CompiledRule[]): NativeRule[] {
  const { logGroups: groups } = kindParameters(context, kind)
  if (groups.length === 0) return []
  return rules
    .filter(({ detection }) => (detection.sources as readonly string[]).includes(kind))
    .flatMap((rule) => {
      const native = renderNative(rule.pattern, kind)
      return native.ok ? [{ rule, kind, pattern: native.pattern, groups }] : []
    })
}

const nameOf = (context: Context, { rule, kind }: NativeRule): string =>
  `${context.name}-native-${kind}-${rule.detection.id}`
const idOf = (prefix: string, { rule, kind }: NativeRule, group = ''): string =>
  logicalId('Native', prefix, logicalName(rule.detection.id), kind, group)

/** A metric of its own: what the functions forward must not be counted with it. */
function filtered(context: Context, one: NativeRule): Resources {
  const { alarm } = one.rule
  const metric = { namespace: alarm.namespace, name: `native-${one.kind}-${one.rule.detection.id}` }
  return {
    ...Object.fromEntries(
      one.groups.map((group): [string, Resource] => [
        idOf('Filter', one, group),
        {
          Type: 'AWS::Logs::MetricFilter',
          Properties: {
            FilterName: nameOf(context, one),
            LogGroupName: group,
            FilterPattern: one.pattern,
            MetricTransformations: [{ MetricNamespace: metric.namespace, MetricName: metric.name, MetricValue: '1' }],
          },
        },
      ]),
    ),
    [idOf('Alarm', one)]: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        ...common(context, one),
        ...watch({ metric, statistic: 'Sum', period: alarm.period, fill: 0 }),
        EvaluationPeriods: alarm.evaluationPeriods,
        DatapointsToAlarm: alarm.datapointsToAlarm,
      },
    },
  }
}

function common(context: Context, one: NativeRule): Readonly<Record<string, unknown>> {
  const { alarm } = one.rule
  return {
    AlarmName: nameOf(context, one),
    AlarmDescription: alarm.alarmDescription,
    ComparisonOperator: alarm.comparisonOperator,
    Threshold: alarm.threshold,
    TreatMissingData: alarm.treatMissingData,
    AlarmActions: [ref(IDS.alarmsTopic)],
    OKActions: [ref(IDS.alarmsTopic)],
  }
}

function logAlarm(context: Context, one: NativeRule, filter: string): Resource {
  const { period, evaluationPeriods, datapointsToAlarm } = one.rule.alarm
  const minutes = Math.max(1, Math.round(period / 60))
  return {
    Type: 'AWS::CloudWatch::LogAlarm',
    Properties: {
      ...common(context, one),
      QueryResultsToEvaluate: evaluationPeriods,
      QueryResultsToAlarm: datapointsToAlarm,
      ScheduledQueryConfiguration: {
        QueryString: `fields @timestamp | filter ${filter}`,
        AggregationExpression: 'count(*)',
        LogGroupIdentifiers: one.groups,
        ScheduleConfiguration: {
          ScheduleExpression: `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`,
          StartTimeOffset: minutes * 60,
          EndTimeOffset: 0,
        },
        ScheduledQueryRoleARN: getAtt(QUERY_ROLE, 'Arn'),
      },
    },
  }
}

function queryRole(context: Context, groups: readonly string[]): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `Lets the log alarms of ${context.name} query the log groups they watch`,
      AssumeRolePolicyDocument: policyDocument([
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } },
        },
      ]),
      Policies: [
        {
          PolicyName: 'query',
          PolicyDocument: policyDocument([
            {
              Sid: 'Query',
              Effect: 'Allow',
              Action: ['logs:StartQuery', 'logs:GetQueryResults', 'logs:DescribeLogGroups'],
              Resource: groups.map((group) => localArn('logs', `log-group:${group}:*`)),
            },
          ]),
        },
      ],
      ...rolePath(context),
      ...permissionsBoundary(context),
    },
  }
}
