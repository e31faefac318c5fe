/** The ways on which a bucket's notifications reach the queue of a kind: directly, over topics, over EventBridge. */
import {
  destinationOf,
  entriesOf,
  type LocatedEntry,
  type NotificationConfiguration,
} from '../connect/configuration.ts'
import { eventTypesIntersect } from '../connect/overlap.ts'
import { OBJECT_CREATED } from '../connect/plan.ts'
import type { KindFacts } from './facts.ts'
import { evaluatePolicy, mentions, statementsOf } from './policy.ts'
import { serviceContext } from './queue-policy.ts'

export interface Feeds {
  readonly direct: readonly LocatedEntry[]
  readonly viaTopic: readonly LocatedEntry[]
  readonly viaEventBridge: boolean
  /** The queue lets rules of EventBridge send, whether or not the bucket tells it anything. */
  readonly ruleSends: boolean
  /** In words; empty: none. */
  readonly ways: readonly string[]
}

/** @param accountId the stack's */
export function feedsOf(
  configuration: NotificationConfiguration,
  kind: Pick<KindFacts, 'queue' | 'queueArn'>,
  accountId: string,
): Feeds {
  const queuePolicy = kind.queue.known ? kind.queue.value.policy : undefined
  const created = entriesOf(configuration).filter(({ entry }) =>
    (entry.Events ?? []).some((event) => eventTypesIntersect(event, OBJECT_CREATED)),
  )
  const direct = created.filter((located) => destinationOf(located) === kind.queueArn)
  const viaTopic = created.filter(
    (located) =>
      located.section === 'TopicConfigurations' &&
      topicMaySend(kind.queueArn, queuePolicy, destinationOf(located), accountId),
  )
  const ruleSends = statementsOf(queuePolicy).some((statement) =>
    mentions(statement, { service: 'events.amazonaws.com' }, 'sqs:SendMessage'),
  )
  const viaEventBridge = configuration.EventBridgeConfiguration !== undefined && ruleSends
  const ways = [
    ...(direct.length > 0 ? ['directly'] : []),
    ...(viaTopic.length > 0 ? ['over a topic'] : []),
    ...(viaEventBridge ? ['over EventBridge'] : []),
  ]
  return { direct, viaTopic, viaEventBridge, ruleSends, ways }
}

function topicMaySend(queueArn: string, policy: string | undefined, topicArn: string, accountId: string): boolean {
  const { allow, deny } = evaluatePolicy(policy, {
    requester: { service: 'sns.amazonaws.com' },
    action: 'sqs:SendMessage',
    resource: queueArn,
    context: {
      ...serviceContext('sns.amazonaws.com'),
      'aws:sourcearn': topicArn,
      'aws:sourceaccount': topicArn.split(':')[4] ?? accountId,
    },
  })
  return allow === 'yes' && deny === 'no'
}
