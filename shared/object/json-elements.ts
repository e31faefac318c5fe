import { StringDecoder } from 'node:string_decoder'
import type { UnreadablePiece } from '../contracts/kind-reader.ts'

/** The members in which AWS's tools wrap what they list: each element of such a list is one by itself. */
const LISTS: ReadonlySet<string> = new Set(['Records', 'Events', 'events', 'logEvents', 'results', 'queryResults'])

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a

/** A part of the text of an element that is too large. */
export type OversizedText = Pick<UnreadablePiece, 'text' | 'isContinued' | 'hasMore'>

export interface JsonElements {
  /** The elements that end within this chunk, as JSON text, and the parts of those that are too large. */
  push(chunk: Uint8Array): readonly (string | OversizedText)[]
  /** Call once, after the last chunk: what was left of an element that never ended. */
  end(): string | OversizedText | undefined
}

/**
 * Splits JSON into the objects that it lists, whatever lists them: a list, objects one after another (NDJSON, with or
 * without line ends, pretty-printed or not), or an object with a list under one of the names that AWS's tools use
 * (`Events` of lookup-events, `events` of filter-log-events, `logEvents` of subscriptions …), of which the rest is left
 * out. Looks at brackets and strings only: whether an element is sound, its reader finds out. Holds one element at a
 * time.
 *
 * @param maxBytes an element of more is handed out in parts, as it comes.
 * @example
 * createJsonElements(maxBytes).push(Buffer.from('{"Events":[{"EventId":"1"}]}')) // ['{"EventId":"1"}']
 */
export function createJsonElements(maxBytes: number): JsonElements {
  let depth = 0
  // The depth at which an element's own brace stands; those of a list or a wrapper are one or two deeper.
  let level = 0
  let inString = false
  let escaped = false
  let pieces: Uint8Array[] = []
  let bytes = 0
  let isOversized = false
  let decoder = new StringDecoder('utf8')
  let isOpen = false
  // The list of a wrapper has ended: what else the wrapper holds is no element.
  let isRest = false
  // The text in quotes that ended last at the wrapper's own depth, and whether a colon came after it.
  let name = ''
  let nameStart = -1
  let isMember = false

  function keep(piece: Uint8Array, found: (string | OversizedText)[]): void {
    bytes += piece.length
    // A copy: the chunk is not ours once the call has returned.
    pieces.push(Buffer.from(piece))
    if (bytes > maxBytes) handOut(found, true)
  }

  function handOut(found: (string | OversizedText)[], hasMore: boolean): void {
    if (!isOversized) decoder = new StringDecoder('utf8')
    const text = decoder.write(Buffer.concat(pieces)) + (hasMore ? '' : decoder.end())
    found.push({ text, isContinued: isOversized, hasMore })
    isOversized = true
    pieces = []
  }

  function drop(): void {
    pieces = []
    bytes = 0
    isOversized = false
    isOpen = false
  }

  function push(chunk: Uint8Array): (string | OversizedText)[] {
    const found: (string | OversizedText)[] = []
    let start = isOpen ? 0 : -1
    if (nameStart >= 0) nameStart = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!
      if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          inString = false
          if (nameStart >= 0) name += Buffer.from(chunk.subarray(nameStart, at)).toString('utf8')
          nameStart = -1
        }
        continue
      }
      if (byte === QUOTE) {
        inString = true
        isMember = false
        nameStart = depth === level + 1 ? at + 1 : -1
        name = ''
      } else if (byte === COLON) isMember = true
      else if (byte === OPEN_BRACE) {
        if (depth === level && !isOpen && !isRest) {
          isOpen = true
          start = at
        }
        depth += 1
      } else if (byte === OPEN_BRACKET) {
        if (depth === level && !isOpen) level += 1
        else if (depth === level + 1 && isOpen && isMember && LISTS.has(name)) {
          drop()
          start = -1
          level += 2
        }
        depth += 1
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth = Math.max(0, depth - 1)
        if (isOpen && depth === level) {
          keep(chunk.subarray(start, at + 1), found)
          if (isOversized) handOut(found, false)
          else found.push(Buffer.concat(pieces).toString('utf8'))
          drop()
          start = -1
        } else if (!isOpen && depth < level) {
          isRest = depth > 0
          if (!isRest) level = 0
        }
        name = ''
      }
    }
    if (nameStart >= 0) name += Buffer.from(chunk.subarray(nameStart)).toString('utf8')
    if (isOpen && start >= 0) keep(chunk.subarray(start), found)
    return found
  }

  return {
    push,
    end() {
      if (!isOpen) return undefined
      if (!isOversized) return Buffer.concat(pieces).toString('utf8')
      return { text: decoder.end(), isContinued: true, hasMore: false }
    },
  }
}
