/** Log objects for the end-to-end tests, as AWS would deliver them, of the present hour. */
import { gzipSync } from 'node:zlib'
import { generateAccessLogLines, generateCloudTrail } from '../../support/generate.ts'
import { accessLogBytes, type CloudTrailRecord, isoTime } from '../../support/log-shapes.ts'

const ACCOUNT = '111122223333'
let counter = 0

/** A key as CloudTrail makes them; every one is new. */
export function trailKey(prefix = ''): string {
  counter += 1
  const unique = String(counter).padStart(16, 'x')
  return `${prefix}AWSLogs/${ACCOUNT}/CloudTrail/us-east-1/2026/03/17/${ACCOUNT}_CloudTrail_us-east-1_20260317T0600Z_${unique}.json.gz`
}

/** A key as S3 makes them for server access logs. */
export function accessLogKey(prefix = 'logs/'): string {
  counter += 1
  return `${prefix}2026-03-17-06-00-00-${counter.toString(16).toUpperCase().padStart(16, 'A')}`
}

export function trailRecords(records: number, seed: number): CloudTrailRecord[] {
  return [...generateCloudTrail({ records, seed, startTime: Date.now() - 900_000, span: 600_000 })]
}

export const trailObject = (records: readonly CloudTrailRecord[]): Uint8Array =>
  gzipSync(JSON.stringify({ Records: records }))

export function accessLogLines(lines: number, seed: number): string[] {
  return [...generateAccessLogLines({ lines, seed, oddShare: 0, startTime: Date.now() - 900_000, span: 600_000 })]
}

export const accessLogObject = (lines: readonly string[]): Uint8Array => accessLogBytes(`${lines.join('\n')}\n`)

/** Somebody deletes a bucket's policy: what the detection s3-policy-deleted is there for. */
export function intrusion(bucketName: string, userName: string): CloudTrailRecord {
  counter += 1
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDACKCEVSQ6C2EXAMPLE',
      arn: `arn:aws:iam::${ACCOUNT}:user/${userName}`,
      accountId: ACCOUNT,
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      userName,
    },
    eventTime: isoTime(Date.now() - 300_000),
    eventSource: 's3.amazonaws.com',
    eventName: 'DeleteBucketPolicy',
    awsRegion: 'us-east-1',
    sourceIPAddress: '2001:db8::66',
    userAgent: '[aws-cli/2.17.0 md/awscrt#0.20.11 os/linux#6.5 lang/python#3.11.8]',
    requestParameters: { bucketName, Host: `${bucketName}.s3.us-east-1.amazonaws.com`, policy: '' },
    responseElements: null,
    requestID: `REQ${String(counter).padStart(13, '0')}`,
    eventID: `00000000-0000-4000-8000-${String(counter).padStart(12, '0')}`,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  }
}
