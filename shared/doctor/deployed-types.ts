/**
 * What the doctor knows of each type of resource that the stack is made of: what it should be beyond what the template
 * says, what follows where it is not, and the command that sets it right. What is deployed is read by
 * shared/aws/deployed-readers.ts, in the template's own words.
 *
 * A deployment does not set a difference right: CloudFormation changes what differs between two templates, and does not
 * look at what somebody changed meanwhile.
 */
import { type JsonObject, listOf, objectOf } from '../derive/json.ts'
import { awsCli, awsCliJson, withSmallNames } from './aws-cli.ts'
import { OPTIONAL_TYPES } from './deployed-optional-types.ts'
import { type DeployedType, lastPart, named, physicalId } from './deployed-type.ts'
import {
  restoreBucket,
  restoreFunction,
  restoreLogGroup,
  restoreRole,
  restoreRule,
  restoreSubscription,
  restoreTable,
  same,
  without,
} from './restore.ts'
import type { TemplateResource } from './template-values.ts'

const ofType = (all: readonly TemplateResource[], type: string) => all.filter((resource) => resource.type === type)

const NOT_SEEN = 'What it is for is no longer seen.'

const alarm = (put: string, noun: string, harm: string): DeployedType => ({
  noun,
  nameOf: named('AlarmName'),
  defaults: {
    ActionsEnabled: true,
    AlarmActions: null,
    OKActions: null,
    InsufficientDataActions: null,
    ActionsSuppressor: null,
  },
  derived: () => ({ MuteRules: [] }),
  beyond: ['MuteRules'],
  cosmetic: ['AlarmDescription'],
  harm,
  restore: ({ properties }, { region, different, actual }) => {
    const name = String(properties.AlarmName)
    const mutes = different.includes('MuteRules')
      ? listOf(actual?.MuteRules).map((rule) =>
          awsCli('cloudwatch delete-alarm-mute-rule', region, { 'alarm-mute-rule-name': rule }),
        )
      : []
    const others = different.filter((property) => property !== 'MuteRules')
    if (others.length === 0 && actual !== undefined) return mutes
    return same(others, 'ActionsEnabled')
      ? [...mutes, awsCli('cloudwatch enable-alarm-actions', region, { 'alarm-names': name })]
      : [...mutes, awsCliJson(`cloudwatch ${put}`, region, { ...properties, ActionsEnabled: true })]
  },
})

const policyOf = ({ properties }: TemplateResource): string => JSON.stringify(properties.PolicyDocument)

/** Attributes are text in SQS's API, whatever they hold. */
const attributes = (properties: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(without(properties, 'QueueName')).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  )

const permissionOf = ({ properties: { Action, Principal, SourceArn } }: TemplateResource): JsonObject => ({
  Action,
  Principal,
  SourceArn,
})

/** A function is named by its name or by its ARN. */
const isOf = (resource: TemplateResource, functionName: string): boolean =>
  String(resource.properties.FunctionName).split(':').at(-1) === functionName

