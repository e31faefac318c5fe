import { ListBucketsCommand, type S3Client } from '@aws-sdk/client-s3'
import { callAws } from './admin-clients.ts'

export interface ListedBuckets {
  /** The canonical user id of the account. */
  readonly ownerId: string | undefined
  readonly buckets: readonly { readonly name: string; readonly region: string | undefined }[]
}

/**
 * All general purpose buckets of the account, whatever their Region.
 *
 * @see Amazon S3 API Reference, "ListBuckets"
 * @throws BucketwatchError AWS_CALL
 * @example
 * const { ownerId, buckets } = await listBuckets({ s3: createS3Client() })
 */
export async function listBuckets({ s3 }: { readonly s3: S3Client }): Promise<ListedBuckets> {
  const buckets: { readonly name: string; readonly region: string | undefined }[] = []
  let ownerId: string | undefined
  let ContinuationToken: string | undefined
  do {
    const input = { MaxBuckets: 1000, ...(ContinuationToken !== undefined && { ContinuationToken }) }
    const page = await callAws('s3:ListAllMyBuckets', () => s3.send(new ListBucketsCommand(input)))
    ownerId ??= page.Owner?.ID
    for (const { Name, BucketRegion } of page.Buckets ?? []) {
      if (Name !== undefined) buckets.push({ name: Name, region: BucketRegion === '' ? undefined : BucketRegion })
    }
    ContinuationToken = page.ContinuationToken
  } while (ContinuationToken !== undefined && ContinuationToken !== '')
  return { ownerId, buckets }
}
