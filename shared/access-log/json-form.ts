import { parseKeepingDigits } from '../derive/json.ts'
import { absentText, emptyFields, type Fields, raw, recovered } from './fields.ts'
import { FIELDS } from './table.ts'
import { isoTime, time as logTime, readTime } from './time.ts'

function jsonText(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '"-"') return undefined
  return typeof value === 'string' ? absentText(value) : JSON.stringify(value)
}

/** Numbers that a double cannot hold are none of a line's: they are kept as they came, with the unknown members. */
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

const KNOWN: ReadonlySet<string> = new Set([...FIELDS.flatMap(({ json }) => json), 'schema_version_id', 'bucket_arn'])

/**
 * Reads a record of the delivery to CloudWatch Logs (`schema_version_id` V_1_0, null for what a line has as a dash). Names
 * are taken in the spellings of near versions too; members that are not known go to `extra` as `name=value`.
 *
 * @see Amazon S3 User Guide, "Log format in CloudWatch Logs"
 */
export function parseJsonLine(line: string): Fields {
  let record: unknown
  try {
    record = parseKeepingDigits(line)
  } catch {
    return raw('The line begins like JSON and is none.')
  }
  if (typeof record !== 'object' || record === null) return raw('The JSON is no object.')
  const members = record as Record<string, unknown>
  const nameAmong = (names: readonly string[]): string | undefined =>
    names.find((name) => members[name] !== undefined && members[name] !== null)
  const fields = emptyFields()
  const oddNumbers = new Set<string>()
  for (const field of FIELDS) {
    if (field.name === 'time') continue
    const name = nameAmong(field.json)
    const value = name === undefined ? undefined : members[name]
    if ('number' in field) {
      fields[field.name] = jsonNumber(value)
      if (name !== undefined && fields[field.name] === undefined && jsonText(value) !== undefined) oddNumbers.add(name)
    } else fields[field.name] = jsonText(value)
  }
  if (fields.bucket === undefined) {
    const arn = jsonText(members.bucket_arn)
    if (arn !== undefined) fields.bucket = absentText(arn.slice(arn.lastIndexOf(':') + 1))
  }
  if (fields.operation === undefined || (fields.bucket === undefined && members.schema_version_id === undefined)) {
    return raw('The JSON is no S3 server access log record: it has no operation or no bucket.')
  }
  const acl = members.acl_required
  if (typeof acl === 'boolean') fields.aclRequired = acl ? 'Yes' : undefined
  const time = members.request_time
  const ms = typeof time === 'string' ? jsonTimeMs(time) : typeof time === 'number' ? time : Number.NaN
  if (Number.isNaN(ms) || Math.abs(ms) > 8.64e15) recovered(fields, 'The time is not valid.')
  else {
    fields.time = isoTime(ms)
    fields.timeMs = ms
  }
  const extra = Object.entries(members).filter(
    ([name, value]) => (!KNOWN.has(name) && value !== null) || oddNumbers.has(name),
  )
  if (extra.length > 0) {
    fields.extra = extra.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  }
  fields.fieldCount = FIELDS.length
  return fields
}
