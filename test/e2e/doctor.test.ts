/**
 * What somebody does to a deployed stack to blind it, and what the doctor says: the template is the emulator's own copy,
 * and every change is made with the call that an intruder would make.
 */

import { AthenaClient } from '@aws-sdk/client-athena'
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  DeleteLogGroupCommand,
  DeleteMetricFilterCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DisableRuleCommand, EventBridgeClient, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { GlueClient } from '@aws-sdk/client-glue'
import { ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { DisableKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import {
  AddPermissionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  PutFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import {
  ListSubscriptionsByTopicCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import { DeleteQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import { readDeployedTemplate } from '../../shared/aws/deployed-template.ts'
import { fetchTemplateFacts } from '../../shared/aws/template-facts.ts'
import { checkTemplate } from '../../shared/doctor/check-template.ts'
import type { Finding } from '../../shared/doctor/finding.ts'
import { canaryObject } from '../../shared/incident/canary.ts'
import { CREDENTIALS, REGION } from './support/emulator.ts'
import { eventually, type Stack, startStack } from './support/stack.ts'

const NAME = 'bucketwatch-e2e'
const TRAIL = 'amzn-s3-demo-trail'

let stack: Stack
let clients: AdminClients
const common = () => ({ endpoint: stack.emulator.endpoint, region: REGION, credentials: CREDENTIALS })

beforeAll(async () => {
  stack = await startStack({
    buckets: [TRAIL],
    parameters: { cloudTrailBuckets: TRAIL, alertEmails: 'security@example.com' },
  })
  const kms = new KMSClient(common())
  clients = {
    ...stack,
    athena: new AthenaClient(common()),
    dynamoDb: new DynamoDBClient(common()),
    eventBridge: new EventBridgeClient(common()),
    glue: new GlueClient(common()),
    kms: () => kms,
    lambda: new LambdaClient(common()),
    sfn: new SFNClient(common()),
    stackS3: stack.s3,
  }
})

afterAll(async () => {
  await stack?.stop()
})

async function look(): Promise<Finding[]> {
  const facts = await fetchTemplateFacts(clients, { stackName: NAME, prefix: NAME, region: REGION })
  return facts === undefined ? [] : checkTemplate(facts)
}

const told = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ what }) => what)

/** What the emulator does not make of a template, or makes otherwise; the doctor rightly says so. */
const EMULATOR = [
  // The tests do not wait for half an hour: support/stack.ts.
  /^The queue bucketwatch-e2e-(cloudtrail|access-log) .*: VisibilityTimeout is 4, the template says 1800\.$/,
  /^The topic bucketwatch-e2e-(alarms|alerts) .*: KmsMasterKeyId lacks /,
  /: WarmUpConfiguration lacks /,
  /^The table .*: TimeToLiveSpecification/,
  /^The bucket bucketwatch-e2e-canarybucket-\S+ .*: LifecycleConfiguration lacks /,
  /^The invocation settings of the function bucketwatch-e2e-alert is gone\.$/,
  /: RecursiveLoop is Terminate, the template says Allow\.$/,
  /^Not compared: .*MuteRules.*ListAlarmMuteRules/,
]

const A_QUEUE_OF_SOMEBODY = `arn:aws:sqs:${REGION}:444455556666:amzn-s3-demo-queue`
const url = (name: string) => `${stack.emulator.endpoint}/${CREDENTIALS.accessKeyId}/${NAME}-${name}`
const allowAll = (resource: string, action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: resource }],
  })

async function subscriptionOf(topicArn: string | undefined, protocol: string): Promise<string> {
  const { Subscriptions = [] } = await stack.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }))
  return Subscriptions.find(({ Protocol }) => Protocol === protocol)?.SubscriptionArn ?? ''
}

interface Sabotage {
  readonly name: string
  readonly act: () => Promise<unknown>
  readonly what: RegExp
  readonly fix: RegExp
}

