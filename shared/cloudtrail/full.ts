import { accountIdOf } from '../derive/identity.ts'
import { isObject, type JsonObject, objectOf, parseExactJson, scalarText } from '../derive/json.ts'
import { mayHoldSecrets, redactSecrets, redactValue } from '../derive/redact.ts'
import type { RecordFacts } from './derive.ts'

/**
 * Writes the CloudTrail record as it came, to the byte (white space between its tokens apart), with the derived fields
 * put in before its closing brace. A member is rewritten only where it must be: a secret, a value whose type would
 * change between records, a placeholder. A member whose name a derived field has moves into `collided`.
 *
 * @param text the record's text: valid JSON, an object.
 * @param record the same, parsed.
 * @param derivedJson the derived fields as a JSON object.
 * @param isReserved tells their names.
 */
export function fullRecord(
  text: string,
  record: JsonObject,
  facts: RecordFacts,
  derivedJson: string,
  isReserved: (name: string) => boolean,
): string {
  const members = scanMembers(text)
  const names = Object.keys(record)
  const rewritten = rewrites(text, record, facts)
  const collided = names.filter((name) => isReserved(name))
  const added = additions(record, facts)
  const tail = [...added, derivedJson.slice(1)].join(',')
  if (rewritten.size === 0 && collided.length === 0 && members.length === names.length) {
    const body = compact(text).trimEnd()
    const open = names.length === 0 ? '{' : `${body.slice(0, -1)},`
    return open + tail
  }
  // The last of two members with one name counts, as it does to every parser.
  const last = new Map(members.map((member) => [JSON.parse(member.name) as string, member]))
  const kept: string[] = []
  const moved: string[] = []
  for (const [name, member] of last) {
    const value = rewritten.get(name) ?? compact(member.value)
    if (isReserved(name)) moved.push(`${member.name}:${value}`)
    else if (value !== DROPPED) kept.push(`${member.name}:${value}`)
  }
  if (moved.length > 0) kept.push(`"collided":{${moved.join(',')}}`)
  return `{${[...kept, tail].join(',')}`
}

const DROPPED = ''

/** Texts in every record that CloudTrail writes; a pipeline in between may have made one a number. */
const TEXTS = (
  'eventTime eventSource eventName eventType eventCategory awsRegion recipientAccountId sourceIPAddress userAgent ' +
  'errorCode errorMessage eventID requestID sharedEventID vpcEndpointId'
).split(' ')

/** Whether a record's text may hold secrets; an escape can hide one from the text, not from the parsed value. */
export function mayHideSecrets(text: string): boolean {
  return text.includes('\\u') || mayHoldSecrets(text)
}

/** Top-level values that cannot stay as they are, by name: their new JSON. */
function rewrites(text: string, record: JsonObject, facts: RecordFacts): Map<string, string> {
  const changed = new Map<string, string>()
  const { readOnly, recipientAccountId } = facts
  const exact = (): JsonObject => parseExactJson(text) as JsonObject
  if (record.readOnly !== undefined && typeof record.readOnly !== 'boolean') {
    changed.set('readOnly', readOnly === undefined ? DROPPED : String(readOnly))
  }
  for (const name of TEXTS) {
    const value = record[name]
    if (typeof value === 'string' || value === null || value === undefined) continue
    const text = name === 'recipientAccountId' ? (recipientAccountId ?? scalarText(value)) : scalarText(value)
    changed.set(name, text === undefined ? DROPPED : JSON.stringify(redactSecrets(text)))
  }
  const { userIdentity, tlsDetails } = record
  if (isObject(userIdentity) && typeof userIdentity.accountId === 'number') {
    const accountId = accountIdOf(userIdentity.accountId)
    changed.set('userIdentity', JSON.stringify({ ...objectOf(exact().userIdentity), accountId }))
  }
  if (isObject(tlsDetails) && Object.entries(tlsDetails).some(([name, value]) => name === value)) {
    const real = Object.entries(tlsDetails).filter(([name, value]) => name !== value)
    changed.set('tlsDetails', JSON.stringify(Object.fromEntries(real)))
  }
  if (mayHideSecrets(text)) {
    for (const [name, value] of Object.entries(exact())) {
      const redacted = redactValue({ [name]: value }) as JsonObject
      if (redacted[name] !== value) changed.set(name, JSON.stringify(redacted[name]))
    }
  }
  return changed
}

/** Members that the record lacks and every filter reads: as `"name":value`. */
function additions(record: JsonObject, facts: RecordFacts): readonly string[] {
  const added: string[] = []
  if (record.eventName === undefined && facts.eventName !== undefined) {
    added.push(`"eventName":${JSON.stringify(facts.eventName)}`)
  }
  if (record.eventSource === undefined && facts.eventSource !== undefined) {
    added.push(`"eventSource":${JSON.stringify(facts.eventSource)}`)
  }
  if (record.readOnly === undefined && facts.readOnly !== undefined) added.push(`"readOnly":${facts.readOnly}`)
  return added
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

interface Member {
  readonly name: string
  readonly value: string
}

/** The index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    at = text.indexOf('"', at)
    if (at === -1) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    at++
    if (backslashes % 2 === 0) return at
  }
}

/** The top-level members of a JSON object's text: names with their quotes, values with their white space. */
function scanMembers(text: string): readonly Member[] {
  const members: Member[] = []
  let depth = 0
  let name: string | undefined
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = stringEnd(text, at)
      if (depth === 1 && name === undefined) name = text.slice(at, end)
      at = end - 1
    } else if (code === 0x7b || code === 0x5b) {
      depth++
    } else if (code === 0x7d || code === 0x5d) {
      depth--
      if (depth === 0 && name !== undefined) members.push({ name, value: text.slice(from, at) })
    } else if (depth === 1 && code === 0x3a) {
      from = at + 1
    } else if (depth === 1 && code === 0x2c && name !== undefined) {
      members.push({ name, value: text.slice(from, at) })
      name = undefined
    }
  }
  return members
}

/** White space beside a structural character, or at the ends; it may also hit inside a string. */
const MAYBE_SPACE = /^\s|[{}[\],:]\s|\s[{}[\],:]|\s$/

function compact(text: string): string {
  if (!MAYBE_SPACE.test(text)) return text
  const pieces: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = stringEnd(text, at) - 1
    } else if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      if (at > from) pieces.push(text.slice(from, at))
      from = at + 1
    }
  }
  return from === 0 ? text : pieces.join('') + text.slice(from)
}
