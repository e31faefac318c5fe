/**
 * What a lean message says that its view does not: the person, the access key, the tool, the error's code, bytes that
 * came in. Looked for in the text, since parsing every record costs more than all the rest of a replay.
 */

import type { RecordView } from '../contracts/record.ts'
import { memoize } from '../derive/bounded-memo.ts'
import { isObject } from '../derive/json.ts'
import { personOf } from '../derive/person.ts'

/** Who it was, as the record's userIdentity says. */
export interface Who {
  readonly person: string | undefined
  readonly keyId: string | undefined
}

export interface Traits extends Who {
  readonly tool: string | undefined
  readonly errorCode: string | undefined
  readonly bytesIn: number
}

const NOBODY: Who = { person: undefined, keyId: undefined }
const IDENTITY = '"userIdentity":'
const TOOL = '"tool":"'
const ERROR_CODE = '"errorCode":"'
const BYTES_IN = '"bytesIn":'

/**
 * Reads traits; remembers the identities it met.
 *
 * @example
 * createTraitReader()(record.message, record.view).tool // 'terraform'
 */
export function createTraitReader(): (message: string, view: RecordView) => Traits {
  const whoIs = memoize((identity: string): Who => {
    try {
      const parsed: unknown = JSON.parse(identity)
      if (!isObject(parsed)) return NOBODY
      const { accessKeyId } = parsed
      return { person: personOf(parsed), keyId: typeof accessKeyId === 'string' ? accessKeyId : undefined }
    } catch {
      return NOBODY
    }
  })
  return (message, view) => {
    const identityAt = message.indexOf(IDENTITY)
    const isTrail = view.source === 'cloudtrail'
    const { person, keyId } = identityAt < 0 ? NOBODY : whoIs(objectAt(message, identityAt + IDENTITY.length))
    // Derived fields stand before CloudTrail's own members, and behind those of an access-log line.
    const toolAt = isTrail ? before(message.indexOf(TOOL), identityAt) : message.lastIndexOf(TOOL)
    const bytesAt = isTrail && view.readOnly !== true ? before(message.indexOf(BYTES_IN), identityAt) : -1
    const errorAt = view.outcome === 'failure' ? message.indexOf(ERROR_CODE) : -1
    return {
      person,
      keyId,
      tool: toolAt < 0 ? undefined : textAt(message, toolAt + TOOL.length),
      errorCode: errorAt < 0 ? undefined : textAt(message, errorAt + ERROR_CODE.length),
      bytesIn: bytesAt < 0 ? 0 : numberAt(message, bytesAt + BYTES_IN.length),
    }
  }
}

const before = (at: number, limit: number): number => (at >= 0 && (limit < 0 || at < limit) ? at : -1)

/** The JSON object that begins here, as text. */
function objectAt(text: string, start: number): string {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at + 1)
    else if (code === 0x7b) depth += 1
    else if (code === 0x7d && --depth === 0) return text.slice(start, at + 1)
    else if (depth === 0) return ''
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

function textAt(text: string, start: number): string | undefined {
  const value = text.slice(start, endOfString(text, start))
  if (!value.includes('\\')) return value
  try {
    return JSON.parse(`"${value}"`) as string
  } catch {
    return undefined
  }
}

function numberAt(text: string, start: number): number {
  const number = Number.parseInt(text.slice(start, start + 20), 10)
  return Number.isFinite(number) && number > 0 ? number : 0
}
