/** The value that is being read: held over chunks, handed out at its end, in parts where it is too large. */
import { BucketwatchError } from '../contracts/errors.ts'
import { isSpace } from './json-scan.ts'
import { firstKeyOf } from './split-anchor.ts'
import { ELEMENT, FIRST_CHECK_BYTES, JUNK, LITERAL, OBJECT, type Split } from './split-state.ts'

// The keys that records begin with are learnt from the first records: serializers that sort keys use two or three.
const LEARN_RECORDS = 256
const MAX_FIRST_KEYS = 4
const NOTHING = new Uint8Array(0)
const COMMA = 0x2c
const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d

/** Notes the first fault. */
export function fail<T>(s: Split<T>, offset: number, why: string): void {
  s.error ??= new BucketwatchError('JSON_SYNTAX', `At byte ${offset}: ${why}.`, { offset, records: s.records })
}

/** A value begins at `at`. */
export function open<T>(s: Split<T>, at: number): void {
  s.start = at
  s.openOffset = s.base + at
}

/** It is over. */
export function close<T>(s: Split<T>): void {
  s.held = undefined
  s.heldLength = 0
  s.openBytes = 0
  s.overflow = false
  s.isHandedOut = false
  s.openFault = -1
  s.checkAt = FIRST_CHECK_BYTES
  s.start = 0
}

/** Keeps these bytes of the open slice. */
export function hold<T>(s: Split<T>, bytes: Uint8Array): void {
  s.openBytes += bytes.length
  if (bytes.length === 0) return
  if (s.overflow) {
    if (s.isHandedOut) handPart(s, bytes, false, false)
    return
  }
  const length = s.heldLength + bytes.length
  if (s.held === undefined || s.held.length < length) {
    const grown = Buffer.allocUnsafe(Math.max(length, s.held === undefined ? 4096 : s.held.length * 2))
    if (s.held !== undefined) s.held.copy(grown, 0, 0, s.heldLength)
    s.held = grown
  }
  s.held.set(bytes, s.heldLength)
  s.heldLength = length
}

/** Gives up keeping the open slice; only its head stays. */
export function spill<T>(s: Split<T>): void {
  s.overflow = true
  // An object may still turn out to hold the records: then what came before them is what is too large.
  s.isHandedOut = !(s.mode === OBJECT && s.isDigest)
  if (s.isHandedOut) handPart(s, s.held!.subarray(0, s.heldLength), true, false)
  s.heldLength = Math.min(s.heldLength, s.keepBytes)
  s.held = s.held === undefined ? undefined : Buffer.from(s.held.subarray(0, s.heldLength))
}

function handPart<T>(s: Split<T>, bytes: Uint8Array, isFirst: boolean, isLast: boolean): void {
  const part = s.onOversizedPart?.({ bytes, isFirst, isLast })
  if (part !== undefined) s.out.push(part)
}

function emit<T>(s: Split<T>, slice: Uint8Array): void {
  if (s.records < LEARN_RECORDS) learn(s, slice)
  s.records++
  s.out.push(slice)
}

/** The index after the record at `at` where `readAhead` could read it, else 0. */
export function skipRead<T>(s: Split<T>, bytes: Uint8Array, at: number): number {
  if (s.readAhead === undefined || s.nextFault !== -1) return 0
  const before = s.out.length
  const after = s.readAhead(bytes, at, s.out)
  if (after - at > s.maxRecordBytes) {
    s.out.length = before
    return 0
  }
  if (after > 0) {
    if (s.records < LEARN_RECORDS) learn(s, bytes.subarray(at, after))
    s.records++
  }
  return after
}

function learn<T>(s: Split<T>, slice: Uint8Array): void {
  if (s.firstKeys.length >= MAX_FIRST_KEYS) return
  const found = firstKeyOf(slice)
  if (found !== undefined && !s.firstKeys.includes(found)) s.firstKeys.push(found)
}

/** Reports the open slice as too large. */
export function emitOversized<T>(s: Split<T>, head: Uint8Array, bytes: number): void {
  s.oversized++
  if (s.isHandedOut) handPart(s, NOTHING, false, true)
  else handPart(s, head, true, true)
  const message = `It has ${bytes} bytes at byte ${s.openOffset}.`
  s.onOversized?.({
    error: new BucketwatchError('RECORD_TOO_LARGE', message, { offset: s.openOffset, bytes, records: s.records }),
    offset: s.openOffset,
    bytes,
    head: Uint8Array.prototype.slice.call(head, 0, s.keepBytes),
  })
}

/** Ends the open slice before `end` and hands it out. */
export function emitOpen<T>(s: Split<T>, bytes: Uint8Array, end: number): void {
  if (s.openFault !== -1) fail(s, s.openOffset + s.openFault, 'a record is broken here')
  if (s.held === undefined) {
    if (end - s.start > s.maxRecordBytes) {
      emitOversized(s, bytes.subarray(s.start, end), end - s.start)
    } else {
      emit(s, bytes.subarray(s.start, end))
    }
    s.openFault = -1
    return
  }
  hold(s, bytes.subarray(s.start, end))
  if (s.overflow || s.heldLength > s.maxRecordBytes) {
    emitOversized(s, s.held.subarray(0, s.heldLength), s.openBytes)
  } else {
    emit(s, s.held.subarray(0, s.heldLength))
  }
  close(s)
}

/** Hands out the text of a fault, unless it is nothing but closing brackets and commas. */
export function emitBroken<T>(s: Split<T>, bytes: Uint8Array): void {
  let end = bytes.length
  while (end > 0 && (isSpace(bytes[end - 1]!) || bytes[end - 1] === COMMA)) end--
  let solid = end
  while (solid > 0 && isDelimiter(bytes[solid - 1]!)) solid--
  if (solid === 0) return
  if (end > s.maxRecordBytes) emitOversized(s, bytes.subarray(0, end), end)
  else emit(s, bytes.subarray(0, end))
}

/** Ends JUNK before `end`. */
export function endJunk<T>(s: Split<T>, bytes: Uint8Array, end: number): void {
  if (s.held === undefined) {
    emitBroken(s, bytes.subarray(s.start, end))
  } else {
    hold(s, bytes.subarray(s.start, end))
    if (s.overflow) emitOversized(s, s.held.subarray(0, s.heldLength), s.openBytes)
    else emitBroken(s, s.held.subarray(0, s.heldLength))
  }
  close(s)
}

export function hasOpenSlice<T>(s: Split<T>): boolean {
  return s.mode === ELEMENT || s.mode === LITERAL || s.mode === JUNK || (s.mode === OBJECT && !s.isWrapper)
}

export function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || isSpace(byte)
}
