/** The members of an object that may be a wrapper (`{"Records": […]}`), a digest or a bare record. */
import { BROKEN, enterValue, isSpace, MORE, scanBalanced, startsLiteral } from './json-scan.ts'
import { MAX_KEY_BYTES } from './split-anchor.ts'
import { skipBroken } from './split-repair.ts'
import { close, emitOpen, emitOversized, fail, isDelimiter, open } from './split-slice.ts'
import {
  AFTER_KEY,
  COMMA_OR_CLOSE,
  DOCUMENT,
  ELEMENT,
  IN_KEY,
  IN_LITERAL,
  IN_VALUE,
  JUNK,
  KEY,
  KEY_OR_CLOSE,
  LIST,
  LIST_ELEMENT,
  LIST_OPENED,
  OBJECT,
  RECORDS_VALUE,
  SEEK,
  type Split,
  VALUE,
} from './split-state.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SMALL_N = 0x6e

/** Go on at the start of `rest`. */
export const REST = -1

export function startObject<T>(s: Split<T>, at: number, inList: boolean): void {
  open(s, at)
  s.mode = OBJECT
  s.objectInList = inList
  s.objectState = KEY_OR_CLOSE
  s.isWrapper = false
  s.isDigest = false
  if (s.nextFault === -1) return
  s.elementIn = inList ? LIST : DOCUMENT
  startElement(s, at, OPEN_BRACE)
}

export function startElement<T>(s: Split<T>, at: number, byte: number): void {
  open(s, at)
  s.mode = ELEMENT
  enterValue(s.scan, byte)
  if (s.nextFault === -1) return
  s.scan.checked = false
  s.openFault = s.nextFault
  s.nextFault = -1
}

export function startJunk<T>(s: Split<T>, at: number, inList: boolean): void {
  open(s, at)
  s.junkInList = inList
  s.mode = JUNK
}

/** Reads on in the object; returns the index to go on at, or {@link REST}. */
export function runObject<T>(s: Split<T>, bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && s.mode === OBJECT) {
    if (s.objectState === IN_VALUE) i = runValue(s, bytes, i)
    else if (s.objectState === IN_KEY) i = runKey(s, bytes, i)
    else i = runBetween(s, bytes, i)
  }
  return i
}

function runValue<T>(s: Split<T>, bytes: Uint8Array, from: number): number {
  const after = scanBalanced(s.scan, bytes, from)
  if (after === MORE) return bytes.length
  if (after === BROKEN) return brokenObject(s, bytes, s.scan.brokenAt)
  s.objectState = COMMA_OR_CLOSE
  return after
}

function runKey<T>(s: Split<T>, bytes: Uint8Array, from: number): number {
  const end = bytes.length
  let length = s.keyLength
  let i = from
  while (i < end) {
    const byte = bytes[i]!
    i++
    if (s.keyEscape) {
      s.keyEscape = false
    } else if (byte === QUOTE) {
      s.objectState = AFTER_KEY
      break
    } else if (byte === BACKSLASH) {
      s.keyEscape = s.keyHasEscape = true
    }
    if (length < MAX_KEY_BYTES) s.key[length] = byte
    length++
  }
  s.keyLength = length
  return i
}

/** What stands between keys and values, and literals. */
function runBetween<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!
  if (s.objectState === IN_LITERAL) {
    if (!isDelimiter(byte)) return i + 1
    s.objectState = COMMA_OR_CLOSE
  }
  if (isSpace(byte)) return i + 1
  switch (s.objectState) {
    case COMMA_OR_CLOSE:
      if (byte === CLOSE_BRACE) return endObject(s, bytes, i + 1)
      if (byte !== COMMA) return brokenObject(s, bytes, i)
      s.objectState = KEY
      return i + 1
    case KEY_OR_CLOSE:
    case KEY:
      if (byte === CLOSE_BRACE) {
        if (s.objectState === KEY) fail(s, s.base + i, 'unexpected "}" after ","')
        return endObject(s, bytes, i + 1)
      }
      if (byte !== QUOTE) return brokenObject(s, bytes, i)
      s.objectState = IN_KEY
      s.keyLength = 0
      s.keyEscape = false
      s.keyHasEscape = false
      return i + 1
    case AFTER_KEY:
      if (byte !== COLON) return brokenObject(s, bytes, i)
      s.objectState = keyIs(s, 'Records') ? RECORDS_VALUE : VALUE
      if (keyIs(s, 'digestStartTime')) s.isDigest = true
      return i + 1
    default:
      return startValue(s, bytes, i)
  }
}

/** A member's value begins; that of `Records` may be the list of them, a single one, or null. */
function startValue<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!
  if (s.objectState === RECORDS_VALUE) {
    if (byte === OPEN_BRACKET || byte === OPEN_BRACE || byte === SMALL_N) {
      if (!s.isWrapper) s.wrappers++
      s.isWrapper = true
      if (s.overflow) emitOversized(s, s.held!.subarray(0, s.heldLength), s.openBytes)
      close(s)
    }
    if (byte === OPEN_BRACKET) {
      s.inRecords = true
      s.mode = LIST
      s.listState = LIST_OPENED
      return i + 1
    }
    if (byte === OPEN_BRACE) {
      s.inRecords = true
      startElement(s, i, byte)
      s.elementIn = OBJECT
      return i + 1
    }
  }
  if (byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET) {
    enterValue(s.scan, byte)
    s.objectState = IN_VALUE
  } else if (startsLiteral(byte)) {
    s.objectState = IN_LITERAL
  } else {
    return brokenObject(s, bytes, i)
  }
  return i + 1
}

function endObject<T>(s: Split<T>, bytes: Uint8Array, end: number): number {
  if (s.isDigest && !s.isWrapper) {
    s.digests++
  } else if (!s.isWrapper) {
    if (!s.objectInList) s.singles++
    emitOpen(s, bytes, end)
  }
  close(s)
  s.mode = s.objectInList ? LIST : DOCUMENT
  s.inRecords = false
  s.listState = LIST_ELEMENT
  return end
}

/** An object's member does not go on as JSON must. Returns the index to go on at, or {@link REST}. */
function brokenObject<T>(s: Split<T>, bytes: Uint8Array, at: number): number {
  fail(s, s.base + at, `unexpected ${show(bytes[at]!)} in an object`)
  if (!s.isWrapper) {
    if (skipBroken(s, bytes)) return REST
    if (s.mode === SEEK) return at
    s.elementIn = s.objectInList ? LIST : DOCUMENT
    s.mode = ELEMENT
    s.scan.depth = 1
    s.scan.inString = false
    s.scan.checked = false
    return at
  }
  const byte = bytes[at]!
  if (byte === OPEN_BRACE) {
    // The list of records was closed too early: here comes the next record.
    s.mode = LIST
    s.inRecords = true
    s.listState = LIST_OPENED
    return at
  }
  if (isDelimiter(byte)) return at + 1
  s.inRecords = true
  startJunk(s, at, true)
  return at
}

function keyIs<T>(s: Split<T>, name: string): boolean {
  if (!s.keyHasEscape) return s.keyLength === name.length && s.key.toString('latin1', 0, s.keyLength) === name
  if (s.keyLength > MAX_KEY_BYTES) return false
  const text = s.key.toString('utf8', 0, s.keyLength)
  try {
    return JSON.parse(`"${text}"`) === name
  } catch {
    return false
  }
}

/** A byte as messages show it. */
export function show(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
