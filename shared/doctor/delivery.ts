import type { LogKind } from '../kinds/kinds.ts'
import { allowLogDelivery, allowTrailToDeliver } from './statements.ts'

/** How AWS delivers the logs of a kind, as far as the checks of a bucket need to know. */
interface Delivery {
  /** A key as the logs have them, made up. */
  sampleKey(prefix: string, account: string): string
  /** The statements that a bucket policy needs, as JSON. */
  allow(partition: string, bucket: string, prefix: string, account: string): string
  /** What a delivery carries, beyond what every call of a service does. */
  readonly context: Readonly<Record<string, string>>
  /** S3's log delivery group delivers: an ACL can let it in, and encryption or retention can lose the logs silently. */
  readonly byLogDeliveryGroup: boolean
  /** Whose logs they are is in the key: one that is made up proves nothing about the policy. */
  readonly keyNamesOwner: boolean
  /** The prefix to connect, so that a key as the one given is covered. */
  connectPrefix(key: string, prefix: string): string
  /** What it can mean that none came for two days, and what to look at. */
  readonly silenceMeans: string
  lookAt(bucket: string): string
}

export const DELIVERY: Readonly<Record<LogKind, Delivery>> = {
  cloudtrail: {
    sampleKey(prefix, account) {
      if (prefix.includes('AWSLogs/') && !prefix.endsWith('AWSLogs/')) return `${prefix}example.json.gz`
      return `${trailPrefix(prefix)}AWSLogs/${account}/CloudTrail/us-east-1/example.json.gz`
    },
    allow: (partition, bucket, prefix, account) => allowTrailToDeliver(partition, bucket, trailPrefix(prefix), account),
    context: { 's3:x-amz-acl': 'bucket-owner-full-control' },
    byLogDeliveryGroup: false,
    keyNamesOwner: true,
    connectPrefix: (key) => key.slice(0, key.indexOf('AWSLogs/') + 'AWSLogs/'.length),
    silenceMeans:
      'A trail delivers every five minutes where anything happens; this one may be stopped, or deliver elsewhere.',
    lookAt: (bucket) =>
      `aws cloudtrail describe-trails --query "trailList[?S3BucketName=='${bucket}']" and, for each, aws cloudtrail get-trail-status --name …: IsLogging, LatestDeliveryError`,
  },
  'access-log': {
    sampleKey: (prefix) => `${prefix}2026-01-31-12-00-00-EXAMPLE0EXAMPLE0`,
    allow: allowLogDelivery,
    context: {},
    byLogDeliveryGroup: true,
    keyNamesOwner: false,
    connectPrefix: (_, prefix) => prefix,
    silenceMeans: 'Access logs come hours late, and only for buckets that are used; logging may be off.',
    lookAt: () => 'aws s3api get-bucket-logging --bucket … of each bucket that should log here',
  },
}

/** What stands before `AWSLogs/` in a trail's keys. */
function trailPrefix(prefix: string): string {
  const found = prefix.indexOf('AWSLogs/')
  if (found >= 0) return prefix.slice(0, found)
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}
