import { BucketwatchError } from '../contracts/errors.ts'
import {
  BROKEN,
  enterValue,
  findSyntaxError,
  isSpace,
  MORE,
  newScan,
  openObjects,
  scanBalanced,
  startsLiteral,
} from './json-scan.ts'

/**
 * What a CloudTrail object turned out to be. `records`: `{"Records": […]}`, once or several times over. `array`: a bare
 * list. `single`, `ndjson`: bare records. `digest`: a log file validation digest. `validation`: the text that CloudTrail
 * sends when a trail is set up. `empty`: white space at most. `unknown`: nothing that could be read.
 */
export type SplitShape = 'records' | 'array' | 'single' | 'ndjson' | 'digest' | 'validation' | 'empty' | 'unknown'

/** A record larger than `maxRecordBytes`: its length, where it began, and its first `keepBytes` bytes. */
export interface OversizedRecord {
  readonly error: BucketwatchError
  readonly offset: number
  readonly bytes: number
  readonly head: Uint8Array
}

/** A part of an oversized record. `bytes` are valid only during the call. */
export interface OversizedPart {
  readonly bytes: Uint8Array
  readonly isFirst: boolean
  readonly isLast: boolean
}

export interface SplitterOptions<T = never> {
  /** A longer record is skipped and reported to `onOversized`. Bytes; default 4 MiB (AWS's own limit is 256 KB). */
  readonly maxRecordBytes?: number
  /** How much of an oversized record is kept. Bytes; default 16 KiB. */
  readonly keepBytes?: number
  /** Called in stream order, once for each oversized record. */
  readonly onOversized?: (record: OversizedRecord) => void
  /**
   * Called in stream order with all bytes of what is oversized, as they come: what it returns is handed out among the
   * records. Of an object that turns out to hold the records, all that came before them.
   */
  readonly onOversizedPart?: ((part: OversizedPart) => T) | undefined
  /**
   * Reads a record of `Records` where it lies, so that it need not be scanned twice: adds what it makes of the one that
   * begins at `at` to `out`, and returns the index after it. 0 where it cannot, or not all of it is there: the record is
   * then split off as usual.
   */
  readonly readAhead?: ((bytes: Uint8Array, at: number, out: (Uint8Array | T)[]) => number) | undefined
}

/** How a split went. `records` + `oversized` + (`remainder` ? 1 : 0) is everything that was in the object. */
export interface SplitSummary<T = never> {
  readonly shape: SplitShape
  /** Records handed out, broken ones included. */
  readonly records: number
  readonly oversized: number
  readonly digests: number
  /** Bytes pushed. */
  readonly bytes: number
  /** The first fault: JSON_SYNTAX or JSON_TRUNCATED with `details.offset` and `details.records` delivered before. */
  readonly error?: BucketwatchError
  /** The text that was left when the object ended: a cut-off record, or text that is no JSON. Quarantine it. */
  readonly remainder?: Uint8Array
  /** Records that only the end could tell apart. They are counted in `records`: handle them like those of `push`. */
  readonly last: readonly (Uint8Array | T)[]
}

/** See {@link createRecordSplitter}. */
export interface RecordSplitter<T = never> {
  /**
   * The records that end within this chunk: what `readAhead` made of them, or their bytes. A record that lies inside the
   * chunk is a view of it, not a copy.
   */
  push(chunk: Uint8Array): (Uint8Array | T)[]
  /** Call once, after the last chunk. */
  end(): SplitSummary<T>
}

const MAX_RECORD_BYTES = 4 * 1024 * 1024
const KEEP_BYTES = 16 * 1024
// A broken record costs at most a second look at one window, however large the chunks are.
const WINDOW_BYTES = 256 * 1024
// A record this long is checked for being broken: one in a million is this long and sound.
const FIRST_CHECK_BYTES = 64 * 1024
// An anchor, `{"eventVersion":` with any sensible white space, is found even where two chunks meet inside it.
const ANCHOR_OVERLAP_BYTES = 256
// How far to look for the record after a broken one before its own brackets are trusted to end it.
const SEEK_BYTES = 64 * 1024
const MAX_KEY_BYTES = 96
// The keys that records begin with are learnt from the first records: serializers that sort keys use two or three.
const LEARN_RECORDS = 256
const MAX_FIRST_KEYS = 4

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const NEWLINE = 0x0a
const NOTHING = new Uint8Array(0)
const BOM = [0xef, 0xbb, 0xbf]

