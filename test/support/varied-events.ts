import { call, data, role } from '../cases/cloudtrail-records.ts'
import { generateCloudTrail } from './generate.ts'

/** Values that rules look at, and some that only look like them. */
const CHANGES = {
  eventName: ['DeleteBucket', 'PutBucketPolicy', 'StopLogging', 'ConsoleLogin', 'GetObject', 'CreateAccessKey'],
  eventSource: [
    's3.amazonaws.com',
    's3express.amazonaws.com',
    'cloudtrail.amazonaws.com',
    'config.amazonaws.com',
    'iam.amazonaws.com',
    'signin.amazonaws.com',
    undefined,
  ],
  eventType: ['AwsServiceEvent', 'AwsConsoleSignIn', undefined],
  errorCode: ['AccessDenied', 'Client.UnauthorizedOperation', '200', undefined],
  errorMessage: ['Failed authentication', undefined],
  eventTime: ['2026-06-01T10:02:00Z', '2026-06-01T01:02:00Z', '2026-05-01T10:02:00Z', undefined],
  sourceIPAddress: ['192.0.2.200', '10.0.0.1', '2001:db8::7', 'AWS Internal', 's3.amazonaws.com', 'nowhere', undefined],
  userAgent: ['[rclone/v1.67.0]', 'Pacu/1', 'APN/1.0 HashiCorp/1.0 Terraform/1.7.5', undefined],
  userIdentity: [
    role('Admin'),
    role('Admin', { mfa: 'true' }),
    role('X', { account: '555566667777' }),
    { type: 'Root', accountId: '111122223333' },
    { type: 'Root', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:root', invokedBy: 'AWS Internal' },
    { type: 'AWSAccount', principalId: '', accountId: 'anonymous' },
    { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId: '444455556666' },
    { type: 'AWSService', invokedBy: 'cloudtrail.amazonaws.com' },
    { type: 'IAMUser', userName: 'jane', accountId: '111122223333', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    { type: 'IdentityCenterUser', onBehalfOf: { userId: 'u-1' }, accountId: '111122223333' },
    { accountId: '111122223333', invokedBy: 'AWS Internal' },
    {},
    undefined,
  ],
  readOnly: [true, false, 'True', undefined],
  responseElements: [{ ConsoleLogin: 'Success' }, { ConsoleLogin: 'Failure' }],
  additionalEventData: [{ MFAUsed: 'No' }, { bytesTransferredOut: 2e10 }, { AuthenticationMethod: 'QueryString' }],
  requestParameters: [{ bucketName: 'amzn-s3-demo-bucket-trail' }, { bucketName: 'b', key: '.env' }, null],
  tlsDetails: [{ tlsVersion: 'TLSv1' }, { tlsVersion: 'TLSv1.3' }, { cipherSuite: 'ECDHE-RSA-AES128-SHA' }, undefined],
  eventCategory: ['Data', 'Management', 'NetworkActivity', undefined],
  recipientAccountId: ['111122223333', '444455556666', undefined],
}
const NAMES = Object.keys(CHANGES) as (keyof typeof CHANGES)[]

/** Events of all kinds, up to five members of each changed; the same each time. */
export function* variedEvents(records: number): Generator<Record<string, unknown>> {
  let seed = 7
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 8) % below
  }
  const bases = [data('GetObject'), data('PutObject'), call('s3.amazonaws.com', 'PutBucketPolicy')]
  for (const generated of generateCloudTrail({ records, seed: 11, errorShare: 0.1 })) {
    const varied: Record<string, unknown> = { ...(random(2) === 0 ? generated : bases[random(bases.length)]!) }
    for (let i = random(6); i > 0; i--) {
      const name = NAMES[random(NAMES.length)]!
      varied[name] = CHANGES[name][random(CHANGES[name].length)]
    }
    yield varied
  }
}
