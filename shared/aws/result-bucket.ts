import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ResultStore } from '../replay/distributed.ts'
import { callAws } from './admin-clients.ts'
import { readAwsError } from './failure.ts'

/** Where results lie. */
export interface ResultPlace {
  readonly bucket: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
}

/**
 * Keeps the jobs and parts of distributed replays in a bucket.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * createResultBucket({ client, bucket: 'amzn-s3-demo-results', prefix: 'replay/' })
 */
export function createResultBucket(given: ResultPlace & { readonly client: Pick<S3Client, 'send'> }): ResultStore {
  const { client, bucket, prefix } = given
  const of = (name: string) => ({ Bucket: bucket, Key: prefix + name })

  /** Undefined for what is not there. */
  async function unlessMissing<T>(action: string, call: () => Promise<T>): Promise<T | undefined> {
    return callAws(action, async () => {
      try {
        return await call()
      } catch (error) {
        const { name, status } = readAwsError(error)
        if (status === 404 && name !== 'NoSuchBucket') return undefined
        throw error
      }
    })
  }

  return {
    get: (name, range) =>
      unlessMissing('s3:GetObject', async () => {
        const bytes = range === undefined ? {} : { Range: `bytes=${range.from}-${range.from + range.length - 1}` }
        const { Body } = await client.send(new GetObjectCommand({ ...of(name), ...bytes }))
        // In Node the body is always a stream.Readable; its declared type also covers browsers.
        const chunks: Uint8Array[] = []
        for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk)
        return Buffer.concat(chunks)
      }),
    has: (name) =>
      callAws('s3:GetObject', async () => {
        try {
          await client.send(new HeadObjectCommand(of(name)))
          return true
        } catch (error) {
          // Whoever may not list the bucket is told 403 of what is not there.
          if ([403, 404].includes(readAwsError(error).status ?? 0)) return false
          throw error
        }
      }),
    async put(name, bytes) {
      await callAws('s3:PutObject', () => client.send(new PutObjectCommand({ ...of(name), Body: bytes })))
    },
    async *names(start) {
      let token: string | undefined
      do {
        const page = await callAws('s3:ListBucket', () =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix + start,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          ),
        )
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key.slice(prefix.length)
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },
  }
}
