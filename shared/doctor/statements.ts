/** The statements and commands that mend what the doctor finds, ready to be pasted. */
import { parseArn } from '../derive/arn.ts'

export const asJson = (value: unknown): string => JSON.stringify(value, null, 2)

/** The partition of an ARN; `aws` where there is none to see. */
export const partitionOf = (arn: string): string => parseArn(arn)?.partition ?? 'aws'

export const bucketArn = (partition: string, bucket: string, key = ''): string =>
  `arn:${partition}:s3:::${bucket}${key === '' ? '' : `/${key}`}`

/** For the policy of a queue: lets one bucket send, and only while this account owns it. */
export function allowBucketToSend(queueArn: string, bucket: string, accountId: string): string {
  return asJson({
    Sid: 'AllowBuckets',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: {
      ArnEquals: { 'aws:SourceArn': bucketArn(partitionOf(queueArn), bucket) },
      StringEquals: { 'aws:SourceAccount': accountId },
    },
  })
}

/** For the policy of a bucket: lets a function's role read. */
export function allowRoleToRead(roleArn: string, bucket: string, prefix: string): string {
  return asJson({
    Sid: 'AllowBucketwatch',
    Effect: 'Allow',
    Principal: { AWS: roleArn },
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: bucketArn(partitionOf(roleArn), bucket, `${prefix}*`),
  })
}

/** For the policy of a key: lets a function's role decrypt, through S3 only. */
export function allowRoleToDecrypt(roleArn: string): string {
  return asJson({
    Sid: 'AllowBucketwatch',
    Effect: 'Allow',
    Principal: { AWS: roleArn },
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
  })
}

/** For the policy of the topics' key: lets CloudWatch alarms publish. */
export function allowAlarmsToEncrypt(accountId: string): string {
  return asJson({
    Sid: 'AllowAlarms',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
  })
}

/** For the policy of a queue's key: lets S3 send to an encrypted queue. */
export function allowBucketsToEncrypt(accountId: string): string {
  return asJson({
    Sid: 'AllowBuckets',
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
  })
}

/**
 * For the policy of a bucket that trails deliver to.
 *
 * Source: AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
 */
export function allowTrailToDeliver(partition: string, bucket: string, trailPrefix: string, accountId: string): string {
  const trails = { 'aws:SourceArn': `arn:${partition}:cloudtrail:*:${accountId}:trail/*` }
  const principal = { Service: 'cloudtrail.amazonaws.com' }
  return asJson([
    {
      Sid: 'AWSCloudTrailAclCheck',
      Effect: 'Allow',
      Principal: principal,
      Action: 's3:GetBucketAcl',
      Resource: bucketArn(partition, bucket),
      Condition: { StringLike: trails },
    },
    {
      Sid: 'AWSCloudTrailWrite',
      Effect: 'Allow',
      Principal: principal,
      Action: 's3:PutObject',
      Resource: bucketArn(partition, bucket, `${trailPrefix}AWSLogs/${accountId}/*`),
      Condition: { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' }, StringLike: trails },
    },
  ])
}

/**
 * For the policy of a bucket that server access logs are delivered to.
 *
 * Source: Amazon S3 User Guide, "Enabling Amazon S3 server access logging".
 */
export function allowLogDelivery(partition: string, bucket: string, prefix: string, accountId: string): string {
  return asJson({
    Sid: 'S3ServerAccessLogsPolicy',
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: bucketArn(partition, bucket, `${prefix}*`),
    Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
  })
}
