import { Buffer } from 'node:buffer'
import { isObject, type JsonObject, parseKeepingDigits } from './json.ts'

/** PutLogEvents takes events of up to 1 MiB, of which 26 bytes are its own. */
const MAX_MESSAGE_BYTES = 1_048_576 - 26
/** What identifies a record is cut to this many bytes of JSON, and only where it is longer. */
const IDENTIFYING_BYTES = 1024
/** What is left of any other text, so that a reader sees what it was. */
const SAMPLE_BYTES = 256
/** The last resort before fields are lost. */
const SHORT_BYTES = 64
/** Names in truncatedFields: how many, and how long. */
const MAX_NAMED = 32
const MAX_NAME_BYTES = 128

/** The members that detections, alerts and searches read; a derived field is one by being no object. */
const IDENTIFYING: ReadonlySet<string> = new Set(
  (
    'eventTime eventSource eventName eventType eventCategory awsRegion recipientAccountId sourceIPAddress errorCode ' +
    'eventID requestID sharedEventID operation vpcEndpointId actor actorAccount ' +
    'userIdentity.type userIdentity.arn userIdentity.accountId userIdentity.principalId userIdentity.userName ' +
    'userIdentity.invokedBy requestParameters.bucketName requestParameters.key'
  ).split(' '),
)

/** One value that can be cut by itself: a top-level member, or a member of a top-level object. */
interface Unit {
  readonly path: string
  readonly name: string
  readonly value: unknown
  json: string
  bytes: number
  isKept: boolean
}
interface Member {
  readonly name: string
  /** The member itself, or the members of the object that it is. */
  readonly units: readonly Unit[]
  readonly isObject: boolean
}

/**
 * Makes a normalized record's message fit: valid JSON of at most `maxBytes` bytes of UTF-8, with the fields that
 * detections and alerts read. The largest values are cut first: a text to its beginning, an object or array to the
 * marker `{"omitted":true,"originalSize":…}`. `truncated: true` and `truncatedFields` say so. A message that fits comes
 * back as it is; one that is no JSON object comes back as a `parseError` record with its beginning in `raw`.
 *
 * Below some 400 bytes there is no room for all derived fields: as many as fit are kept, and `{}` is the least.
 *
 * @param message a record's message.
 * @param maxBytes default: what PutLogEvents takes, 1,048,576 − 26.
 * @see CloudWatch Logs API Reference, PutLogEvents
 * @example
 * shrinkRecord(message, 262_118)
 */
export function shrinkRecord(message: string, maxBytes: number = MAX_MESSAGE_BYTES): string {
  // One UTF-16 unit is at most three bytes of UTF-8.
  if (message.length * 3 <= maxBytes || Buffer.byteLength(message) <= maxBytes) return message
  const record = read(message)
  const members = split(record)
  const units = members.flatMap((member) => member.units)
  const named = new Set<string>()
  // From here on only sums: writing a record of thousands of values again for each of them would take seconds.
  let excess = Buffer.byteLength(write(members, named)) - maxBytes
  const note = (path: string): void => {
    if (named.size < MAX_NAMED && !named.has(path)) excess += Buffer.byteLength(JSON.stringify(nameOf(path))) + 1
    named.add(path)
  }
  for (const path of previouslyNamed(record)) note(path)

  const shorten = (unit: Unit, floor: number): void => {
    if (excess <= 0 || !unit.isKept || unit.bytes <= floor) return
    note(unit.path)
    const before = unit.bytes
    cut(unit, Math.max(floor, before - excess))
    excess -= before - unit.bytes
  }
  for (const unit of bySize(units)) shorten(unit, IDENTIFYING.has(unit.path) ? IDENTIFYING_BYTES : SAMPLE_BYTES)
  // Thousands of small values: those that nobody filters on go altogether.
  for (const unit of bySize(units.filter((one) => !isFilterField(one)))) {
    if (excess <= 0) break
    note(unit.path)
    unit.isKept = false
    excess -= unit.bytes + Buffer.byteLength(JSON.stringify(unit.name)) + 1
  }
  for (const unit of bySize(units)) shorten(unit, SHORT_BYTES)
  return excess <= 0 ? write(members, named) : least(members, maxBytes)
}

