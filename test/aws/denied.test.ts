/** Whoever may not make a call is told which: each one that looks at the stack's resources, denied one at a time. */
import { expect, test } from 'vitest'
import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import { fetchTemplateFacts } from '../../shared/aws/template-facts.ts'
import { checkTemplate } from '../../shared/doctor/check-template.ts'

const ARN = 'arn:aws:service:eu-west-1:111122223333:thing/one'
/** Names, and parts that the doctor asks after only where the template has them. */
const PROPERTIES = {
  ...{ AlarmName: 'p-one', DashboardName: 'd', Bucket: 'amzn-s3-demo-bucket', FunctionName: 'one' },
  ...{ NotificationConfiguration: {}, LifecycleConfiguration: {}, PublicAccessBlockConfiguration: {} },
  ...{ ReservedConcurrentExecutions: 1, RecursiveLoop: 'Allow', KeyPolicy: {}, EnableKeyRotation: true, Code: {} },
  ...{ TimeToLiveSpecification: {}, PointInTimeRecoverySpecification: {} },
  ...{ Targets: [], TopicArn: ARN, Endpoint: 'a', Protocol: 'sqs', SubscriptionFilters: [] },
}

/** A stack with a resource of each type that has a reader. */
const TYPES = [
  ...['CloudWatch::Alarm', 'CloudWatch::CompositeAlarm', 'CloudWatch::Dashboard', 'DynamoDB::Table'],
  ...['Events::EventBusPolicy', 'Events::Rule', 'IAM::ManagedPolicy', 'IAM::Role', 'KMS::Key'],
  ...['Lambda::EventInvokeConfig', 'Lambda::EventSourceMapping', 'Lambda::Function', 'Lambda::Permission'],
  ...['Logs::LogGroup', 'Logs::MetricFilter', 'Logs::QueryDefinition', 'S3::Bucket', 'S3::BucketPolicy'],
  ...['SNS::Subscription', 'SNS::Topic', 'SNS::TopicPolicy', 'SQS::Queue', 'SQS::QueuePolicy'],
  'StepFunctions::StateMachine',
]
const idOf = (type: string) => type.replace('::', '')

/** What has to be there for the calls that follow; everything else answers nothing. */
const ANSWERS: Readonly<Record<string, object>> = {
  DescribeStacks: { Stacks: [{ StackId: ARN, StackName: 'p', StackStatus: 'CREATE_COMPLETE' }] },
  GetTemplate: {
    TemplateBody: JSON.stringify({
      Resources: Object.fromEntries(
        TYPES.map((type) => [idOf(type), { Type: `AWS::${type}`, Properties: PROPERTIES }]),
      ),
    }),
  },
  ListStackResources: {
    StackResourceSummaries: TYPES.map((type) => ({
      LogicalResourceId: idOf(type),
      PhysicalResourceId: /SNS|SQS|Managed/.test(type) ? ARN : 'one',
      ResourceType: `AWS::${type}`,
    })),
  },
  ListAlarmMuteRules: { AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn: ARN }] },
  DescribeAlarms: {
    MetricAlarms: [{ AlarmName: 'p-one', AlarmArn: ARN }],
    CompositeAlarms: [{ AlarmName: 'p-one', AlarmArn: ARN }],
  },
  DescribeLogGroups: { logGroups: [{ logGroupName: 'one', arn: ARN }] },
  DescribeRule: { Name: 'one', Arn: ARN },
  GetRole: { Role: { RoleName: 'one', Arn: ARN } },
  ListRolePolicies: { PolicyNames: ['one'] },
  ListAttachedRolePolicies: { AttachedPolicies: [{ PolicyArn: ARN }] },
  GetPolicy: { Policy: { Arn: ARN, DefaultVersionId: 'v1' } },
  DescribeKey: { KeyMetadata: { KeyId: 'one', Arn: ARN } },
  GetFunctionConfiguration: { FunctionName: 'one', FunctionArn: ARN },
  ListSubscriptionsByTopic: { Subscriptions: [{ SubscriptionArn: ARN, Endpoint: 'a', Protocol: 'sqs' }] },
  DescribeStateMachine: { definition: '{}', roleArn: ARN },
}

