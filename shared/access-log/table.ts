/**
 * The fields of an access-log line, in their order, and the members of the record that come of them: the one place that
 * says what a field is called, what it looks like, where it goes and whether `detail: "lean"` keeps it. The parser, the
 * form of the delivery to CloudWatch Logs, the records, the linter of detections and docs/record.md follow these tables.
 */
import { absentValues, kept, type Lean, plain as plainRow } from '../derive/lean.ts'

const dropped = (bytes: number, why: string): Lean => ({ lean: 'dropped', bytes, why })
const plain = (bytes: number, why: string, absent?: string | number | boolean): Lean => ({
  ...plainRow(why, absent),
  bytes,
})

/** One field of a line. */
export interface Field extends Lean {
  /** As the reader calls it ({@link AccessLogFields}). */
  readonly name: string
  /** In the JSON form: `schema_version_id` V_1_0 first, then the spellings of near versions. */
  readonly json: readonly string[]
  /** In tables over the logs: how else its column is called than `name` and `json`. Athena's documentation first. */
  readonly columns?: readonly string[]
  /** The member of the record that holds it. */
  readonly member: string
  /** Digits or a dash. */
  readonly number?: true
  /** Of the fields after the user agent: what a token in this place looks like. Without it, anything does. */
  readonly shape?: RegExp
}

/**
 * The 27 fields. Aws: Amazon S3 User Guide, "Amazon S3 server access log format". What S3 adds tomorrow is one more row
 * at the end.
 */
export const FIELDS = [
  {
    name: 'bucketOwner',
    json: ['bucket_owner_id', 'bucket_owner'],
    member: 'bucketOwner',
    ...dropped(81, 'a canonical id, the same in every line of a bucket'),
  },
  { name: 'bucket', json: ['bucket_name', 'bucket'], member: 'requestParameters.bucketName', ...kept },
  {
    name: 'time',
    json: ['request_time'],
    columns: ['requestdatetime', 'request_datetime'],
    member: 'eventTime',
    ...kept,
  },
  { name: 'remoteIp', json: ['remote_ip'], member: 'sourceIPAddress', ...kept },
  {
    name: 'requester',
    json: ['requester'],
    member: 'requester',
    ...dropped(67, '`userIdentity` says it in CloudTrail’s words'),
  },
  { name: 'requestId', json: ['request_id'], member: 'requestID', ...kept },
  {
    name: 'operation',
    json: ['operation'],
    member: 'operation',
    ...plain(31, 'the one operation that S3 logs for this `eventName`'),
  },
  { name: 'key', json: ['key_name', 'key'], member: 'requestParameters.key', ...kept },
  {
    name: 'requestUri',
    json: ['request_uri'],
    member: 'requestURI',
    ...plain(
      158,
      'method, bucket and key again, with no more of a query than the operation, `presigned`, `keyId` and `requestParameters` tell',
    ),
  },
  {
    name: 'httpStatus',
    json: ['http_status'],
    member: 'httpStatus',
    number: true,
    ...plain(16, '200 without an error code', 200),
  },
  { name: 'errorCode', json: ['error_code'], member: 'errorCode', ...kept },
  { name: 'bytesSent', json: ['bytes_sent'], member: 'bytesOut', number: true, ...kept },
  {
    name: 'objectSize',
    json: ['object_size'],
    member: 'objectSize',
    number: true,
    ...plain(19, 'the same as `bytesOut`'),
  },
  {
    name: 'totalTime',
    json: ['total_time', 'total_time_ms'],
    member: 'totalTimeMs',
    number: true,
    ...dropped(17, 'a matter of speed, not of who did what'),
  },
  {
    name: 'turnAroundTime',
    json: ['turn_around_time', 'turn_around_time_ms'],
    member: 'turnAroundTimeMs',
    number: true,
    ...dropped(22, 'a matter of speed, not of who did what'),
  },
  { name: 'referer', json: ['referer', 'referrer'], member: 'referer', ...kept },
  {
    name: 'userAgent',
    json: ['user_agent'],
    member: 'userAgent',
    ...plain(126, 'that of an ordinary SDK, browser, the console or AWS itself, which `tool` names; all others stay'),
  },
  { name: 'versionId', json: ['version_id'], member: 'versionId', ...kept },
  { name: 'hostId', json: ['host_id'], member: 'hostId', ...dropped(86, 'for AWS Support only') },
  {
    name: 'signatureVersion',
    json: ['signature_version'],
    columns: ['sigv'],
    member: 'signatureVersion',
    shape: /^SigV/,
    ...plain(24, '`SigV4`', 'SigV4'),
  },
  {
    name: 'cipherSuite',
    json: ['cipher_suite'],
    member: 'cipherSuite',
    shape: /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+$/i,
    ...dropped(39, '`tlsOutdated` tells what matters of it'),
  },
  {
    name: 'authenticationType',
    json: ['authentication_type', 'auth_type'],
    columns: ['authtype'],
    member: 'authType',
    shape: /^[A-Za-z]+$/,
    ...plain(23, '`AuthHeader`; `QueryString`, which `presigned` tells'),
  },
  {
    name: 'hostHeader',
    json: ['host_header'],
    columns: ['endpoint'],
    member: 'hostHeader',
    ...plain(50, 'an S3 endpoint of this bucket in this Region'),
  },
  {
    name: 'tlsVersion',
    json: ['tls_version'],
    member: 'tlsVersion',
    shape: /^(?:TLS|SSL)v?\d(?:\.\d)?$/i,
    ...plain(23, 'TLS 1.2 and 1.3; older ones stay, with `tlsOutdated`'),
  },
  { name: 'accessPointArn', json: ['access_point_arn'], member: 'accessPointArn', shape: /^arn:/, ...kept },
  { name: 'aclRequired', json: ['acl_required'], member: 'aclRequired', shape: /^(?:Yes|No)$/, ...kept },
  {
    name: 'sourceRegion',
    json: ['source_region', 'aws_region'],
    member: 'awsRegion',
    shape: /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/,
    ...kept,
  },
] as const satisfies readonly Field[]

