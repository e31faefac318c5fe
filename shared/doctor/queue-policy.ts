/** Whether a queue's policy lets a bucket send its notifications. */
import { evaluatePolicy, type Verdict } from './policy.ts'

/**
 * What a service's own call carries beside its source. Whatever is not here, the trail or source bucket that it comes
 * from for one, is not known.
 */
export const serviceContext = (service: string): Readonly<Record<string, string | null>> => ({
  'aws:securetransport': 'true',
  'aws:principalisawsservice': 'true',
  'aws:principalservicename': service,
  'aws:principalarn': null,
  'aws:principalaccount': null,
  'aws:principalorgid': null,
  'aws:sourcevpce': null,
  'aws:sourcevpc': null,
})

/**
 * Asks a queue's policy for S3, on behalf of a bucket.
 *
 * Source: Amazon S3 User Guide, "Granting permissions to publish event notification messages to a destination".
 *
 * @param bucketArn `arn:aws:s3:::amzn-s3-demo-bucket`
 * @param accountId the bucket's owner; undefined: not known
 * @example
 * mayBucketSend(policy, queueArn, 'arn:aws:s3:::amzn-s3-demo-bucket', '111122223333').allow // 'yes'
 */
export function mayBucketSend(
  policy: string | undefined,
  queueArn: string,
  bucketArn: string,
  accountId: string | undefined,
): Verdict {
  return evaluatePolicy(policy, {
    requester: { service: 's3.amazonaws.com' },
    action: 'sqs:SendMessage',
    resource: queueArn,
    context: {
      ...serviceContext('s3.amazonaws.com'),
      'aws:sourcearn': bucketArn,
      ...(accountId !== undefined && { 'aws:sourceaccount': accountId }),
    },
  })
}