const VALIDATION_MESSAGE = 'CloudTrail validation message.'
const EVENT_VERSION = '"eventVersion"'

// Where the splitter stands. OBJECT is an object that may be a wrapper, a digest or a bare record; ELEMENT is an entry
// of a list of records; JUNK is text between a fault and the next place where a record begins for certain; SEEK is a
// record that is known to be broken while the next one is not in sight yet.
const DOCUMENT = 0
const LIST = 1
const OBJECT = 2
const ELEMENT = 3
const LITERAL = 4
const JUNK = 5
const SEEK = 6

// Inside OBJECT: what is expected next.
const KEY_OR_CLOSE = 0
const KEY = 1
const IN_KEY = 2
const AFTER_KEY = 3
const VALUE = 4
const RECORDS_VALUE = 5
const IN_VALUE = 6
const IN_LITERAL = 7
const COMMA_OR_CLOSE = 8

// Inside LIST: what came last.
const LIST_OPENED = 0
const LIST_COMMA = 1
const LIST_ELEMENT = 2
const LIST_STRAY_CLOSE = 3

/**
 * Splits the (inflated) bytes of a CloudTrail object into its records, in constant memory and without parsing them.
 *
 * Understands `{"Records": […]}` with other top-level members in any order, bare lists, a bare record, NDJSON, files
 * that were concatenated, pretty-printed files, a byte order mark, digests and the validation message. Only a top-level
 * member named exactly `Records` counts. Whatever stands in a list is handed out, objects or not, sound or not: the
 * normalizer decides what can be read.
 *
 * After a fault it goes on at the next `{"eventVersion":` (or whatever key the records of this object begin with), so
 * that a broken record does not take its neighbours along; the broken text is handed out as one slice.
 * Never throws on content.
 *
 * @example
 * const splitter = createRecordSplitter()
 * for await (const chunk of inflate(body)) for (const record of splitter.push(chunk)) handle(record)
 * const { shape, error, last } = splitter.end()
 */
