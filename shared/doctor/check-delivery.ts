import { listOf } from '../derive/json.ts'
import { KINDS } from '../kinds/kinds.ts'
import { addToBucketPolicy, type DeliveryCase, hasLastObject } from './bucket-case.ts'
import { DELIVERY } from './delivery.ts'
import type { BucketFacts } from './facts.ts'
import { type Finding, type Report, withFact } from './finding.ts'
import { evaluatePolicy, mentions, statementsOf } from './policy.ts'
import { serviceContext } from './queue-policy.ts'
import { bucketArn } from './statements.ts'

/** Whether the service that delivers the logs is let in. */
export function checkDelivery(c: DeliveryCase): readonly Finding[] {
  const { bucket, report, partition, owner } = c
  const service = KINDS[bucket.kind].deliveredBy
  const delivery = DELIVERY[bucket.kind]
  const account = owner ?? '111122223333'
  const fix = addToBucketPolicy(bucket.bucket, delivery.allow(partition, bucket.bucket, bucket.prefix, account))
  return withFact(report, 'delivery-policy', bucket.policy, (policy) => {
    const request = {
      requester: { service },
      action: 's3:PutObject',
      resource: bucketArn(partition, bucket.bucket, c.sampleKey),
      context: {
        ...serviceContext(service),
        ...delivery.context,
        ...(c.source !== undefined && { 'aws:sourcearn': c.source.arn, 'aws:sourceaccount': c.source.accountId }),
      },
    }
    const { allow, deny, deniedBy } = evaluatePolicy(policy, request)
    if (deny === 'yes') {
      return report('fail', 'delivery-policy', `The bucket policy (${deniedBy}) forbids ${service} to deliver.`, {
        why: 'Logs are lost, and nothing says so.',
        fix: `Except the service from ${deniedBy}: "Condition": { "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }`,
      })
    }
    if (allow !== 'no') {
      return report(
        deny === 'maybe' ? 'warn' : 'ok',
        'delivery-policy',
        deny === 'maybe'
          ? `${service} may deliver, unless ${deniedBy} of the bucket policy forbids it (its condition cannot be judged from here).`
          : `${service} may deliver.`,
      )
    }
    const elsewhere = statementsOf(policy).filter((statement) => mentions(statement, { service }, 's3:PutObject'))
    if (elsewhere.length > 0) {
      // Whose trail it is nobody knows before it has delivered, so a key that is made up proves nothing.
      if (delivery.keyNamesOwner && !hasLastObject(bucket)) {
        const places = elsewhere.flatMap(({ Resource }) => listOf(Resource)).join(', ')
        return report('ok', 'delivery-policy', `${service} may deliver to ${places}.`)
      }
      if (c.source !== undefined) {
        const what = `The bucket policy does not let ${service} deliver the logs of ${c.source.arn} (${c.sampleKey}).`
        return report('fail', 'delivery-policy', what, { why: 'They are lost, and nothing says so.', fix })
      }
      return report('warn', 'delivery-policy', `${service} may deliver, but not ${c.sampleKey}.`, {
        why: 'That is right where the logs of another account or trail are delivered here; else they are lost.',
        fix,
      })
    }
    const byAcl = delivery.byLogDeliveryGroup ? whyAclIsOpen(bucket) : undefined
    if (byAcl !== undefined) {
      const what = `The bucket policy does not let ${service} deliver; whether its ACL does could not be looked at: ${byAcl}`
      return report('warn', 'delivery-policy', what, { why: 'If it does not, access logs are lost.', fix })
    }
    if (delivery.byLogDeliveryGroup && bucket.logDeliveryByAcl.known && bucket.logDeliveryByAcl.value) {
      const enforced = bucket.ownership.known && bucket.ownership.value === 'BucketOwnerEnforced'
      return report(
        enforced ? 'fail' : 'ok',
        'delivery-policy',
        enforced
          ? 'Only the ACL lets log delivery in, and ACLs are off (BucketOwnerEnforced).'
          : "S3's log delivery group may deliver (by ACL).",
        enforced ? { why: 'Access logs are lost, and nothing says so.', fix } : {},
      )
    }
    const arrives = hasLastObject(bucket)
    return report(arrives ? 'warn' : 'fail', 'delivery-policy', `The bucket policy does not let ${service} deliver.`, {
      why: arrives
        ? 'Logs arrive all the same: that is right where something else copies or replicates them here.'
        : 'No logs arrive, and nothing says so.',
      fix,
    })
  })
}

/** Why nobody knows whether the ACL lets log delivery in: where ACLs are off, it does not, whatever it says. */
function whyAclIsOpen({
  ownership,
  logDeliveryByAcl,
}: Pick<BucketFacts, 'ownership' | 'logDeliveryByAcl'>): string | undefined {
  if (ownership.known && ownership.value === 'BucketOwnerEnforced') return undefined
  if (!logDeliveryByAcl.known) return logDeliveryByAcl.reason
  return logDeliveryByAcl.value && !ownership.known ? ownership.reason : undefined
}

/**
 * What makes server access logs vanish without an error.
 *
 * Source: Amazon S3 User Guide, "Enabling Amazon S3 server access logging": SSE-S3 only, no Object Lock default
 * retention period, no Requester Pays.
 */
export function checkSilentLoss({
  bucket,
  report,
}: {
  readonly bucket: Pick<BucketFacts, 'bucket' | 'encryption' | 'defaultRetention' | 'requesterPays'>
  readonly report: Report
}): Finding[] {
  const why = 'S3 does not deliver access logs to such a bucket, and nothing says so.'
  return [
    ...withFact(report, 'target-encryption', bucket.encryption, ({ algorithm }) =>
      algorithm.startsWith('aws:kms')
        ? report('fail', 'target-encryption', `The bucket's default encryption is ${algorithm}.`, {
            why,
            fix: `aws s3api put-bucket-encryption --bucket ${bucket.bucket} --server-side-encryption-configuration '${JSON.stringify({ Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] })}'`,
          })
        : report('ok', 'target-encryption', "The bucket's default encryption is SSE-S3."),
    ),
    ...withFact(report, 'target-object-lock', bucket.defaultRetention, (on) =>
      on
        ? report('fail', 'target-object-lock', 'The bucket has an Object Lock default retention.', {
            why,
            fix: `aws s3api put-object-lock-configuration --bucket ${bucket.bucket} --object-lock-configuration '${JSON.stringify({ ObjectLockEnabled: 'Enabled' })}'`,
          })
        : report('ok', 'target-object-lock', 'The bucket has no Object Lock default retention.'),
    ),
    ...withFact(report, 'target-requester-pays', bucket.requesterPays, (on) =>
      on
        ? report('fail', 'target-requester-pays', 'The bucket is a Requester Pays bucket.', {
            why,
            fix: `aws s3api put-bucket-request-payment --bucket ${bucket.bucket} --request-payment-configuration Payer=BucketOwner`,
          })
        : report('ok', 'target-requester-pays', 'The bucket owner pays.'),
    ),
  ]
}
