/** SNS topics as targets of findings: `alerts` for mail and tools, `chat` for Amazon Q Developer. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { AlertPublisher } from '../contracts/ports.ts'
import type { FindingTarget } from '../incident/ports.ts'
import { amazonQNotification } from '../target/amazon-q.ts'
import { snsMessage } from '../target/sns.ts'
import { targetError } from './target-failure.ts'

/** The topic that people and tools subscribe to. @throws (of `send`) BucketwatchError ALERT_PUBLISH */
export function createSnsTarget(publisher: AlertPublisher): FindingTarget {
  return { name: 'sns', send: (finding, text) => publisher.publish(snsMessage(finding, text)) }
}

/**
 * The topic that chat channels of Amazon Q Developer are subscribed to. It takes nothing but its own schema, so the topic
 * is one of its own.
 *
 * @throws (of `send`) BucketwatchError TARGET_UNAVAILABLE, TARGET_DENIED, TARGET_REFUSED
 */
export function createAmazonQTarget(options: { readonly client: SNSClient; readonly topicArn: string }): FindingTarget {
  const { client, topicArn: TopicArn } = options
  const name = 'amazonq'
  return {
    name,
    async send(finding) {
      try {
        await client.send(new PublishCommand({ TopicArn, Message: amazonQNotification(finding) }))
      } catch (error) {
        throw targetError(name, error)
      }
    },
  }
}
