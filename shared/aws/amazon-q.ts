/** The topic that chat channels of Amazon Q Developer are subscribed to, as a target of findings. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { FindingTarget } from '../incident/ports.ts'
import { amazonQNotification } from '../target/amazon-q.ts'
import { targetError } from './target-failure.ts'

/**
 * Publishes custom notifications. Amazon Q Developer takes nothing else from a topic, so the topic is one of its own.
 * Needs sns:Publish on it.
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
