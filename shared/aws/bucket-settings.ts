/** Settings of a bucket that logs are delivered to, one call each. A setting that was never made has S3's default. */
import {
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Fact } from '../doctor/finding.ts'
import { unless } from './facts.ts'

export interface BucketSettings {
  readonly policy: Fact<string | undefined>
  /** The default encryption: algorithm, and the key's id where one is named. */
  readonly encryption: Fact<{ readonly algorithm: string; readonly keyId: string | undefined }>
  readonly defaultRetention: Fact<boolean>
  readonly requesterPays: Fact<boolean>
  /** `BucketOwnerEnforced` …; undefined: never set. */
  readonly ownership: Fact<string | undefined>
  /** The bucket's ACL lets S3's log delivery group write. */
  readonly logDeliveryByAcl: Fact<boolean>
}

/** Reads all of them at once. */
export async function readBucketSettings(s3: S3Client, Bucket: string): Promise<BucketSettings> {
  const [policy, encryption, defaultRetention, requesterPays, ownership, logDeliveryByAcl] = await Promise.all([
    unless('NoSuchBucketPolicy', undefined, 's3:GetBucketPolicy', async () => {
      return (await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy
    }),
    unless('ServerSideEncryptionConfigurationNotFoundError', SSE_S3, 's3:GetEncryptionConfiguration', async () => {
      const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }))
      const rule = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault
      const algorithm: string = rule?.SSEAlgorithm ?? 'AES256'
      const keyId = algorithm.startsWith('aws:kms') ? (rule?.KMSMasterKeyID ?? 'alias/aws/s3') : undefined
      return { algorithm, keyId }
    }),
    unless('ObjectLockConfigurationNotFoundError', false, 's3:GetBucketObjectLockConfiguration', async () => {
      const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))
      return ObjectLockConfiguration?.Rule?.DefaultRetention !== undefined
    }),
    unless(undefined, false, 's3:GetBucketRequestPayment', async () => {
      return (await s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer === 'Requester'
    }),
    unless('OwnershipControlsNotFoundError', undefined, 's3:GetBucketOwnershipControls', async () => {
      const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
      return OwnershipControls?.Rules?.[0]?.ObjectOwnership as string | undefined
    }),
    unless(undefined, false, 's3:GetBucketAcl', async () => {
      const { Grants = [] } = await s3.send(new GetBucketAclCommand({ Bucket }))
      return Grants.some(
        ({ Grantee, Permission }) =>
          Grantee?.URI?.endsWith('/groups/s3/LogDelivery') === true &&
          (Permission === 'WRITE' || Permission === 'FULL_CONTROL'),
      )
    }),
  ])
  return { policy, encryption, defaultRetention, requesterPays, ownership, logDeliveryByAcl }
}

const SSE_S3: { readonly algorithm: string; readonly keyId: string | undefined } = {
  algorithm: 'AES256',
  keyId: undefined,
}
