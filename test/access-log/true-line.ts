import fc from 'fast-check'
import type { AccessLogFields } from '../../shared/access-log/fields.ts'

/** What S3 knows for certain and a line says. `undefined` is logged as a dash. */
export interface Truth {
  readonly bucketOwner: string
  readonly bucket: string
  readonly time: string
  readonly remoteIp: string | undefined
  readonly requester: string | undefined
  readonly requestId: string
  readonly operation: string
  readonly key: string | undefined
  readonly httpStatus: number | undefined
  readonly errorCode: string | undefined
  readonly bytesSent: number | undefined
  readonly objectSize: number | undefined
  readonly totalTime: number | undefined
  readonly turnAroundTime: number | undefined
  readonly versionId: string | undefined
  readonly hostId: string | undefined
  readonly signatureVersion: string | undefined
  readonly cipherSuite: string | undefined
  readonly authenticationType: string | undefined
  readonly hostHeader: string | undefined
  readonly tlsVersion: string | undefined
  readonly accessPointArn: string | undefined
  readonly aclRequired: string | undefined
  readonly sourceRegion: string | undefined
}

/** What the client chose. */
export interface ClientText {
  readonly requestUri: string
  readonly referer: string
  readonly userAgent: string
}

/** The fields that no client may ever write. */
export const TRUSTED = [
  'bucketOwner',
  'bucket',
  'time',
  'remoteIp',
  'requester',
  'requestId',
  'operation',
  'key',
  'httpStatus',
  'errorCode',
  'bytesSent',
  'objectSize',
  'totalTime',
  'turnAroundTime',
  'versionId',
  'hostId',
  'signatureVersion',
  'cipherSuite',
  'authenticationType',
  'hostHeader',
  'tlsVersion',
  'accessPointArn',
  'aclRequired',
  'sourceRegion',
] as const satisfies readonly (keyof Truth & keyof AccessLogFields)[]

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function logTime(iso: string): string {
  const [date = '', clock = ''] = iso.replace('Z', '').split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  return `[${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000]`
}

const dash = (value: string | number | undefined) => (value === undefined ? '-' : String(value))

/** How many fields a line of each year had. */
export type FieldCount = 18 | 24 | 25 | 26 | 27 | 28

