/** Fetches what the doctor looks at. What may not be looked at is a fact that says so, never an error. */
import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { DescribeKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms'
import { GetFunctionConfigurationCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { GetBucketLoggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { GetTopicAttributesCommand, ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns'
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { outputNames, resourceName } from '../connect/names.ts'
import { listOf, objectOf } from '../derive/json.ts'
import type {
  BucketFacts,
  KeyFacts,
  KindFacts,
  LastObject,
  LoggingTarget,
  StackFacts,
  SubscriptionFacts,
  TopicFacts,
} from '../doctor/facts.ts'
import { type Fact, known, unknown } from '../doctor/finding.ts'
import { statementsOf } from '../doctor/policy.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { readBucketSettings } from './bucket-settings.ts'
import { fact } from './facts.ts'
import { findLastObject } from './last-object.ts'
import { headBucket, readBucketRegion, readNotificationConfiguration } from './notification-configuration.ts'
import { readLastCanary, readLastReceipt } from './receipts.ts'
import { type DeployedStack, locationsOf, outputOf, readQueue, readRolePolicies, readStack } from './stack.ts'

/** A bucket policy names few accounts; each is asked for once. */
const MAX_OWNERS = 10
const MAX_LOGGING_HOPS = 5

/** Turns one fact into another, by calls that may fail in turn. */
async function follow<T, U>(from: Fact<T>, call: (value: T) => Promise<U>): Promise<Fact<U>> {
  return from.known ? fact(() => call(from.value)) : from
}

/**
 * Looks at a deployed stack.
 *
 * @throws BucketwatchError STACK_NOT_FOUND, AWS_CALL where the stack itself cannot be read.
 * @example
 * checkStack(await fetchStackFacts(clients, 'prod', Date.now()))
 */
export async function fetchStackFacts(clients: AdminClients, stage: string, now: number): Promise<StackFacts> {
  const stack = await readStack(clients, stage)
  const group = await readPipelineLogGroup(clients, stage)
  const topic = (output: string) => fetchTopic(clients, stack, outputOf(stack, output))
  const [kinds, alarms, alerts, alertDeadLetters] = await Promise.all([
    Promise.all(LOG_KINDS.map((kind) => fetchKind(clients, stack, stage, kind, group, now))),
    topic('AlarmsTopicArn'),
    topic('AlertsTopicArn'),
    fact(async () => {
      const QueueName = `${stack.name}-alert-dlq`
      const { QueueUrl = '' } = await callAws('sqs:GetQueueUrl', () =>
        clients.sqs.send(new GetQueueUrlCommand({ QueueName })),
      )
      return (await readQueue(clients, QueueUrl)).waiting
    }),
  ])
  const { name, accountId, region, status } = stack
  const canaryBucket = stack.outputs.CanaryBucketName
  const pipelineLogGroup = group
  return {
    stage,
    name,
    accountId,
    region,
    status,
    canaryBucket,
    pipelineLogGroup,
    kinds,
    alarms,
    alerts,
    alertDeadLetters,
  }
}

/** Any of the functions knows the prefix of their log groups; without the right to ask them, it is the default. */
async function readPipelineLogGroup({ lambda }: AdminClients, stage: string): Promise<string> {
  const FunctionName = resourceName(stage, LOG_KINDS[0])
  const answer = await fact(async () => {
    const { Environment } = await callAws('lambda:GetFunctionConfiguration', () =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
    )
    return Environment?.Variables?.BUCKETWATCH_LOG_GROUP_PREFIX
  })
  return `${(answer.known ? answer.value : undefined) ?? `/bucketwatch/${stage}`}/pipeline`
}

async function fetchKind(
  clients: AdminClients,
  stack: DeployedStack,
  stage: string,
  kind: LogKind,
  pipelineLogGroup: string,
  now: number,
): Promise<KindFacts> {
  const names = outputNames(kind)
  const queueArn = outputOf(stack, names.queueArn)
  const roleArn = outputOf(stack, names.roleArn)
  const FunctionName = resourceName(stage, kind)
  const [queue, deadLetters, oldestMessageSeconds, rolePolicies, functionState, mappingState, lastReceipt, lastCanary] =
    await Promise.all([
      fact(() => readQueue(clients, outputOf(stack, names.queueUrl))),
      fact(async () => (await readQueue(clients, outputOf(stack, names.deadLetterQueueUrl))).waiting),
      fact(() => readOldestMessage(clients, queueArn, now)),
      fact(() => readRolePolicies(clients, roleArn)),
      fact(async () => {
        const { State = 'Active' } = await callAws('lambda:GetFunctionConfiguration', () =>
          clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
        )
        return State as string
      }),
      fact(async () => {
        const { EventSourceMappings = [] } = await callAws('lambda:ListEventSourceMappings', () =>
          clients.lambda.send(new ListEventSourceMappingsCommand({ FunctionName, EventSourceArn: queueArn })),
        )
        return EventSourceMappings[0]?.State
      }),
      fact(() => readLastReceipt(clients, pipelineLogGroup, { functionName: kind }, now)),
      stack.outputs.CanaryBucketName === undefined
        ? known(undefined)
        : fact(() => readLastCanary(clients, pipelineLogGroup.replace(/pipeline$/, 'findings'), kind, now)),
    ])
  return {
    kind,
    queueArn,
    roleArn,
    queue,
    queueKey: await follow(queue, ({ kmsKeyId }) => readKey(clients, kmsKeyId, stack.region, 'stack')),
    deadLetters,
    oldestMessageSeconds,
    rolePolicies,
    locations: rolePolicies.known ? known(locationsOf(rolePolicies.value)) : rolePolicies,
    functionState,
    mappingState,
    lastReceipt,
    lastCanary,
  }
}

async function readOldestMessage({ cloudWatch }: AdminClients, queueArn: string, now: number) {
  const { Datapoints = [] } = await callAws('cloudwatch:GetMetricStatistics', () =>
    cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: queueArn.split(':').at(-1) }],
        StartTime: new Date(now - 15 * 60_000),
        EndTime: new Date(now),
        Period: 300,
        Statistics: ['Maximum'],
      }),
    ),
  )
  const [last] = Datapoints.sort((a, b) => (b.Timestamp?.getTime() ?? 0) - (a.Timestamp?.getTime() ?? 0))
  return last?.Maximum
}

