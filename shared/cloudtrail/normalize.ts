import { Buffer } from 'node:buffer'
import type { NormalizedRecord, NormalizeOptions, Normalizer } from '../contracts/record.ts'
import { parseErrorRecord } from '../derive/parse-error.ts'
import { namesPairedSecret } from '../derive/redact.ts'
import { isTaken } from './derived.ts'
import type { FacetCounts } from './facets.ts'
import { createFacts } from './facts.ts'
import { createLeanWriter, writeFull } from './lean.ts'
import { createOutput } from './output.ts'
import { regularText } from './regular.ts'
import { createRecordScanner, MAX_DEPTH, MORE, NOTICED, type RecordScanner, TOO_DEEP } from './scan.ts'
import { NONE, slotOf } from './slots.ts'

/**
 * Makes a normalizer of single CloudTrail records, given as bytes or text: a JSON object, pretty-printed or not. The
 * message is one line of JSON: the derived fields, and after them the lean record or (detail `full`) the record as it
 * came.
 *
 * Never throws on content. What is no event becomes `kind: "parseError"` with its text in `raw`, secrets redacted, and the
 * reason in `parseErrorReason`: what is no JSON object, and what has not the least of an event. A record
 * without a readable eventTime is kept, with `timeMissing`.
 *
 * @throws BucketwatchError SETTINGS_INVALID, when it is made, where the environment holds no valid CIDR range.
 * @see CloudTrail User Guide, "CloudTrail record contents"
 * @example
 * const normalize = createCloudTrailNormalizer({
 *   environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: Date.now,
 * })
 * normalize('{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}').view.action // 'object.read'
 */
export function createCloudTrailNormalizer(options: NormalizeOptions): Normalizer<Uint8Array | string> {
  return createCloudTrailReader(options).normalize
}

/** A normalizer, and the same for records that lie in a larger text: see SplitterOptions.readAhead. */
export interface CloudTrailReader {
  readonly normalize: Normalizer<Uint8Array | string>
  readonly readAhead: (bytes: Uint8Array, at: number, out: (Uint8Array | NormalizedRecord)[]) => number
  /** How often what was remembered was found; for the bench. */
  readonly counts: () => readonly FacetCounts[]
}

/** What is to be put right before a record is read. */
const IRREGULAR = NOTICED.space | NOTICED.twice | NOTICED.type | NOTICED.secret | NOTICED.taken
const NAME = slotOf('eventName')
const SOURCE = slotOf('eventSource')
const TIME = slotOf('eventTime')
const INSIGHT = slotOf('insightDetails')
const WINDOW = slotOf('timeWindow')
const SUMMARY = slotOf('summary')
const TOKEN = slotOf('responseElements.credentials.sessionToken')

/**
 * Makes a {@link createCloudTrailNormalizer} that can also find where a record ends, in one go: that saves the splitter
 * a pass over all bytes. A record is scanned once (scan.ts), never parsed whole; what is derived from it (facts.ts) is
 * remembered by the raw tokens that it follows from; what stays of it (lean.ts) is copied.
 *
 * @throws BucketwatchError as createCloudTrailNormalizer.
 * @example
 * const { normalize, readAhead } = createCloudTrailReader(options)
 * const splitter = createRecordSplitter({ readAhead })
 */
export function createCloudTrailReader(options: NormalizeOptions): CloudTrailReader {
  const { detail } = options
  const record = createRecordScanner(isTaken)
  const out = createOutput()
  const facts = createFacts(options, out)
  const writeLean = createLeanWriter(record, options, out)

  /** The record that was scanned, as a message. */
  function take(): NormalizedRecord {
    // The lean record goes without the token that STS issued; the full one keeps its place.
    const holdsToken = detail === 'full' && record.at[TOKEN] !== NONE
    if (holdsToken || isIrregular(record)) {
      const text = textOf(record)
      const bytes = Buffer.from(regularText(text, isTaken, (record.noticed & NOTICED.twice) !== 0))
      record.scan(bytes, 0)
      if (!isEvent(record)) return noEvent(text)
    } else if (!isEvent(record)) {
      return noEvent(textOf(record))
    }
    const known = facts.read(record)
    if (detail === 'full') writeFull(record, known, out)
    else writeLean(known)
    const isAscii = (record.noticed & (NOTICED.wide | NOTICED.escape)) === 0
    return { message: out.toString(isAscii), view: known.view, isAscii }
  }

  function normalize(raw: Uint8Array | string): NormalizedRecord {
    const bytes = typeof raw === 'string' ? Buffer.from(raw) : asBuffer(raw)
    const from = startOf(bytes)
    const end = record.scan(bytes, from)
    if (end > 0 && isBlank(bytes, end)) return take()
    return notJson(bytes.toString('utf8', bytes[0] === 0xef ? 3 : 0), end)
  }

  return {
    normalize,
    counts: facts.counts,
    readAhead(bytes, at, out) {
      const end = record.scan(asBuffer(bytes), at)
      if (end < 0) return 0
      out.push(take())
      return end
    },
  }
}

function isIrregular(record: RecordScanner): boolean {
  const { at, noticed } = record
  if ((noticed & IRREGULAR) !== 0) return true
  if ((noticed & NOTICED.paired) !== 0 && ((noticed & NOTICED.escape) !== 0 || namesPairedSecret(textOf(record))))
    return true
  const isElsewhere = at[INSIGHT] !== NONE || at[WINDOW] !== NONE || at[SUMMARY] !== NONE
  return isElsewhere && (at[NAME] === NONE || at[TIME] === NONE)
}

/**
 * The least of an event: a name beside any other member that tells of CloudTrail, or a source and a time. JSON of other
 * makers (OCSF, EventBridge, lookup-events) has neither.
 */
function isEvent(record: RecordScanner): boolean {
  if (!isText(record, NAME)) return isText(record, SOURCE) && isText(record, TIME)
  return TELLING.some((slot) => record.at[slot] !== NONE)
}
const TELLING =
  'eventSource eventTime eventVersion eventID userIdentity sourceIPAddress userAgent errorCode recipientAccountId'
    .split(' ')
    .map(slotOf)

function isText({ at, bytes, ends, values }: RecordScanner, slot: number): boolean {
  const entry = at[slot]!
  return entry !== NONE && bytes[values[entry]!] === 0x22 && ends[entry]! - values[entry]! > 2
}

function textOf({ bytes, end, start }: RecordScanner): string {
  return (bytes as Buffer).toString('utf8', start, end)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Past a byte order mark, which is no part of JSON, and white space. */
function startOf(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (isSpace(bytes[at])) at++
  return at
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (!isSpace(bytes[at])) return false
  return true
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function noEvent(text: string): NormalizedRecord {
  const reason = 'It has no eventName, eventSource and eventTime: it is no CloudTrail event.'
  return { ...parseError(text, reason), isOther: true }
}

function notJson(text: string, why: number): NormalizedRecord {
  if (why === TOO_DEEP) return parseError(text, `It is nested deeper than ${MAX_DEPTH} levels.`)
  try {
    JSON.parse(text)
  } catch (error) {
    return parseError(text, error instanceof Error ? error.message : String(error))
  }
  return parseError(text, why === MORE ? 'The record is cut off.' : 'The record is no JSON object.')
}

/** Nothing is known about such a text, so every field says the least that it can. */
function parseError(text: string, reason: string): NormalizedRecord {
  return parseErrorRecord({ source: 'cloudtrail', service: 'unknown', eventSource: '', text, reason })
}
