/** SQS queues, as the commands use them that send to them and empty them. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { BucketwatchError } from '../contracts/errors.ts'
import { type AdminClients, callAws } from './admin-clients.ts'

type Sqs = Pick<AdminClients, 'sqs'>

/** aws: SQS API Reference, SendMessageBatch. */
export const MAX_BATCH = 10
const TRIES = 5

/**
 * Sends bodies, ten a call. What SQS refuses of a batch is sent again, a few times.
 *
 * @throws BucketwatchError AWS_CALL; bodies before the failing batch have been sent.
 * @example
 * await sendAll({ sqs }, queueUrl, ['{"Records":[…]}'])
 */
export async function sendAll({ sqs }: Sqs, queueUrl: string, bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += MAX_BATCH) {
    let left = bodies.slice(start, start + MAX_BATCH)
    let refusal = ''
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > TRIES) throw new BucketwatchError('AWS_CALL', `sqs:SendMessage: ${refusal}`, { queueUrl })
      const Entries = left.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      const { Failed = [] } = await callAws('sqs:SendMessage', () =>
        sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
      )
      refusal = Failed[0]?.Message ?? Failed[0]?.Code ?? ''
      left = Failed.flatMap(({ Id }) => left[Number(Id)] ?? [])
    }
  }
}

/** A message that is out for a while: others cannot see it until it is let go, moved, or the time is over. */
export interface HeldMessage {
  readonly id: string
  readonly receiptHandle: string
  readonly body: string
  /** How often it was received; this time counts. */
  readonly receives: number
  /** When it was sent first, ms since the epoch. */
  readonly sentAt: number | undefined
}

/**
 * Takes messages out of a queue for a while, each once; ends when the queue gives no more, or at `max`.
 *
 * @param holdSeconds how long the others cannot see them.
 * @throws BucketwatchError AWS_CALL
 */
export async function* holdMessages(
  { sqs }: Sqs,
  queueUrl: string,
  { max, holdSeconds }: { readonly max: number; readonly holdSeconds: number },
): AsyncGenerator<HeldMessage> {
  const seen = new Set<string>()
  // An empty answer is not the end: a queue lives on many servers, and a short poll asks some of them.
  for (let empty = 0; empty < 2 && seen.size < max; ) {
    const { Messages = [] } = await callAws('sqs:ReceiveMessage', () =>
      sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(MAX_BATCH, max - seen.size),
          VisibilityTimeout: holdSeconds,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        }),
      ),
    )
    empty = Messages.length === 0 ? empty + 1 : 0
    for (const message of Messages) {
      const held = read(message)
      if (held === undefined || seen.has(held.id)) continue
      seen.add(held.id)
      yield held
    }
  }
}

function read({ MessageId, ReceiptHandle, Body, Attributes }: Message): HeldMessage | undefined {
  if (MessageId === undefined || ReceiptHandle === undefined) return undefined
  const sentAt = Number(Attributes?.SentTimestamp)
  return {
    id: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body ?? '',
    receives: Number(Attributes?.ApproximateReceiveCount ?? 0),
    sentAt: Number.isNaN(sentAt) ? undefined : sentAt,
  }
}

/** Lets others see the messages again at once. @throws BucketwatchError AWS_CALL */
export async function letGo({ sqs }: Sqs, queueUrl: string, messages: readonly HeldMessage[]): Promise<void> {
  for (let start = 0; start < messages.length; start += MAX_BATCH) {
    const Entries = messages
      .slice(start, start + MAX_BATCH)
      .map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }))
    await callAws('sqs:ChangeMessageVisibility', () =>
      sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })),
    )
  }
}

/**
 * Moves a message: it is sent first and deleted then, so that a failure between the two doubles it and loses nothing
 * (the ledger knows an object that comes twice).
 *
 * @throws BucketwatchError AWS_CALL
 */
export async function moveMessage(
  { sqs }: Sqs,
  { from, to, message }: { readonly from: string; readonly to: string; readonly message: HeldMessage },
): Promise<void> {
  await callAws('sqs:SendMessage', () => sqs.send(new SendMessageCommand({ QueueUrl: to, MessageBody: message.body })))
  await callAws('sqs:DeleteMessage', () =>
    sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: message.receiptHandle })),
  )
}