function bySize(units: readonly Unit[]): readonly Unit[] {
  return units.toSorted((a, b) => b.bytes - a.bytes)
}

function nameOf(path: string): string {
  return cutText(path, MAX_NAME_BYTES)
}

function read(message: string): JsonObject {
  try {
    const record = parseKeepingDigits(message)
    if (isObject(record)) return record
  } catch {
    // Not a record of ours: kept as text below.
  }
  return { kind: 'parseError', parse: 'raw', raw: message }
}

function previouslyNamed(record: JsonObject): readonly string[] {
  const { truncatedFields } = record
  return Array.isArray(truncatedFields) ? truncatedFields.filter((name) => typeof name === 'string') : []
}

function split(record: JsonObject): readonly Member[] {
  return Object.entries(record).flatMap(([name, value]): Member[] => {
    if (name === 'truncated' || name === 'truncatedFields') return []
    if (!isObject(value)) return [{ name, isObject: false, units: [toUnit(name, name, value)] }]
    const units = Object.entries(value).map(([inner, item]) => toUnit(`${name}.${inner}`, inner, item))
    return [{ name, isObject: true, units }]
  })
}

function toUnit(path: string, name: string, value: unknown): Unit {
  const json = JSON.stringify(value)
  return { path, name, value, json, bytes: Buffer.byteLength(json), isKept: true }
}

function write(members: readonly Member[], named: ReadonlySet<string>): string {
  const parts = members.flatMap(({ name, units, isObject: isNested }) => {
    const kept = units.filter((unit) => unit.isKept)
    if (kept.length === 0 && units.length > 0) return []
    const inner = kept.map((unit) => `${JSON.stringify(unit.name)}:${unit.json}`).join(',')
    return [isNested ? `${JSON.stringify(name)}:{${inner}}` : inner]
  })
  const names = [...named].slice(0, MAX_NAMED).map(nameOf)
  return `{${[...parts, '"truncated":true', `"truncatedFields":${JSON.stringify(names)}`].join(',')}}`
}

/** Whether filters read it: the identifying members, and the derived fields, which are all scalars on top. */
function isFilterField(unit: Unit): boolean {
  return IDENTIFYING.has(unit.path) || (unit.path === unit.name && typeof unit.value !== 'object' && unit.bytes <= 64)
}

function cut(unit: Unit, bytes: number): void {
  const isText = typeof unit.value === 'string'
  const json = isText
    ? JSON.stringify(cutText(unit.value, bytes - 2))
    : JSON.stringify({ omitted: true, originalSize: unit.bytes })
  if (Buffer.byteLength(json) >= unit.bytes) return
  unit.json = json
  unit.bytes = Buffer.byteLength(json)
}

/** The beginning of a text whose JSON, without its quotes, has at most so many bytes of UTF-8; whole characters. */
function cutText(text: string, bytes: number): string {
  let used = 0
  let end = 0
  for (const character of text) {
    used += jsonBytes(character)
    if (used > bytes) return text.slice(0, end)
    end += character.length
  }
  return text
}

/** \b \t \n \f \r */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d])

function jsonBytes(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x22 || code === 0x5c || SHORT_ESCAPES.has(code)) return 2
  if (code < 0x20) return 6
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  if (code >= 0xd800 && code <= 0xdfff) return 6
  return code < 0x10000 ? 3 : 4
}

/** Scalars in their order, as many as fit. */
function least(members: readonly Member[], maxBytes: number): string {
  const units = members.flatMap((member) => (member.isObject ? [] : member.units))
  const marker = '"truncated":true'
  let room = maxBytes - 2
  const parts: string[] = []
  if (room >= marker.length) {
    room -= marker.length + 1
    for (const unit of units.filter(isFilterField)) {
      const part = `${JSON.stringify(unit.name)}:${unit.json}`
      const bytes = Buffer.byteLength(part)
      if (bytes > room) continue
      parts.push(part)
      room -= bytes + 1
    }
    parts.push(marker)
  }
  return `{${parts.join(',')}}`
}