export function createRecordSplitter<T = never>(options: SplitterOptions<T> = {}): RecordSplitter<T> {
  const { maxRecordBytes = MAX_RECORD_BYTES, keepBytes = KEEP_BYTES, onOversized, onOversizedPart, readAhead } = options

  let out: (Uint8Array | T)[] = []
  let records = 0
  let oversized = 0
  let wrappers = 0
  let lists = 0
  let singles = 0
  let digests = 0
  let pushed = 0
  let hasContent = false
  let error: BucketwatchError | undefined
  let remainder: Uint8Array | undefined
  const firstKeys = [EVENT_VERSION]

  let mode = DOCUMENT
  let bomBytes = 0
  /** The list that is open is the value of `Records`; else it is a bare one. */
  let inRecords = false
  let listState = LIST_OPENED
  /** The OBJECT is an element of a bare list. */
  let objectInList = false
  let objectState = KEY_OR_CLOSE
  let isWrapper = false
  let isDigest = false
  /** The JUNK, or the broken value, stands in a list. */
  let junkInList = false
  /** Where the ELEMENT stands: in a LIST, in an OBJECT as the value of `Records`, or in the DOCUMENT itself. */
  let elementIn = LIST
  const key = Buffer.alloc(MAX_KEY_BYTES)
  let keyLength = 0
  let keyEscape = false
  let keyHasEscape = false
  const scan = newScan()

  // The open slice: what earlier chunks held of the value that is being scanned.
  let start = 0
  let openOffset = 0
  let held: Buffer | undefined
  let heldLength = 0
  let openBytes = 0
  let overflow = false
  /** What overflows is handed out in parts. */
  let isHandedOut = false
  /** Where in the open value JSON's grammar is broken, once that is proven; -1 else. */
  let openFault = -1
  /** The value that begins next is broken there, and no other record is near: let its brackets end it. */
  let nextFault = -1
  /** Where records begin that are known not to end, in order; those before `nextCutOff` are done with. */
  let cutOff: readonly number[] = []
  let nextCutOff = 0
  let isEnding = false
  let seekFrom = 0
  let checkAt = FIRST_CHECK_BYTES
  let tail: Uint8Array | undefined
  /** Where to go on after a broken value. */
  let rest: Uint8Array = new Uint8Array(0)
  /** The offset in the object of the first byte of the buffer that is being looked at. */
  let base = 0

  function fail(offset: number, why: string): void {
    error ??= new BucketwatchError('JSON_SYNTAX', `At byte ${offset}: ${why}.`, { offset, records })
  }

  function open(at: number): void {
    start = at
    openOffset = base + at
  }

  function close(): void {
    held = undefined
    heldLength = 0
    openBytes = 0
    overflow = false
    isHandedOut = false
    openFault = -1
    checkAt = FIRST_CHECK_BYTES
    start = 0
  }

  function hold(bytes: Uint8Array): void {
    openBytes += bytes.length
    if (bytes.length === 0) return
    if (overflow) {
      if (isHandedOut) handPart(bytes, false, false)
      return
    }
    const length = heldLength + bytes.length
    if (held === undefined || held.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(length, held === undefined ? 4096 : held.length * 2))
      if (held !== undefined) held.copy(grown, 0, 0, heldLength)
      held = grown
    }
    held.set(bytes, heldLength)
    heldLength = length
  }

  /** Gives up keeping the open slice; only its head stays. */
  function spill(): void {
    overflow = true
    // An object may still turn out to hold the records: then what came before them is what is too large.
    isHandedOut = !(mode === OBJECT && isDigest)
    if (isHandedOut) handPart(held!.subarray(0, heldLength), true, false)
    heldLength = Math.min(heldLength, keepBytes)
    held = held === undefined ? undefined : Buffer.from(held.subarray(0, heldLength))
  }

  function handPart(bytes: Uint8Array, isFirst: boolean, isLast: boolean): void {
    const part = onOversizedPart?.({ bytes, isFirst, isLast })
    if (part !== undefined) out.push(part)
  }

  function emit(slice: Uint8Array): void {
    if (records < LEARN_RECORDS) learn(slice)
    records++
    out.push(slice)
  }

  /** The index after the record at `at` where `readAhead` could read it, else 0. */
  function skipRead(bytes: Uint8Array, at: number): number {
    if (readAhead === undefined || nextFault !== -1) return 0
    const before = out.length
    const after = readAhead(bytes, at, out)
    if (after - at > maxRecordBytes) {
      out.length = before
      return 0
    }
    if (after > 0) {
      if (records < LEARN_RECORDS) learn(bytes.subarray(at, after))
      records++
    }
    return after
  }

  function learn(slice: Uint8Array): void {
    if (firstKeys.length >= MAX_FIRST_KEYS) return
    const found = firstKeyOf(slice)
    if (found !== undefined && !firstKeys.includes(found)) firstKeys.push(found)
  }

  function emitOversized(head: Uint8Array, bytes: number): void {
    oversized++
    if (isHandedOut) handPart(NOTHING, false, true)
    else handPart(head, true, true)
    const message = `It has ${bytes} bytes at byte ${openOffset}.`
    onOversized?.({
      error: new BucketwatchError('RECORD_TOO_LARGE', message, { offset: openOffset, bytes, records }),
      offset: openOffset,
      bytes,
      head: Uint8Array.prototype.slice.call(head, 0, keepBytes),
    })
  }

  /** Ends the open slice before `end` and hands it out. */
  function emitOpen(bytes: Uint8Array, end: number): void {
    if (openFault !== -1) fail(openOffset + openFault, 'a record is broken here')
    if (held === undefined) {
      if (end - start > maxRecordBytes) {
        emitOversized(bytes.subarray(start, end), end - start)
      } else {
        emit(bytes.subarray(start, end))
      }
      openFault = -1
      return
    }
    hold(bytes.subarray(start, end))
    if (overflow || heldLength > maxRecordBytes) {
      emitOversized(held.subarray(0, heldLength), openBytes)
    } else {
      emit(held.subarray(0, heldLength))
    }
    close()
  }

  /** Hands out the text of a fault, unless it is nothing but closing brackets and commas. */
  function emitBroken(bytes: Uint8Array): void {
    let end = bytes.length
    while (end > 0 && (isSpace(bytes[end - 1]!) || bytes[end - 1] === COMMA)) end--
    let solid = end
    while (solid > 0 && isDelimiter(bytes[solid - 1]!)) solid--
    if (solid === 0) return
    if (end > maxRecordBytes) emitOversized(bytes.subarray(0, end), end)
    else emit(bytes.subarray(0, end))
  }

  function startJunk(at: number, inList: boolean): void {
    open(at)
    junkInList = inList
    mode = JUNK
  }

  function endObject(bytes: Uint8Array, end: number): void {
    if (isDigest && !isWrapper) {
      digests++
    } else if (!isWrapper) {
      if (!objectInList) singles++
      emitOpen(bytes, end)
    }
    close()
    mode = objectInList ? LIST : DOCUMENT
    inRecords = false
    listState = LIST_ELEMENT
  }

  function startObject(at: number, inList: boolean): void {
    open(at)
    mode = OBJECT
    objectInList = inList
    objectState = KEY_OR_CLOSE
    isWrapper = false
    isDigest = false
    if (nextFault === -1) return
    elementIn = inList ? LIST : DOCUMENT
    startElement(at, OPEN_BRACE)
  }

  function startElement(at: number, byte: number): void {
    open(at)
    mode = ELEMENT
    enterValue(scan, byte)
    if (nextFault === -1) return
    scan.checked = false
    openFault = nextFault
    nextFault = -1
  }

  /** An object's member does not go on as JSON must. Returns the index to go on at, or -1: at the start of `rest`. */
  function brokenObject(bytes: Uint8Array, at: number): number {
    fail(base + at, `unexpected ${show(bytes[at]!)} in an object`)
    if (!isWrapper) {
      if (skipBroken(bytes)) return -1
      if (mode === SEEK) return at
      elementIn = objectInList ? LIST : DOCUMENT
      mode = ELEMENT
      scan.depth = 1
      scan.inString = false
      scan.checked = false
      return at
    }
    const byte = bytes[at]!
    if (byte === OPEN_BRACE) {
      // The list of records was closed too early: here comes the next record.
      mode = LIST
      inRecords = true
      listState = LIST_OPENED
      return at
    }
    if (isDelimiter(byte)) return at + 1
    inRecords = true
    startJunk(at, true)
    return at
  }

  function run(window: Uint8Array): void {
    let bytes = window
    let end = bytes.length
    let i = 0
    while (i < end) {
      if (mode === LIST) {
        const byte = bytes[i]!
        if (byte === COMMA) {
          if (listState === LIST_OPENED || listState === LIST_COMMA) fail(base + i, 'unexpected ","')
          if (listState !== LIST_STRAY_CLOSE) listState = LIST_COMMA
          i++
        } else if (byte === OPEN_BRACE && isCutOff(base + i)) {
          i = skipCutOff(bytes, i)
        } else if (byte === OPEN_BRACE && !inRecords) {
          if (listState === LIST_ELEMENT) fail(base + i, 'a "," is missing')
          startObject(i++, true)
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET || byte === QUOTE) {
          if (listState === LIST_STRAY_CLOSE && byte !== OPEN_BRACE) {
            startJunk(i, true)
            continue
          }
          if (listState === LIST_ELEMENT) fail(base + i, 'a "," is missing')
          const after = byte === OPEN_BRACE ? skipRead(bytes, i) : 0
          if (after > 0) {
            i = after
            listState = LIST_ELEMENT
            continue
          }
          startElement(i++, byte)
          elementIn = LIST
        } else if (isSpace(byte)) {
          i++
        } else if (byte === CLOSE_BRACKET) {
          if (listState === LIST_COMMA) fail(base + i, 'unexpected "]" after ","')
          mode = inRecords ? OBJECT : DOCUMENT
          objectState = COMMA_OR_CLOSE
          i++
        } else if (byte === CLOSE_BRACE) {
          fail(base + i, 'unexpected "}"')
          listState = LIST_STRAY_CLOSE
          i++
        } else if (startsLiteral(byte) && listState !== LIST_STRAY_CLOSE && listState !== LIST_ELEMENT) {
          open(i++)
          mode = LITERAL
        } else {
          fail(base + i, `unexpected ${show(byte)}`)
          startJunk(i, true)
        }
      } else if (mode === ELEMENT) {
        const after = scanBalanced(scan, bytes, i)
        if (after === MORE) break
        if (after === BROKEN) {
          i = scan.brokenAt
          if (skipBroken(bytes)) {
            bytes = rest
            end = bytes.length
            i = 0
          } else if (isSeeking()) {
            return
          }
          continue
        }
        emitOpen(bytes, after)
        i = after
        mode = elementIn
        listState = LIST_ELEMENT
        objectState = COMMA_OR_CLOSE
        if (elementIn === DOCUMENT) singles++
      } else if (mode === OBJECT) {
        i = runObject(bytes, i)
        if (i === -1) {
          bytes = rest
          end = bytes.length
          i = 0
        }
        if (isSeeking()) return
      } else if (mode === SEEK) {
        hold(bytes)
        if (!seek(false)) return
        bytes = rest
        end = bytes.length
        i = 0
      } else if (mode === DOCUMENT) {
        const byte = bytes[i]!
        if (byte === BOM[bomBytes]) {
          bomBytes = (bomBytes + 1) % BOM.length
          i++
        } else if (isSpace(byte)) {
          i++
        } else {
          hasContent = true
          bomBytes = 0
          if (byte === OPEN_BRACE && isCutOff(base + i)) {
            i = skipCutOff(bytes, i)
          } else if (byte === OPEN_BRACE) {
            startObject(i++, false)
          } else if (byte === OPEN_BRACKET) {
            lists++
            mode = LIST
            inRecords = false
            listState = LIST_OPENED
            i++
          } else if (isDelimiter(byte)) {
            fail(base + i, `unexpected ${show(byte)}`)
            i++
          } else {
            // Not a fault yet: it may be the validation message.
            startJunk(i, false)
          }
        }
      } else if (mode === LITERAL) {
        while (i < end && !isDelimiter(bytes[i]!)) i++
        if (i === end) break
        emitOpen(bytes, i)
        mode = LIST
        listState = LIST_ELEMENT
      } else {
        const anchor = findAnchor(bytes, i)
        if (anchor === -1) {
          const keep = Math.max(i, end - ANCHOR_OVERLAP_BYTES)
          hold(bytes.subarray(start, keep))
          if (heldLength > maxRecordBytes) spill()
          tail = Buffer.from(bytes.subarray(keep))
          return
        }
        fail(openOffset, 'this is not JSON')
        endJunk(bytes, anchor)
        mode = junkInList ? LIST : DOCUMENT
        listState = LIST_OPENED
        i = anchor
      }
    }
    if (hasOpenSlice()) hold(bytes.subarray(start))
    start = 0
  }

  function endJunk(bytes: Uint8Array, end: number): void {
    if (held === undefined) {
      emitBroken(bytes.subarray(start, end))
    } else {
      hold(bytes.subarray(start, end))
      if (overflow) emitOversized(held.subarray(0, heldLength), openBytes)
      else emitBroken(held.subarray(0, heldLength))
    }
    close()
  }

  function hasOpenSlice(): boolean {
    return mode === ELEMENT || mode === LITERAL || mode === JUNK || (mode === OBJECT && !isWrapper)
  }

  /** A function, since the compiler takes `mode` for unchanged across calls. */
  function isSeeking(): boolean {
    return mode === SEEK
  }

  /** The members of an object that may be a wrapper; returns the index to go on at, or -1: at the start of `rest`. */
  function runObject(bytes: Uint8Array, from: number): number {
    const end = bytes.length
    let i = from
    while (i < end) {
      if (objectState === IN_VALUE) {
        const after = scanBalanced(scan, bytes, i)
        if (after === MORE) return end
        if (after === BROKEN) {
          i = brokenObject(bytes, scan.brokenAt)
          if (mode !== OBJECT) return i
          continue
        }
        objectState = COMMA_OR_CLOSE
        i = after
        continue
      }
      const byte = bytes[i]!
      if (objectState === IN_KEY) {
        i = runKey(bytes, i)
        continue
      }
      if (objectState === IN_LITERAL) {
        if (!isDelimiter(byte)) {
          i++
          continue
        }
        objectState = COMMA_OR_CLOSE
      }
      if (isSpace(byte)) {
        i++
        continue
      }
      switch (objectState) {
        case COMMA_OR_CLOSE:
          if (byte === COMMA) {
            objectState = KEY
          } else if (byte === CLOSE_BRACE) {
            endObject(bytes, i + 1)
            return i + 1
          } else {
            i = brokenObject(bytes, i)
            if (mode !== OBJECT) return i
            continue
          }
          break
        case KEY_OR_CLOSE:
        case KEY:
          if (byte === QUOTE) {
            objectState = IN_KEY
            keyLength = 0
            keyEscape = false
            keyHasEscape = false
          } else if (byte === CLOSE_BRACE) {
            if (objectState === KEY) fail(base + i, 'unexpected "}" after ","')
            endObject(bytes, i + 1)
            return i + 1
          } else {
            i = brokenObject(bytes, i)
            if (mode !== OBJECT) return i
            continue
          }
          break
        case AFTER_KEY:
          if (byte !== COLON) {
            i = brokenObject(bytes, i)
            if (mode !== OBJECT) return i
            continue
          }
          objectState = VALUE
          if (keyIs('Records')) objectState = RECORDS_VALUE
          else if (keyIs('digestStartTime')) isDigest = true
          break
        default:
          if (objectState === RECORDS_VALUE) {
            if (byte === OPEN_BRACKET || byte === OPEN_BRACE || byte === 0x6e) {
              if (!isWrapper) wrappers++
              isWrapper = true
              if (overflow) emitOversized(held!.subarray(0, heldLength), openBytes)
              close()
            }
            if (byte === OPEN_BRACKET) {
              mode = LIST
              inRecords = true
              listState = LIST_OPENED
              return i + 1
            }
            if (byte === OPEN_BRACE) {
              startElement(i, byte)
              elementIn = OBJECT
              inRecords = true
              return i + 1
            }
          }
          if (byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET) {
            enterValue(scan, byte)
            objectState = IN_VALUE
          } else if (startsLiteral(byte)) {
            objectState = IN_LITERAL
          } else {
            i = brokenObject(bytes, i)
            if (mode !== OBJECT) return i
            continue
          }
      }
      i++
    }
    return i
  }

  function runKey(bytes: Uint8Array, from: number): number {
    const end = bytes.length
    let length = keyLength
    let i = from
    while (i < end) {
      const byte = bytes[i]!
      i++
      if (keyEscape) {
        keyEscape = false
      } else if (byte === QUOTE) {
        objectState = AFTER_KEY
        break
      } else if (byte === BACKSLASH) {
        keyEscape = keyHasEscape = true
      }
      if (length < MAX_KEY_BYTES) key[length] = byte
      length++
    }
    keyLength = length
    return i
  }

  function keyIs(name: string): boolean {
    if (!keyHasEscape) return keyLength === name.length && key.toString('latin1', 0, keyLength) === name
    if (keyLength > MAX_KEY_BYTES) return false
    const text = key.toString('utf8', 0, keyLength)
    try {
      return JSON.parse(`"${text}"`) === name
    } catch {
      return false
    }
  }

  /** The index at or after `from` at which a record certainly begins, or -1. */
  function findAnchor(bytes: Uint8Array, from: number, ownKey?: string): number {
    const buffer = asBuffer(bytes)
    let found = -1
    for (const name of firstKeys) found = earlier(found, anchorWithKey(buffer, name, from))
    if (ownKey !== undefined && !firstKeys.includes(ownKey)) found = earlier(found, anchorWithKey(buffer, ownKey, from))
    if (junkInList) return found
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
  function examine(bytes: Uint8Array, mustEnd: boolean): { faultAt: number; anchor: number } {
    junkInList = mode === OBJECT ? objectInList : elementIn !== DOCUMENT
    const faultAt = findSyntaxError(bytes)
    if (faultAt === -1) {
      const anchor = mustEnd ? anchorWithKey(asBuffer(bytes), EVENT_VERSION, 1) : -1
      if (anchor !== -1) findCutOff(bytes)
      return { faultAt: anchor, anchor }
    }
    return { faultAt, anchor: findAnchor(bytes, Math.max(1, faultAt - ANCHOR_OVERLAP_BYTES), firstKeyOf(bytes)) }
  }

  /**
   * Notes which of the records that begin inside of the open value do not end either, so that each need not be read to
   * the end of the object to find out. Where more is to come, only those that have grown longer than any record is: then
   * half of the longest has to come before the next look.
   */
  function findCutOff(bytes: Uint8Array): void {
    const until = isEnding ? bytes.length : bytes.length - maxRecordBytes / 2
    cutOff = openObjects(bytes).flatMap((at) => (at > 0 && at < until ? [openOffset + at] : []))
    nextCutOff = 0
  }

  function isCutOff(offset: number): boolean {
    while (nextCutOff < cutOff.length && cutOff[nextCutOff]! < offset) nextCutOff++
    return cutOff[nextCutOff] === offset
  }

  /** Hands out a record that does not end, up to the next one; returns where that begins. */
  function skipCutOff(bytes: Uint8Array, at: number): number {
    nextCutOff++
    const anchor = anchorWithKey(asBuffer(bytes), EVENT_VERSION, at + 1)
    if (anchor === -1) return at
    fail(base + at, 'a record is broken here')
    emitBroken(bytes.subarray(at, anchor))
    if (mode === LIST) listState = LIST_OPENED
    return anchor
  }

  /** Hands out the open value up to the next record, and makes ready for that. */
  function endBroken(bytes: Uint8Array, faultAt: number, anchor: number): void {
    fail(openOffset + faultAt, 'a record is broken here')
    emitBroken(bytes.subarray(0, anchor))
    close()
    mode = junkInList ? LIST : DOCUMENT
    listState = LIST_OPENED
  }

  /**
   * The open value is broken. Where the next record is in hand, hands out what comes before it, sets `rest` to the bytes
   * from there on, and returns true. Where it is not, waits for it in SEEK.
   */
  function skipBroken(bytes: Uint8Array): boolean {
    if (overflow) return false
    if (salvage(bytes.subarray(start), false)) return true
    if (openFault === -1) return false
    hold(bytes.subarray(start))
    start = 0
    mode = SEEK
    seekFrom = Math.max(1, openFault - ANCHOR_OVERLAP_BYTES)
    return false
  }

  /** Looks for the next record in what was held since. Gives up far from the fault, or when there is `noMore`. */
  function seek(noMore: boolean): boolean {
    const value = held!.subarray(0, heldLength)
    const anchor = findAnchor(value, seekFrom, firstKeyOf(value))
    if (anchor !== -1) {
      base = openOffset + anchor
      endBroken(value, openFault, anchor)
      rest = value.subarray(anchor)
      return true
    }
    seekFrom = Math.max(seekFrom, heldLength - ANCHOR_OVERLAP_BYTES)
    if (!noMore && heldLength - openFault < SEEK_BYTES) return false
    base = openOffset
    nextFault = openFault
    close()
    mode = junkInList ? LIST : DOCUMENT
    listState = LIST_OPENED
    rest = value
    return true
  }

  /** Where the open value is broken and another record begins in it, goes on there: see {@link skipBroken}. */
  function salvage(inHand: Uint8Array, mustEnd: boolean): boolean {
    const value =
      held === undefined
        ? inHand
        : inHand.length === 0
          ? held.subarray(0, heldLength)
          : Buffer.concat([held.subarray(0, heldLength), inHand])
    const { faultAt, anchor } = examine(value, mustEnd)
    openFault = faultAt
    if (anchor === -1) return false
    base = openOffset + anchor
    endBroken(value, faultAt, anchor)
    rest = value.subarray(anchor)
    return true
  }

  /** As {@link salvage}, for a value that has grown long or was cut off. */
  function salvageHeld(mustEnd: boolean): boolean {
    if (held === undefined || overflow || (mode !== ELEMENT && !(mode === OBJECT && !isWrapper))) return false
    return salvage(new Uint8Array(0), mustEnd)
  }

  function pushWindow(window: Uint8Array): void {
    let bytes = window
    if (tail !== undefined) {
      bytes = Buffer.concat([tail, window])
      base -= tail.length
      tail = undefined
    }
    start = 0
    const next = base + bytes.length
    run(bytes)
    while (heldLength > checkAt || (heldLength > maxRecordBytes && !overflow)) {
      if (salvageHeld(heldLength > maxRecordBytes)) {
        run(rest)
        continue
      }
      checkAt = Math.max(checkAt * 4, heldLength)
      if (heldLength > maxRecordBytes) {
        spill()
        if (openFault !== -1) {
          fail(openOffset + openFault, 'a record is broken here')
          mode = JUNK
        }
        break
      }
    }
    base = next
  }

  return {
    push(chunk) {
      out = []
      pushed += chunk.length
      if (chunk.length <= 2 * WINDOW_BYTES) {
        if (chunk.length > 0) pushWindow(chunk)
      } else {
        for (let at = 0; at < chunk.length; at += WINDOW_BYTES) pushWindow(chunk.subarray(at, at + WINDOW_BYTES))
      }
      return out
    },

    end() {
      out = []
      isEnding = true
      while (mode === SEEK ? seek(true) : salvageHeld(true)) run(rest)
      if (tail !== undefined) {
        hold(tail)
        tail = undefined
      }
      let isValidation = false
      if (hasOpenSlice() && !(mode === OBJECT && isDigest)) {
        const text = held === undefined ? new Uint8Array(0) : held.subarray(0, heldLength)
        if (mode === JUNK && pushed < 1024 && isValidationMessage(text)) isValidation = true
        else if (overflow || heldLength > maxRecordBytes) emitOversized(text, openBytes)
        else if (!(mode === JUNK && isBlank(text))) remainder = text
      }
      if (mode === JUNK) {
        if (!isValidation) fail(openOffset, 'this is not JSON')
      } else if (mode !== DOCUMENT) {
        if (mode === OBJECT && isDigest && !isWrapper) digests++
        if (openFault !== -1) fail(openOffset + openFault, 'a record is broken here')
        error ??= new BucketwatchError(
          'JSON_TRUNCATED',
          `It ends at byte ${pushed}; ${records} records were complete.`,
          {
            offset: pushed,
            records,
          },
        )
      }
      const shape = shapeOf({ wrappers, lists, singles, digests, isValidation, hasContent })
      return {
        shape,
        records,
        oversized,
        digests,
        bytes: pushed,
        ...(error === undefined ? {} : { error }),
        ...(remainder === undefined ? {} : { remainder }),
        last: out,
      }
    },
  }
}