/** A key and its policy; undefined where there is no key. */
async function readKey(
  clients: AdminClients,
  keyId: string | undefined,
  region: string,
  whose: 'stack' | 'bucket',
): Promise<KeyFacts | undefined> {
  if (keyId === undefined || keyId === '') return undefined
  const kms = clients.kms(/^arn:[^:]+:kms:([a-z0-9-]+):/.exec(keyId)?.[1] ?? region, whose)
  const { KeyMetadata } = await callAws('kms:DescribeKey', () => kms.send(new DescribeKeyCommand({ KeyId: keyId })))
  const KeyId = KeyMetadata?.Arn ?? keyId
  return {
    arn: KeyId,
    state: KeyMetadata?.KeyState ?? 'Enabled',
    awsManaged: KeyMetadata?.KeyManager === 'AWS',
    policy: await fact(async () => {
      const { Policy = '' } = await callAws('kms:GetKeyPolicy', () =>
        kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' })),
      )
      return Policy
    }),
  }
}

async function fetchTopic(clients: AdminClients, stack: DeployedStack, arn: string): Promise<TopicFacts> {
  const [key, subscriptions] = await Promise.all([
    fact(async () => {
      const { Attributes } = await callAws('sns:GetTopicAttributes', () =>
        clients.sns.send(new GetTopicAttributesCommand({ TopicArn: arn })),
      )
      return readKey(clients, Attributes?.KmsMasterKeyId, stack.region, 'stack')
    }),
    fact(async () => {
      const found: SubscriptionFacts[] = []
      let NextToken: string | undefined
      do {
        const input = { TopicArn: arn, ...(NextToken !== undefined && { NextToken }) }
        const page = await callAws('sns:ListSubscriptionsByTopic', () =>
          clients.sns.send(new ListSubscriptionsByTopicCommand(input)),
        )
        for (const { Protocol = '', Endpoint = '', SubscriptionArn = '' } of page.Subscriptions ?? []) {
          // aws: PendingConfirmation until then, and Deleted for a while after it was removed.
          if (SubscriptionArn === 'Deleted') continue
          found.push({ protocol: Protocol, endpoint: Endpoint, confirmed: SubscriptionArn.startsWith('arn:') })
        }
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      return found
    }),
  ])
  return { arn, key, subscriptions }
}

export interface BucketQuestion {
  readonly bucket: string
  readonly prefix: string
  /** The account that owns it, if somebody said so. */
  readonly owner?: string | undefined
  readonly now: number
}

/**
 * Looks at a bucket that holds logs.
 *
 * @throws BucketwatchError AWS_CALL where the bucket does not exist, or may not be looked at at all.
 * @example
 * checkBucket(stack, kind, await fetchBucketFacts(clients, stack, kind, { bucket, prefix: '', now }), now)
 */
export async function fetchBucketFacts(
  clients: AdminClients,
  stack: StackFacts,
  kind: KindFacts,
  question: BucketQuestion,
): Promise<BucketFacts> {
  const { bucket, prefix, now } = question
  await headBucket(clients, bucket)
  const region = await fact(() => readBucketRegion(clients, bucket))
  const owner = await findOwner(clients, stack, kind, question)
  const [notification, logging, settings] = await Promise.all([
    fact(async () => (await readNotificationConfiguration(clients, bucket)).configuration),
    fact(() => readLogging(clients, bucket)),
    readBucketSettings(clients.s3, bucket),
  ])
  const encryption = await follow(settings.encryption, async ({ algorithm, keyId }) => ({
    algorithm,
    key: await fact(() => readKey(clients, keyId, region.known ? region.value : stack.region, 'bucket')),
  }))
  const prefer = [
    ...(owner.known ? [owner.value] : []),
    stack.accountId,
    ...(region.known ? [region.value] : []),
    stack.region,
  ]
  const [loggingOfTargets, lastObject, lastReceipt] = await Promise.all([
    followLogging(clients, bucket, logging),
    fact(async () => {
      const found = await findLastObject(clients, { bucket, kind: kind.kind, prefix, now, prefer })
      return found === undefined ? undefined : describeObject(clients, stack, bucket, found)
    }),
    fact(() => readLastReceipt(clients, stack.pipelineLogGroup, { functionName: kind.kind, bucket, prefix }, now)),
  ])
  return {
    bucket,
    kind: kind.kind,
    prefix,
    region,
    owner,
    ...settings,
    notification,
    logging,
    loggingOfTargets,
    encryption,
    lastObject,
    lastReceipt,
  }
}

/** S3 does not tell who owns a bucket, but whether a given account does: the ones that the stack expects are asked. */
async function findOwner(
  clients: AdminClients,
  stack: StackFacts,
  kind: KindFacts,
  { bucket, owner }: BucketQuestion,
): Promise<Fact<string>> {
  if (owner !== undefined) return known(owner)
  const policy = kind.queue.known ? kind.queue.value.policy : undefined
  const expected = statementsOf(policy).flatMap(({ Condition }) =>
    Object.values(objectOf(Condition)).flatMap((keys) => listOf(objectOf(keys)['aws:SourceAccount'])),
  )
  const accounts = [...new Set([stack.accountId, ...expected.map(String)])].filter((id) => /^\d{12}$/.test(id))
  for (const account of accounts.slice(0, MAX_OWNERS)) {
    const answer = await fact(() => headBucket(clients, bucket, account))
    if (answer.known) return known(account)
  }
  return unknown(`none of the accounts ${accounts.join(', ')} owns the bucket (give --owner)`)
}

async function readLogging({ s3 }: AdminClients, bucket: string): Promise<LoggingTarget | undefined> {
  const { LoggingEnabled } = await callAws('s3:GetBucketLogging', () =>
    s3.send(new GetBucketLoggingCommand({ Bucket: bucket })),
  )
  if (LoggingEnabled?.TargetBucket === undefined) return undefined
  return { bucket: LoggingEnabled.TargetBucket, prefix: LoggingEnabled.TargetPrefix ?? '' }
}

/** Where the target of the logs logs to, and so on, until nowhere or back. */
async function followLogging(clients: AdminClients, start: string, first: Fact<LoggingTarget | undefined>) {
  const targets = new Map<string, LoggingTarget | undefined>()
  let next = first
  for (let hop = 0; hop < MAX_LOGGING_HOPS && next.known && next.value !== undefined; hop++) {
    const { bucket } = next.value
    if (bucket === start || targets.has(bucket)) break
    next = await fact(() => readLogging(clients, bucket))
    if (next.known) targets.set(bucket, next.value)
  }
  return targets
}

async function describeObject(
  clients: AdminClients,
  stack: StackFacts,
  bucket: string,
  { key, time }: { readonly key: string; readonly time: number },
): Promise<LastObject> {
  const encryptionKey = await fact(async () => {
    const { SSEKMSKeyId } = await callAws('s3:GetObject (HeadObject)', () =>
      clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
    )
    return readKey(clients, SSEKMSKeyId, stack.region, 'bucket')
  })
  return { key, time, encryptionKey }
}
