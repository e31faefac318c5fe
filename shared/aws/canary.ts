/** Puts the canary into its bucket. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { canaryObject } from '../incident/canary.ts'
import type { LogKind } from '../kinds/kinds.ts'

/**
 * Sends a canary of each kind of logs.
 *
 * @throws what the SDK throws where S3 does not take it.
 * @example
 * const sendCanary = createCanarySender({ client, bucket, sources: ['cloudtrail'], accountId, region })
 * await sendCanary(Date.now())
 */
export function createCanarySender(options: {
  readonly client: S3Client
  readonly bucket: string
  readonly sources: readonly LogKind[]
  readonly accountId: string
  readonly region: string
}): (now: number) => Promise<void> {
  const { client, bucket, sources, accountId } = options
  return async (now) => {
    const puts = sources.map((kind) => {
      const { key, body } = canaryObject(kind, options, now)
      const input = { Bucket: bucket, Key: key, Body: body, ExpectedBucketOwner: accountId }
      return client.send(new PutObjectCommand(input))
    })
    await Promise.all(puts)
  }
}
