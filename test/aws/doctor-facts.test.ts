/** What the doctor asks AWS, with which inputs, and what it makes of the answers. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetFunctionConfigurationCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import {
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
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
import { GetQueueAttributesCommand, GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import { createAdminClients } from '../../shared/aws/admin-clients.ts'
import { fetchBucketFacts, fetchStackFacts } from '../../shared/aws/doctor-facts.ts'
import { readQueue, readRolePolicies } from '../../shared/aws/stack.ts'
import { stackOutputs } from '../doctor/support/stack-mocks.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const REGION = 'eu-west-1'
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const mocks = {
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
  logs: mockClient(CloudWatchLogsClient),
  iam: mockClient(IAMClient),
  kms: mockClient(KMSClient),
  lambda: mockClient(LambdaClient),
  s3: mockClient(S3Client),
  sns: mockClient(SNSClient),
  sqs: mockClient(SQSClient),
}
const asked: string[] = []
const clients: AdminClients = {
  ...createAdminClients({ region: REGION }),
  kms: (region, whose) => {
    asked.push(`${region} ${whose}`)
    return new KMSClient({ region })
  },
}
const s3Error = (name: string) => Object.assign(new Error(`told: ${name}`), { name })
const arnOf = (name: string) => `arn:aws:sqs:${REGION}:111122223333:${name}`
const inputs = (mock: { commandCalls(command: never): { args: readonly { input: unknown }[] }[] }, command: unknown) =>
  mock.commandCalls(command as never).map(({ args }) => args[0]!.input)

beforeEach(() => {
  for (const mock of Object.values(mocks)) (mock as { reset(): unknown }).reset()
  asked.length = 0
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-prod',
        StackId: `arn:aws:cloudformation:${REGION}:111122223333:stack/bucketwatch-prod/1`,
        StackStatus: 'UPDATE_COMPLETE',
        CreationTime: new Date(0),
        Outputs: stackOutputs({
          queue: arnOf,
          role: (kind) => `arn:aws:iam::111122223333:role/path/${kind}-role`,
          topic: (name) => `arn:aws:sns:${REGION}:111122223333:${name}`,
        }),
      },
    ],
  })
  mocks.sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'https://sqs/alert-dlq' })
  mocks.sqs.on(GetQueueAttributesCommand).callsFake(({ QueueUrl }: { QueueUrl: string }) => ({
    Attributes: {
      ApproximateNumberOfMessages: QueueUrl.endsWith('alert-dlq') ? '4' : QueueUrl.endsWith('-dlq') ? '3' : '2',
      ...(!QueueUrl.endsWith('-dlq') && { Policy: '{}', KmsMasterKeyId: KEY }),
    },
  }))
  mocks.lambda.on(GetFunctionConfigurationCommand).resolves({
    State: 'Pending',
    Environment: { Variables: { BUCKETWATCH_LOG_GROUP_PREFIX: '/own/prefix' } },
  })
  mocks.lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [{ State: 'Enabled' }] })
  mocks.iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ['inline'], IsTruncated: false })
  mocks.iam.on(GetRolePolicyCommand).resolves({
    RoleName: 'r',
    PolicyName: 'inline',
    PolicyDocument: encodeURIComponent(
      '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::amzn-s3-demo-trail/p/*"}]}',
    ),
  })
  mocks.iam.on(ListAttachedRolePoliciesCommand).resolves({ AttachedPolicies: [{ PolicyArn: 'arn:p' }] })
  mocks.iam.on(GetPolicyCommand).resolves({ Policy: { DefaultVersionId: 'v3' } })
  mocks.iam.on(GetPolicyVersionCommand).resolves({ PolicyVersion: { Document: ' {"Statement":[]}' } })
  mocks.kms
    .on(DescribeKeyCommand)
    .resolves({ KeyMetadata: { KeyId: 'k', Arn: KEY, KeyState: 'Disabled', KeyManager: 'AWS' } })
  mocks.kms.on(GetKeyPolicyCommand).resolves({ Policy: '{"key":"policy"}' })
  mocks.cloudWatch.on(GetMetricStatisticsCommand).resolves({
    Datapoints: [
      { Timestamp: new Date(NOW - 600_000), Maximum: 7 },
      { Timestamp: new Date(NOW - 300_000), Maximum: 9 },
      { Timestamp: new Date(NOW - 900_000), Maximum: 8 },
    ],
  })
  mocks.logs.on(FilterLogEventsCommand).resolves({ events: [] })
  mocks.sns.on(GetTopicAttributesCommand).resolves({ Attributes: { KmsMasterKeyId: KEY } })
  mocks.sns
    .on(ListSubscriptionsByTopicCommand)
    .resolves({
      Subscriptions: [
        { Protocol: 'email', Endpoint: 'a@example.com', SubscriptionArn: 'PendingConfirmation' },
        { Protocol: 'sms', SubscriptionArn: 'Deleted' },
      ],
      NextToken: 'more',
    })
    .on(ListSubscriptionsByTopicCommand, { NextToken: 'more' })
    .resolves({ Subscriptions: [{ Protocol: 'lambda', Endpoint: 'arn:l', SubscriptionArn: 'arn:aws:sns:x' }] })
})

describe('fetchStackFacts', () => {
  test('what a healthy stack says', async () => {
    const facts = await fetchStackFacts(clients, 'prod', NOW)
    expect(facts).toMatchObject({
      stage: 'prod',
      name: 'bucketwatch-prod',
      accountId: '111122223333',
      region: REGION,
      status: 'UPDATE_COMPLETE',
      pipelineLogGroup: '/own/prefix/pipeline',
      alertDeadLetters: { known: true, value: 4 },
    })
    const key = { arn: KEY, state: 'Disabled', awsManaged: true, policy: { known: true, value: '{"key":"policy"}' } }
    expect(facts.kinds).toHaveLength(2)
    expect(facts.kinds[0]).toEqual({
      kind: 'cloudtrail',
      queueArn: arnOf('cloudtrail'),
      roleArn: 'arn:aws:iam::111122223333:role/path/cloudtrail-role',
      queue: { known: true, value: { policy: '{}', kmsKeyId: KEY, waiting: 2 } },
      queueKey: { known: true, value: key },
      deadLetters: { known: true, value: 3 },
      oldestMessageSeconds: { known: true, value: 9 },
      rolePolicies: { known: true, value: [expect.stringContaining('s3:GetObject'), ' {"Statement":[]}'] },
      locations: { known: true, value: [{ bucket: 'amzn-s3-demo-trail', prefix: 'p/' }] },
      functionState: { known: true, value: 'Pending' },
      mappingState: { known: true, value: 'Enabled' },
      lastReceipt: { known: true, value: undefined },
      lastCanary: { known: true, value: undefined },
    })
    expect(facts.alarms).toEqual({
      arn: `arn:aws:sns:${REGION}:111122223333:alarms`,
      key: { known: true, value: key },
      subscriptions: {
        known: true,
        value: [
          { protocol: 'email', endpoint: 'a@example.com', confirmed: false },
          { protocol: 'lambda', endpoint: 'arn:l', confirmed: true },
        ],
      },
    })
  })

  test('what is asked', async () => {
    await fetchStackFacts(clients, 'prod', NOW)
    expect(inputs(mocks.sqs, GetQueueUrlCommand)).toEqual([{ QueueName: 'bucketwatch-prod-alert-dlq' }])
    expect(inputs(mocks.sqs, GetQueueAttributesCommand)).toContainEqual({
      QueueUrl: 'https://sqs/cloudtrail',
      AttributeNames: ['All'],
    })
    expect(inputs(mocks.cloudWatch, GetMetricStatisticsCommand)[0]).toEqual({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'cloudtrail' }],
      StartTime: new Date(NOW - 900_000),
      EndTime: new Date(NOW),
      Period: 300,
      Statistics: ['Maximum'],
    })
    expect(inputs(mocks.lambda, ListEventSourceMappingsCommand)[0]).toEqual({
      FunctionName: 'bucketwatch-prod-cloudtrail',
      EventSourceArn: arnOf('cloudtrail'),
    })
    expect(inputs(mocks.kms, GetKeyPolicyCommand)[0]).toEqual({ KeyId: KEY, PolicyName: 'default' })
    expect(inputs(mocks.iam, GetPolicyVersionCommand)[0]).toEqual({ PolicyArn: 'arn:p', VersionId: 'v3' })
    expect(inputs(mocks.iam, GetRolePolicyCommand)[0]).toEqual({ RoleName: 'cloudtrail-role', PolicyName: 'inline' })
    expect(inputs(mocks.sns, ListSubscriptionsByTopicCommand)[0]).toEqual({
      TopicArn: `arn:aws:sns:${REGION}:111122223333:alarms`,
    })
    expect(new Set(asked)).toEqual(new Set([`${REGION} stack`]))
  })

  test('what may not be asked is unknown, with the call that was refused', async () => {
    mocks.sqs.on(GetQueueUrlCommand).rejects(s3Error('AccessDenied'))
    mocks.lambda.on(GetFunctionConfigurationCommand).rejects(s3Error('AccessDeniedException'))
    mocks.iam.on(ListRolePoliciesCommand).rejects(s3Error('AccessDenied'))
    mocks.sqs.on(GetQueueAttributesCommand).rejects(s3Error('AccessDenied'))
    mocks.kms.on(DescribeKeyCommand).rejects(s3Error('NotFoundException'))
    const facts = await fetchStackFacts(clients, 'prod', NOW)
    expect(facts.alertDeadLetters).toMatchObject({ known: false })
    expect(JSON.stringify(facts.alertDeadLetters)).toContain('sqs:GetQueueUrl:')
    expect(facts.pipelineLogGroup).toBe('/bucketwatch/prod/pipeline')
    const [kind] = facts.kinds
    for (const [fact, call] of [
      [kind!.queue, 'sqs:GetQueueAttributes'],
      [kind!.queueKey, 'sqs:GetQueueAttributes'],
      [kind!.rolePolicies, 'iam:ListRolePolicies'],
      [kind!.locations, 'iam:ListRolePolicies'],
      [kind!.functionState, 'lambda:GetFunctionConfiguration'],
      [facts.alerts.key, 'kms:DescribeKey'],
    ] as const) {
      expect(fact.known).toBe(false)
      expect(JSON.stringify(fact)).toContain(call)
    }
  })
})

describe('readQueue and readRolePolicies', () => {
  test('a queue that does not exist says so; another failure says itself', async () => {
    mocks.sqs.on(GetQueueAttributesCommand).rejects(new QueueDoesNotExist({ message: '', $metadata: {} }))
    await expect(readQueue(clients, 'https://sqs/gone')).rejects.toThrow('the queue https://sqs/gone does not exist')
    mocks.sqs.on(GetQueueAttributesCommand).rejects(s3Error('AccessDenied'))
    await expect(readQueue(clients, 'https://sqs/x')).rejects.toThrow('sqs:GetQueueAttributes: AccessDenied: told')
  })

  test('a queue without attributes holds nothing', async () => {
    mocks.sqs.on(GetQueueAttributesCommand).resolves({})
    expect(await readQueue(clients, 'u')).toEqual({ policy: undefined, kmsKeyId: undefined, waiting: 0 })
  })

  test('a policy that is no URL encoding is given as it is', async () => {
    mocks.iam.on(GetRolePolicyCommand).resolves({ PolicyDocument: '100%{', RoleName: 'r', PolicyName: 'p' })
    expect((await readRolePolicies(clients, 'arn:aws:iam::111122223333:role/r'))[0]).toBe('100%{')
    mocks.iam.on(GetRolePolicyCommand).resolves({ PolicyDocument: '{"a":"%7B"}', RoleName: 'r', PolicyName: 'p' })
    expect((await readRolePolicies(clients, 'arn:aws:iam::111122223333:role/r'))[0]).toBe('{"a":"%7B"}')
  })
})

describe('fetchBucketFacts', () => {
  const question = { bucket: 'amzn-s3-demo-trail', prefix: 'p/', now: NOW }

  async function fetch(owner?: string) {
    const stack = await fetchStackFacts(clients, 'prod', NOW)
    return fetchBucketFacts(clients, stack, stack.kinds[0]!, { ...question, owner })
  }

  function answerAll() {
    const { s3 } = mocks
    s3.on(HeadBucketCommand).resolves({ BucketRegion: 'eu-central-1' })
    s3.on(GetBucketLocationCommand).resolves({ LocationConstraint: 'eu-central-1' })
    s3.on(GetBucketNotificationConfigurationCommand).resolves({})
    s3.on(GetBucketPolicyCommand).resolves({ Policy: '{"Statement":[]}' })
    s3.on(GetBucketLoggingCommand)
      .resolves({})
      .on(GetBucketLoggingCommand, { Bucket: 'amzn-s3-demo-trail' })
      .resolves({ LoggingEnabled: { TargetBucket: 'amzn-s3-demo-access', TargetPrefix: 'a/' } })
    s3.on(GetBucketEncryptionCommand).resolves({
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } }],
      },
    })
    s3.on(GetObjectLockConfigurationCommand).resolves({
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Days: 1 } } },
    })
    s3.on(GetBucketRequestPaymentCommand).resolves({ Payer: 'Requester' })
    s3.on(GetBucketOwnershipControlsCommand).resolves({
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    })
    s3.on(GetBucketAclCommand).resolves({ Grants: [] })
    s3.on(ListObjectsV2Command).resolves({})
    s3.on(HeadObjectCommand).resolves({})
  }

  test('what a bucket says, where everything is set', async () => {
    answerAll()
    expect(await fetch('444455556666')).toMatchObject({
      bucket: 'amzn-s3-demo-trail',
      kind: 'cloudtrail',
      prefix: 'p/',
      region: { known: true, value: 'eu-central-1' },
      owner: { known: true, value: '444455556666' },
      policy: { known: true, value: '{"Statement":[]}' },
      logging: { known: true, value: { bucket: 'amzn-s3-demo-access', prefix: 'a/' } },
      encryption: { known: true, value: { algorithm: 'aws:kms', key: { known: true, value: { arn: KEY } } } },
      defaultRetention: { known: true, value: true },
      requesterPays: { known: true, value: true },
      ownership: { known: true, value: 'BucketOwnerEnforced' },
      logDeliveryByAcl: { known: true, value: false },
      lastObject: { known: true, value: undefined },
      lastReceipt: { known: true, value: undefined },
    })
    expect(asked).toContain(`${REGION} bucket`)
  })

  test('what was never set is the default, and not unknown', async () => {
    answerAll()
    const { s3 } = mocks
    s3.on(GetBucketPolicyCommand).rejects(s3Error('NoSuchBucketPolicy'))
    s3.on(GetBucketEncryptionCommand).rejects(s3Error('ServerSideEncryptionConfigurationNotFoundError'))
    s3.on(GetObjectLockConfigurationCommand).rejects(s3Error('ObjectLockConfigurationNotFoundError'))
    s3.on(GetBucketOwnershipControlsCommand).rejects(s3Error('OwnershipControlsNotFoundError'))
    s3.on(GetBucketRequestPaymentCommand).resolves({ Payer: 'BucketOwner' })
    expect(await fetch('444455556666')).toMatchObject({
      policy: { known: true, value: undefined },
      encryption: { known: true, value: { algorithm: 'AES256', key: { known: true, value: undefined } } },
      defaultRetention: { known: true, value: false },
      requesterPays: { known: true, value: false },
      ownership: { known: true, value: undefined },
    })
  })

  test('any other refusal is unknown', async () => {
    answerAll()
    for (const command of [
      GetBucketPolicyCommand,
      GetBucketEncryptionCommand,
      GetObjectLockConfigurationCommand,
      GetBucketRequestPaymentCommand,
      GetBucketOwnershipControlsCommand,
      GetBucketAclCommand,
      GetBucketLoggingCommand,
    ]) {
      mocks.s3.on(command as never).rejects(s3Error('AccessDenied'))
    }
    mocks.s3.on(GetBucketLoggingCommand, { Bucket: 'amzn-s3-demo-trail' }).rejects(s3Error('AccessDenied'))
    const facts = await fetch('444455556666')
    for (const name of [
      'policy',
      'encryption',
      'defaultRetention',
      'requesterPays',
      'ownership',
      'logDeliveryByAcl',
      'logging',
    ] as const) {
      expect(facts[name].known).toBe(false)
      expect(JSON.stringify(facts[name])).toContain('AccessDenied')
    }
  })

  test.each([
    ['aws:kms', undefined, 'alias/aws/s3'],
    ['aws:kms:dsse', 'alias/own', 'alias/own'],
  ] as const)('%s with the key %s asks for %s', async (SSEAlgorithm, KMSMasterKeyID, asksFor) => {
    answerAll()
    mocks.s3.on(GetBucketEncryptionCommand).resolves({
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm,
              ...(KMSMasterKeyID !== undefined && { KMSMasterKeyID }),
            },
          },
        ],
      },
    })
    await fetch('444455556666')
    expect(inputs(mocks.kms, DescribeKeyCommand)).toContainEqual({ KeyId: asksFor })
    expect(asked).toContain('eu-central-1 bucket')
  })

  const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery'
  test.each([
    ['WRITE', LOG_DELIVERY, true],
    ['FULL_CONTROL', LOG_DELIVERY, true],
    ['READ_ACP', LOG_DELIVERY, false],
    ['WRITE', 'http://acs.amazonaws.com/groups/global/AllUsers', false],
    ['FULL_CONTROL', undefined, false],
  ] as const)('an ACL with %s for %s lets logs be delivered: %s', async (Permission, URI, expected) => {
    answerAll()
    mocks.s3.on(GetBucketAclCommand).resolves({
      Grants: [{ Grantee: { Type: 'Group', ...(URI !== undefined && { URI }) }, Permission }],
    })
    expect((await fetch('444455556666')).logDeliveryByAcl).toEqual({ known: true, value: expected })
  })

  test('the owner is the first account, of those that the queue expects, that S3 confirms', async () => {
    answerAll()
    mocks.sqs.on(GetQueueAttributesCommand).resolves({
      Attributes: {
        Policy: JSON.stringify({
          Statement: [{ Condition: { StringEquals: { 'aws:SourceAccount': ['444455556666', '555566667777'] } } }],
        }),
      },
    })
    mocks.s3.on(HeadBucketCommand).callsFake(({ ExpectedBucketOwner }: { ExpectedBucketOwner?: string }) => {
      if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== '555566667777') throw s3Error('AccessDenied')
      return { BucketRegion: 'eu-central-1' }
    })
    expect((await fetch()).owner).toEqual({ known: true, value: '555566667777' })
    mocks.s3.on(HeadBucketCommand).callsFake(({ ExpectedBucketOwner }: { ExpectedBucketOwner?: string }) => {
      if (ExpectedBucketOwner !== undefined) throw s3Error('AccessDenied')
      return { BucketRegion: 'eu-central-1' }
    })
    expect(JSON.stringify((await fetch()).owner)).toContain('111122223333, 444455556666, 555566667777')
  })

  test('where the logs of the logs go is followed until it ends or comes back', async () => {
    answerAll()
    const to = (TargetBucket: string) => ({ LoggingEnabled: { TargetBucket, TargetPrefix: '' } })
    mocks.s3
      .on(GetBucketLoggingCommand, { Bucket: 'amzn-s3-demo-access' })
      .resolves(to('amzn-s3-demo-second'))
      .on(GetBucketLoggingCommand, { Bucket: 'amzn-s3-demo-second' })
      .resolves(to('amzn-s3-demo-access'))
    expect([...(await fetch('444455556666')).loggingOfTargets.keys()]).toEqual([
      'amzn-s3-demo-access',
      'amzn-s3-demo-second',
    ])
  })
})

describe('createAdminClients', () => {
  test('all in one Region; logs are tried four times; keys of buckets with the bucket’s profile', async () => {
    const made = createAdminClients({ region: 'eu-south-1', bucketProfile: 'log-archive' })
    for (const client of [
      made.logs,
      made.s3,
      made.sqs,
      made.sns,
      made.iam,
      made.lambda,
      made.cloudFormation,
      made.cloudWatch,
    ]) {
      expect(await client.config.region()).toBe('eu-south-1')
    }
    expect(await made.logs.config.maxAttempts()).toBe(4)
    expect(made.sqs.config.useQueueUrlAsEndpoint).toBe(false)
    expect(await made.kms('us-east-2', 'bucket').config.region()).toBe('us-east-2')
  })
})
