import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type { ObjectLister } from '../contracts/ports.ts'
import { callAws } from './admin-clients.ts'

/**
 * Lists buckets, a level at a time.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * for await (const { folders } of createS3Lister({ client }).list({ bucket, prefix: 'AWSLogs/' })) …
 */
export function createS3Lister({ client }: { readonly client: Pick<S3Client, 'send'> }): ObjectLister {
  return {
    async *list({ bucket, prefix, startAfter }) {
      let token: string | undefined
      do {
        const page = await callAws('s3:ListBucket', () =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              Delimiter: '/',
              // A continuation token says it already.
              ...(startAfter !== undefined && token === undefined && { StartAfter: startAfter }),
              ...(token !== undefined && { ContinuationToken: token }),
            }),
          ),
        )
        yield {
          objects: (page.Contents ?? []).flatMap(({ Key, Size, LastModified, ETag }) =>
            Key === undefined
              ? []
              : [
                  {
                    key: Key,
                    size: Size ?? 0,
                    lastModified: LastModified?.getTime() ?? 0,
                    eTag: ETag?.replaceAll('"', ''),
                  },
                ],
          ),
          folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])),
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },
  }
}
