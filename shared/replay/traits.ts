/** What a lean message of CloudTrail says that its view does not: the access key, and bytes that came in. */
import type { RecordView } from '../contracts/record.ts'
import { memoize } from '../derive/bounded-memo.ts'
import { isObject } from '../derive/json.ts'

const IDENTITY = '"userIdentity":{'
const KEY_ID = '"accessKeyId":"'
const BYTES_IN = '"bytesIn":'

export interface TraitReader {
  /** The id of the access key that signed. */
  keyId(message: string): string | undefined
  /** 0: none, or not known. */
  bytesIn(message: string, view: RecordView): number
}

/**
 * Looks in the text, since parsing every record costs more than all the rest of a replay.
 *
 * @example
 * createTraitReader().keyId(record.message) // 'AKIAIOSFODNN7EXAMPLE'
 */
export function createTraitReader(): TraitReader {
  const keyIn = memoize((identity: string): string | undefined => {
    try {
      const parsed: unknown = JSON.parse(identity)
      return isObject(parsed) && typeof parsed.accessKeyId === 'string' ? parsed.accessKeyId : undefined
    } catch {
      return undefined
    }
  })
  return {
    keyId(message) {
      const identityAt = message.indexOf(IDENTITY)
      if (identityAt < 0) return undefined
      const start = identityAt + IDENTITY.length
      const at = message.indexOf(KEY_ID, start)
      if (at < 0) return undefined
      // Nearly always nothing is nested before it. Else it may be another object's.
      if (at > message.indexOf('}', start) || isOpenedBefore(message, start, at))
        return keyIn(objectAt(message, start - 1))
      const from = at + KEY_ID.length
      const text = message.slice(from, message.indexOf('"', from))
      return text.includes('\\') ? keyIn(objectAt(message, start - 1)) : text
    },
    bytesIn(message, { readOnly }) {
      if (readOnly === true) return 0
      // A derived field: they stand before CloudTrail's own members.
      const at = message.lastIndexOf(BYTES_IN, Math.max(0, message.indexOf(IDENTITY)))
      return at < 0 ? 0 : numberAt(message, at + BYTES_IN.length)
    },
  }
}

function isOpenedBefore(message: string, start: number, end: number): boolean {
  const at = message.indexOf('{', start)
  return at >= 0 && at < end
}

/** The JSON object that begins here, as text. */
function objectAt(text: string, start: number): string {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at + 1)
    else if (code === 0x7b) depth += 1
    else if (code === 0x7d && --depth === 0) return text.slice(start, at + 1)
  }
  return ''
}

/** Where the string ends that begins here: its closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1
  return slashes % 2 === 1
}

function numberAt(text: string, start: number): number {
  const number = Number.parseInt(text.slice(start, start + 20), 10)
  return Number.isFinite(number) && number > 0 ? number : 0
}