/** The names of the fields that hold text, and of those that hold a number. */
export type NumberName = Extract<(typeof FIELDS)[number], { number: true }>['name']
export type TextName = Exclude<(typeof FIELDS)[number]['name'], NumberName>

/** A member that is derived from the fields. */
export interface Derived extends Lean {
  readonly member: string
}

/**
 * The members that are no field of the line. Detections negate what is always there, so what lean leaves out stands
 * here with the value that its absence means: the linter asks for a guard.
 */
export const DERIVED = [
  { member: 'kind', ...plain(15, '`event`', 'event') },
  { member: 'source', ...kept },
  { member: 'service', ...plain(15, 'always: `s3`', 's3') },
  {
    member: 'eventSource',
    ...plain(33, 'of calls that read data; `s3.amazonaws.com` for all lines', 's3.amazonaws.com'),
  },
  { member: 'eventName', ...kept },
  { member: 'eventCategory', ...plain(23, '`Data`', 'Data') },
  { member: 'readOnly', ...plain(16, 'true', true) },
  { member: 'eventID', ...plain(29, 'the same as `requestID`') },
  { member: 'keyLogged', ...dropped(65, 'the key as logged, before it was decoded') },
  { member: 'userIdentity.type', ...kept },
  { member: 'userIdentity.arn', ...kept },
  { member: 'userIdentity.principalId', ...kept },
  { member: 'userIdentity.invokedBy', ...kept },
  { member: 'userIdentity.accountId', ...plain(28, 'part of the ARN') },
  { member: 'userIdentity.userName', ...plain(30, 'part of the ARN') },
  { member: 'action', ...kept },
  { member: 'change', ...plain(16, '`none`', 'none') },
  { member: 'outcome', ...kept },
  { member: 'errorClass', ...plain(20, '`none`', 'none') },
  { member: 'weakens', ...plain(16, 'false', false) },
  {
    member: 'actorType',
    ...plain(20, 'what `userIdentity.type` and `anonymous` say'),
    instead: '$.userIdentity.type',
  },
  {
    member: 'actor',
    ...plain(59, '`userIdentity.arn` without its session, or `principalId`'),
    instead: '$.userIdentity.arn',
  },
  {
    member: 'person',
    ...plain(16, 'the IAM user or the EC2 instance that the ARN ends with; other names stay'),
    instead: '$.userIdentity.arn',
  },
  { member: 'actorAccount', ...plain(29, 'part of the ARN') },
  { member: 'awsService', ...plain(19, 'false', false) },
  { member: 'anonymous', ...plain(18, 'false', false) },
  { member: 'tool', ...kept },
  { member: 'toolRisk', ...plain(18, '`none`', 'none') },
  { member: 'ipClass', ...plain(19, '`public`', 'public') },
  { member: 'https', ...plain(13, 'true; false stays', true) },
  { member: 'website', ...plain(15, 'false', false) },
  { member: 'parse', ...plain(16, '`exact`', 'exact') },
  {
    member: 'lagSeconds',
    ...plain(
      22,
      'up to two hours, as is usual, and from 14 days on, which is history read again; `@timestamp` and `eventTime` tell it too',
    ),
  },
] as const satisfies readonly Derived[]

type DroppedOf<T> = T extends { member: infer M } ? M : never
/** A member that one of the tables has a row for. */
export type Member = DroppedOf<(typeof FIELDS)[number]> | DroppedOf<(typeof DERIVED)[number]>

const LEAN: ReadonlyMap<string, Lean> = new Map([...FIELDS, ...DERIVED].map((row) => [row.member, row]))

/** What is left out for one `detail`: `never`, `plain` or `always`. */
export type Omissions = (member: Member) => 'never' | 'plain' | 'always'

/**
 * A member's value, or nothing where it is plain and such are left out.
 *
 * @example
 * unlessPlain(omissionsOf('lean'), 'readOnly', readOnly, readOnly)
 */
export function unlessPlain<T>(omissions: Omissions, member: Member, isPlain: boolean, value: T): T | undefined {
  return isPlain && omissions(member) === 'plain' ? undefined : value
}

/**
 * @example
 * omissionsOf('lean')('hostId') // 'always'
 */
export function omissionsOf(detail: 'lean' | 'full'): Omissions {
  if (detail === 'full') return () => 'never'
  return (member) => {
    const { lean } = LEAN.get(member)!
    return lean === 'kept' ? 'never' : lean === 'plain' ? 'plain' : 'always'
  }
}

/** The values that members have where a lean record leaves them out; those without one value are `undefined`. */
export const ABSENT = absentValues([...FIELDS, ...DERIVED])
