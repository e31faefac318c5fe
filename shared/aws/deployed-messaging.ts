/** Reads queues, topics, subscriptions and rules of EventBridge in the words of a template. */
import { DescribeEventBusCommand, DescribeRuleCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge'
import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  type Subscription,
} from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { parseArn } from '../derive/arn.ts'
import { type JsonObject, listOf } from '../derive/json.ts'
import { statementsOf } from '../doctor/policy.ts'
import { Unresolved } from '../doctor/template-values.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { allPages, once, onMissing, type Readers, reasonOf } from './deployed-reader.ts'

/** Bytes: what SQS took before it took 1 MiB; no notification or hit is larger. */
const WHOLE_MESSAGE = 262_144

export function messagingReaders(clients: AdminClients): Readers {
  const { eventBridge } = clients
  const queues = new Map<string, () => Promise<Record<string, string> | undefined>>()
  const queue = (url: string) => {
    const known = queues.get(url) ?? once(() => readQueue(clients, url))
    queues.set(url, known)
    return known()
  }
  const topics = new Map<string, () => Promise<readonly Subscription[] | undefined>>()
  const subscriptions = (arn: string) => {
    const known = topics.get(arn) ?? once(() => readSubscriptions(clients, arn))
    topics.set(arn, known)
    return known()
  }
  return {
    'AWS::SQS::Queue': async ({ properties, physicalId }) => {
      const found = await queue(physicalId)
      if (found === undefined) return undefined
      return {
        DelaySeconds: '0',
        ...found,
        QueueName: properties.QueueName,
        TakesWholeMessages: Number(found.MaximumMessageSize ?? WHOLE_MESSAGE) >= WHOLE_MESSAGE,
      }
    },
    'AWS::SQS::QueuePolicy': async ({ properties }) => {
      const found = await queue(String(listOf(properties.Queues)[0]))
      return found?.Policy === undefined ? undefined : { PolicyDocument: found.Policy }
    },
    'AWS::SNS::Topic': async ({ properties, physicalId }) => {
      const found = await readTopic(clients, physicalId)
      if (found === undefined) return undefined
      const Subscriptions = await subscriptions(physicalId).then(
        (all) => (all ?? []).map(({ Protocol, Endpoint }) => ({ Protocol, Endpoint })),
        (error: unknown) => new Unresolved(reasonOf(error)),
      )
      return { TopicName: properties.TopicName, KmsMasterKeyId: found.KmsMasterKeyId, Subscriptions }
    },
    'AWS::SNS::TopicPolicy': async ({ properties }) => {
      const found = await readTopic(clients, String(listOf(properties.Topics)[0]))
      return found?.Policy === undefined ? undefined : { PolicyDocument: found.Policy }
    },
    'AWS::SNS::Subscription': async ({ properties }) => {
      const { TopicArn, Protocol, Endpoint } = properties
      const all = await subscriptions(String(TopicArn))
      const mine = all?.find((one) => one.Protocol === Protocol && one.Endpoint === Endpoint)
      return mine === undefined ? undefined : readSubscription(clients, mine)
    },
    'AWS::Events::Rule': ({ physicalId }) =>
      onMissing(['ResourceNotFoundException'], async () => {
        const [bus, Name] = physicalId.includes('|') ? physicalId.split('|') : [undefined, physicalId]
        const rule = await callAws('events:DescribeRule', () =>
          eventBridge.send(new DescribeRuleCommand({ Name, EventBusName: bus })),
        )
        const { Targets } = await callAws('events:ListTargetsByRule', () =>
          eventBridge.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName: bus })),
        )
        const { State, ScheduleExpression, EventPattern, Description } = rule
        return { State, ScheduleExpression, EventPattern, Description, Targets }
      }),
    'AWS::Events::EventBusPolicy': async ({ properties }) => {
      const Name = String(properties.EventBusName)
      const { Policy } = await callAws('events:DescribeEventBus', () =>
        eventBridge.send(new DescribeEventBusCommand({ Name })),
      )
      const mine = statementsOf(Policy).find(({ Sid }) => Sid === properties.StatementId)
      if (mine === undefined) return undefined
      const { Sid: _, ...Statement } = mine
      return { Statement }
    },
  }
}

/** SQS names what is missing in two ways, by the protocol. */
const NO_QUEUE = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']

const readQueue = ({ sqs }: AdminClients, QueueUrl: string): Promise<Record<string, string> | undefined> =>
  onMissing(NO_QUEUE, async () => {
    const { Attributes } = await callAws('sqs:GetQueueAttributes', () =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })),
    )
    return { ...Attributes }
  })

const NO_TOPIC = ['NotFoundException', 'NotFound']

const readTopic = ({ sns }: AdminClients, TopicArn: string): Promise<Record<string, string> | undefined> =>
  onMissing(NO_TOPIC, async () => {
    const { Attributes } = await callAws('sns:GetTopicAttributes', () =>
      sns.send(new GetTopicAttributesCommand({ TopicArn })),
    )
    return { ...Attributes }
  })

async function readSubscriptions(
  { sns }: AdminClients,
  TopicArn: string,
): Promise<readonly Subscription[] | undefined> {
  const region = parseArn(TopicArn)?.region
  if (region !== (await sns.config.region())) {
    throw new Error(`the topic ${TopicArn} is in another Region`)
  }
  const pages = await onMissing(NO_TOPIC, () =>
    allPages((NextToken) =>
      callAws('sns:ListSubscriptionsByTopic', () =>
        sns.send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken })),
      ),
    ),
  )
  // aws: Deleted for a while after it was removed.
  return pages
    ?.flatMap((page) => page.Subscriptions ?? [])
    .filter(({ SubscriptionArn }) => SubscriptionArn !== 'Deleted')
}

async function readSubscription({ sns }: AdminClients, subscription: Subscription): Promise<JsonObject> {
  const { TopicArn, Protocol, Endpoint, SubscriptionArn = '' } = subscription
  const plain = { TopicArn, Protocol, Endpoint, SubscriptionArn }
  // Until it is confirmed it has no ARN, and no attributes; `alerts-subscription` says so.
  if (!SubscriptionArn.startsWith('arn:')) return { ...plain, RawMessageDelivery: false }
  const { Attributes } = await callAws('sns:GetSubscriptionAttributes', () =>
    sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn })),
  )
  const { RawMessageDelivery = false, FilterPolicy, RedrivePolicy } = Attributes ?? {}
  return { ...plain, RawMessageDelivery, FilterPolicy, RedrivePolicy }
}