/** Writes a line the way S3 does: client texts between quotes, and nothing escaped. */
export function writeLine(truth: Truth, client: ClientText, fields: FieldCount = 27): string {
  const head = [
    truth.bucketOwner,
    truth.bucket,
    logTime(truth.time),
    dash(truth.remoteIp),
    dash(truth.requester),
    truth.requestId,
    truth.operation,
    dash(truth.key),
    `"${client.requestUri}"`,
    dash(truth.httpStatus),
    dash(truth.errorCode),
    dash(truth.bytesSent),
    dash(truth.objectSize),
    dash(truth.totalTime),
    dash(truth.turnAroundTime),
    `"${client.referer}"`,
    `"${client.userAgent}"`,
  ]
  const tail = [
    dash(truth.versionId),
    dash(truth.hostId),
    dash(truth.signatureVersion),
    dash(truth.cipherSuite),
    dash(truth.authenticationType),
    dash(truth.hostHeader),
    dash(truth.tlsVersion),
    dash(truth.accessPointArn),
    dash(truth.aclRequired),
    dash(truth.sourceRegion),
    'a-field-of-tomorrow',
  ]
  return [...head, ...tail].slice(0, fields).join(' ')
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })
const token = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength })
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export const truths: fc.Arbitrary<Truth> = fc.record({
  bucketOwner: token('0123456789abcdef', 64, 64),
  bucket: fc.constantFrom('amzn-s3-demo-bucket', 'amzn-s3-demo-bucket1', 'amzn-s3-demo-bucket2'),
  time: fc
    .integer({ min: Date.UTC(2010, 0, 1) / 1000, max: Date.UTC(2029, 11, 31) / 1000 })
    .map((s) => new Date(s * 1000).toISOString().replace('.000Z', 'Z')),
  remoteIp: optional(fc.constantFrom('192.0.2.1', '198.51.100.77', '203.0.113.9', '2001:db8::8a2e:370:7334')),
  requester: optional(
    fc.constantFrom(
      '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be',
      'arn:aws:iam::111122223333:user/alice@example.com',
      'arn:aws:sts::111122223333:assumed-role/app/i-0abc',
      'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLEID',
      'svc:delivery.logs.amazonaws.com',
    ),
  ),
  requestId: token(UPPER, 16, 16),
  operation: fc.constantFrom('REST.GET.OBJECT', 'REST.PUT.OBJECT', 'REST.GET.BUCKET', 'WEBSITE.GET.OBJECT'),
  key: optional(token('abcxyz0189/-_.%25', 1, 30).filter((key) => key !== '-')),
  httpStatus: optional(fc.constantFrom(200, 206, 304, 403, 404, 503)),
  errorCode: optional(fc.constantFrom('AccessDenied', 'NoSuchKey', 'SlowDown')),
  bytesSent: optional(fc.nat(1e9)),
  objectSize: optional(fc.nat(5_000_000_000_000)),
  totalTime: optional(fc.nat(100_000)),
  turnAroundTime: optional(fc.nat(10_000)),
  versionId: optional(token(`${BASE64.replace('+/', '')}._`, 24, 32)),
  hostId: optional(token(BASE64, 40, 76).map((id) => `${id}=`)),
  signatureVersion: optional(fc.constantFrom('SigV2', 'SigV4')),
  cipherSuite: optional(fc.constantFrom('ECDHE-RSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256')),
  authenticationType: optional(fc.constantFrom('AuthHeader', 'QueryString')),
  hostHeader: optional(fc.constantFrom('amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com', 'www.example.org')),
  tlsVersion: optional(fc.constantFrom('TLSv1.2', 'TLSV1.1', 'TLSv1.3')),
  accessPointArn: optional(fc.constant('arn:aws:s3:eu-central-1:111122223333:accesspoint/example-ap')),
  aclRequired: optional(fc.constant('Yes')),
  sourceRegion: optional(fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1')),
})

export const fieldCounts: fc.Arbitrary<FieldCount> = fc.constantFrom(18, 24, 25, 26, 27, 28)

/** Pieces that make a forgery, and pieces that make the parser stumble. */
const FORGED = [
  '"',
  ' ',
  '" ',
  ' "',
  '" "',
  '"" ',
  '-',
  ' - ',
  ' HTTP/1.1',
  ' HTTP/1.1"',
  '" 200 - 1 1 1 1 "',
  ' HTTP/1.1" 200 - 1 2 3 4 "-" "x" - FAKEHOST= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader evil.example TLSv1.2 - Yes us-east-1',
  '" 200 - - - - - - -',
  '" 206 - 9 9 9 9 - "x',
  '" - - - - - - "',
  '" - - - - - - - - - -',
  '" 403 AccessDenied - - - - "',
  '" - FAKEHOST SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader evil.example TLSv1.3',
  '" - FAKEHOST SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader evil.example TLSv1.3 - - us-east-1 "',
  'SigV4',
  'TLSv1.2',
  'Yes',
  'us-east-1',
  'REST.DELETE.OBJECT',
  ' REST.DELETE.OBJECT - "DELETE / HTTP/1.1" 204',
  '[06/Feb/2019:00:00:38 +0000]',
  '\u2028',
  '\f',
  '\t',
  '\\',
  '\uFFFD',
  'é',
  '200',
  '\r',
  '{',
]

/** Text that a client could send in any of the three places. */
export const hostileTexts: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...FORGED) }, fc.string({ maxLength: 6 })), { maxLength: 8 })
  .map((parts) => parts.join('').replaceAll('\n', ' '))

const PLAIN = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789/?&=%.:;,()+-_#'

/** Text as clients send it: no quotes, and spaces only where headers have them. */
export const plainClients: fc.Arbitrary<ClientText> = fc.record({
  requestUri: token(PLAIN, 0, 40).map((path) => `GET /${path} HTTP/1.1`),
  referer: fc.oneof(
    fc.constant('-'),
    token(PLAIN, 0, 40).map((path) => `https://example.com/${path}`),
  ),
  userAgent: fc.oneof(
    fc.constant('-'),
    token(`${PLAIN} `, 1, 60).map((text) => `Mozilla/5.0 ${text}x`),
  ),
})
