/** SNS through the AWS SDK. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { BucketwatchError } from '../contracts/errors.ts'
import type { AlertPublisher } from '../contracts/ports.ts'
import { readAwsError } from './failure.ts'

/**
 * The AlertPublisher over one SNS topic. The SDK retries what is worth it; what is left is for Lambda's retries.
 *
 * Source: SNS API Reference, "Publish".
 *
 * @throws BucketwatchError ALERT_PUBLISH
 * @example
 * const publisher = createSnsPublisher({ client: createSnsClient(), topicArn })
 */
export function createSnsPublisher(options: { readonly client: SNSClient; readonly topicArn: string }): AlertPublisher {
  const { client, topicArn } = options
  return {
    async publish({ subject, message, attributes }) {
      try {
        await client.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subject,
            Message: message,
            MessageStructure: 'json',
            MessageAttributes: Object.fromEntries(
              Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
            ),
          }),
        )
      } catch (error) {
        const { name, message: reason } = readAwsError(error)
        throw new BucketwatchError('ALERT_PUBLISH', `${name}: ${reason}`, { topicArn }, { cause: error })
      }
    },
  }
}
