/** Reading and putting a bucket's notification configuration through the AWS SDK. */
import {
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  type HeadBucketCommandOutput,
  PutBucketNotificationConfigurationCommand,
  type NotificationConfiguration as S3NotificationConfiguration,
} from '@aws-sdk/client-s3'
import { type NotificationConfiguration, unknownElements } from '../connect/configuration.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { readAwsError } from './failure.ts'

type S3 = Pick<AdminClients, 's3'>

export interface ReadConfiguration {
  readonly configuration: NotificationConfiguration
  /** What S3 answered beyond what the SDK understands: it would be lost if the configuration were put back. */
  readonly unknownElements: readonly string[]
}

/** Reads the configuration. @throws BucketwatchError AWS_CALL */
export async function readNotificationConfiguration({ s3 }: S3, bucket: string): Promise<ReadConfiguration> {
  let xml = ''
  const command = new GetBucketNotificationConfigurationCommand({ Bucket: bucket })
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as { statusCode?: number; body?: unknown }
      if (response.statusCode === 200 && isBytes(response.body)) {
        const body = await collect(response.body)
        response.body = body
        xml = body.toString('utf8')
      }
      return result
    },
    // Inside of the SDK's own deserializer, which consumes the body.
    { step: 'deserialize', name: 'bucketwatchKeepBody', priority: 'low' },
  )
  const { $metadata: _, ...configuration } = await callAws('s3:GetBucketNotification', () => s3.send(command))
  return { configuration: configuration as NotificationConfiguration, unknownElements: unknownElements(xml) }
}

const isBytes = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * Replaces the configuration. S3 first sends a test message to every destination in it, others' too, and refuses all of
 * it when one cannot be reached, unless `skipDestinationValidation`.
 *
 * Source: Amazon S3 API Reference, "PutBucketNotificationConfiguration".
 *
 * @throws BucketwatchError CONNECT_REFUSED where S3 refuses what is in it, AWS_CALL otherwise.
 */
export async function putNotificationConfiguration(
  { s3 }: S3,
  bucket: string,
  configuration: NotificationConfiguration,
  skipDestinationValidation = false,
): Promise<void> {
  await callAws('s3:PutBucketNotification', async () => {
    try {
      await s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: bucket,
          // The SDK only reads it; its type is mutable, and knows the event types by name.
          NotificationConfiguration: configuration as S3NotificationConfiguration,
          ...(skipDestinationValidation && { SkipDestinationValidation: true }),
        }),
      )
    } catch (error) {
      const { name, message } = readAwsError(error)
      if (name !== 'InvalidArgument') throw error
      const details = argumentsOf(error)
      throw new BucketwatchError(
        'CONNECT_REFUSED',
        `S3 refuses it: ${message}${details === '' ? '' : ` (${details})`}`,
        { bucket, reason: message },
        { cause: error },
      )
    }
  })
}

/** S3 names the destination at fault in ArgumentName1, ArgumentValue1, … of the error. */
function argumentsOf(error: unknown): string {
  return Object.entries(error as Record<string, unknown>)
    .filter(([name, value]) => /^Argument(?:Name|Value)/.test(name) && typeof value === 'string')
    .map(([, value]) => value)
    .join('; ')
}

/**
 * HeadBucket, which answers failures without a body: what its status means is said here.
 *
 * @param owner the account that must own the bucket
 * @throws BucketwatchError AWS_CALL with `details.status`
 */
export async function headBucket({ s3 }: S3, bucket: string, owner?: string): Promise<HeadBucketCommandOutput> {
  return callAws('s3:ListBucket', async () => {
    try {
      return await s3.send(
        new HeadBucketCommand({ Bucket: bucket, ...(owner !== undefined && { ExpectedBucketOwner: owner }) }),
      )
    } catch (error) {
      const { status } = readAwsError(error)
      if (status !== 403 && status !== 404) throw error
      const meaning = status === 404 ? 'does not exist' : 'may not be looked at with these credentials'
      throw new BucketwatchError('AWS_CALL', `The bucket ${bucket} ${meaning} (HeadBucket: ${status}).`, {
        action: 's3:ListBucket',
        status,
      })
    }
  })
}

/** The bucket's Region. @throws BucketwatchError AWS_CALL */
export async function readBucketRegion({ s3 }: S3, bucket: string): Promise<string> {
  const { BucketRegion } = await headBucket({ s3 }, bucket)
  if (BucketRegion !== undefined && BucketRegion !== '') return BucketRegion
  const { LocationConstraint } = await callAws('s3:GetBucketLocation', () =>
    s3.send(new GetBucketLocationCommand({ Bucket: bucket })),
  )
  // aws: no constraint is us-east-1, and EU is an old name of eu-west-1.
  if (LocationConstraint === undefined || String(LocationConstraint) === '') return 'us-east-1'
  return LocationConstraint === 'EU' ? 'eu-west-1' : LocationConstraint
}
