/** All that a splitter knows between two chunks. */
import type { BucketwatchError } from '../contracts/errors.ts'
import { newScan, type ScanState } from './json-scan.ts'
import { MAX_KEY_BYTES } from './split-anchor.ts'
import type { SplitterOptions } from './split-options.ts'

const MAX_RECORD_BYTES = 4 * 1024 * 1024
const KEEP_BYTES = 16 * 1024
/** A record this long is checked for being broken: one in a million is this long and sound. */
export const FIRST_CHECK_BYTES = 64 * 1024
/** An anchor, `{"eventVersion":` with any sensible white space, is found even where two chunks meet inside it. */
export const ANCHOR_OVERLAP_BYTES = 256
export const EVENT_VERSION = '"eventVersion"'

// Where the splitter stands. OBJECT is an object that may be a wrapper, a digest or a bare record; ELEMENT is an entry
// of a list of records; JUNK is text between a fault and the next place where a record begins for certain; SEEK is a
// record that is known to be broken while the next one is not in sight yet.
export const DOCUMENT = 0
export const LIST = 1
export const OBJECT = 2
export const ELEMENT = 3
export const LITERAL = 4
export const JUNK = 5
export const SEEK = 6

// Inside OBJECT: what is expected next.
export const KEY_OR_CLOSE = 0
export const KEY = 1
export const IN_KEY = 2
export const AFTER_KEY = 3
export const VALUE = 4
export const RECORDS_VALUE = 5
export const IN_VALUE = 6
export const IN_LITERAL = 7
export const COMMA_OR_CLOSE = 8

// Inside LIST: what came last.
export const LIST_OPENED = 0
export const LIST_COMMA = 1
export const LIST_ELEMENT = 2
export const LIST_STRAY_CLOSE = 3

/** What is handed out, and what was seen. */
interface Output<T> {
  out: (Uint8Array | T)[]
  records: number
  oversized: number
  wrappers: number
  lists: number
  singles: number
  digests: number
  pushed: number
  hasContent: boolean
  error: BucketwatchError | undefined
}

/** The open slice: what earlier chunks held of the value that is being scanned, and where it goes on in this one. */
interface Slice {
  start: number
  openOffset: number
  held: Buffer | undefined
  heldLength: number
  openBytes: number
  overflow: boolean
  /** What overflows is handed out in parts. */
  isHandedOut: boolean
  /** Where in the open value JSON's grammar is broken, once that is proven; -1 else. */
  openFault: number
  /** At which length it is looked at next. */
  checkAt: number
}

/** The place in the document. */
interface Place {
  mode: number
  /** The offset in the object of the first byte of the buffer that is being looked at. */
  base: number
  bomBytes: number
  /** The list that is open is the value of `Records`; else it is a bare one. */
  inRecords: boolean
  listState: number
  /** The OBJECT is an element of a bare list. */
  objectInList: boolean
  objectState: number
  isWrapper: boolean
  isDigest: boolean
  /** Where the ELEMENT stands: in a LIST, in an OBJECT as the value of `Records`, or in the DOCUMENT itself. */
  elementIn: number
  readonly key: Buffer
  keyLength: number
  keyEscape: boolean
  keyHasEscape: boolean
  readonly scan: ScanState
}

/** What is known of faults. */
interface Repair {
  /** The keys that records of this object begin with. */
  readonly firstKeys: string[]
  /** The JUNK, or the broken value, stands in a list. */
  junkInList: boolean
  /** The value that begins next is broken there, and no other record is near: let its brackets end it. */
  nextFault: number
  /** Where records begin that are known not to end, in order; those before `nextCutOff` are done with. */
  cutOff: readonly number[]
  nextCutOff: number
  isEnding: boolean
  seekFrom: number
  /** The end of a chunk of JUNK, in which a record may begin. */
  tail: Uint8Array | undefined
  /** Where to go on after a broken value. */
  rest: Uint8Array
}

/** The options, defaults filled in. */
interface Limits<T> {
  readonly maxRecordBytes: number
  readonly keepBytes: number
  readonly onOversized: SplitterOptions<T>['onOversized'] | undefined
  readonly onOversizedPart: SplitterOptions<T>['onOversizedPart']
  readonly readAhead: SplitterOptions<T>['readAhead']
}

export type Split<T> = Output<T> & Slice & Place & Repair & Limits<T>

/** The state of a splitter before its first chunk. */
export function newSplit<T>(options: SplitterOptions<T>): Split<T> {
  const { maxRecordBytes = MAX_RECORD_BYTES, keepBytes = KEEP_BYTES, onOversized, onOversizedPart, readAhead } = options
  return {
    maxRecordBytes,
    keepBytes,
    onOversized,
    onOversizedPart,
    readAhead,
    out: [],
    records: 0,
    oversized: 0,
    wrappers: 0,
    lists: 0,
    singles: 0,
    digests: 0,
    pushed: 0,
    hasContent: false,
    error: undefined,
    start: 0,
    openOffset: 0,
    held: undefined,
    heldLength: 0,
    openBytes: 0,
    overflow: false,
    isHandedOut: false,
    openFault: -1,
    checkAt: FIRST_CHECK_BYTES,
    mode: DOCUMENT,
    base: 0,
    bomBytes: 0,
    inRecords: false,
    listState: LIST_OPENED,
    objectInList: false,
    objectState: KEY_OR_CLOSE,
    isWrapper: false,
    isDigest: false,
    elementIn: LIST,
    key: Buffer.alloc(MAX_KEY_BYTES),
    keyLength: 0,
    keyEscape: false,
    keyHasEscape: false,
    scan: newScan(),
    firstKeys: [EVENT_VERSION],
    junkInList: false,
    nextFault: -1,
    cutOff: [],
    nextCutOff: 0,
    isEnding: false,
    seekFrom: 0,
    tail: undefined,
    rest: new Uint8Array(0),
  }
}