function shapeOf(seen: {
  wrappers: number
  lists: number
  singles: number
  digests: number
  isValidation: boolean
  hasContent: boolean
}): SplitShape {
  if (seen.wrappers > 0) return 'records'
  if (seen.lists > 0) return 'array'
  if (seen.singles > 0) return seen.singles === 1 ? 'single' : 'ndjson'
  if (seen.digests > 0) return 'digest'
  if (seen.isValidation) return 'validation'
  return seen.hasContent ? 'unknown' : 'empty'
}

function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || isSpace(byte)
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => isDelimiter(byte))
}

function isValidationMessage(bytes: Uint8Array): boolean {
  const text = asBuffer(bytes).toString('utf8').trim()
  return text === VALIDATION_MESSAGE || text === `"${VALIDATION_MESSAGE}"`
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function show(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}

function earlier(a: number, b: number): number {
  if (a === -1) return b
  return b === -1 ? a : Math.min(a, b)
}

/** The first key of an object, with its quotes. */
function firstKeyOf(record: Uint8Array): string | undefined {
  if (record[0] !== OPEN_BRACE) return undefined
  let from = 1
  while (from < record.length && isSpace(record[from]!)) from++
  if (record[from] !== QUOTE) return undefined
  for (let i = from + 1; i < record.length && i - from < MAX_KEY_BYTES; i++) {
    if (record[i] === BACKSLASH) return undefined
    if (record[i] === QUOTE) return i === from + 1 ? undefined : asBuffer(record).toString('utf8', from, i + 1)
  }
  return undefined
}

/** The index of the `{` of the first `{"key":` at or after `from`, or -1. */
function anchorWithKey(bytes: Buffer, quotedKey: string, from: number): number {
  const length = Buffer.byteLength(quotedKey)
  for (let at = bytes.indexOf(quotedKey, from); at !== -1; at = bytes.indexOf(quotedKey, at + 1)) {
    let after = at + length
    while (after < bytes.length && isSpace(bytes[after]!)) after++
    if (bytes[after] !== COLON) continue
    let before = at - 1
    while (before >= from && isSpace(bytes[before]!)) before--
    if (before >= from && bytes[before] === OPEN_BRACE) return before
  }
  return -1
}
