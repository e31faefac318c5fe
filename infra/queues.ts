/** Queues: one and its dead-letter queue for each kind of logs and for hits, and one for alerts that could not be written. */
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { canarySender } from './canary.ts'
import {
  arn,
  denyWithoutTls,
  getAtt,
  localArn,
  policyDocument,
  policySize,
  type Resources,
  ref,
  type Statement,
} from './cfn.ts'
import { type Context, deadLetterQueueId, IDS, kindParameters, queueId, ruleId, topicId } from './context.ts'

/** After this many failed receives a message goes to the dead-letter queue (aws: Lambda guide, "Using SQS": ≥ 5). */
export const MAX_RECEIVE_COUNT = 5
/** Bytes (aws: SQS Developer Guide, "Quotas"). */
const MAX_QUEUE_POLICY = 8192

/** Seconds. The longest SQS keeps a message: time to mend a bucket policy before notifications are lost. */
const RETENTION_SECONDS = 1_209_600

/** Seconds: aws, Lambda guide "Configuring a queue": six times the timeout, plus the batch window. */
export const visibilityTimeout = (context: Context): number =>
  6 * context.parameters.timeout + context.parameters.batchWindow

/** Seconds: six times the alert function's timeout (serverless.yml), as above. */
export const HITS_VISIBILITY_SECONDS = 6 * 60

