/**
 * What the examples of detections leave out: plain records to fill them up with, so that an example says only what it is
 * about. docs/writing-detections.md lists what is filled in.
 */
import type { Environment } from '../contracts/record.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { Example, ExampleOf } from './schema.ts'

/** The environment under which examples run. */
export const EXAMPLE_ENVIRONMENT: Environment = {
  account: '111122223333',
  trustedAccounts: [],
  logBuckets: ['amzn-s3-demo-trail-logs'],
  allowRanges: ['203.0.113.0/24', '10.0.0.0/8'],
  blockRanges: ['192.0.2.128/25'],
  watchedBuckets: { 'amzn-s3-demo-watched': ['arn:aws:iam::111122223333:role/athena-query-role'] },
  organizations: ['o-exampleorgid'],
  vpcEndpoints: ['vpce-0123456789abcdef0'],
  distributions: ['E2EXAMPLE1EXAMPLE'],
  deployers: ['arn:aws:iam::111122223333:role/bucketwatch-deploy'],
}

/** The time at which examples are processed: five minutes after they happened. */
export const EXAMPLE_NOW = Date.UTC(2026, 0, 15, 9, 35, 0)

const EXAMPLE_RECORD: Readonly<Record<string, unknown>> = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:bob',
    arn: 'arn:aws:sts::111122223333:assumed-role/Admin/bob',
    accountId: '111122223333',
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROAEXAMPLE',
        arn: 'arn:aws:iam::111122223333:role/Admin',
        accountId: '111122223333',
        userName: 'Admin',
      },
      attributes: { creationDate: '2026-01-15T09:00:00Z', mfaAuthenticated: 'false' },
    },
  },
  eventTime: '2026-01-15T09:30:00Z',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '198.51.100.7',
  userAgent: '[aws-cli/2.17.0 md/awscrt#0.20.11 os/linux#6.5 lang/python#3.11.8]',
  requestID: 'EXAMPLE123456789',
  eventID: '00000000-0000-4000-8000-012345678901',
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
}

/** A CloudTrail record with whatever the example leaves out filled in; only whole top-level fields are. */
export function completeCloudTrailRecord(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const record: Record<string, unknown> = { ...EXAMPLE_RECORD, ...input }
  if (record.managementEvent === undefined) record.managementEvent = record.eventCategory === 'Management'
  return record
}

const EXAMPLE_LINE = {
  bucketOwner: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be',
  bucket: 'amzn-s3-demo-bucket1',
  time: '[15/Jan/2026:09:30:00 +0000]',
  remoteIp: '198.51.100.7',
  requester: 'arn:aws:sts::111122223333:assumed-role/app/i-0abcd1234example',
  requestId: 'EXAMPLE123456789',
  operation: 'REST.GET.OBJECT',
  key: 'photos/a.jpg',
  requestUri: 'GET /photos/a.jpg HTTP/1.1',
  httpStatus: '200',
  errorCode: '-',
  bytesSent: '1024',
  objectSize: '1024',
  totalTime: '12',
  turnAroundTime: '11',
  referer: '-',
  userAgent: 'aws-sdk-java/2.25.0',
  versionId: '-',
  hostId: 's9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=',
  signatureVersion: 'SigV4',
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  authType: 'AuthHeader',
  hostHeader: 'amzn-s3-demo-bucket1.s3.eu-central-1.amazonaws.com',
  tlsVersion: 'TLSv1.3',
  accessPointArn: '-',
  aclRequired: '-',
  sourceRegion: 'eu-central-1',
} as const

/** The fields of a server access log line in their order (S3 guide, "Log record fields"), by the names examples use. */
export const ACCESS_LOG_FIELDS = Object.keys(EXAMPLE_LINE)

const QUOTED: ReadonlySet<string> = new Set(['requestUri', 'referer', 'userAgent'])

/** A server access log line out of some of its fields. Values stand in the line exactly as they are given. */
export function completeAccessLogLine(fields: Readonly<Record<string, unknown>>): string {
  const values: Readonly<Record<string, unknown>> = { ...EXAMPLE_LINE, ...fields }
  return ACCESS_LOG_FIELDS.map((name) => {
    const text = String(values[name])
    if (QUOTED.has(name) && !text.startsWith('"')) return `"${text}"`
    return name === 'time' && !text.startsWith('[') ? `[${text}]` : text
  }).join(' ')
}

interface Completion<Kind extends LogKind> {
  /** The record as it would stand in a log object. */
  text(example: ExampleOf<Kind>): string
  /** The names of the fields that an example may give instead of a text; undefined: any. */
  readonly fields?: readonly string[]
}

/** How examples of each kind are completed. */
export const EXAMPLES: { readonly [Kind in LogKind]: Completion<Kind> } = {
  cloudtrail: {
    text: ({ input, verbatim }) => JSON.stringify(verbatim ? input : completeCloudTrailRecord(input)),
  },
  'access-log': {
    text: ({ input }) => (typeof input === 'string' ? input : completeAccessLogLine(input)),
    fields: ACCESS_LOG_FIELDS,
  },
}

/** What an example of a kind of logs would look like in a log object of that kind. */
export function exampleText(example: Exclude<Example, { readonly kind: 'record' }>): string {
  // One row of the table fits the examples of one kind: the compiler cannot see that the two go together.
  const { text } = EXAMPLES[example.kind] as Completion<LogKind>
  return text(example as ExampleOf<LogKind>)
}