/** By CloudFormation's names. */
export const DEPLOYED_TYPES: Readonly<Record<string, DeployedType>> = {
  'AWS::CloudWatch::Alarm': alarm('put-metric-alarm', 'alarm', 'What it watches is not told, or not in time.'),
  'AWS::CloudWatch::LogAlarm': alarm('put-log-alarm', 'log alarm', 'What it watches is not told, or not in time.'),
  'AWS::CloudWatch::CompositeAlarm': alarm('put-composite-alarm', 'composite alarm', 'What hangs on it is not told.'),
  'AWS::CloudWatch::Dashboard': {
    noun: 'dashboard',
    nameOf: physicalId,
    cosmetic: ['DashboardBody'],
    harm: 'People see less.',
    restore: ({ properties }, { region }) => [
      awsCli('cloudwatch put-dashboard', region, {
        'dashboard-name': properties.DashboardName,
        'dashboard-body': properties.DashboardBody,
      }),
    ],
  },
  'AWS::Logs::MetricFilter': {
    noun: 'metric filter',
    nameOf: named('FilterName'),
    defaults: { ApplyOnTransformedLogs: false },
    harm: NOT_SEEN,
    restore: ({ properties }, { region }) => {
      const [transformation] = listOf(properties.MetricTransformations).map(objectOf)
      const dimensions = listOf(transformation?.Dimensions).map(objectOf)
      const metric = {
        ...without(transformation ?? {}, 'Dimensions'),
        ...(dimensions.length === 0
          ? {}
          : { dimensions: Object.fromEntries(dimensions.map(({ Key, Value }) => [String(Key), Value])) }),
      }
      return [
        awsCliJson('logs put-metric-filter', region, {
          ...objectOf(withSmallNames(without(properties, 'MetricTransformations'))),
          metricTransformations: [
            {
              ...objectOf(withSmallNames(without(metric, 'dimensions'))),
              ...('dimensions' in metric ? { dimensions: metric.dimensions } : {}),
            },
          ],
        }),
      ]
    },
  },
  'AWS::Logs::LogGroup': {
    noun: 'log group',
    nameOf: named('LogGroupName'),
    defaults: { LogGroupClass: 'STANDARD', RetentionInDays: null, KmsKeyId: null, DataProtectionStatus: null },
    derived: () => ({ SubscriptionFilters: [] }),
    beyond: ['SubscriptionFilters'],
    harm: 'Evidence is lost, kept for a shorter time, hidden, or copied to somebody else.',
    restore: restoreLogGroup,
  },
  'AWS::Logs::QueryDefinition': {
    noun: 'saved query',
    nameOf: named('Name'),
    cosmetic: ['Name', 'LogGroupNames', 'QueryString'],
    harm: 'People look at less.',
    restore: ({ properties, physicalId: id }, { region, actual }) => [
      awsCliJson('logs put-query-definition', region, {
        ...objectOf(withSmallNames(properties)),
        ...(actual === undefined ? {} : { queryDefinitionId: id }),
      }),
    ],
  },
  'AWS::SQS::Queue': {
    noun: 'queue',
    nameOf: lastPart,
    defaults: {
      DelaySeconds: 0,
      KmsMasterKeyId: null,
      RedrivePolicy: null,
      RedriveAllowPolicy: null,
      TakesWholeMessages: true,
    },
    harm: 'Messages are lost, wait, or go elsewhere.',
    restore: ({ properties, physicalId: url }, { region, actual, different }) => {
      const wanted = attributes(properties)
      const plain = { DelaySeconds: '0', KmsMasterKeyId: '', RedrivePolicy: '', RedriveAllowPolicy: '' }
      if (actual === undefined) {
        return [awsCli('sqs create-queue', region, { 'queue-name': properties.QueueName, attributes: wanted })]
      }
      const names = different.filter((name) => name !== 'TakesWholeMessages')
      const set = Object.fromEntries(
        names.map((name) => [name, wanted[name] ?? plain[name as keyof typeof plain] ?? '']),
      )
      const size = different.includes('TakesWholeMessages') ? { MaximumMessageSize: '1048576' } : {}
      return [awsCli('sqs set-queue-attributes', region, { 'queue-url': url, attributes: { ...set, ...size } })]
    },
  },
  'AWS::SQS::QueuePolicy': {
    noun: 'policy of the queue',
    nameOf: ({ properties }) => String(listOf(properties.Queues)[0]).split('/').at(-1) ?? '',
    ignored: ['Queues'],
    harm: 'Who should send cannot, or who should not can.',
    restore: (resource, { region }) =>
      listOf(resource.properties.Queues).map((url) =>
        awsCli('sqs set-queue-attributes', region, { 'queue-url': url, attributes: { Policy: policyOf(resource) } }),
      ),
  },
  'AWS::SNS::Topic': {
    noun: 'topic',
    nameOf: lastPart,
    defaults: { KmsMasterKeyId: null },
    derived: ({ physicalId: arn }, all) => ({
      Subscriptions: ofType(all, 'AWS::SNS::Subscription')
        .filter(({ properties }) => properties.TopicArn === arn)
        .map(({ properties: { Protocol, Endpoint } }) => ({ Protocol, Endpoint })),
    }),
    beyond: ['Subscriptions'],
    harm: 'Nobody is told, or somebody else is told as well.',
    restore: ({ properties, physicalId: arn }, { region, actual, different }) => {
      const key = properties.KmsMasterKeyId
      if (actual === undefined) {
        const attributes = key === undefined ? undefined : { KmsMasterKeyId: key }
        return [awsCli('sns create-topic', region, { name: properties.TopicName, attributes })]
      }
      return [
        ...(different.includes('KmsMasterKeyId')
          ? [
              awsCli('sns set-topic-attributes', region, {
                'topic-arn': arn,
                'attribute-name': 'KmsMasterKeyId',
                'attribute-value': key ?? '',
              }),
            ]
          : []),
        ...(different.includes('Subscriptions')
          ? [
              `If it is yours, and of a person: name it in the parameter alertEmails. Else: ${awsCli('sns list-subscriptions-by-topic', region, { 'topic-arn': arn })}, then aws sns unsubscribe`,
            ]
          : []),
      ]
    },
  },
  'AWS::SNS::TopicPolicy': {
    noun: 'policy of the topic',
    nameOf: ({ properties }) => String(listOf(properties.Topics)[0]).split(':').at(-1) ?? '',
    ignored: ['Topics'],
    harm: 'Who should publish cannot, or who should not can.',
    restore: (resource, { region }) =>
      listOf(resource.properties.Topics).map((arn) =>
        awsCli('sns set-topic-attributes', region, {
          'topic-arn': arn,
          'attribute-name': 'Policy',
          'attribute-value': policyOf(resource),
        }),
      ),
  },
  'AWS::SNS::Subscription': {
    noun: 'subscription',
    nameOf: ({ properties: { TopicArn, Protocol, Endpoint } }) =>
      `${String(Protocol)} ${String(Endpoint)} to ${String(TopicArn).split(':').at(-1)}`,
    defaults: { RawMessageDelivery: false, FilterPolicy: null, RedrivePolicy: null },
    ignored: ['Region'],
    harm: 'What is published does not arrive there, or not all of it.',
    restore: restoreSubscription,
  },
  'AWS::Lambda::Function': {
    noun: 'function',
    nameOf: physicalId,
    defaults: {
      ReservedConcurrentExecutions: null,
      Layers: null,
      VpcConfig: null,
      DeadLetterConfig: null,
      KMSKeyArn: null,
      RecursiveLoop: 'Terminate',
    },
    derived: ({ physicalId: name }, all) => ({
      Permissions: ofType(all, 'AWS::Lambda::Permission')
        .filter((resource) => isOf(resource, name))
        .map(permissionOf),
      EventSourceMappings: ofType(all, 'AWS::Lambda::EventSourceMapping')
        .filter((resource) => isOf(resource, name))
        .map(({ properties }) => properties.EventSourceArn),
    }),
    beyond: ['Permissions', 'EventSourceMappings'],
    cosmetic: ['Description'],
    harm: 'What it does is not done, or something else is.',
    restore: restoreFunction,
  },
  'AWS::Lambda::Permission': {
    noun: 'permission to invoke',
    nameOf: ({ properties: { FunctionName, Principal } }) =>
      `${String(FunctionName).split(':').at(-1)} by ${String(Principal)}`,
    ignored: ['FunctionName'],
    harm: 'The function is not invoked.',
    restore: ({ logicalId, properties }, { region }) => [
      awsCli('lambda add-permission', region, {
        'function-name': properties.FunctionName,
        'statement-id': `restored-${logicalId}`,
        action: properties.Action,
        principal: properties.Principal,
        'source-arn': properties.SourceArn,
        'source-account': properties.SourceAccount,
      }),
    ],
  },
  'AWS::Lambda::EventSourceMapping': {
    noun: 'event source mapping',
    nameOf: ({ properties }) =>
      `${String(properties.EventSourceArn).split(':').at(-1)} to ${String(properties.FunctionName).split(':').at(-1)}`,
    defaults: { Enabled: true, FilterCriteria: null, MaximumBatchingWindowInSeconds: 0 },
    harm: 'What is in the queue is not read, or not all of it.',
    restore: ({ properties, physicalId: uuid }, { region, actual }) => [
      actual === undefined
        ? awsCliJson('lambda create-event-source-mapping', region, properties)
        : awsCliJson('lambda update-event-source-mapping', region, {
            UUID: actual.UUID ?? uuid,
            FilterCriteria: {},
            ...without(properties, 'EventSourceArn'),
          }),
    ],
  },
  'AWS::Lambda::EventInvokeConfig': {
    noun: 'invocation settings of the function',
    nameOf: ({ properties }) => String(properties.FunctionName).split(':').at(-1) ?? '',
    defaults: { MaximumEventAgeInSeconds: null, MaximumRetryAttempts: 2 },
    ignored: ['FunctionName', 'Qualifier'],
    harm: 'Alarms that could not be turned into alerts are not kept.',
    restore: ({ properties }, { region }) => [
      awsCliJson('lambda put-function-event-invoke-config', region, properties),
    ],
  },
  'AWS::DynamoDB::Table': {
    noun: 'table',
    nameOf: physicalId,
    defaults: { TableStatus: 'ACTIVE' },
    harm: 'Objects are read twice or not to their end, and incidents are told again.',
    restore: restoreTable,
  },
  'AWS::IAM::Role': {
    noun: 'role',
    nameOf: physicalId,
    defaults: { PermissionsBoundary: null },
    derived: (resource, all) => ({
      ManagedPolicyArns: [
        ...listOf(resource.properties.ManagedPolicyArns),
        ...ofType(all, 'AWS::IAM::ManagedPolicy')
          .filter(({ properties }) => listOf(properties.Roles).includes(resource.physicalId))
          .map(physicalId),
      ],
    }),
    ignored: ['Path', 'RoleName'],
    cosmetic: ['Description'],
    harm: 'The function may do less than it needs, or somebody may do more than they should.',
    restore: restoreRole,
  },
  'AWS::IAM::ManagedPolicy': {
    noun: 'managed policy',
    nameOf: lastPart,
    ignored: ['Description', 'ManagedPolicyName', 'Path', 'Roles'],
    harm: 'The function may not read what it should, or may do more.',
    restore: ({ properties, physicalId: arn }, { region }) => [
      awsCli('iam create-policy-version', region, {
        'policy-arn': arn,
        'policy-document': properties.PolicyDocument,
        'set-as-default': true,
      }),
    ],
  },
  'AWS::KMS::Key': {
    noun: 'key',
    nameOf: physicalId,
    defaults: { KeyState: 'Enabled', EnableKeyRotation: false },
    cosmetic: ['Description'],
    harm: 'What is encrypted with it cannot be read, and alarms cannot be published.',
    restore: ({ properties, physicalId: id }, { region, actual, different }) => {
      const key = { 'key-id': id }
      return [
        ...(actual?.KeyState === 'PendingDeletion' ? [awsCli('kms cancel-key-deletion', region, key)] : []),
        ...(different.includes('KeyState') ? [awsCli('kms enable-key', region, key)] : []),
        ...(different.includes('KeyPolicy')
          ? [awsCli('kms put-key-policy', region, { ...key, 'policy-name': 'default', policy: properties.KeyPolicy })]
          : []),
        ...(different.includes('EnableKeyRotation')
          ? [
              awsCli(
                properties.EnableKeyRotation === true ? 'kms enable-key-rotation' : 'kms disable-key-rotation',
                region,
                key,
              ),
            ]
          : []),
      ]
    },
  },
  'AWS::Events::Rule': {
    noun: 'rule of EventBridge',
    nameOf: physicalId,
    defaults: { State: 'ENABLED' },
    ignored: ['Name'],
    cosmetic: ['Description'],
    harm: 'What it starts is not started.',
    restore: restoreRule,
  },
  'AWS::Events::EventBusPolicy': {
    noun: 'statement of the event bus policy',
    nameOf: named('StatementId'),
    ignored: ['EventBusName', 'StatementId'],
    harm: 'Events of other accounts do not arrive, or those of strangers do.',
    restore: ({ properties }) => [
      `Put into the policy of the event bus ${String(properties.EventBusName)}: ${JSON.stringify({ Sid: properties.StatementId, ...objectOf(properties.Statement) })}`,
    ],
  },
  'AWS::S3::Bucket': {
    noun: 'bucket',
    nameOf: physicalId,
    ignored: ['BucketName'],
    harm: "The functions' code is not where the stack has it from, or the canary does not arrive.",
    restore: restoreBucket,
  },
  'AWS::S3::BucketPolicy': {
    noun: 'policy of the bucket',
    nameOf: named('Bucket'),
    ignored: ['Bucket'],
    harm: "Somebody may reach the functions' code who should not.",
    restore: (resource, { region }) => [
      awsCli('s3api put-bucket-policy', region, {
        bucket: resource.properties.Bucket,
        policy: policyOf(resource),
      }),
    ],
  },
  'AWS::StepFunctions::StateMachine': {
    noun: 'state machine',
    nameOf: lastPart,
    ignored: ['StateMachineName', 'StateMachineType'],
    harm: 'Backfills do something else.',
    restore: ({ properties, physicalId: arn }, { region }) => [
      awsCli('stepfunctions update-state-machine', region, {
        'state-machine-arn': arn,
        definition: properties.Definition,
        'role-arn': properties.RoleArn,
      }),
    ],
  },
  ...OPTIONAL_TYPES,
}
