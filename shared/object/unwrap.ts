import { gunzipSync } from 'node:zlib'
import { isObject } from '../basics/is-object.ts'
import { parseKeepingDigits } from '../derive/json.ts'
import { type LogKind, OBJECTS } from '../kinds/kinds.ts'
import { rowText, tableKind } from './table-row.ts'

/** A record that was wrapped in something, as it would stand in a log object of its kind. */
export interface Unwrapped {
  readonly kind: LogKind
  readonly text: string
}

/** `unknown`: pieces that are no record. */
export interface Contents {
  readonly records: Unwrapped[]
  readonly unknown: string[]
}

/** Deeper is nobody's: an event in a log event in a subscription's payload in an EventBridge event is four. */
const MAX_DEPTH = 6
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
const LISTS = ['Records', 'Events', 'events', 'logEvents', 'results'] as const

/** Before a message, `aws logs tail` and CloudWatch's export to S3 write its time, and tail the stream's name. */
const TIME_IN_FRONT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?[ \t]+/

/**
 * The records in a text, whatever is around them: the events of lookup-events (`CloudTrailEvent`), log events
 * (`message`, `@message`), EventBridge's `detail`, a subscription's payload (base64 of gzip, or decoded), a row of
 * Athena or CloudTrail Lake, a time in front.
 *
 * @example
 * unwrap('{"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"GetObject",…}}').records[0].kind // 'cloudtrail'
 */
export function unwrap(text: string): Contents {
  const contents: Contents = { records: [], unknown: [] }
  readText(text, contents, 0)
  return contents
}

function readText(text: string, into: Contents, depth: number): void {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('CWL CONTROL MESSAGE')) return
  if (depth > MAX_DEPTH) into.unknown.push(trimmed)
  else if (trimmed.startsWith('{') || trimmed.startsWith('[')) readJson(trimmed, into, depth)
  else if (/^H4sI[A-Za-z0-9+/]+=*$/.test(trimmed)) readPayload(trimmed, into, depth)
  else {
    const line = OBJECTS.find(({ row }) => row.line?.test(trimmed) === true)
    if (line !== undefined) into.records.push({ kind: line.kind, text: trimmed })
    else readTimed(trimmed, into, depth)
  }
}

function readTimed(text: string, into: Contents, depth: number): void {
  const rest = text.replace(TIME_IN_FRONT, '')
  if (rest === text) {
    into.unknown.push(text)
    return
  }
  const withoutStream = rest.replace(/^\S+[ \t]+/, '')
  const isRecord = (candidate: string) =>
    candidate.startsWith('{') || OBJECTS.some(({ row }) => row.line?.test(candidate) === true)
  const found = [rest, withoutStream].find(isRecord)
  if (found === undefined) into.unknown.push(text)
  else readText(found, into, depth + 1)
}

function readPayload(text: string, into: Contents, depth: number): void {
  try {
    const plain = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_PAYLOAD_BYTES })
    readText(plain.toString('utf8'), into, depth + 1)
  } catch {
    into.unknown.push(text)
  }
}

function readJson(text: string, into: Contents, depth: number): void {
  let value: unknown
  try {
    value = parseKeepingDigits(text)
  } catch {
    into.unknown.push(text)
    return
  }
  readValue(value, text, into, depth)
}

function readValue(value: unknown, text: string | undefined, into: Contents, depth: number): void {
  if (Array.isArray(value)) {
    for (const item of value) readValue(item, undefined, into, depth)
    return
  }
  if (typeof value === 'string') {
    readText(value, into, depth + 1)
    return
  }
  const json = () => text ?? JSON.stringify(value)
  if (!isObject(value)) {
    into.unknown.push(json())
    return
  }
  const list = LISTS.find((name) => Array.isArray(value[name]))
  if (list !== undefined) {
    readValue(value[list], undefined, into, depth + 1)
    return
  }
  // One cell of a Logs Insights result; the others tell nothing.
  if (typeof value.field === 'string' && typeof value.value === 'string') {
    if (value.field === '@message') readText(value.value, into, depth + 1)
    return
  }
  const inner =
    (isObject(value.awslogs) ? value.awslogs.data : undefined) ??
    (typeof value['detail-type'] === 'string' ? value.detail : undefined) ??
    value.CloudTrailEvent ??
    value['@message'] ??
    ('timestamp' in value || 'ingestionTime' in value ? value.message : undefined)
  if (inner !== undefined) {
    readValue(inner, undefined, into, depth + 1)
    return
  }
  const record = readRecord(value, json)
  if (record === undefined) into.unknown.push(json())
  else into.records.push(record)
}

function readRecord(value: Readonly<Record<string, unknown>>, json: () => string): Unwrapped | undefined {
  const names = Object.keys(value)
  const known = OBJECTS.find(({ row }) => row.skip === undefined && row.json?.(names) === true)
  if (known !== undefined && !isRow(value)) {
    const { needs } = known.row
    return needs === undefined || needs.some((name) => names.includes(name))
      ? { kind: known.kind, text: json() }
      : undefined
  }
  const kind = tableKind(names)
  return kind === undefined ? undefined : { kind, text: rowText(kind, value) }
}

/** Rows of CloudTrail Lake have CloudTrail's names, but SQL's times, and texts for what is nested. */
const isRow = ({ eventTime, userIdentity }: Readonly<Record<string, unknown>>): boolean =>
  (typeof eventTime === 'string' && /^\d{4}-\d\d-\d\d \d\d:/.test(eventTime)) || typeof userIdentity === 'string'
