import type { AlertPublisher } from '../contracts/ports.ts'
import type { Finding } from '../incident/finding.ts'
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
  return {
    name: 'alerts',
    async send(finding, text) {
      if (saysSomething(finding)) await publisher.publish(renderFindingMessage(finding, text))
    },
  }
}

/**
 * Whether a finding is worth a mail: all are but a closing of which everything was told before. That one is for systems
 * that keep a state, and stands in the log group.
 */
export function saysSomething({ event, added, mergedInto }: Finding): boolean {
  return event !== 'closed' || added > 0 || mergedInto !== undefined
}
