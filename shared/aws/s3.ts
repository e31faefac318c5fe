/** S3 objects through the AWS SDK. */
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { BucketwatchError, type ErrorCode, errorMessage } from '../contracts/errors.ts'
import type { ObjectAddress, ObjectStore, OpenedObject, OperatorLog } from '../contracts/ports.ts'
import { isDenied, isOutage, readAwsError } from './failure.ts'

/** An object's address, and what its notification says it is. */
export interface S3ObjectAddress extends ObjectAddress {
  /** The ETag expected, with or without its quotes; another one is OBJECT_READ. */
  readonly eTag?: string | undefined
}

export interface S3ObjectStoreOptions {
  readonly client: S3Client
  /** How often one body is resumed after its connection broke, default 5. */
  readonly maxResumes?: number | undefined
  readonly sleep?: ((ms: number) => Promise<unknown>) | undefined
  readonly log?: OperatorLog | undefined
}

export interface S3ObjectStore extends ObjectStore {
  open(address: S3ObjectAddress): Promise<OpenedObject>
}

/**
 * The ObjectStore over S3. A body whose connection breaks is resumed from where it was (`Range`, with `If-Match` and the
 * version, so that the parts are of one object), so a 50 MB object does not start again from zero. The body must be
 * read, or its iterator returned: an unread one keeps its connection.
 *
 * Errors: OBJECT_NOT_FOUND (no such bucket, key or version; a delete marker; a name that no object can have),
 * OBJECT_ACCESS_DENIED (also for a missing key where the role lacks s3:ListBucket: S3 does not tell the two apart),
 * OBJECT_ARCHIVED, OBJECT_READ (everything else, also while the body is read).
 *
 * Source: S3 API Reference, "GetObject", "Error responses".
 *
 * @example
 * const { body } = await createS3ObjectStore({ client: createS3Client() }).open({ bucket, key })
 * for await (const chunk of body) gunzip.write(chunk)
 */
export function createS3ObjectStore(options: S3ObjectStoreOptions): S3ObjectStore {
  const { client, maxResumes = 5, log } = options
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))

  async function get(address: S3ObjectAddress, from = 0, opened?: GetObjectCommandOutput) {
    const eTag = opened?.ETag ?? address.eTag
    const versionId = address.versionId ?? opened?.VersionId
    try {
      return await client.send(
        new GetObjectCommand({
          Bucket: address.bucket,
          Key: address.key,
          ...(versionId !== undefined && { VersionId: versionId }),
          ...(eTag !== undefined && { IfMatch: quoted(eTag) }),
          ...(from > 0 && { Range: `bytes=${from}-` }),
        }),
      )
    } catch (error) {
      throw objectError(error, address)
    }
  }

  async function* read(
    address: S3ObjectAddress,
    opened: GetObjectCommandOutput,
    first: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const length = opened.ContentLength
    let offset = 0
    let resumes = 0
    let body = first
    for (;;) {
      let broken: unknown
      try {
        for await (const chunk of body) {
          offset += chunk.byteLength
          yield chunk
        }
        if (length === undefined || offset >= length) return
        broken = new Error(`the body ended after ${offset} of ${length} bytes`)
      } catch (error) {
        if (length !== undefined && offset >= length) return
        broken = error
      }
      const place = { ...address, offset, resumes }
      if (resumes >= maxResumes) {
        throw readError(address, `${errorMessage(broken)} (resumed ${resumes} times)`, place, broken)
      }
      log?.warn('The connection broke while an object was read; resuming.', { ...place, error: errorMessage(broken) })
      await sleep(100 * 2 ** resumes)
      resumes++
      const rest = await get(address, offset, opened)
      // A server that ignores Range would begin from zero, and every record so far would come twice.
      if (offset > 0 && !rest.ContentRange?.startsWith(`bytes ${offset}-`)) {
        bytesOf(rest)[Symbol.asyncIterator]().return?.().catch(ignore)
        throw readError(address, `resuming at byte ${offset} gave ${rest.ContentRange ?? 'no range'}`, place)
      }
      body = bytesOf(rest)
    }
  }

  return {
    async open(address) {
      // The SDK would refuse these itself, with an error of no code.
      if (address.bucket === '' || address.key === '') {
        throw objectError(Object.assign(new Error('a name is empty'), { name: 'NoSuchKey' }), address)
      }
      const opened = await get(address)
      return { body: read(address, opened, bytesOf(opened)), contentLength: opened.ContentLength }
    },
  }
}

function bytesOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  // In Node the body is always a stream.Readable; its declared type also covers browsers.
  const body = (Body ?? []) as AsyncIterable<Uint8Array> & { on?: (event: string, listener: () => void) => void }
  // Should it break before anyone reads it, 'error' without a listener would end the process. The reader still gets it.
  body.on?.('error', ignore)
  return body
}

function ignore(): void {}

function quoted(eTag: string): string {
  return eTag.startsWith('"') ? eTag : `"${eTag}"`
}

function readError(address: ObjectAddress, what: string, details: Record<string, unknown>, cause?: unknown) {
  return new BucketwatchError('OBJECT_READ', `${address.bucket}/${address.key}: ${what}.`, details, { cause })
}

function objectError(error: unknown, address: ObjectAddress): BucketwatchError {
  const failure = readAwsError(error)
  const { name, status, message } = failure
  let code: ErrorCode = 'OBJECT_READ'
  if (name === 'InvalidObjectState') code = 'OBJECT_ARCHIVED'
  else if (
    status === 404 ||
    // 405: the version named is a delete marker.
    status === 405 ||
    /^(NoSuchKey|NoSuchBucket|NoSuchVersion|NotFound|InvalidBucketName|KeyTooLongError|KeyTooLong)$/.test(name)
  ) {
    code = 'OBJECT_NOT_FOUND'
  } else if (isDenied(failure) && !isOutage(failure)) code = 'OBJECT_ACCESS_DENIED'
  return new BucketwatchError(
    code,
    `${address.bucket}/${address.key}: ${name}: ${message}.`,
    { bucket: address.bucket, key: address.key, versionId: address.versionId, awsError: name, httpStatus: status },
    { cause: error },
  )
}