const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'actions of an alarm are switched off',
    act: () =>
      stack.cloudWatch.send(new DisableAlarmActionsCommand({ AlarmNames: [`${NAME}-pipeline-cloudtrail-dlq`] })),
    what: /^The alarm bucketwatch-e2e-pipeline-cloudtrail-dlq .*ActionsEnabled is false, the template says true\.$/,
    fix: /^aws cloudwatch enable-alarm-actions --region us-east-1 --alarm-names bucketwatch-e2e-pipeline-cloudtrail-dlq$/,
  },
  {
    name: 'an alarm is deleted',
    act: () => stack.cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [`${NAME}-pipeline-hits-dlq`] })),
    what: /^The alarm bucketwatch-e2e-pipeline-hits-dlq is gone\.$/,
    fix: /^aws cloudwatch put-metric-alarm --region us-east-1 --cli-input-json '\{"AlarmName":"bucketwatch-e2e-pipeline-hits-dlq".*"AlarmActions":\["arn:aws:sns:[^$]*:bucketwatch-e2e-alerts"\]/,
  },
  {
    name: 'a threshold is raised',
    act: async () => {
      const AlarmName = `${NAME}-pipeline-alert-dlq`
      const { MetricAlarms = [] } = await stack.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))
      const [alarm] = MetricAlarms
      await stack.cloudWatch.send(
        new PutMetricAlarmCommand({ ...(alarm as object), AlarmName, Threshold: 1e6 } as never),
      )
    },
    what: /^The alarm bucketwatch-e2e-pipeline-alert-dlq .*Threshold is 1000000, the template says 0/,
    fix: /put-metric-alarm .*"Threshold":0,/,
  },
  {
    name: 'a metric filter is deleted',
    act: () =>
      stack.logs.send(
        new DeleteMetricFilterCommand({
          logGroupName: '/bucketwatch/e2e/cloudtrail',
          filterName: `${NAME}-s3-policy-deleted`,
        }),
      ),
    what: /^The metric filter bucketwatch-e2e-s3-policy-deleted is gone\.$/,
    fix: /^aws logs put-metric-filter --region us-east-1 --cli-input-json '\{"filterName":"bucketwatch-e2e-s3-policy-deleted".*"metricTransformations":\[\{"metricNamespace":"bucketwatch\/e2e"/,
  },
  {
    name: 'the pattern of a metric filter is changed',
    act: () =>
      stack.logs.send(
        new PutMetricFilterCommand({
          logGroupName: '/bucketwatch/e2e/cloudtrail',
          filterName: `${NAME}-s3-policy-public`,
          filterPattern: '{ $.eventName = "Nothing" }',
          metricTransformations: [
            { metricNamespace: 'bucketwatch/e2e', metricName: 's3-policy-public', metricValue: '1' },
          ],
        }),
      ),
    what: /^The metric filter bucketwatch-e2e-s3-policy-public .*FilterPattern is \{ \$\.eventName = "Nothing" \}, the template says/,
    fix: /put-metric-filter/,
  },
  {
    name: 'a function may not run',
    act: () =>
      clients.lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: `${NAME}-cloudtrail`, ReservedConcurrentExecutions: 0 }),
      ),
    what: /^The function bucketwatch-e2e-cloudtrail .*ReservedConcurrentExecutions has 0, the template has not/,
    fix: /aws lambda delete-function-concurrency --region us-east-1 --function-name bucketwatch-e2e-cloudtrail/,
  },
  {
    name: 'an event source mapping is switched off',
    act: async () => {
      const { EventSourceMappings = [] } = await clients.lambda.send(
        new ListEventSourceMappingsCommand({ FunctionName: `${NAME}-access-log` }),
      )
      await clients.lambda.send(
        new UpdateEventSourceMappingCommand({ UUID: EventSourceMappings[0]?.UUID, Enabled: false }),
      )
    },
    what: /^The event source mapping bucketwatch-e2e-access-log to bucketwatch-e2e-access-log .*Enabled is false/,
    fix: /^aws lambda update-event-source-mapping .*"Enabled":true/,
  },
  {
    name: 'the policy of a queue is replaced',
    act: () =>
      stack.sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: url('cloudtrail'), Attributes: { Policy: allowAll('*', 'sqs:*') } }),
      ),
    what: /^The policy of the queue bucketwatch-e2e-cloudtrail .*PolicyDocument\.Statement.*lacks/,
    fix: /^aws sqs set-queue-attributes --region us-east-1 --queue-url \S+bucketwatch-e2e-cloudtrail --attributes '\{"Policy":/,
  },
  {
    name: 'a queue is deleted',
    act: () => stack.sqs.send(new DeleteQueueCommand({ QueueUrl: url('alert-dlq') })),
    what: /^The queue bucketwatch-e2e-alert-dlq is gone\.$/,
    fix: /^aws sqs create-queue .*--queue-name bucketwatch-e2e-alert-dlq/,
  },
  {
    name: 'a subscription is removed',
    act: async () =>
      stack.sns.send(
        new UnsubscribeCommand({ SubscriptionArn: await subscriptionOf(stack.outputs.AlarmsTopicArn, 'lambda') }),
      ),
    what: /^The subscription lambda \S+function:bucketwatch-e2e-alert to bucketwatch-e2e-alarms is gone\.$/,
    fix: /^aws sns subscribe .*--protocol lambda --notification-endpoint \S+:bucketwatch-e2e-alert /,
  },
  {
    name: 'a subscription is given a filter',
    act: async () =>
      stack.sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: await subscriptionOf(stack.outputs.AlertsTopicArn, 'email'),
          AttributeName: 'FilterPolicy',
          AttributeValue: '{"severity":["none"]}',
        }),
      ),
    what: /^The subscription email security@example\.com to bucketwatch-e2e-alerts .*FilterPolicy has \{"severity":"none"\}/,
    fix: /^aws sns set-subscription-attributes .*--attribute-name FilterPolicy --attribute-value '\{\}'$/,
  },
  {
    name: 'somebody else is subscribed',
    act: () =>
      stack.sns.send(
        new SubscribeCommand({
          TopicArn: stack.outputs.AlertsTopicArn,
          Protocol: 'sqs',
          Endpoint: A_QUEUE_OF_SOMEBODY,
        }),
      ),
    what: /^The topic bucketwatch-e2e-alerts has more than the template says: Subscriptions has .*444455556666:amzn-s3-demo-queue/,
    fix: /aws sns unsubscribe/,
  },
  {
    name: 'retention is lowered',
    act: () =>
      stack.logs.send(
        new PutRetentionPolicyCommand({ logGroupName: '/bucketwatch/e2e/cloudtrail', retentionInDays: 1 }),
      ),
    what: /^The log group \/bucketwatch\/e2e\/cloudtrail .*RetentionInDays is 1, the template says 90/,
    fix: /^aws logs put-retention-policy --region us-east-1 --log-group-name \/bucketwatch\/e2e\/cloudtrail --retention-in-days 90$/,
  },
  {
    name: 'a log group is deleted',
    act: () => stack.logs.send(new DeleteLogGroupCommand({ logGroupName: '/bucketwatch/e2e/history' })),
    what: /^The log group \/bucketwatch\/e2e\/history is gone\.$/,
    fix: /^aws logs create-log-group .*\naws logs put-retention-policy/,
  },
  {
    name: 'the records are copied to somebody else',
    act: () =>
      stack.logs.send(
        new PutSubscriptionFilterCommand({
          logGroupName: '/bucketwatch/e2e/access-log',
          filterName: 'copy',
          filterPattern: '',
          destinationArn: `arn:aws:logs:${REGION}:444455556666:destination:copy`,
        }),
      ),
    what: /^The log group \/bucketwatch\/e2e\/access-log has more than the template says: SubscriptionFilters has .*444455556666/,
    fix: /^aws logs delete-subscription-filter .*--filter-name copy$/,
  },
  {
    name: 'the code of a function is replaced',
    act: () =>
      clients.lambda.send(
        new UpdateFunctionCodeCommand({
          FunctionName: `${NAME}-access-log`,
          ZipFile: Buffer.from(EMPTY_ZIP, 'base64'),
        }),
      ),
    what: /^The function bucketwatch-e2e-access-log .*Code is code with the SHA-256 /,
    fix: /aws lambda update-function-code --region us-east-1 --function-name bucketwatch-e2e-access-log --s3-bucket \S+ --s3-key \S+/,
  },
  {
    name: 'the environment of a function is changed',
    act: async () => {
      const FunctionName = `${NAME}-alert`
      const { Environment } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
      const Variables = { ...Environment?.Variables, BUCKETWATCH_TARGET_SEVERITIES: 'slack=critical' }
      await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }))
    },
    what: /^The function bucketwatch-e2e-alert .*Environment\.Variables\.BUCKETWATCH_TARGET_SEVERITIES has slack=critical/,
    fix: /^aws lambda update-function-configuration /,
  },
  {
    name: 'somebody else may invoke a function',
    act: () =>
      clients.lambda.send(
        new AddPermissionCommand({
          FunctionName: `${NAME}-alert`,
          StatementId: 'them',
          Action: 'lambda:InvokeFunction',
          Principal: '444455556666',
        }),
      ),
    what: /^The function bucketwatch-e2e-alert has more than the template says: Permissions has .*444455556666/,
    fix: /aws lambda remove-permission/,
  },
  {
    name: 'a role may do more',
    act: async () => {
      const { Roles = [] } = await stack.iam.send(new ListRolesCommand({}))
      await stack.iam.send(
        new PutRolePolicyCommand({
          RoleName: Roles.find(({ RoleName }) => RoleName?.includes('AlertRole'))?.RoleName,
          PolicyName: 'more',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
          }),
        }),
      )
    },
    what: /^The role \S*AlertRole\S* .*Policies\[more\] has /,
    fix: /aws iam delete-role-policy .*--policy-name more$/,
  },
  {
    name: 'the schedule is switched off',
    act: async () => clients.eventBridge.send(new DisableRuleCommand({ Name: await scheduleName() })),
    what: /^The rule of EventBridge \S+ .*State is DISABLED, the template says ENABLED/,
    fix: /aws events enable-rule|aws events put-rule/,
  },
  {
    name: 'the schedule starts something else as well',
    act: async () =>
      clients.eventBridge.send(
        new PutTargetsCommand({ Rule: await scheduleName(), Targets: [{ Id: 'them', Arn: A_QUEUE_OF_SOMEBODY }] }),
      ),
    what: /^The rule of EventBridge \S+ .*Targets\[them\] has .*444455556666/,
    fix: /aws events remove-targets .*--ids them$/,
  },
  {
    name: 'the key is disabled',
    act: async () => {
      const { Keys = [] } = await clients.kms(REGION, 'stack').send(new ListKeysCommand({}))
      for (const { KeyId } of Keys) await clients.kms(REGION, 'stack').send(new DisableKeyCommand({ KeyId }))
    },
    what: /^The key \S+ .*KeyState is Disabled, the template says Enabled/,
    fix: /^aws kms enable-key --region us-east-1 --key-id /,
  },
  {
    name: 'the table is deleted',
    act: () => clients.dynamoDb.send(new DeleteTableCommand({ TableName: tableName })),
    what: /^The table \S+ is gone\.$/,
    fix: /^aws dynamodb create-table .*\naws dynamodb update-time-to-live/,
  },
]

