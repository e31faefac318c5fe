import { type AccessLogFields, absentText, emptyFields, raw, recovered } from './fields.ts'
import { isoTime, time as logTime, readTime } from './time.ts'

function jsonText(value: unknown): string | undefined {
  return typeof value === 'string'
    ? value === '"-"'
      ? undefined
      : absentText(value)
    : typeof value === 'number'
      ? String(value)
      : undefined
}

function jsonNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** ISO 8601, or as lines have it. A time without a zone is UTC, not the machine's own. */
function jsonTimeMs(text: string): number {
  const start = text.startsWith('[') ? 1 : 0
  if (readTime(text, start, start === 1 && text.endsWith(']') ? text.length - 1 : text.length)) return logTime.ms
  return Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text)
}

/** The members that are known, by the name they have in `schema_version_id` V_1_0 and near ones. */
const JSON_NAMES = {
  bucketOwner: ['bucket_owner_id', 'bucket_owner'],
  bucket: ['bucket_name', 'bucket'],
  remoteIp: ['remote_ip'],
  requester: ['requester'],
  requestId: ['request_id'],
  operation: ['operation'],
  key: ['key_name', 'key'],
  requestUri: ['request_uri'],
  errorCode: ['error_code'],
  referer: ['referer', 'referrer'],
  userAgent: ['user_agent'],
  versionId: ['version_id'],
  hostId: ['host_id'],
  signatureVersion: ['signature_version'],
  cipherSuite: ['cipher_suite'],
  authenticationType: ['authentication_type', 'auth_type'],
  hostHeader: ['host_header'],
  tlsVersion: ['tls_version'],
  accessPointArn: ['access_point_arn'],
  aclRequired: ['acl_required'],
  sourceRegion: ['source_region', 'aws_region'],
} as const
const JSON_NUMBERS = {
  httpStatus: ['http_status'],
  bytesSent: ['bytes_sent'],
  objectSize: ['object_size'],
  totalTime: ['total_time', 'total_time_ms'],
  turnAroundTime: ['turn_around_time', 'turn_around_time_ms'],
} as const
const JSON_KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(JSON_NAMES).flat(),
  ...Object.values(JSON_NUMBERS).flat(),
  'schema_version_id',
  'bucket_arn',
  'request_time',
])

/**
 * Reads a record of the delivery to CloudWatch Logs (`schema_version_id` V_1_0, null for what a line has as a dash). Names
 * are taken in the spellings of near versions too; members that are not known go to `extra` as `name=value`.
 *
 * @see Amazon S3 User Guide, "Log format in CloudWatch Logs"
 */
export function parseJsonLine(line: string): AccessLogFields {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    return raw('The line begins like JSON and is none.')
  }
  if (typeof record !== 'object' || record === null) return raw('The JSON is no object.')
  const members = record as Record<string, unknown>
  const member = (names: readonly string[]): unknown => {
    for (const name of names) if (members[name] !== undefined && members[name] !== null) return members[name]
    return undefined
  }
  const fields = emptyFields()
  for (const [field, names] of Object.entries(JSON_NAMES)) {
    fields[field as keyof typeof JSON_NAMES] = jsonText(member(names))
  }
  for (const [field, names] of Object.entries(JSON_NUMBERS)) {
    fields[field as keyof typeof JSON_NUMBERS] = jsonNumber(member(names))
  }
  if (fields.bucket === undefined) {
    const arn = jsonText(members.bucket_arn)
    if (arn !== undefined) fields.bucket = absentText(arn.slice(arn.lastIndexOf(':') + 1))
  }
  if (fields.operation === undefined || (fields.bucket === undefined && members.schema_version_id === undefined)) {
    return raw('The JSON is no S3 server access log record: it has no operation or no bucket.')
  }
  const acl = member(JSON_NAMES.aclRequired)
  if (typeof acl === 'boolean') fields.aclRequired = acl ? 'Yes' : undefined
  const time = members.request_time
  const ms = typeof time === 'string' ? jsonTimeMs(time) : typeof time === 'number' ? time : Number.NaN
  if (Number.isNaN(ms) || Math.abs(ms) > 8.64e15) recovered(fields, 'The time is not valid.')
  else {
    fields.time = isoTime(ms)
    fields.timeMs = ms
  }
  const extra = Object.entries(members).filter(([name, value]) => !JSON_KNOWN.has(name) && value !== null)
  if (extra.length > 0) {
    fields.extra = extra.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  }
  fields.fieldCount = 27
  return fields
}
