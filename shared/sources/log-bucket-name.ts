/**
 * `bucketwatch-logs-111122223333-eu-west-1`: the bucket for access logs that `setup` makes where a Region has none. One
 * for all stages: S3 delivers a bucket's access logs to one place.
 */
export const logBucketName = (accountId: string, region: string): string => `${logBucketBeginning(accountId)}${region}`

/** True for the names that {@link logBucketName} gives for an account. */
export const isLogBucketName = (bucket: string, accountId: string): boolean =>
  bucket.startsWith(logBucketBeginning(accountId))

const logBucketBeginning = (accountId: string): string => `bucketwatch-logs-${accountId}-`