export function queues(context: Context): Resources {
  return {
    ...Object.assign({}, ...LOG_KINDS.map((kind) => kindQueues(context, kind))),
    ...hitsQueues(context),
    [IDS.alertQueue]: deadLetterQueue(`${context.name}-alert-dlq`),
    [`${IDS.alertQueue}Policy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(IDS.alertQueue)],
        PolicyDocument: policyDocument([
          {
            Sid: 'AllowAlarmsTopic',
            Effect: 'Allow',
            Principal: { Service: 'sns.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: getAtt(IDS.alertQueue, 'Arn'),
            Condition: { ArnEquals: { 'aws:SourceArn': ref(IDS.alarmsTopic) } },
          },
          denyWithoutTls('sqs:*', getAtt(IDS.alertQueue, 'Arn')),
        ]),
      },
    },
  }
}

/** From the forwarders to the alert function. Whoever sends or receives has a role of the stack; no policy lets others. */
function hitsQueues(context: Context): Resources {
  const name = `${context.name}-hits`
  const policy = (id: string) => ({
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [ref(id)],
      PolicyDocument: policyDocument([denyWithoutTls('sqs:*', getAtt(id, 'Arn'))]),
    },
  })
  return {
    [IDS.hitsDeadLetterQueue]: deadLetterQueue(`${name}-dlq`, name),
    [IDS.hitsQueue]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: name,
        VisibilityTimeout: HITS_VISIBILITY_SECONDS,
        MessageRetentionPeriod: RETENTION_SECONDS,
        ReceiveMessageWaitTimeSeconds: 20,
        SqsManagedSseEnabled: true,
        RedrivePolicy: {
          deadLetterTargetArn: getAtt(IDS.hitsDeadLetterQueue, 'Arn'),
          maxReceiveCount: MAX_RECEIVE_COUNT,
        },
      },
    },
    [`${IDS.hitsQueue}Policy`]: policy(IDS.hitsQueue),
    [`${IDS.hitsDeadLetterQueue}Policy`]: policy(IDS.hitsDeadLetterQueue),
  }
}

function kindQueues(context: Context, kind: LogKind): Resources {
  const name = `${context.name}-${kind}`
  const id = queueId(kind)
  const dlqId = deadLetterQueueId(kind)
  return {
    [dlqId]: deadLetterQueue(`${name}-dlq`, name),
    [id]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: name,
        VisibilityTimeout: visibilityTimeout(context),
        MessageRetentionPeriod: RETENTION_SECONDS,
        ReceiveMessageWaitTimeSeconds: 20,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: getAtt(dlqId, 'Arn'), maxReceiveCount: MAX_RECEIVE_COUNT },
      },
    },
    [`${id}Policy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(id)],
        PolicyDocument: queuePolicy(context, kind),
      },
    },
    [`${dlqId}Policy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(dlqId)],
        PolicyDocument: policyDocument([denyWithoutTls('sqs:*', getAtt(dlqId, 'Arn'))]),
      },
    },
  }
}

/** `redrivenFrom`: the queue's name, not its ARN by reference, since the two queues name each other. */
function deadLetterQueue(name: string, redrivenFrom?: string) {
  return {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: name,
      MessageRetentionPeriod: RETENTION_SECONDS,
      SqsManagedSseEnabled: true,
      ...(redrivenFrom === undefined
        ? {}
        : { RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [localArn('sqs', redrivenFrom)] } }),
    },
  }
}

/**
 * The queue's policy. Where the buckets are too many to be named, the beginnings that their names share stand for them:
 * who owns them is checked in any case (`aws:SourceAccount`).
 *
 * @throws BucketwatchError CONFIG_INVALID where even that does not fit.
 */
function queuePolicy(context: Context, kind: LogKind) {
  const document = (buckets: readonly string[]) =>
    policyDocument([
      ...senders(context, kind, buckets),
      ...canarySender(context, kind),
      denyWithoutTls('sqs:*', getAtt(queueId(kind), 'Arn')),
    ])
  const names = bucketsOf(context, kind)
  for (let size = names.length; size > 0; size = size > 8 ? Math.floor(size * 0.75) : size - 1) {
    const made = document(size === names.length ? names : shorten(names, size))
    if (policySize(made) <= MAX_QUEUE_POLICY) return made
  }
  if (names.length === 0) return document(names)
  const problem = `the policy of the ${kind} queue is over ${MAX_QUEUE_POLICY} bytes (fewer accounts, or organizationId in their place)`
  throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
}

/**
 * At most `size` patterns that cover all names: those with the longest beginning in common are joined first.
 *
 * @example
 * shorten(['logs-a', 'logs-b', 'other'], 2) // ['logs-*', 'other']
 */
export function shorten(names: readonly string[], size: number): readonly string[] {
  let groups = [...new Set(names)].sort()
  while (groups.length > Math.max(1, size)) {
    let best = 0
    let common = -1
    for (let index = 0; index + 1 < groups.length; index++) {
      const length = commonPrefix(groups[index]!, groups[index + 1]!).length
      if (length > common) {
        best = index
        common = length
      }
    }
    const joined = `${commonPrefix(groups[best]!, groups[best + 1]!)}*`
    groups = [...groups.slice(0, best), joined, ...groups.slice(best + 2)]
  }
  return groups
}

function commonPrefix(a: string, b: string): string {
  const [left, right] = [a.replace(/\*$/, ''), b.replace(/\*$/, '')]
  let length = 0
  while (length < left.length && left[length] === right[length]) length++
  return left.slice(0, length)
}

/** Who may send to a kind's queue: only the feeds in use, only for the buckets, topics and rule we know. */
function senders(context: Context, kind: LogKind, buckets: readonly string[]): Statement[] {
  const { feeds } = context.parameters
  const { locations, topicArns } = kindParameters(context, kind)
  const resource = getAtt(queueId(kind), 'Arn')
  const send = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: resource } as const
  const statements: Statement[] = []
  if (feeds.includes('notification') && locations.length > 0) {
    statements.push({
      Sid: 'AllowBuckets',
      Principal: { Service: 's3.amazonaws.com' },
      ...send,
      Condition: fromBuckets(context, buckets),
    })
  }
  if (feeds.includes('sns') && (locations.length > 0 || topicArns.length > 0)) {
    statements.push({
      Sid: 'AllowTopics',
      Principal: { Service: 'sns.amazonaws.com' },
      ...send,
      Condition: { ArnEquals: { 'aws:SourceArn': topicArns.length > 0 ? topicArns : [ref(topicId(kind))] } },
    })
  }
  if (feeds.includes('eventbridge') && locations.length > 0) {
    statements.push({
      Sid: 'AllowRule',
      Principal: { Service: 'events.amazonaws.com' },
      ...send,
      Condition: { ArnEquals: { 'aws:SourceArn': getAtt(ruleId(kind), 'Arn') } },
    })
  }
  return statements
}

/** The buckets that hold a kind's objects, each once. */
export const bucketsOf = (context: Context, kind: LogKind): readonly string[] => [
  ...new Set(kindParameters(context, kind).locations.map(({ bucket }) => bucket)),
]

/**
 * The conditions that keep S3 from being anybody's deputy: our buckets, and only while the accounts we expect own them
 * (a bucket name can be taken by somebody else once it is deleted).
 */
export function fromBuckets(context: Context, buckets: readonly string[]): Readonly<Record<string, unknown>> {
  const { sourceAccounts, organizationId } = context.parameters
  return {
    [buckets.some((bucket) => bucket.endsWith('*')) ? 'ArnLike' : 'ArnEquals']: {
      'aws:SourceArn': buckets.map((bucket) => arn(`s3:::${bucket}`)),
    },
    StringEquals:
      sourceAccounts.length === 0 && organizationId !== ''
        ? { 'aws:SourceOrgID': organizationId }
        : { 'aws:SourceAccount': sourceAccounts.length === 0 ? [ref('AWS::AccountId')] : sourceAccounts },
  }
}
