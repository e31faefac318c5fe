/**
 * The canary's own bucket, and what tells when it does not arrive: metric filters on the log group `findings`, and alarms
 * that go straight to `alerts`, past every function. docs/reliability.md, "The canary".
 */
import { CANARY_MINUTES } from '../shared/incident/canary.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import type { Metric, PipelineAlarm } from './alarm-types.ts'
import {
  arn,
  denyWithoutTls,
  getAtt,
  logicalId,
  policyDocument,
  type Resources,
  ref,
  type Statement,
  sub,
} from './cfn.ts'
import { type Context, hasFeed, IDS, queueId } from './context.ts'
import { dependsOnFindings, logGroupName } from './logs.ts'

/** Two may be late; three in a row are a fault. */
const MISSED = 3

/** The kinds that a canary is sent as: those whose objects the stack reads. */
export const canaryKinds = (context: Context): readonly LogKind[] =>
  context.parameters.canary ? LOG_KINDS.filter((kind) => hasFeed(context, kind)) : []

/** How many canaries of a kind arrived. */
export const canaryMetric = (context: Context, kind: LogKind): Metric => ({
  namespace: `bucketwatch/${context.stage}`,
  name: `canary-${kind}`,
})

export function canary(context: Context): Resources {
  const kinds = canaryKinds(context)
  if (kinds.length === 0) return {}
  const id = IDS.canaryBucket
  return {
    [id]: {
      Type: 'AWS::S3::Bucket',
      // S3 asks the queues, as it is told of them, whether it may send.
      DependsOn: kinds.map((kind) => `${queueId(kind)}Policy`),
      // A bucket that holds anything cannot be deleted, and would keep the stack.
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [{ Id: 'canary', Status: 'Enabled', ExpirationInDays: 1 }],
        },
        NotificationConfiguration: {
          QueueConfigurations: kinds.map((kind) => ({
            Event: 's3:ObjectCreated:*',
            Queue: getAtt(queueId(kind), 'Arn'),
            Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: PREFIXES[kind] }] } },
          })),
        },
      },
    },
    [`${id}Policy`]: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: ref(id),
        PolicyDocument: policyDocument([
          denyWithoutTls('s3:*', [objects(), sub(`arn:\${AWS::Partition}:s3:::\${${id}}`)]),
        ]),
      },
    },
    ...Object.fromEntries(kinds.map((kind) => [logicalId('CanaryFilter', kind), arrivals(context, kind)])),
  }
}

/** Where canaryObject puts them. */
const PREFIXES: Readonly<Record<LogKind, string>> = { cloudtrail: 'AWSLogs/', 'access-log': 'access/' }

const objects = (prefix = '') => sub(`arn:\${AWS::Partition}:s3:::\${${IDS.canaryBucket}}/${prefix}*`)

function arrivals(context: Context, kind: LogKind) {
  const { namespace, name } = canaryMetric(context, kind)
  return {
    Type: 'AWS::Logs::MetricFilter',
    ...dependsOnFindings(context),
    Properties: {
      FilterName: `${context.name}-${name}`,
      LogGroupName: logGroupName(context, 'findings'),
      FilterPattern: `{ $.kind = "canary" && $.source = "${kind}" }`,
      MetricTransformations: [{ MetricNamespace: namespace, MetricName: name, MetricValue: '1' }],
    },
  }
}

/** The alarms on canaries that do not arrive. */
export const canaryAlarms = (context: Context): PipelineAlarm[] =>
  canaryKinds(context).map((kind) => ({
    id: `canary-${kind}`,
    description: `The canary of ${kind} has not arrived for ${MISSED * CANARY_MINUTES} minutes: somewhere between S3 and the log group ${logGroupName(context, 'findings')} nothing gets through, so people are not told of what is found. \`bucketwatch doctor --stage ${context.stage}\` looks at every part of the way, and says what differs from the template.`,
    metric: canaryMetric(context, kind),
    statistic: 'Sum',
    period: CANARY_MINUTES * 60,
    evaluationPeriods: MISSED,
    comparison: 'LessThanThreshold',
    threshold: 1,
    missing: 'breaching',
  }))

/** CloudFormation names a bucket `<stack>-<logical id>-<12 characters>`, and cuts both where that is over 63. */
const beginningOf = (stack: string): string => {
  const whole = `${stack}-${IDS.canaryBucket.toLowerCase()}-`
  return whole.length + 12 <= 63 ? whole : stack.slice(0, 24)
}

/** For a queue: lets the canary's bucket send. Its name is not known before the queue is, but how it begins. */
export function canarySender(context: Context, kind: LogKind): Statement[] {
  if (!canaryKinds(context).includes(kind)) return []
  return [
    {
      Sid: 'AllowCanary',
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: getAtt(queueId(kind), 'Arn'),
      Condition: {
        ArnLike: { 'aws:SourceArn': arn(`s3:::${beginningOf(context.name.toLowerCase())}*`) },
        StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') },
      },
    },
  ]
}

/** For a forwarder: it may read the canaries of its kind. */
export const canaryReader = (context: Context, kind: LogKind): Statement[] =>
  canaryKinds(context).includes(kind)
    ? [{ Sid: 'Canary', Effect: 'Allow', Action: 's3:GetObject', Resource: objects(PREFIXES[kind]) }]
    : []

/** For the alert function: it may put canaries, and do nothing else with any bucket. */
export const canaryWriter = (context: Context): Statement[] =>
  canaryKinds(context).length === 0
    ? []
    : [
        {
          Sid: 'Canary',
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: canaryKinds(context).map((kind) => objects(PREFIXES[kind])),
        },
      ]
