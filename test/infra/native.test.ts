import { describe, expect, test } from 'vitest'
import type { Resources } from '../../infra/cfn.ts'
import { makeTemplate } from '../../infra/template.ts'
import { defaultParameters, packageTemplate } from './support/packaged.ts'

const GROUPS = { cloudTrailLogGroups: '/aws/cloudtrail/native', accessLogLogGroups: '/aws/s3/access' }
const make = async (given: Record<string, unknown>): Promise<Resources> =>
  (await makeTemplate('prod', { ...defaultParameters(), ...given })).resources.Resources
// biome-ignore lint/suspicious/noExplicitAny: a template's properties are as many as AWS has resource types.
const properties = (resources: Resources, id: string): any => resources[id]?.Properties
const ids = (resources: Resources, pattern: RegExp) => Object.keys(resources).filter((id) => pattern.test(id))

test('nothing of it is there without a log group', async () => {
  expect(ids(await make({}), /^(Native|Subscription|Invoke|LogAlarm)/)).toEqual([])
})

describe('by the functions', () => {
  test('a log group feeds the function of its kind, and its rules', async () => {
    const resources = await make({ cloudTrailLogGroups: GROUPS.cloudTrailLogGroups })
    const { DependsOn, Properties } = resources.SubscriptionCloudtrailAwsCloudtrailNative!
    expect(Properties).toMatchObject({
      LogGroupName: '/aws/cloudtrail/native',
      FilterPattern: '',
      DestinationArn: { 'Fn::GetAtt': ['CloudtrailLambdaFunction', 'Arn'] },
    })
    // CloudWatch Logs tries the function when the subscription is made.
    expect(properties(resources, String(DependsOn))).toMatchObject({ Principal: 'logs.amazonaws.com' })
    expect(resources.AlarmS3PolicyPublic).toBeDefined()
    expect(resources.AlarmSalExfilBytes).toBeUndefined()
  })

  test('what Lambda gives up goes into the queue', async () => {
    const resources = await make(GROUPS)
    expect(properties(resources, 'InvokeAccessLog')).toMatchObject({
      FunctionName: { Ref: 'AccessDashlogLambdaFunction' },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['AccessLogQueue', 'Arn'] } } },
    })
  })

  test('the functions are called as the framework calls them', async () => {
    const { Resources } = await packageTemplate({ parameters: GROUPS, stage: 'prod' })
    expect(Object.keys(Resources)).toEqual(
      expect.arrayContaining(['CloudtrailLambdaFunction', 'AccessDashlogLambdaFunction', 'InvokeCloudtrail']),
    )
  })
})

describe('without a function', () => {
  test('filters: the rules that need nothing of ours, each with a metric and an alarm of its own', async () => {
    const resources = await make({ ...GROUPS, nativeDelivery: 'filters' })
    expect(ids(resources, /^(Subscription|Invoke)/)).toEqual([])
    const filter = properties(resources, 'NativeFilterTrailOversizeEvasionCloudtrailAwsCloudtrailNative')
    expect(filter).toMatchObject({ LogGroupName: '/aws/cloudtrail/native' })
    const [metric] = filter.MetricTransformations
    const alarm = properties(resources, 'NativeAlarmTrailOversizeEvasionCloudtrail')
    expect(alarm.Metrics[1].MetricStat.Metric).toEqual({
      Namespace: metric.MetricNamespace,
      MetricName: metric.MetricName,
    })
    expect(metric.MetricName).toBe('native-cloudtrail-trail-oversize-evasion')
    // What needs derived fields is not there.
    expect(ids(resources, /^Native.*(AnonRead|PolicyPublic)/)).toEqual([])
  })

  test('log alarms: the same as queries on a schedule', async () => {
    const resources = await make({ ...GROUPS, nativeDelivery: 'logAlarms' })
    const alarm = properties(resources, 'NativeLogAlarmTrailOversizeEvasionCloudtrail')
    expect(alarm.ScheduledQueryConfiguration).toMatchObject({
      QueryString: expect.stringMatching(/^fields @timestamp \| filter /),
      AggregationExpression: 'count(*)',
      LogGroupIdentifiers: ['/aws/cloudtrail/native'],
      ScheduledQueryRoleARN: { 'Fn::GetAtt': ['LogAlarmRole', 'Arn'] },
    })
    expect(alarm.QueryResultsToAlarm).toBeLessThanOrEqual(alarm.QueryResultsToEvaluate)
    // No log lines in mails: they may hold secrets.
    expect(alarm).not.toHaveProperty('ActionLogLineCount')
    expect(ids(resources, /^NativeFilter/)).toEqual([])
    const [statement] = properties(resources, 'LogAlarmRole').Policies[0].PolicyDocument.Statement
    expect(JSON.stringify(statement.Resource)).toContain('log-group:/aws/cloudtrail/native:*')
  })
})
