import type { AlertPublisher } from '../contracts/ports.ts'
import type { FindingTarget } from '../incident/ports.ts'
import { renderFindingMessage } from './render-finding.ts'

/**
 * The topic `alerts` as a target: text for people, JSON for machines, attributes for filter policies.
 *
 * @throws BucketwatchError ALERT_PUBLISH.
 * @example
 * createTopicTarget(createSnsPublisher({ client, topicArn }))
 */
export function createTopicTarget(publisher: AlertPublisher): FindingTarget {
  return { name: 'alerts', send: (finding, text) => publisher.publish(renderFindingMessage(finding, text)) }
}
