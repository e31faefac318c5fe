/** A deployed stack and its two buckets behind the SDK's clients, in which nothing is wrong; tests change one answer. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation'
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { IAMClient } from '@aws-sdk/client-iam'
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetFunctionConfigurationCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import {
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetTopicAttributesCommand, ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { LOG_KINDS } from '../../../shared/kinds/kinds.ts'
import {
  ACCESS,
  ACCESS_KEY,
  ACCOUNT,
  DELIVERY,
  minutesAgo,
  policy,
  queueArn,
  REGION,
  TRAIL,
  TRAIL_KEY,
  topicFacts,
} from './facts.ts'
import { mockStack } from './stack-mocks.ts'

export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const bucketOf = { cloudtrail: TRAIL, 'access-log': ACCESS } as const

/** An error as the SDK throws it. */
export const named = (name: string, status = 400) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } })

/** The clients that the doctor asks. */
export function mockDoctor() {
  return {
    cloudFormation: mockClient(CloudFormationClient),
    cloudWatch: mockClient(CloudWatchClient),
    iam: mockClient(IAMClient),
    kms: mockClient(KMSClient),
    lambda: mockClient(LambdaClient),
    logs: mockClient(CloudWatchLogsClient),
    s3: mockClient(S3Client),
    sns: mockClient(SNSClient),
    sqs: mockClient(SQSClient),
  }
}
export type DoctorMocks = ReturnType<typeof mockDoctor>

/** All that AWS answers where nothing is wrong; what was said or asked before is forgotten. */
export function answerSound(mocks: DoctorMocks): void {
  for (const mock of Object.values(mocks)) (mock as { reset(): unknown }).reset()
  answerQueues(mocks)
  mockStack(mocks)
  answerTemplate(mocks)
  answerFunctions(mocks)
  answerTopics(mocks)
  answerReceipts(mocks)
  answerBuckets(mocks)
}

function answerQueues({ sqs }: DoctorMocks): void {
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'https://sqs/alert-dlq' })
  sqs.on(GetQueueAttributesCommand).resolves({
    Attributes: { ApproximateNumberOfMessages: '0', MessageRetentionPeriod: '1209600' },
  })
}

function answerTemplate({ cloudFormation }: DoctorMocks): void {
  cloudFormation
    .on(DescribeStacksCommand, { StackName: 'bucketwatch-detections-prod' })
    .rejects(new Error('Stack with id bucketwatch-detections-prod does not exist'))
  cloudFormation.on(GetTemplateCommand).resolves({
    TemplateBody: JSON.stringify({
      Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1209600 } } },
    }),
  })
  cloudFormation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: [
      {
        LogicalResourceId: 'Queue',
        PhysicalResourceId: 'https://sqs/hits',
        ResourceType: 'AWS::SQS::Queue',
        ResourceStatus: 'CREATE_COMPLETE',
        LastUpdatedTimestamp: new Date(0),
      },
    ],
  })
}

function answerFunctions({ lambda, cloudWatch }: DoctorMocks): void {
  lambda.on(GetFunctionConfigurationCommand).resolves({
    State: 'Active',
    Environment: { Variables: { BUCKETWATCH_LOG_GROUP_PREFIX: '/security' } },
  })
  lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [{ State: 'Enabled' }] })
  cloudWatch.on(GetMetricStatisticsCommand).resolves({
    Datapoints: [
      { Timestamp: new Date(minutesAgo(10)), Maximum: 9999 },
      { Timestamp: new Date(minutesAgo(5)), Maximum: 3 },
    ],
  })
}

function answerTopics({ sns, kms }: DoctorMocks): void {
  sns.on(GetTopicAttributesCommand).resolves({ Attributes: { KmsMasterKeyId: KEY_ARN } })
  sns.on(ListSubscriptionsByTopicCommand, { TopicArn: topicFacts('alarms').arn }).resolves({
    Subscriptions: [{ Protocol: 'lambda', Endpoint: 'arn:aws:lambda:x', SubscriptionArn: 'arn:aws:sns:x' }],
  })
  sns.on(ListSubscriptionsByTopicCommand, { TopicArn: topicFacts('alerts').arn }).resolves({
    Subscriptions: [{ Protocol: 'email', Endpoint: 'security@example.com', SubscriptionArn: 'arn:aws:sns:x' }],
  })
  kms.on(DescribeKeyCommand).resolves({
    KeyMetadata: { KeyId: '1234abcd', Arn: KEY_ARN, KeyState: 'Enabled', KeyManager: 'CUSTOMER' },
  })
  const topicKey = topicFacts('alarms').key as { value: { policy: { value: string } } }
  kms.on(GetKeyPolicyCommand).resolves({ Policy: topicKey.value.policy.value })
}

function answerReceipts({ logs }: DoctorMocks): void {
  const receipts = LOG_KINDS.map((kind) => ({
    kind: 'receipt',
    function: kind,
    bucket: bucketOf[kind],
    status: 'ok',
    key: kind === 'cloudtrail' ? TRAIL_KEY : ACCESS_KEY,
  }))
  logs.on(FilterLogEventsCommand).resolves({
    events: receipts.map((receipt) => ({ timestamp: minutesAgo(3), message: JSON.stringify(receipt) })),
  })
}

function answerBuckets({ s3 }: DoctorMocks): void {
  for (const kind of LOG_KINDS) {
    const Bucket = bucketOf[kind]
    s3.on(GetBucketPolicyCommand, { Bucket }).resolves({ Policy: policy(...DELIVERY[kind]) })
    s3.on(GetBucketNotificationConfigurationCommand, { Bucket }).resolves({
      QueueConfigurations: [{ QueueArn: queueArn(kind), Events: ['s3:ObjectCreated:*'] }],
    })
  }
  s3.on(HeadBucketCommand).resolves({ BucketRegion: REGION })
  s3.on(GetBucketLoggingCommand).resolves({})
  s3.on(GetBucketEncryptionCommand).rejects(named('ServerSideEncryptionConfigurationNotFoundError', 404))
  s3.on(GetObjectLockConfigurationCommand).rejects(named('ObjectLockConfigurationNotFoundError', 404))
  s3.on(GetBucketOwnershipControlsCommand).rejects(named('OwnershipControlsNotFoundError', 404))
  s3.on(GetBucketRequestPaymentCommand).resolves({ Payer: 'BucketOwner' })
  s3.on(GetBucketAclCommand).resolves({ Grants: [] })
  s3.on(HeadObjectCommand).resolves({})
  s3.on(ListObjectsV2Command).callsFake(({ Bucket, Prefix = '', Delimiter }) => {
    const key = Bucket === TRAIL ? TRAIL_KEY : ACCESS_KEY
    if (!key.startsWith(Prefix)) return {}
    const slash = key.indexOf('/', Prefix.length)
    if (Delimiter !== undefined && slash >= 0) return { CommonPrefixes: [{ Prefix: key.slice(0, slash + 1) }] }
    return { Contents: [{ Key: key, LastModified: new Date(minutesAgo(5)) }] }
  })
}
