/** What is broken: where the next record begins, and what is handed out before it. */
import { findSyntaxError, openObjects } from './json-scan.ts'
import { anchorWithKey, asBuffer, firstKeyOf } from './split-anchor.ts'
import { close, emitBroken, fail, hold } from './split-slice.ts'
import {
  ANCHOR_OVERLAP_BYTES,
  DOCUMENT,
  ELEMENT,
  EVENT_VERSION,
  LIST,
  LIST_OPENED,
  OBJECT,
  SEEK,
  type Split,
} from './split-state.ts'

// How far to look for the record after a broken one before its own brackets are trusted to end it.
const SEEK_BYTES = 64 * 1024
const NEWLINE = 0x0a
const QUOTE = 0x22
const OPEN_BRACE = 0x7b

/** The index at or after `from` at which a record certainly begins, or -1. */
export function findAnchor<T>(s: Split<T>, bytes: Uint8Array, from: number, ownKey?: string): number {
  const buffer = asBuffer(bytes)
  let found = -1
  for (const name of s.firstKeys) found = earlier(found, anchorWithKey(buffer, name, from))
  if (ownKey !== undefined && !s.firstKeys.includes(ownKey)) found = earlier(found, anchorWithKey(buffer, ownKey, from))
  if (s.junkInList) return found
  for (let at = buffer.indexOf(NEWLINE, from); at !== -1; at = buffer.indexOf(NEWLINE, at + 1)) {
    if (found !== -1 && at + 1 >= found) break
    if (buffer[at + 1] === OPEN_BRACE && buffer[at + 2] === QUOTE) return at + 1
  }
  return found
}

/**
 * Whether the open value is broken rather than long, and where the next record begins. A value that was cut off inside
 * of a list breaks no rule, since the records after it may well be that list's: only where it `mustEnd`, at the end of
 * the object or beyond the size of any record, does the beginning of a record inside of it count as a fault.
 */
function examine<T>(s: Split<T>, bytes: Uint8Array, mustEnd: boolean): { faultAt: number; anchor: number } {
  s.junkInList = s.mode === OBJECT ? s.objectInList : s.elementIn !== DOCUMENT
  const faultAt = findSyntaxError(bytes)
  if (faultAt === -1) {
    const anchor = mustEnd ? anchorWithKey(asBuffer(bytes), EVENT_VERSION, 1) : -1
    if (anchor !== -1) findCutOff(s, bytes)
    return { faultAt: anchor, anchor }
  }
  return { faultAt, anchor: findAnchor(s, bytes, Math.max(1, faultAt - ANCHOR_OVERLAP_BYTES), firstKeyOf(bytes)) }
}

/**
 * Notes which of the records that begin inside of the open value do not end either, so that each need not be read to
 * the end of the object to find out. Where more is to come, only those that have grown longer than any record is: then
 * half of the longest has to come before the next look.
 */
function findCutOff<T>(s: Split<T>, bytes: Uint8Array): void {
  const until = s.isEnding ? bytes.length : bytes.length - s.maxRecordBytes / 2
  s.cutOff = openObjects(bytes).flatMap((at) => (at > 0 && at < until ? [s.openOffset + at] : []))
  s.nextCutOff = 0
}

/** Whether the record that begins at `offset` is known not to end. */
export function isCutOff<T>(s: Split<T>, offset: number): boolean {
  while (s.nextCutOff < s.cutOff.length && s.cutOff[s.nextCutOff]! < offset) s.nextCutOff++
  return s.cutOff[s.nextCutOff] === offset
}

/** Hands out a record that does not end, up to the next one; returns where that begins. */
export function skipCutOff<T>(s: Split<T>, bytes: Uint8Array, at: number): number {
  s.nextCutOff++
  const anchor = anchorWithKey(asBuffer(bytes), EVENT_VERSION, at + 1)
  if (anchor === -1) return at
  fail(s, s.base + at, 'a record is broken here')
  emitBroken(s, bytes.subarray(at, anchor))
  if (s.mode === LIST) s.listState = LIST_OPENED
  return anchor
}

/** Hands out the open value up to the next record, and makes ready for that. */
function endBroken<T>(s: Split<T>, bytes: Uint8Array, faultAt: number, anchor: number): void {
  fail(s, s.openOffset + faultAt, 'a record is broken here')
  emitBroken(s, bytes.subarray(0, anchor))
  close(s)
  s.mode = s.junkInList ? LIST : DOCUMENT
  s.listState = LIST_OPENED
}

/**
 * The open value is broken. Where the next record is in hand, hands out what comes before it, sets `rest` to the bytes
 * from there on, and returns true. Where it is not, waits for it in SEEK.
 */
export function skipBroken<T>(s: Split<T>, bytes: Uint8Array): boolean {
  if (s.overflow) return false
  if (salvage(s, bytes.subarray(s.start), false)) return true
  if (s.openFault === -1) return false
  hold(s, bytes.subarray(s.start))
  s.start = 0
  s.mode = SEEK
  s.seekFrom = Math.max(1, s.openFault - ANCHOR_OVERLAP_BYTES)
  return false
}

/** Looks for the next record in what was held since. Gives up far from the fault, or when there is `noMore`. */
export function seek<T>(s: Split<T>, noMore: boolean): boolean {
  const value = s.held!.subarray(0, s.heldLength)
  const anchor = findAnchor(s, value, s.seekFrom, firstKeyOf(value))
  if (anchor !== -1) {
    s.base = s.openOffset + anchor
    endBroken(s, value, s.openFault, anchor)
    s.rest = value.subarray(anchor)
    return true
  }
  s.seekFrom = Math.max(s.seekFrom, s.heldLength - ANCHOR_OVERLAP_BYTES)
  if (!noMore && s.heldLength - s.openFault < SEEK_BYTES) return false
  s.base = s.openOffset
  s.nextFault = s.openFault
  close(s)
  s.mode = s.junkInList ? LIST : DOCUMENT
  s.listState = LIST_OPENED
  s.rest = value
  return true
}

/** Where the open value is broken and another record begins in it, goes on there: see {@link skipBroken}. */
function salvage<T>(s: Split<T>, inHand: Uint8Array, mustEnd: boolean): boolean {
  const value =
    s.held === undefined
      ? inHand
      : inHand.length === 0
        ? s.held.subarray(0, s.heldLength)
        : Buffer.concat([s.held.subarray(0, s.heldLength), inHand])
  const { faultAt, anchor } = examine(s, value, mustEnd)
  s.openFault = faultAt
  if (anchor === -1) return false
  s.base = s.openOffset + anchor
  endBroken(s, value, faultAt, anchor)
  s.rest = value.subarray(anchor)
  return true
}

/** As {@link salvage}, for a value that has grown long or was cut off. */
export function salvageHeld<T>(s: Split<T>, mustEnd: boolean): boolean {
  if (s.held === undefined || s.overflow || (s.mode !== ELEMENT && !(s.mode === OBJECT && !s.isWrapper))) return false
  return salvage(s, new Uint8Array(0), mustEnd)
}

function earlier(a: number, b: number): number {
  if (a === -1) return b
  return b === -1 ? a : Math.min(a, b)
}
