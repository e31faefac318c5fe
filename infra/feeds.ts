/**
 * How notifications reach the queues. S3's own notifications (`notification`) need nothing here beyond the queue
 * policy: they are configured on the bucket, by `bucketwatch connect`. docs/feeding.md weighs the three.
 */
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { arn, denyWithoutTls, getAtt, localArn, policyDocument, type Resources, ref } from './cfn.ts'
import { type Context, kindParameters, queueId, ruleId, topicId } from './context.ts'
import type { LogLocation } from './parameters.ts'
import { bucketsOf, fromBuckets } from './queues.ts'

/** aws: EventBridge quotas, "Event pattern size". */
const MAX_EVENT_PATTERN = 2048

export function feeds(context: Context): Resources {
  const used = context.parameters.feeds
  return Object.assign(
    {},
    ...LOG_KINDS.map((kind) => (used.includes('sns') ? sns(context, kind) : {})),
    ...LOG_KINDS.map((kind) => (used.includes('eventbridge') ? eventBridge(context, kind) : {})),
    used.includes('eventbridge') ? eventBusPolicy(context) : {},
  )
}

/** Subscribes the queue to the topics given, or to one that we make for buckets of this account to publish to. */
function sns(context: Context, kind: LogKind): Resources {
  const { locations, topicArns } = kindParameters(context, kind)
  const subscription = (topic: unknown, region?: string) => ({
    Type: 'AWS::SNS::Subscription',
    Properties: {
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: getAtt(queueId(kind), 'Arn'),
      RawMessageDelivery: true,
      ...(region === undefined ? {} : { Region: region }),
    },
  })
  if (topicArns.length > 0) {
    return Object.fromEntries(
      topicArns.map((topic, index) => [
        `${topicId(kind)}Subscription${index + 1}`,
        subscription(topic, topic.split(':')[3]),
      ]),
    )
  }
  if (locations.length === 0) return {}
  const id = topicId(kind)
  return {
    // Not encrypted with our key: S3 cannot publish to a topic without rights to its key, and the message holds no
    // more than the names of log objects.
    [id]: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `${context.name}-${kind}-objects` } },
    [`${id}Policy`]: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [ref(id)],
        PolicyDocument: policyDocument([
          {
            Sid: 'AllowBuckets',
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: ref(id),
            Condition: fromBuckets(context, bucketsOf(context, kind)),
          },
          denyWithoutTls('sns:Publish', ref(id)),
        ]),
      },
    },
    [`${id}Subscription`]: subscription(ref(id)),
  }
}

/** A rule on the default event bus. Which objects are logs is the function's business: it knows the digests too. */
function eventBridge(context: Context, kind: LogKind): Resources {
  const { locations } = kindParameters(context, kind)
  if (locations.length === 0) return {}
  const pattern = eventPattern(locations)
  const length = JSON.stringify(pattern).length
  if (length > MAX_EVENT_PATTERN) {
    const problem =
      `the EventBridge pattern for ${kind} takes ${length} characters; EventBridge allows ${MAX_EVENT_PATTERN}` +
      ' (fewer buckets, shorter prefixes, or another feed)'
    throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
  }
  return {
    [ruleId(kind)]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${context.name}-${kind}-objects`,
        Description: `Objects created in the buckets that hold ${kind} logs`,
        EventPattern: pattern,
        Targets: [{ Id: 'queue', Arn: getAtt(queueId(kind), 'Arn') }],
      },
    },
  }
}

function eventPattern(locations: readonly LogLocation[]) {
  const whole = [...new Set(locations.filter(({ prefix }) => prefix === '').map(({ bucket }) => bucket))]
  const branches = [
    ...(whole.length > 0 ? [{ bucket: { name: whole } }] : []),
    ...locations
      .filter(({ prefix }) => prefix !== '')
      .map(({ bucket, prefix }) => ({ bucket: { name: [bucket] }, object: { key: [{ prefix }] } })),
  ]
  return {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: branches.length === 1 ? branches[0] : { $or: branches },
  }
}

/** Lets the other accounts' rules forward their S3 events to our default bus. */
function eventBusPolicy(context: Context): Resources {
  const { sourceAccounts, organizationId } = context.parameters
  const bus = localArn('events', 'event-bus/default')
  const statement = (sid: string, principal: unknown, condition?: unknown) => ({
    Type: 'AWS::Events::EventBusPolicy',
    Properties: {
      EventBusName: 'default',
      StatementId: sid,
      Statement: {
        Effect: 'Allow',
        Principal: principal,
        Action: 'events:PutEvents',
        Resource: bus,
        Condition: {
          StringEquals: { 'events:source': 'aws.s3', 'events:detail-type': 'Object Created', ...(condition ?? {}) },
        },
      },
    },
  })
  if (sourceAccounts.length > 0) {
    const roots = sourceAccounts.map((account) => arn(`iam::${account}:root`))
    return { ObjectEventsFromAccounts: statement(`${context.name}-accounts`, { AWS: roots }) }
  }
  if (organizationId === '') return {}
  return {
    ObjectEventsFromOrganization: statement(`${context.name}-organization`, '*', {
      'aws:PrincipalOrgID': organizationId,
    }),
  }
}
