/** The queue of hits, through the AWS SDK. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { BucketwatchError } from '../contracts/errors.ts'
import type { HitSink } from '../incident/ports.ts'
import { readAwsError } from './failure.ts'

/** SQS: ten messages a call; bytes of all of them together, of what every Region takes. */
const MAX_ENTRIES = 10
const MAX_BYTES = 262_144
/** Entries that SQS refused for a reason of its own are sent again so often. */
const ATTEMPTS = 3

/**
 * The HitSink over an SQS queue: one message a hit. Resolves when all are in the queue. Needs sqs:SendMessage.
 *
 * Source: SQS API Reference, SendMessageBatch.
 *
 * @throws (of `put`) BucketwatchError HITS_PUT: some hits may be in the queue; sending all again does no harm.
 * @example
 * const sink = createHitQueue({ client: createSqsClient(), queueUrl })
 */
export function createHitQueue(options: { readonly client: SQSClient; readonly queueUrl: string }): HitSink {
  const { client, queueUrl: QueueUrl } = options

  async function send(bodies: readonly string[]): Promise<void> {
    let left = bodies
    let problem = ''
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > ATTEMPTS) throw new BucketwatchError('HITS_PUT', problem)
      const Entries = left.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      problem = Failed.map(({ Code, Message }) => `${Code}: ${Message}`)[0] ?? ''
      left = Failed.map(({ Id }) => left[Number(Id)]!)
    }
  }

  return {
    async put(hits) {
      try {
        for (const batch of batches(hits.map((hit) => JSON.stringify(hit)))) await send(batch)
      } catch (error) {
        if (error instanceof BucketwatchError) throw error
        const { name, message } = readAwsError(error)
        throw new BucketwatchError('HITS_PUT', `${name}: ${message}`, {}, { cause: error })
      }
    },
  }
}

/** In order, as many as a call takes. */
function batches(bodies: readonly string[]): string[][] {
  const made: string[][] = []
  let bytes = 0
  for (const body of bodies) {
    const size = Buffer.byteLength(body)
    const last = made.at(-1)
    if (last === undefined || last.length === MAX_ENTRIES || bytes + size > MAX_BYTES) {
      made.push([body])
      bytes = size
    } else {
      last.push(body)
      bytes += size
    }
  }
  return made
}
