import { BucketwatchError } from '../contracts/errors.ts'
import { asBuffer } from './split-anchor.ts'
import type { SplitterOptions } from './split-options.ts'
import { salvageHeld, seek } from './split-repair.ts'
import { emitOversized, fail, hasOpenSlice, hold, isDelimiter } from './split-slice.ts'
import { DOCUMENT, JUNK, newSplit, OBJECT, SEEK, type Split } from './split-state.ts'
import { pushWindow, run } from './split-walk.ts'

/**
 * What a CloudTrail object turned out to be. `records`: `{"Records": […]}`, once or several times over. `array`: a bare
 * list. `single`, `ndjson`: bare records. `digest`: a log file validation digest. `validation`: the text that CloudTrail
 * sends when a trail is set up. `empty`: white space at most. `unknown`: nothing that could be read.
 */
export type SplitShape = 'records' | 'array' | 'single' | 'ndjson' | 'digest' | 'validation' | 'empty' | 'unknown'

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

/** A broken record costs at most a second look at one window, however large the chunks are. */
const WINDOW_BYTES = 256 * 1024
const VALIDATION_MESSAGE = 'CloudTrail validation message.'

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
  const s = newSplit(options)
  return {
    push(chunk) {
      s.out = []
      s.pushed += chunk.length
      if (chunk.length <= 2 * WINDOW_BYTES) {
        if (chunk.length > 0) pushWindow(s, chunk)
      } else {
        for (let at = 0; at < chunk.length; at += WINDOW_BYTES) pushWindow(s, chunk.subarray(at, at + WINDOW_BYTES))
      }
      return s.out
    },

    end() {
      s.out = []
      const { isValidation, remainder } = endSplit(s)
      const { records, oversized, digests, pushed, error } = s
      return {
        shape: shapeOf(s, isValidation),
        records,
        oversized,
        digests,
        bytes: pushed,
        ...(error === undefined ? {} : { error }),
        ...(remainder === undefined ? {} : { remainder }),
        last: s.out,
      }
    },
  }
}

/** What is left open when the object ends. */
function endSplit<T>(s: Split<T>): { readonly isValidation: boolean; readonly remainder?: Uint8Array } {
  s.isEnding = true
  while (s.mode === SEEK ? seek(s, true) : salvageHeld(s, true)) run(s, s.rest)
  if (s.tail !== undefined) hold(s, s.tail)
  s.tail = undefined
  const left = takeOpen(s)
  if (s.mode === JUNK) {
    if (!left.isValidation) fail(s, s.openOffset, 'this is not JSON')
  } else if (s.mode !== DOCUMENT) {
    if (s.mode === OBJECT && s.isDigest && !s.isWrapper) s.digests++
    if (s.openFault !== -1) fail(s, s.openOffset + s.openFault, 'a record is broken here')
    const { pushed, records } = s
    const message = `It ends at byte ${pushed}; ${records} records were complete.`
    s.error ??= new BucketwatchError('JSON_TRUNCATED', message, { offset: pushed, records })
  }
  return left
}

function takeOpen<T>(s: Split<T>): { readonly isValidation: boolean; readonly remainder?: Uint8Array } {
  if (!hasOpenSlice(s) || (s.mode === OBJECT && s.isDigest)) return { isValidation: false }
  const text = s.held === undefined ? new Uint8Array(0) : s.held.subarray(0, s.heldLength)
  if (s.mode === JUNK && s.pushed < 1024 && isValidationMessage(text)) return { isValidation: true }
  if (s.overflow || s.heldLength > s.maxRecordBytes) emitOversized(s, text, s.openBytes)
  else if (s.mode !== JUNK || !isBlank(text)) return { isValidation: false, remainder: text }
  return { isValidation: false }
}

function shapeOf<T>(seen: Split<T>, isValidation: boolean): SplitShape {
  if (seen.wrappers > 0) return 'records'
  if (seen.lists > 0) return 'array'
  if (seen.singles > 0) return seen.singles === 1 ? 'single' : 'ndjson'
  if (seen.digests > 0) return 'digest'
  if (isValidation) return 'validation'
  return seen.hasContent ? 'unknown' : 'empty'
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => isDelimiter(byte))
}

function isValidationMessage(bytes: Uint8Array): boolean {
  const text = asBuffer(bytes).toString('utf8').trim()
  return text === VALIDATION_MESSAGE || text === `"${VALIDATION_MESSAGE}"`
}
