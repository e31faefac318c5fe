/** The walk over the bytes of a chunk: what stands between the records, and where each ends. */
import { BROKEN, isSpace, MORE, scanBalanced, startsLiteral } from './json-scan.ts'
import { REST, runObject, show, startElement, startJunk, startObject } from './split-object.ts'
import { findAnchor, isCutOff, salvageHeld, seek, skipBroken, skipCutOff } from './split-repair.ts'
import { emitOpen, endJunk, fail, hasOpenSlice, hold, isDelimiter, open, skipRead, spill } from './split-slice.ts'
import {
  ANCHOR_OVERLAP_BYTES,
  COMMA_OR_CLOSE,
  DOCUMENT,
  ELEMENT,
  JUNK,
  LIST,
  LIST_COMMA,
  LIST_ELEMENT,
  LIST_OPENED,
  LIST_STRAY_CLOSE,
  LITERAL,
  OBJECT,
  SEEK,
  type Split,
} from './split-state.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const BOM = [0xef, 0xbb, 0xbf]

/** All of the chunk is held: the next one is needed. */
const HELD = -2

/** Reads a chunk, or a part of a large one. */
export function pushWindow<T>(s: Split<T>, window: Uint8Array): void {
  let bytes = window
  if (s.tail !== undefined) {
    bytes = Buffer.concat([s.tail, window])
    s.base -= s.tail.length
    s.tail = undefined
  }
  s.start = 0
  const next = s.base + bytes.length
  run(s, bytes)
  while (s.heldLength > s.checkAt || (s.heldLength > s.maxRecordBytes && !s.overflow)) {
    if (salvageHeld(s, s.heldLength > s.maxRecordBytes)) {
      run(s, s.rest)
      continue
    }
    s.checkAt = Math.max(s.checkAt * 4, s.heldLength)
    if (s.heldLength > s.maxRecordBytes) {
      spill(s)
      if (s.openFault !== -1) {
        fail(s, s.openOffset + s.openFault, 'a record is broken here')
        s.mode = JUNK
      }
      break
    }
  }
  s.base = next
}

/** Reads the bytes from where the splitter stands; what stays open is held. */
export function run<T>(s: Split<T>, window: Uint8Array): void {
  let bytes = window
  let i = 0
  while (i < bytes.length) {
    const after = step(s, bytes, i)
    if (after === HELD) return
    if (after === REST) {
      bytes = s.rest
      i = 0
    } else i = after
  }
  if (hasOpenSlice(s)) hold(s, bytes.subarray(s.start))
  s.start = 0
}

/** The index to go on at, {@link REST} or {@link HELD}. */
function step<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  switch (s.mode) {
    case LIST:
      return inList(s, bytes, i)
    case ELEMENT:
      return inElement(s, bytes, i)
    case OBJECT: {
      const after = runObject(s, bytes, i)
      return isSeeking(s) ? HELD : after
    }
    case SEEK:
      hold(s, bytes)
      return seek(s, false) ? REST : HELD
    case DOCUMENT:
      return inDocument(s, bytes, i)
    case LITERAL:
      return inLiteral(s, bytes, i)
    default:
      return inJunk(s, bytes, i)
  }
}

/** A function, since the compiler takes `mode` for unchanged across calls. */
function isSeeking<T>(s: Split<T>): boolean {
  return s.mode === SEEK
}

function inList<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!
  if (byte === COMMA) {
    if (s.listState === LIST_OPENED || s.listState === LIST_COMMA) fail(s, s.base + i, 'unexpected ","')
    if (s.listState !== LIST_STRAY_CLOSE) s.listState = LIST_COMMA
  } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET || byte === QUOTE) {
    return startEntry(s, bytes, i)
  } else if (byte === CLOSE_BRACKET) {
    if (s.listState === LIST_COMMA) fail(s, s.base + i, 'unexpected "]" after ","')
    s.mode = s.inRecords ? OBJECT : DOCUMENT
    s.objectState = COMMA_OR_CLOSE
  } else if (byte === CLOSE_BRACE) {
    fail(s, s.base + i, 'unexpected "}"')
    s.listState = LIST_STRAY_CLOSE
  } else if (!isSpace(byte)) {
    if (!startsLiteral(byte) || s.listState === LIST_STRAY_CLOSE || s.listState === LIST_ELEMENT) {
      fail(s, s.base + i, `unexpected ${show(byte)}`)
      startJunk(s, i, true)
      return i
    }
    open(s, i)
    s.mode = LITERAL
  }
  return i + 1
}

/** An object, a list or a text in a list: a record, most of the time. */
function startEntry<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!
  const isObject = byte === OPEN_BRACE
  if (isObject && isCutOff(s, s.base + i)) return skipCutOff(s, bytes, i)
  if (s.listState === LIST_STRAY_CLOSE && !isObject) {
    startJunk(s, i, true)
    return i
  }
  if (s.listState === LIST_ELEMENT) fail(s, s.base + i, 'a "," is missing')
  if (isObject && !s.inRecords) {
    startObject(s, i, true)
    return i + 1
  }
  const after = isObject ? skipRead(s, bytes, i) : 0
  if (after > 0) {
    s.listState = LIST_ELEMENT
    return after
  }
  startElement(s, i, byte)
  s.elementIn = LIST
  return i + 1
}

function inElement<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const after = scanBalanced(s.scan, bytes, i)
  if (after === MORE) return bytes.length
  if (after === BROKEN) {
    if (skipBroken(s, bytes)) return REST
    return isSeeking(s) ? HELD : s.scan.brokenAt
  }
  emitOpen(s, bytes, after)
  s.mode = s.elementIn
  s.listState = LIST_ELEMENT
  s.objectState = COMMA_OR_CLOSE
  if (s.elementIn === DOCUMENT) s.singles++
  return after
}

function inDocument<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!
  if (byte === BOM[s.bomBytes]) {
    s.bomBytes = (s.bomBytes + 1) % BOM.length
    return i + 1
  }
  if (isSpace(byte)) return i + 1
  s.hasContent = true
  s.bomBytes = 0
  if (byte === OPEN_BRACE) {
    if (isCutOff(s, s.base + i)) return skipCutOff(s, bytes, i)
    startObject(s, i, false)
  } else if (byte === OPEN_BRACKET) {
    s.lists++
    s.mode = LIST
    s.inRecords = false
    s.listState = LIST_OPENED
  } else if (isDelimiter(byte)) {
    fail(s, s.base + i, `unexpected ${show(byte)}`)
  } else {
    // Not a fault yet: it may be the validation message.
    startJunk(s, i, false)
    return i
  }
  return i + 1
}

function inLiteral<T>(s: Split<T>, bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && !isDelimiter(bytes[i]!)) i++
  if (i === bytes.length) return i
  emitOpen(s, bytes, i)
  s.mode = LIST
  s.listState = LIST_ELEMENT
  return i
}

function inJunk<T>(s: Split<T>, bytes: Uint8Array, i: number): number {
  const anchor = findAnchor(s, bytes, i)
  if (anchor === -1) {
    const keep = Math.max(i, bytes.length - ANCHOR_OVERLAP_BYTES)
    hold(s, bytes.subarray(s.start, keep))
    if (s.heldLength > s.maxRecordBytes) spill(s)
    s.tail = Buffer.from(bytes.subarray(keep))
    return HELD
  }
  fail(s, s.openOffset, 'this is not JSON')
  endJunk(s, bytes, anchor)
  s.mode = s.junkInList ? LIST : DOCUMENT
  s.listState = LIST_OPENED
  return anchor
}
