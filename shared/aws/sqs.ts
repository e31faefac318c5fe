/** The queue of a function through the AWS SDK. */
import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { QueuePort } from '../contracts/ports.ts'

/** These calls come at the end of an invocation: better none than one that its time does not allow. Milliseconds. */
const TIMEOUT_MS = 3_000

/**
 * The QueuePort over SQS. Needs sqs:ChangeMessageVisibility and sqs:SendMessage.
 *
 * @example
 * const queue = createSqsQueue({ client: createSqsClient(), queueUrl })
 */
export function createSqsQueue(options: { readonly client: SQSClient; readonly queueUrl: string }): QueuePort {
  const { client, queueUrl: QueueUrl } = options
  const within = () => ({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
  return {
    async changeVisibility(ReceiptHandle, VisibilityTimeout) {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }), within())
    },
    async send(MessageBody) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody }), within())
    },
  }
}