/** A zip file with nothing in it. */
const EMPTY_ZIP = Buffer.from([0x50, 0x4b, 0x05, 0x06, ...new Array<number>(18).fill(0)]).toString('base64')

let tableName = ''
const physicalIds = new Map<string, string>()
const scheduleName = async () => physicalIds.get('EveryMinute')

describe('the doctor against the template', () => {
  test('a fresh deployment is as its template says', async () => {
    const findings = await look()
    expect(told(findings).filter((what) => !EMULATOR.some((gap) => gap.test(what)))).toEqual([])
    expect(findings[0]?.what).toMatch(/^\d+ of \d+ resources are as the template says\.$/)
  })

  test('a canary goes the whole way, and is told to nobody', async () => {
    const bucket = stack.outputs.CanaryBucketName ?? ''
    const place = { bucket, accountId: CREDENTIALS.accessKeyId, region: REGION }
    const { key, body } = canaryObject('cloudtrail', place, Date.now() - 2000)
    await stack.put(bucket, key, body)
    const note = await eventually('the canary', async () =>
      (await stack.records('findings')).find(({ kind }) => kind === 'canary'),
    )
    expect(note).toMatchObject({ source: 'cloudtrail', stage: 'e2e' })
    expect((await stack.records('cloudtrail')).map(({ eventName }) => eventName)).toContain('BucketwatchCanary')
    expect((await stack.records('findings')).filter(({ kind }) => kind === 'finding')).toEqual([])
    expect(await stack.receiptOf(key)).toBeUndefined()
  })

  test('an intruder is at work', async () => {
    const template = await readDeployedTemplate(stack, NAME)
    for (const { logicalId, physicalId } of template?.resources ?? []) physicalIds.set(logicalId, physicalId)
    tableName = physicalIds.get('StateTable') ?? ''
    for (const { act } of SABOTAGES) await act()
    findings = await look()
  })

  let findings: readonly Finding[] = []
  test.each(SABOTAGES)('$name', ({ what, fix }) => {
    const found = findings.filter((one) => what.test(one.what))
    expect(found, findings.map((one) => one.what).join('\n')).toHaveLength(1)
    expect(found[0]?.fix).toMatch(fix)
  })
})
