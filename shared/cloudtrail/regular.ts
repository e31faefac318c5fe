import { accountIdOf } from '../derive/identity.ts'
import { booleanOf, isObject, type JsonObject, objectOf, parseExactJson, scalarText, textOf } from '../derive/json.ts'
import { redactValue } from '../derive/redact.ts'
import { MEMBERS } from './members.ts'
import { INNER_NAMES, slotOf } from './slots.ts'

/**
 * The text of a record in which anything is out of the ordinary, put right: white space between tokens gone; of two
 * members with one name the last; every member of the type that CloudTrail gives it; secrets replaced; a member whose
 * name a derived field has moved into `collided`; what an Insight event and a summary say elsewhere also on top, where
 * filters look. All else stays to the byte.
 *
 * @param text valid JSON, an object.
 * @param isTaken tells the names of derived fields.
 * @param isAmbiguous inside of members, too, names may be there twice or hold escapes.
 */
export function regularText(text: string, isTaken: (name: string) => boolean, isAmbiguous: boolean): string {
  const record = parseExactJson(text) as JsonObject
  const last = new Map(scanMembers(text).map((member) => [JSON.parse(member.name) as string, member.value]))
  const kept: string[] = []
  const moved: string[] = []
  for (const [name, json] of last) {
    const before = record[name]
    const [shown, after] = Object.entries(redactValue({ [name]: soundValue(name, before) }) as JsonObject)[0]!
    if (after === undefined) continue
    const isSame = after === before && !(isAmbiguous && isOpened(name) && isObject(before))
    const value = isSame ? compact(json) : JSON.stringify(after)
    ;(isTaken(name) ? moved : kept).push(`${JSON.stringify(shown)}:${value}`)
  }
  if (moved.length > 0) kept.push(`"collided":{${moved.join(',')}}`)
  for (const [name, value] of Object.entries(toldElsewhere(record))) {
    if (value !== undefined && (record[name] === undefined || record[name] === null)) {
      kept.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
    }
  }
  return `{${kept.join(',')}}`
}

/** Whether a record says on top what others say there: an Insight event and a summary of events do not. */
export function toldElsewhere(record: JsonObject): JsonObject {
  const insight = record.insightDetails
  if (isObject(insight)) {
    return {
      eventName: textOf(insight.eventName),
      eventSource: textOf(insight.eventSource),
      eventTime: textOf(insight.eventTime),
    }
  }
  if (record.eventCategory !== 'Aggregated' && !isObject(record.timeWindow)) return {}
  const window = objectOf(record.timeWindow)
  return {
    eventCategory: 'Aggregated',
    eventTime: textOf(window.windowEnd) ?? textOf(window.windowStart),
    eventID: textOf(record.eventId),
    recipientAccountId: accountIdOf(record.accountId),
  }
}

const TYPE_OF: ReadonlyMap<string, string> = new Map(
  MEMBERS.flatMap(({ path, type }) => (type === undefined || path.includes('.') ? [] : [[path, type] as const])),
)

/** A value of the type that CloudTrail gives the member; undefined where nothing can be made of it. */
function soundValue(name: string, value: unknown): unknown {
  if (value === null) return value
  const type = TYPE_OF.get(name)
  if (type === 'boolean') return booleanOf(value)
  if (type === 'text' && typeof value !== 'string') {
    return (name === 'recipientAccountId' ? accountIdOf(value) : undefined) ?? scalarText(value)
  }
  if (name === 'userIdentity' && isObject(value) && typeof value.accountId === 'number') {
    return { ...value, accountId: accountIdOf(value.accountId) ?? String(value.accountId) }
  }
  if (name === 'tlsDetails' && isObject(value)) {
    const real = Object.entries(value).filter(([member, text]) => member !== text)
    return real.length === Object.keys(value).length ? value : Object.fromEntries(real)
  }
  return value
}

function isOpened(name: string): boolean {
  return OPENED.has(name)
}
const OPENED: ReadonlySet<string> = new Set(
  MEMBERS.flatMap(({ path }) => (!path.includes('.') && INNER_NAMES[slotOf(path)] !== undefined ? [path] : [])),
)

const QUOTE = 0x22
const BACKSLASH = 0x5c

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

interface Member {
  readonly name: string
  readonly value: string
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