/** Where the right to make a call is not named as the call is. https://docs.aws.amazon.com/service-authorization/ */
const RIGHTS: Readonly<Record<string, string>> = {
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  GetObject: 'GetObject (code of the function)',
}
const SERVICES: Readonly<Record<string, string>> = {
  cloudFormation: 'cloudformation',
  cloudWatch: 'cloudwatch',
  dynamoDb: 'dynamodb',
  eventBridge: 'events',
  sfn: 'states',
  stackS3: 's3',
}

async function look(
  denied?: string,
  error = 'AccessDeniedException',
): Promise<{ calls: ReadonlyMap<string, string>; said: string }> {
  const calls = new Map<string, string>()
  const client = (name: string) => ({
    config: { region: async () => 'eu-west-1' },
    async send(command: object) {
      const call = command.constructor.name.replace(/Command$/, '')
      calls.set(call, `${SERVICES[name] ?? name}:${RIGHTS[call] ?? call}`)
      if (call === denied) throw Object.assign(new Error('no'), { name: error })
      return ANSWERS[call] ?? {}
    },
  })
  const clients = new Proxy({}, { get: (_, name: string) => (name === 'kms' ? () => client('kms') : client(name)) })
  const facts = await fetchTemplateFacts(clients as AdminClients, { stackName: 'p', prefix: 'p', region: 'eu-west-1' })
  return {
    calls,
    said:
      facts === undefined
        ? ''
        : checkTemplate(facts)
            .map(({ what }) => what)
            .join('\n'),
  }
}

const { calls } = await look()

test('all that the doctor asks of a stack is asked', () => {
  expect([...calls.values()].sort()).toMatchInlineSnapshot(`
    [
      "cloudformation:DescribeStacks",
      "cloudformation:GetTemplate",
      "cloudformation:ListStackResources",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetAlarmMuteRule",
      "cloudwatch:GetDashboard",
      "cloudwatch:ListAlarmMuteRules",
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "events:DescribeEventBus",
      "events:DescribeRule",
      "events:ListTargetsByRule",
      "iam:GetPolicyVersion",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:GetFunctionEventInvokeConfig",
      "lambda:GetFunctionRecursionConfig",
      "lambda:GetPolicy",
      "lambda:ListEventSourceMappings",
      "logs:DescribeLogGroups",
      "logs:DescribeMetricFilters",
      "logs:DescribeQueryDefinitions",
      "s3:GetBucketNotification",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetObject (code of the function)",
      "sns:GetSubscriptionAttributes",
      "sns:GetTopicAttributes",
      "sns:ListSubscriptionsByTopic",
      "sqs:GetQueueAttributes",
      "states:DescribeStateMachine",
    ]
  `)
})

test.each([...calls])('%s denied: %s is named', async (call, right) => {
  expect((await look(call)).said).toContain(`${right}: AccessDeniedException: no`)
})

test.each([
  ['GetBucketPolicy', 'NoSuchBucketPolicy', 'The policy of the bucket amzn-s3-demo-bucket is gone.'],
  ['GetBucketPolicy', 'NoSuchBucket', 'The policy of the bucket amzn-s3-demo-bucket is gone.'],
  ['GetBucketEncryption', 'NoSuchBucket', 'The bucket one is gone.'],
  ['GetRole', 'NoSuchEntity', 'The role one is gone.'],
  ['GetRole', 'NoSuchEntityException', 'The role one is gone.'],
  ['GetPolicyVersion', 'NoSuchEntityException', 'The managed policy one is gone.'],
  ['DescribeKey', 'NotFoundException', 'The key one is gone.'],
  ['DescribeTable', 'ResourceNotFoundException', 'The table one is gone.'],
  ['DescribeTable', 'TableNotFoundException', 'The table one is gone.'],
  ['GetDashboard', 'ResourceNotFound', 'The dashboard one is gone.'],
  ['GetDashboard', 'DashboardNotFoundError', 'The dashboard one is gone.'],
  ['DescribeMetricFilters', 'ResourceNotFoundException', 'The metric filter one is gone.'],
  ['DescribeRule', 'ResourceNotFoundException', 'The rule of EventBridge one is gone.'],
  ['DescribeStateMachine', 'StateMachineDoesNotExist', 'The state machine one is gone.'],
])('%s answers %s: %s', async (call, name, what) => {
  const { said } = await look(call, name)
  expect(said).toContain(what)
  expect(said).not.toContain(name)
})
