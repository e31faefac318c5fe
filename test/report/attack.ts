/**
 * An attack as public sets have them, made anew with documentation names: the shape of the calls, not their content.
 *
 * Sources: Stratus Red Team, "aws.exfiltration.s3-backdoor-bucket-policy", "aws.impact.s3-ransomware-batch-deletion",
 * "aws.impact.s3-ransomware-client-side-encryption" (user agent `stratus-red-team_…`, the note FILES-DELETED.txt); the
 * published logs of flaws.cloud (a leaked key that tries everything it may be allowed to, most of it denied).
 */
const BUCKET = 'amzn-s3-demo-payroll'
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE'
const STRATUS = '[stratus-red-team_0f1e2d3c-4b5a-4697-8877-665544332211]'
const PACU = '[Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#6.6-kali lang/python#3.11]'
const START = Date.parse('2026-02-10T02:14:00Z')

type Json = Record<string, unknown>

/** The records of the attack's night, in the order of time. */
export function attackRecords(): readonly Json[] {
  const records: Json[] = []
  let time = START
  const call = (eventName: string, userAgent: string, more: Json = {}): void => {
    if (records.length % 3 === 0) time += 1000
    const number = String(records.length + 1).padStart(12, '0')
    records.push({
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: 'AIDAEXAMPLEBACKUP000',
        arn: 'arn:aws:iam::111122223333:user/backup',
        accountId: '111122223333',
        accessKeyId: KEY_ID,
        userName: 'backup',
      },
      eventTime: new Date(time).toISOString().replace('.000Z', 'Z'),
      eventSource: 's3.amazonaws.com',
      eventName,
      awsRegion: 'us-east-1',
      sourceIPAddress: '198.51.100.77',
      userAgent,
      requestParameters: null,
      responseElements: null,
      requestID: `EXAMPLE${number}`,
      eventID: `00000000-0000-4000-8000-${number}`,
      readOnly: /^(?:Get|List|Describe|Head)/.test(eventName),
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: '111122223333',
      eventCategory: 'Management',
      ...more,
    })
  }
  const data = { managementEvent: false, eventCategory: 'Data' }
  const on = (key?: string, more: Json = {}): Json => ({
    requestParameters: { bucketName: BUCKET, ...(key === undefined ? {} : { key }), ...more },
  })

  // A leaked key tries what it may do.
  call('GetCallerIdentity', PACU, { eventSource: 'sts.amazonaws.com' })
  call('ListBuckets', PACU)
  for (const [eventSource, eventName] of DENIED.flatMap((one) => [one, one, one]))
    call(eventName!, PACU, { eventSource, errorCode: 'AccessDenied', errorMessage: 'User is not authorized' })
  for (const eventName of ['GetBucketAcl', 'GetBucketPolicy', 'GetBucketVersioning', 'GetBucketLocation'])
    call(eventName, PACU, on())

  // A door is left open for another account.
  const Statement = [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::444455556666:root' },
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
    },
  ]
  call('PutBucketPolicy', STRATUS, on(undefined, { bucketPolicy: { Version: '2012-10-17', Statement } }))

  // Everything is read, written back with a key that nobody here has, and deleted.
  const keys = Array.from({ length: 620 }, (_, number) => `payslips/2026-01/employee-${number}.pdf`)
  for (const key of keys) {
    call('GetObject', STRATUS, { ...data, ...on(key), additionalEventData: { bytesTransferredOut: 2_400_000 } })
    const encryption = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }
    call('PutObject', STRATUS, { ...data, ...on(key, encryption), additionalEventData: { SSEApplied: 'SSE_C' } })
  }
  call('PutBucketVersioning', STRATUS, on(undefined, { VersioningConfiguration: { Status: 'Suspended' } }))
  for (const key of keys) call('DeleteObject', STRATUS, { ...data, ...on(key) })
  call('PutObject', STRATUS, { ...data, ...on('FILES-DELETED.txt') })
  return records
}

const DENIED = [
  ['iam.amazonaws.com', 'ListUsers'],
  ['iam.amazonaws.com', 'GetAccountAuthorizationDetails'],
  ['ec2.amazonaws.com', 'DescribeInstances'],
  ['lambda.amazonaws.com', 'ListFunctions20150331'],
  ['secretsmanager.amazonaws.com', 'ListSecrets'],
  ['rds.amazonaws.com', 'DescribeDBInstances'],
  ['cloudtrail.amazonaws.com', 'DescribeTrails'],
] as const
