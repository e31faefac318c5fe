import type { Parse } from '../record.ts'

/**
 * The fields of one S3 server access log line. `-`, `"-"` and `""` are undefined, and so is what the line is too old or
 * too short to have; `fieldCount` tells the two apart.
 *
 * Two kinds of text are in a line: what S3 wrote, and what the client chose (`requestUri`, `referer`, `userAgent`, which
 * S3 quotes without escaping; `key` is URL-encoded and can hold neither space nor quote). Every field but those four is
 * S3's own or undefined, whatever a client writes: see {@link parseAccessLogLine}.
 */
export interface AccessLogFields {
  /**
   * `exact`: one reading only. `recovered`: the line is cut, damaged or has several readings; what is given is certain
   * (for referer and userAgent: likely). `raw`: no access-log line at all; every field is undefined.
   */
  readonly parse: Parse
  /** The line ends before its time. What is given is certain. */
  readonly partial?: true
  /** Why `parse` is not `exact`: a short sentence. */
  readonly reason?: string
  readonly bucketOwner: string | undefined
  readonly bucket: string | undefined
  /** ISO 8601, UTC. */
  readonly time: string | undefined
  /** `time` in ms since the epoch. */
  readonly timeMs: number | undefined
  readonly remoteIp: string | undefined
  readonly requester: string | undefined
  readonly requestId: string | undefined
  readonly operation: string | undefined
  /** As logged, URL-encoded (in practice twice). */
  readonly key: string | undefined
  readonly requestUri: string | undefined
  readonly httpStatus: number | undefined
  readonly errorCode: string | undefined
  /** Bytes. */
  readonly bytesSent: number | undefined
  /** Bytes. */
  readonly objectSize: number | undefined
  /** Milliseconds. */
  readonly totalTime: number | undefined
  /** Milliseconds. */
  readonly turnAroundTime: number | undefined
  readonly referer: string | undefined
  readonly userAgent: string | undefined
  readonly versionId: string | undefined
  readonly hostId: string | undefined
  readonly signatureVersion: string | undefined
  readonly cipherSuite: string | undefined
  readonly authenticationType: string | undefined
  readonly hostHeader: string | undefined
  readonly tlsVersion: string | undefined
  readonly accessPointArn: string | undefined
  readonly aclRequired: string | undefined
  readonly sourceRegion: string | undefined
  /** Fields after the ones known today, as they came. */
  readonly extra: readonly string[]
  /** How many fields were read: 18 (until 2019), 24, 25, 26, 27, more with `extra`, fewer when the line is cut. */
  readonly fieldCount: number
  /**
   * Several readings differ in status or numbers, so those are undefined; this is the most successful HTTP status among
   * the readings, for whoever would rather raise a false alarm than miss one.
   */
  readonly ambiguousStatus?: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Fields = Mutable<AccessLogFields>

const NO_EXTRA: readonly string[] = []

const SPACE = 32
const QUOTE = 34
const DASH = 45
const SLASH = 47
const COLON = 58
const OPEN_BRACKET = 91

function emptyFields(): Fields {
  // One literal, so that all lines share one hidden class.
  return {
    parse: 'exact',
    bucketOwner: undefined,
    bucket: undefined,
    time: undefined,
    timeMs: undefined,
    remoteIp: undefined,
    requester: undefined,
    requestId: undefined,
    operation: undefined,
    key: undefined,
    requestUri: undefined,
    httpStatus: undefined,
    errorCode: undefined,
    bytesSent: undefined,
    objectSize: undefined,
    totalTime: undefined,
    turnAroundTime: undefined,
    referer: undefined,
    userAgent: undefined,
    versionId: undefined,
    hostId: undefined,
    signatureVersion: undefined,
    cipherSuite: undefined,
    authenticationType: undefined,
    hostHeader: undefined,
    tlsVersion: undefined,
    accessPointArn: undefined,
    aclRequired: undefined,
    sourceRegion: undefined,
    extra: NO_EXTRA,
    fieldCount: 0,
  }
}

function recovered(fields: Fields, reason: string): void {
  fields.parse = 'recovered'
  if (fields.reason === undefined) fields.reason = reason
}

function cut(fields: Fields, where: string): Fields {
  recovered(fields, `The line ends ${where}.`)
  fields.partial = true
  return fields
}

function raw(reason: string): Fields {
  const fields = emptyFields()
  fields.parse = 'raw'
  fields.reason = reason
  return fields
}

/** The first position at or after `from` that is no space. */
function skipSpaces(line: string, from: number): number {
  let at = from
  while (line.charCodeAt(at) === SPACE) at++
  return at
}

/** The end of the token that starts at `from`. */
function tokenEnd(line: string, from: number): number {
  const at = line.indexOf(' ', from)
  return at === -1 ? line.length : at
}

function dashed(line: string, start: number, end: number): string | undefined {
  return end - start === 1 && line.charCodeAt(start) === DASH ? undefined : line.slice(start, end)
}

function absentText(text: string): string | undefined {
  return text === '' || text === '-' ? undefined : text
}

// ---------------------------------------------------------------- time

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'

function digits(line: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = line.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** The value of two digits; 99 where they are none. */
function two(line: string, at: number): number {
  const a = line.charCodeAt(at) - 48
  const b = line.charCodeAt(at + 1) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : 99
}

/** A day in ms since the epoch and as `yyyy-mm-ddT`; undefined where there is no such day. */
function dayOf(text: string): { ms: number; iso: string } | undefined {
  // dd/Mon/yyyy
  if (text.length !== 11 || text.charCodeAt(2) !== SLASH || text.charCodeAt(6) !== SLASH) return undefined
  const month = MONTHS.indexOf(text.slice(3, 6).toLowerCase())
  const ms = Date.UTC(digits(text, 7, 4), month / 3, digits(text, 0, 2))
  if (month < 0 || month % 3 !== 0 || Number.isNaN(ms)) return undefined
  const iso = new Date(ms).toISOString().slice(0, 11)
  // Date.UTC takes 31 February and the year 19 as well.
  return iso.slice(8, 10) === text.slice(0, 2) && iso.slice(0, 4) === text.slice(7) ? { ms, iso } : undefined
}

/** The ISO text of a time, without milliseconds where there are none. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

// Neighbouring lines share their day.
let lastDay = ''
let lastDayMs = 0
let lastDayIso = ''
let timeMs = 0
let timeIso = ''

/** Reads `dd/Mon/yyyy:HH:MM:SS +0000` from `at` on into `timeMs` and `timeIso`; false where there is none. */
function readTime(line: string, at: number, end: number): boolean {
  if (end - at !== 26) return false
  if (line.charCodeAt(at + 11) !== COLON || line.charCodeAt(at + 14) !== COLON || line.charCodeAt(at + 17) !== COLON) {
    return false
  }
  if (lastDay === '' || !line.startsWith(lastDay, at)) {
    const text = line.slice(at, at + 11)
    const day = dayOf(text)
    if (day === undefined) return false
    lastDay = text
    lastDayMs = day.ms
    lastDayIso = day.iso
  }
  const hour = two(line, at + 12)
  const minute = two(line, at + 15)
  const second = two(line, at + 18)
  if (hour > 23 || minute > 59 || second > 60 || line.charCodeAt(at + 20) !== SPACE) return false
  const local = lastDayMs + ((hour * 60 + minute) * 60 + second) * 1000
  const utc = line.startsWith('+0000', at + 21)
  if (utc && second < 60) timeIso = `${lastDayIso}${line.slice(at + 12, at + 20)}Z`
  const sign = line.charCodeAt(at + 21) === 43 ? 1 : line.charCodeAt(at + 21) === DASH ? -1 : Number.NaN
  const ms = utc ? local : local - sign * (digits(line, at + 22, 2) * 60 + digits(line, at + 24, 2)) * 60_000
  if (Number.isNaN(ms)) return false
  if (!utc || second === 60) timeIso = isoTime(ms)
  timeMs = ms
  return true
}

// ---------------------------------------------------------------- texts that repeat

/**
 * A slice of the line, or the very same text as in the line before. Bucket, operation, Region and the like repeat from
 * line to line: this saves the copy, and later the hashing, of most of them.
 */
function repeated(line: string, start: number, end: number, slot: number): string {
  const before = lastTexts[slot]!
  if (before.length === end - start && line.startsWith(before, start)) return before
  const text = detach(line.slice(start, end))
  lastTexts[slot] = text
  return text
}

/** A number that tells texts apart by their length, their end and a letter inside; cheap, and only ever a hint. */
function mixOf(line: string, start: number, end: number): number {
  let mix = end - start
  for (let at = end - 5; at < end; at++) mix = (mix * 31 + line.charCodeAt(at)) | 0
  return mix * 31 + line.charCodeAt(start + ((end - start) >> 1))
}

let misses = 0

/**
 * Whether to replace what a slot remembers. Keeping a text means copying it, so where texts never come back (every one
 * new), only each eighth is kept.
 */
function isWorthKeeping(known: unknown): boolean {
  return known === undefined || known === '' || (++misses & 7) === 0
}

const SEEN_SLOTS = 2048
const MAX_SEEN = 1024
const seen: string[] = Array.from({ length: SEEN_SLOTS }, () => '')

/**
 * As a slice, for requesters and user agents, which are long and come back: a text that was seen before is given again
 * instead of a copy, so that whoever looks it up need not hash it once more, which costs more than anything else here.
 */
function seenBefore(line: string, start: number, end: number): string {
  const text = line.slice(start, end)
  const length = end - start
  const slot = mixOf(line, start, end) & (SEEN_SLOTS - 1)
  const before = seen[slot]!
  // Comparing a slice is a memory compare; startsWith goes character by character.
  if (before === text) return before
  if (length <= MAX_SEEN && isWorthKeeping(before)) seen[slot] = detach(text)
  return text
}

const LAST_OPERATION = 0
const LAST_ERROR = 1
const lastTexts = ['', '']
/** Bucket owner and bucket, and the text of both up to the bracket of the time. */
interface Head {
  readonly text: string
  readonly bucketOwner: string | undefined
  readonly bucket: string | undefined
}

const HEAD_SLOTS = 256
const heads: (Head | undefined)[] = Array.from({ length: HEAD_SLOTS }, () => undefined)

/** Reads bucket owner and bucket; undefined where no time in brackets follows them. */
function readHead(line: string): Head | undefined {
  const open = line.indexOf('[')
  if (open > 512) return readNewHead(line)
  const text = line.slice(0, open + 1)
  const slot = mixOf(line, 0, open - 1) & (HEAD_SLOTS - 1)
  const known = heads[slot]
  if (known !== undefined && known.text === text) return known
  const head = readNewHead(line)
  if (head !== undefined && isWorthKeeping(known)) {
    const own = (part: string | undefined) => (part === undefined ? undefined : detach(part))
    heads[slot] = { text: detach(head.text), bucketOwner: own(head.bucketOwner), bucket: own(head.bucket) }
  }
  return head
}

function readNewHead(line: string): Head | undefined {
  const start = skipSpaces(line, 0)
  const ownerEnd = tokenEnd(line, start)
  const bucketStart = skipSpaces(line, ownerEnd)
  const bucketEnd = tokenEnd(line, bucketStart)
  const open = skipSpaces(line, bucketEnd)
  if (line.charCodeAt(open) !== OPEN_BRACKET) return undefined
  return {
    text: line.slice(0, open + 1),
    bucketOwner: dashed(line, start, ownerEnd),
    bucket: dashed(line, bucketStart, bucketEnd),
  }
}

// ---------------------------------------------------------------- head

/** `REST.GET.OBJECT`: two to four dotted parts of letters, digits, `_` and `-`, beginning with a capital. */
function isOperation(line: string, start: number, end: number): boolean {
  const first = line.charCodeAt(start)
  if (!(first >= 65 && first <= 90) || end - start > 96) return false
  let dots = 0
  let part = 0
  for (let i = start; i < end; i++) {
    const c = line.charCodeAt(i)
    if (c === 46) {
      if (part === 0) return false
      dots++
      part = 0
    } else if ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 95 || c === DASH) part++
    else return false
  }
  return part > 0 && dots >= 1 && dots <= 3
}

function isLastOperation(line: string, start: number, end: number): boolean {
  const last = lastTexts[LAST_OPERATION]!
  return last.length === end - start && line.startsWith(last, start)
}

function isKnownOperation(line: string, start: number, end: number): boolean {
  // REST, WEBSITE, BATCH, S3, SOAP. Most tokens that are asked about are request ids.
  const c = line.charCodeAt(start)
  if (c !== 82 && c !== 83 && c !== 87 && c !== 66) return false
  if (!isOperation(line, start, end)) return false
  const family = line.slice(start, line.indexOf('.', start))
  return family === 'REST' || family === 'WEBSITE' || family === 'BATCH' || family === 'S3' || family === 'SOAP'
}

// ---------------------------------------------------------------- status, error code and four numbers

/** What six fields after a possible end of the request-URI say. Numbers: -1 is a dash. */
interface Middle {
  status: number
  errorStart: number
  errorEnd: number
  /** Bytes sent, object size, total time, turn-around time. */
  readonly numbers: Float64Array
  /** After the last of them. */
  end: number
  /** What follows: a quoted referer, a bare dash, or nothing. */
  next: number
}
const NEXT_END = 0
const NEXT_QUOTED = 1
const NEXT_DASH = 2

function newMiddle(): Middle {
  return { status: 0, errorStart: 0, errorEnd: 0, numbers: new Float64Array(4), end: 0, next: 0 }
}

// Scratch memory: a line has at most two readings in work at one time.
const chosen = newMiddle()
const other = newMiddle()

/** The value of three digits; negative where they are none. */
function three(line: string, at: number): number {
  const a = line.charCodeAt(at) - 48
  const b = line.charCodeAt(at + 1) - 48
  const c = line.charCodeAt(at + 2) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9 ? a * 100 + b * 10 + c : -1
}

/** Moves behind a number of up to 15 digits or a dash; -1 where there is neither. Its value goes to `numbers[slot]`. */
function readNumber(line: string, start: number, numbers: Float64Array, slot: number): number {
  let at = start
  let c = line.charCodeAt(at)
  if (c === DASH) {
    numbers[slot] = -1
    at++
  } else {
    let value = 0
    while (c >= 48 && c <= 57) {
      value = value * 10 + (c - 48)
      c = line.charCodeAt(++at)
    }
    if (at === start || at - start > 15) return -1
    numbers[slot] = value
  }
  return at === line.length || line.charCodeAt(at) === SPACE ? at : -1
}

/** The end of an S3 error code or a dash; -1 where there is neither. */
function errorCodeEnd(line: string, start: number): number {
  let at = start
  for (;;) {
    const c = line.charCodeAt(at)
    if (c === SPACE || Number.isNaN(c)) return at > start ? at : -1
    const fits =
      (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 46 || c === 95 || c === DASH
    if (!fits) return -1
    at++
  }
}

/**
 * Whether the text from `from` on reads as status, error code, four numbers and then a referer; fills `middle` if so.
 * A bare dash for the referer is S3's own shorthand; after a client's request it always comes with a real status.
 */
function readMiddle(line: string, from: number, middle: Middle): boolean {
  const { numbers } = middle
  const statusStart = skipSpaces(line, from)
  let at = statusStart + 1
  if (line.charCodeAt(statusStart) === DASH) middle.status = -1
  else {
    at = statusStart + 3
    middle.status = three(line, statusStart)
    if (middle.status < 0) return false
  }
  if (at < line.length && line.charCodeAt(at) !== SPACE) return false
  middle.errorStart = skipSpaces(line, at)
  middle.errorEnd = errorCodeEnd(line, middle.errorStart)
  if (middle.errorEnd === -1) return false
  at = middle.errorEnd
  for (let i = 0; i < 4; i++) {
    at = readNumber(line, skipSpaces(line, at), numbers, i)
    if (at === -1) return false
  }
  middle.end = at
  const next = skipSpaces(line, at)
  const c = line.charCodeAt(next)
  if (c === QUOTE) middle.next = NEXT_QUOTED
  else if (Number.isNaN(c)) middle.next = NEXT_END
  else if (c === DASH && (next + 1 === line.length || line.charCodeAt(next + 1) === SPACE)) middle.next = NEXT_DASH
  else return false
  return true
}

function sameError(line: string, a: Middle, b: Middle): boolean {
  return line.slice(a.errorStart, a.errorEnd) === line.slice(b.errorStart, b.errorEnd)
}

function orUndefined(value: number): number | undefined {
  return value < 0 ? undefined : value
}

// ---------------------------------------------------------------- tail: version id … source region

const TAIL_VERSION = 0
const TAIL_HOST_ID = 1
const TAIL_SIGNATURE = 2
const TAIL_CIPHER = 3
const TAIL_AUTH = 4
const TAIL_HOST = 5
const TAIL_TLS = 6
const TAIL_ACCESS_POINT = 7
const TAIL_ACL = 8
const TAIL_REGION = 9
const TAIL_LENGTH = 10

const TLS_SHAPE = /^(?:TLS|SSL)v?\d(?:\.\d)?$/i
const CIPHER_SHAPE = /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+$/i
const REGION_SHAPE = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/

/** Whether a token can stand at a place of the tail. Version id, host id and host header can be almost anything. */
function fits(token: string, place: number): boolean {
  if (token === '-') return true
  switch (place) {
    case TAIL_SIGNATURE:
      return token.startsWith('SigV')
    case TAIL_CIPHER:
      return CIPHER_SHAPE.test(token)
    case TAIL_AUTH:
      return /^[A-Za-z]+$/.test(token)
    case TAIL_TLS:
      return TLS_SHAPE.test(token)
    case TAIL_ACCESS_POINT:
      return token.startsWith('arn:')
    case TAIL_ACL:
      return token === 'Yes' || token === 'No'
    case TAIL_REGION:
      return REGION_SHAPE.test(token)
    default:
      return true
  }
}

/** The tokens of the tail. */
const tail: string[] = []
/** The first place whose token does not fit; the number of places with a token where all do. */
let tailFit = 0

function readTail(line: string, from: number): void {
  tail.length = 0
  tailFit = TAIL_LENGTH
  let at = skipSpaces(line, from)
  while (at < line.length) {
    const end = tokenEnd(line, at)
    const token = line.slice(at, end)
    if (tail.length < tailFit && !fits(token, tail.length)) tailFit = tail.length
    tail.push(token)
    at = skipSpaces(line, end)
  }
  if (tailFit > tail.length) tailFit = tail.length
}

/**
 * What follows the host id: signature, cipher, host, Region … The lines of a bucket have a few of these over and over,
 * so those that were read in full are compared as a whole instead of being read again.
 */
interface Rest {
  readonly text: string
  readonly signatureVersion: string | undefined
  readonly cipherSuite: string | undefined
  readonly authenticationType: string | undefined
  readonly hostHeader: string | undefined
  readonly tlsVersion: string | undefined
  readonly accessPointArn: string | undefined
  readonly aclRequired: string | undefined
  readonly sourceRegion: string | undefined
  readonly fieldCount: number
}

const REST_SLOTS = 256
const MAX_REST = 1024
const rests: (Rest | undefined)[] = Array.from({ length: REST_SLOTS }, () => undefined)

function restSlot(line: string, from: number): number {
  return mixOf(line, from, Math.min(line.length, from + 100)) & (REST_SLOTS - 1)
}

function takeKnownRest(fields: Fields, line: string, from: number): boolean {
  const versionStart = skipSpaces(line, from)
  const versionEnd = tokenEnd(line, versionStart)
  const hostStart = skipSpaces(line, versionEnd)
  const hostEnd = tokenEnd(line, hostStart)
  const rest = rests[restSlot(line, hostEnd)]
  if (rest === undefined || line.slice(hostEnd) !== rest.text) return false
  fields.versionId = dashed(line, versionStart, versionEnd)
  fields.hostId = dashed(line, hostStart, hostEnd)
  fields.signatureVersion = rest.signatureVersion
  fields.cipherSuite = rest.cipherSuite
  fields.authenticationType = rest.authenticationType
  fields.hostHeader = rest.hostHeader
  fields.tlsVersion = rest.tlsVersion
  fields.accessPointArn = rest.accessPointArn
  fields.aclRequired = rest.aclRequired
  fields.sourceRegion = rest.sourceRegion
  fields.fieldCount = rest.fieldCount
  return true
}

function rememberRest(fields: Fields, line: string, from: number): void {
  const hostStart = skipSpaces(line, tokenEnd(line, skipSpaces(line, from)))
  const start = tokenEnd(line, hostStart)
  const slot = restSlot(line, start)
  if (line.length - start > MAX_REST || !isWorthKeeping(rests[slot])) return
  const { signatureVersion, cipherSuite, authenticationType, hostHeader } = fields
  const { tlsVersion, accessPointArn, aclRequired, sourceRegion, fieldCount } = fields
  const own = (text: string | undefined) => (text === undefined ? undefined : detach(text))
  rests[slot] = {
    text: detach(line.slice(start)),
    signatureVersion: own(signatureVersion),
    cipherSuite: own(cipherSuite),
    authenticationType: own(authenticationType),
    hostHeader: own(hostHeader),
    tlsVersion: own(tlsVersion),
    accessPointArn: own(accessPointArn),
    aclRequired: own(aclRequired),
    sourceRegion: own(sourceRegion),
    fieldCount,
  }
}

/** A copy that shares no memory with its line: a slice keeps the whole line alive. */
function detach(text: string): string {
  return Buffer.from(text).toString()
}

/** As `tailFit`, for a tail whose first token is not part of it. */
function shiftedFit(): number {
  const count = Math.min(TAIL_LENGTH, tail.length - 1)
  for (let place = 0; place < count; place++) if (!fits(tail[place + 1]!, place)) return place
  return count
}

/** Whether the tail reads as well when the version id or the host header are taken to hold spaces. */
function tailHasOtherReading(shift: number): boolean {
  for (let tls = TAIL_TLS + 1 + shift; tls < tail.length; tls++) {
    const version = tail[tls]!
    if (!fits(version, TAIL_TLS)) continue
    if (version !== '-') return true
    const region = tail[tls + 3]
    if (region === undefined || region === '-' || !fits(region, TAIL_REGION)) continue
    if (fits(tail[tls + 1]!, TAIL_ACCESS_POINT) && fits(tail[tls + 2]!, TAIL_ACL)) return true
  }
  return false
}

function tailField(place: number, shift: number, count: number): string | undefined {
  if (place >= count) return undefined
  const token = tail[place + shift]!
  return token === '-' ? undefined : token
}

/**
 * The fields after the user agent, from tokens that S3 alone wrote: they follow the last quote of the line, and none of
 * them is quoted. Their shapes are checked all the same, since a cut line may end inside a client's text.
 */
function takeTail(fields: Fields, line: string, from: number, before: number, mayShift: boolean): void {
  if (!mayShift && takeKnownRest(fields, line, from)) return
  readTail(line, from)
  let shift = 0
  let fit = tailFit
  if (mayShift) {
    // One quoted text only: the user agent is a bare dash here.
    if (tail[0] !== '-') {
      if (tail.length === 0) cut(fields, 'after the referer')
      else recovered(fields, 'Referer and user agent cannot be told apart.')
      fields.fieldCount = before
      return
    }
    shift = 1
    before++
    fit = shiftedFit()
  }
  const length = tail.length - shift
  fields.fieldCount = before + length
  if (length === 0) {
    cut(fields, 'after the user agent')
    return
  }
  let count = fit
  if (length > 1 && length <= TAIL_TLS) {
    // Between 18 and 24 fields there never was a format: the line is cut, maybe inside its last token.
    cut(fields, 'inside the last fields')
    if (fit < length - 1) count = 0
    else count = length - 1
    fields.fieldCount = before + count
  } else if (length > 1 && fit <= TAIL_TLS) {
    if (fit === TAIL_TLS && length === TAIL_TLS + 1) cut(fields, 'inside the TLS version')
    else {
      recovered(fields, 'The fields after the user agent have no shape that is known.')
      count = 0
    }
    fields.fieldCount = before + count
  } else if (length > fit) {
    if (fit < TAIL_LENGTH) {
      recovered(fields, 'A field after the TLS version has no shape that is known.')
      if (fit === length - 1) fields.partial = true
    } else if (tailHasOtherReading(shift)) {
      recovered(fields, 'The fields after the user agent have several readings.')
      count = 0
    }
    if (count > 0) fields.extra = tail.slice(shift + count)
  }
  fields.versionId = tailField(TAIL_VERSION, shift, count)
  fields.hostId = tailField(TAIL_HOST_ID, shift, count)
  fields.signatureVersion = tailField(TAIL_SIGNATURE, shift, count)
  fields.cipherSuite = tailField(TAIL_CIPHER, shift, count)
  fields.authenticationType = tailField(TAIL_AUTH, shift, count)
  fields.hostHeader = tailField(TAIL_HOST, shift, count)
  fields.tlsVersion = tailField(TAIL_TLS, shift, count)
  fields.accessPointArn = tailField(TAIL_ACCESS_POINT, shift, count)
  fields.aclRequired = tailField(TAIL_ACL, shift, count)
  fields.sourceRegion = tailField(TAIL_REGION, shift, count)
  // Only what was read without any doubt: then the same text reads the same again.
  if (shift === 0 && count === tail.length && count > TAIL_TLS && before === 17) rememberRest(fields, line, from)
}

// ---------------------------------------------------------------- referer and user agent

// What a walk over the quotes of a line has found.
let lastQuote = -1
let separators = 0
let firstSeparator = -1
let lastSeparator = -1
let separatorBefore = -1

function startQuotes(): void {
  lastQuote = -1
  separators = 0
  firstSeparator = -1
  lastSeparator = -1
  separatorBefore = -1
}

/** Notes the quote at `at`: the last one so far, and a separator where it closes the referer and opens the user agent. */
function noteQuote(line: string, at: number): void {
  lastQuote = at
  if (line.charCodeAt(at + 1) !== SPACE || line.charCodeAt(at + 2) !== QUOTE) return
  if (separators === 0) firstSeparator = at
  separators++
  separatorBefore = lastSeparator
  lastSeparator = at
}

/** The place of `" "` between referer and user agent; -1 where there is none. `open` is the referer's first quote. */
function chooseSeparator(line: string, open: number): number {
  if (separators > 0 && lastSeparator + 2 === lastQuote) {
    // The user agent opens and does not close.
    separators--
    lastSeparator = separatorBefore
  }
  if (separators <= 1) return separators === 0 ? -1 : firstSeparator
  // A referer is a URL or absent; where what comes first is neither, the client forges a user agent inside it.
  const left = line.slice(open + 1, firstSeparator)
  return left === '-' || left === '' || /^https?:\/\/[^\s"]*$/i.test(left) ? firstSeparator : lastSeparator
}

function closesField(line: string, quote: number): boolean {
  return quote + 1 === line.length || line.charCodeAt(quote + 1) === SPACE
}

/** Reads referer, user agent and tail after the `chosen` middle; the quotes of the line have been walked over. */
function takeRest(fields: Fields, line: string): void {
  const at = skipSpaces(line, chosen.end)
  if (chosen.next === NEXT_END) {
    cut(fields, 'after the turn-around time')
    return
  }
  if (chosen.next === NEXT_QUOTED) {
    if (lastQuote === at) {
      cut(fields, 'inside the referer')
      return
    }
    const unclosed = lastSeparator !== -1 && lastSeparator + 2 === lastQuote
    const opened = lastSeparator
    const separator = chooseSeparator(line, at)
    if (separator === -1) {
      if (unclosed) {
        fields.referer = absentText(line.slice(at + 1, opened))
        fields.fieldCount = 16
        cut(fields, 'inside the user agent')
      } else if (closesField(line, lastQuote)) {
        fields.referer = absentText(line.slice(at + 1, lastQuote))
        takeTail(fields, line, lastQuote + 1, 16, true)
      } else cut(fields, 'inside the referer')
      return
    }
    if (separators > 1) recovered(fields, 'Referer and user agent have several readings.')
    fields.referer = quotedText(line, at + 1, separator)
    if (unclosed || !closesField(line, lastQuote)) {
      fields.fieldCount = 16
      cut(fields, 'inside the user agent')
      return
    }
    if (lastQuote - separator > 4) fields.userAgent = seenBefore(line, separator + 3, lastQuote)
    else fields.userAgent = quotedText(line, separator + 3, lastQuote)
    takeTail(fields, line, lastQuote + 1, 17, false)
    return
  }
  const second = skipSpaces(line, at + 1)
  fields.fieldCount = 16
  if (second >= line.length) cut(fields, 'after the referer')
  else if (line.charCodeAt(second) === QUOTE) {
    if (lastQuote <= second || !closesField(line, lastQuote)) {
      cut(fields, 'inside the user agent')
      return
    }
    fields.userAgent = quotedText(line, second + 1, lastQuote)
    takeTail(fields, line, lastQuote + 1, 17, false)
  } else if (line.charCodeAt(second) !== DASH || tokenEnd(line, second) !== second + 1) {
    recovered(fields, 'Referer and user agent cannot be told apart.')
  } else if (lastQuote > second) recovered(fields, 'A quote follows a user agent without quotes.')
  else takeTail(fields, line, second + 1, 17, false)
}

/** The text between two quotes; undefined for none and for a dash. */
function quotedText(line: string, start: number, end: number): string | undefined {
  if (end - start <= 1 && (end === start || line.charCodeAt(start) === DASH)) return undefined
  return line.slice(start, end)
}

// ---------------------------------------------------------------- middle

function takeMiddle(fields: Fields, line: string): void {
  fields.httpStatus = orUndefined(chosen.status)
  if (chosen.errorEnd - chosen.errorStart > 1) {
    fields.errorCode = repeated(line, chosen.errorStart, chosen.errorEnd, LAST_ERROR)
  }
  const { numbers } = chosen
  fields.bytesSent = orUndefined(numbers[0]!)
  fields.objectSize = orUndefined(numbers[1]!)
  fields.totalTime = orUndefined(numbers[2]!)
  fields.turnAroundTime = orUndefined(numbers[3]!)
  fields.fieldCount = 15
}

/** Leaves out what `other` contradicts; the success among the two goes to `ambiguousStatus`. */
function takeOnlyWhatAgrees(fields: Fields, line: string): void {
  recovered(fields, 'The request-URI has several possible ends.')
  const status = fields.ambiguousStatus ?? chosen.status
  if (chosen.status !== other.status) fields.httpStatus = undefined
  if (!sameError(line, chosen, other)) fields.errorCode = undefined
  if (chosen.numbers[0] !== other.numbers[0]) fields.bytesSent = undefined
  if (chosen.numbers[1] !== other.numbers[1]) fields.objectSize = undefined
  if (chosen.numbers[2] !== other.numbers[2]) fields.totalTime = undefined
  if (chosen.numbers[3] !== other.numbers[3]) fields.turnAroundTime = undefined
  const best = status < 0 ? other.status : other.status < 0 ? status : Math.min(status, other.status)
  if (best >= 0) fields.ambiguousStatus = best
}

/** A line without a whole middle: cut inside it, cut before it, or damaged. */
function takeBrokenMiddle(fields: Fields, line: string, open: number): void {
  let end = -1
  let ends = 0
  for (let at = line.indexOf('"', open + 1); at !== -1; at = line.indexOf('"', at + 1)) {
    if ((at + 1 === line.length || line.charCodeAt(at + 1) === SPACE) && cutMiddleAt(line, at + 1)) {
      end = at
      ends++
    }
  }
  if (ends === 1) {
    fields.requestUri = absentText(line.slice(open + 1, end))
    fields.fieldCount = 9
    takeCutMiddle(fields, line, end + 1)
    cut(fields, 'before the referer')
    return
  }
  const close = line.lastIndexOf('"')
  if (close > open && line.charCodeAt(close + 1) === SPACE) {
    readTail(line, close + 1)
    if (tail.length > TAIL_TLS && tailFit > TAIL_TLS) {
      recovered(fields, 'Status, error code and sizes are not where they belong.')
      const count = fields.fieldCount
      takeTail(fields, line, close + 1, 17, false)
      fields.fieldCount = count
      return
    }
  }
  if (close === open || ends > 1) cut(fields, 'inside the request-URI')
  else recovered(fields, 'Status, error code and sizes are not where they belong.')
}

/** Whether the rest of the line is the beginning of a middle, and no more. */
function cutMiddleAt(line: string, from: number): boolean {
  let place = 0
  let at = skipSpaces(line, from)
  while (at < line.length) {
    const end = tokenEnd(line, at)
    const token = line.slice(at, end)
    const shape = place === 0 ? /^(?:-|\d{1,3})$/ : place === 1 ? /^[\w.-]+$/ : /^(?:-|\d{1,15})$/
    if (place > 5 || !shape.test(token)) return false
    place++
    at = skipSpaces(line, end)
  }
  return true
}

/** Takes the fields of a cut middle; a last token that may be cut itself is left out. */
function takeCutMiddle(fields: Fields, line: string, from: number): void {
  const tokens = line.slice(from).split(' ').filter(Boolean)
  const whole = line.endsWith(' ')
  tokens.forEach((token, place) => {
    const certain = place < tokens.length - 1 || whole || token === '-' || (place === 0 && token.length === 3)
    if (!certain) return
    fields.fieldCount = 10 + place
    if (token === '-') return
    if (place === 0) fields.httpStatus = Number(token)
    else if (place === 1) fields.errorCode = token
    else if (place === 2) fields.bytesSent = Number(token)
    else if (place === 3) fields.objectSize = Number(token)
    else if (place === 4) fields.totalTime = Number(token)
    else fields.turnAroundTime = Number(token)
  })
}

/** Reads a quoted request-URI and everything after it; `open` is its first quote. */
function takeQuoted(fields: Fields, line: string, open: number): void {
  // S3's own operations have no client whose text could be read in two ways.
  const forgeable = !fields.operation!.startsWith('S3.')
  let end = -1
  let refererOpen = -1
  startQuotes()
  let next = 0
  for (let at = line.indexOf('"', open + 1); at !== -1; at = next) {
    next = line.indexOf('"', at + 1)
    if (refererOpen !== -1 && at > refererOpen) noteQuote(line, at)
    else lastQuote = at
    if (line.charCodeAt(at + 1) !== SPACE) continue
    const c = line.charCodeAt(at + 2)
    // Cheap first: a status, a dash, or another space.
    if (!((c >= 48 && c <= 57) || c === DASH || c === SPACE)) continue
    if (end === -1) {
      if (!readMiddle(line, at + 1, chosen)) continue
      end = at
      refererOpen = chosen.next === NEXT_QUOTED ? skipSpaces(line, chosen.end) : chosen.end
      takeMiddle(fields, line)
    } else if (forgeable && (c !== DASH || next !== -1) && readMiddle(line, at + 1, other)) {
      // Dashes after the user agent's own quote are the tail of a line; a client's request has a status.
      if (other.next === NEXT_QUOTED || other.status !== -1) takeOnlyWhatAgrees(fields, line)
    }
  }
  if (end === -1) {
    takeBrokenMiddle(fields, line, open)
    return
  }
  fields.requestUri = quotedText(line, open + 1, end)
  takeRest(fields, line)
}

/** Reads what follows a request-URI that is a bare dash. */
function takeUnquoted(fields: Fields, line: string, from: number): void {
  if (readMiddle(line, from, chosen)) {
    takeMiddle(fields, line)
    startQuotes()
    const refererOpen = skipSpaces(line, chosen.end)
    for (let at = line.indexOf('"', refererOpen); at !== -1; at = line.indexOf('"', at + 1)) {
      if (at > refererOpen) noteQuote(line, at)
      else lastQuote = at
    }
    takeRest(fields, line)
  } else if (cutMiddleAt(line, from)) {
    fields.fieldCount = 9
    takeCutMiddle(fields, line, from)
    cut(fields, 'before the referer')
  } else recovered(fields, 'Status, error code and sizes are not where they belong.')
}

// ---------------------------------------------------------------- the line

/**
 * Reads one line of an S3 server access log: 18, 24 to 27 or more fields, or one JSON record of the delivery to
 * CloudWatch Logs. Never throws.
 *
 * S3 does not escape quotes, and a client chooses request-URI, referer and user agent. So that no client can forge a
 * field that S3 wrote:
 * - what stands before the request-URI is read from the left; the operation is the anchor, since a requester may hold
 *   spaces.
 * - the fields after the user agent are those after the last quote of the line, and their shapes must fit.
 * - the request-URI ends at the first `" ` that status, error code, four numbers or dashes and a referer follow. Where a
 *   later place reads the same (somebody wrote it into request-URI, referer or user agent), each of those six fields on
 *   which the readings differ is undefined, and `parse` is `recovered`.
 * - where `" "` occurs more than once between referer and user agent, the first one separates them if what is left of it
 *   is absent or a URL, else the last; `parse` is `recovered`.
 *
 * A line that ends early gives what is certain: `partial` and `recovered`. Text that is no such line gives `raw`.
 *
 * @param line one line without its line ending.
 * @see Amazon S3 User Guide, "Amazon S3 server access log format" and "Log format in CloudWatch Logs"
 * @example
 * parseAccessLogLine('79a5 amzn-s3-demo-bucket [12/May/2014:07:54:01 +0000] 192.0.2.3 - 7ACC4BE89EXAMPLE ' +
 *   'REST.GET.OBJECT a.html "GET /a.html HTTP/1.1" 304 - - 1718 10 - "-" "Mozilla/5.0" -').httpStatus // 304
 */
export function parseAccessLogLine(line: string): AccessLogFields {
  const head = readHead(line)
  if (head === undefined) {
    if (line.charCodeAt(skipSpaces(line, 0)) === 123) return parseJsonLine(line)
    return raw('No time in brackets follows bucket owner and bucket.')
  }
  const open = head.text.length - 1
  const close = line.charCodeAt(open + 27) === 93 ? open + 27 : line.indexOf(']', open)
  if (close === -1 || close - open > 64) return raw('The time has no closing bracket.')

  const fields = emptyFields()
  if (readTime(line, open + 1, close)) {
    fields.time = timeIso
    fields.timeMs = timeMs
  } else recovered(fields, 'The time is not valid.')
  fields.bucketOwner = head.bucketOwner
  fields.bucket = head.bucket
  fields.fieldCount = 3

  const ipStart = skipSpaces(line, close + 1)
  const ipEnd = tokenEnd(line, ipStart)
  const requesterStart = skipSpaces(line, ipEnd)
  let requesterEnd = tokenEnd(line, requesterStart)
  let idStart = skipSpaces(line, requesterEnd)
  let idEnd = tokenEnd(line, idStart)
  let operationStart = skipSpaces(line, idEnd)
  let operationEnd = tokenEnd(line, operationStart)
  if (isKnownOperation(line, idStart, idEnd)) {
    // No request id has dots. Reading on would take the key, which the client chose, for the operation.
    recovered(fields, 'A field before the operation is missing.')
    operationStart = idStart
    operationEnd = idEnd
    idStart = requesterStart
    idEnd = requesterEnd
    requesterEnd = requesterStart
  } else if (!isLastOperation(line, operationStart, operationEnd) && !isOperation(line, operationStart, operationEnd)) {
    // A requester with spaces (CloudFront origin access identity): go on to the first operation before any quote.
    const quote = line.indexOf('"', requesterStart)
    const limit = Math.min(quote === -1 ? line.length : quote, requesterStart + 2048)
    let found = false
    while (operationStart < limit) {
      idStart = operationStart
      idEnd = operationEnd
      operationStart = skipSpaces(line, operationEnd)
      operationEnd = tokenEnd(line, operationStart)
      requesterEnd = trimEnd(line, requesterStart, idStart)
      if (isKnownOperation(line, operationStart, operationEnd)) {
        found = true
        break
      }
    }
    if (!found) {
      if (fields.time === undefined) return raw('Neither a valid time nor an operation was found.')
      if (ipStart < ipEnd && ipEnd < line.length) {
        fields.remoteIp = dashed(line, ipStart, ipEnd)
        fields.fieldCount = 4
      }
      return cut(fields, 'before the operation, or there is none')
    }
  }
  if (ipEnd - ipStart > 1) fields.remoteIp = line.slice(ipStart, ipEnd)
  if (requesterEnd - requesterStart > 1) fields.requester = seenBefore(line, requesterStart, requesterEnd)
  fields.requestId = dashed(line, idStart, idEnd)
  fields.operation = repeated(line, operationStart, operationEnd, LAST_OPERATION)
  fields.fieldCount = 7

  const keyStart = skipSpaces(line, operationEnd)
  if (keyStart >= line.length) return cut(fields, 'after the operation')
  let keyEnd = tokenEnd(line, keyStart)
  let at = skipSpaces(line, keyEnd)
  if (at >= line.length) return cut(fields, 'inside the key')
  const bare = line.charCodeAt(at) === DASH && (at + 1 === line.length || line.charCodeAt(at + 1) === SPACE)
  if (!bare && line.charCodeAt(at) !== QUOTE) {
    const quote = line.indexOf(' "', keyStart)
    if (quote === -1) return cut(fields, 'before the request-URI')
    recovered(fields, 'The key is not URL-encoded: it holds spaces.')
    keyEnd = quote
    at = quote + 1
  }
  fields.key = dashed(line, keyStart, keyEnd)
  fields.fieldCount = 8
  if (!bare) takeQuoted(fields, line, at)
  else takeUnquoted(fields, line, at + 1)
  return fields
}

function trimEnd(line: string, from: number, to: number): number {
  let end = to
  while (end > from && line.charCodeAt(end - 1) === SPACE) end--
  return end
}

// ---------------------------------------------------------------- JSON

function jsonText(value: unknown): string | undefined {
  return typeof value === 'string' ? absentText(value) : typeof value === 'number' ? String(value) : undefined
}

function jsonNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** A time without a zone is UTC, not the machine's own. */
function jsonTimeMs(text: string): number {
  return Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text)
}

/** The members that are known, by the name they have in `schema_version_id` V_1_0 and near ones. */
const JSON_NAMES = {
  bucketOwner: ['bucket_owner_id', 'bucket_owner'],
  bucket: ['bucket_name', 'bucket'],
  remoteIp: ['remote_ip'],
  requester: ['requester'],
  requestId: ['request_id'],
  operation: ['operation'],
  key: ['key_name', 'key'],
  requestUri: ['request_uri'],
  errorCode: ['error_code'],
  referer: ['referer', 'referrer'],
  userAgent: ['user_agent'],
  versionId: ['version_id'],
  hostId: ['host_id'],
  signatureVersion: ['signature_version'],
  cipherSuite: ['cipher_suite'],
  authenticationType: ['authentication_type', 'auth_type'],
  hostHeader: ['host_header'],
  tlsVersion: ['tls_version'],
  accessPointArn: ['access_point_arn'],
  aclRequired: ['acl_required'],
  sourceRegion: ['source_region', 'aws_region'],
} as const
const JSON_NUMBERS = {
  httpStatus: ['http_status'],
  bytesSent: ['bytes_sent'],
  objectSize: ['object_size'],
  totalTime: ['total_time', 'total_time_ms'],
  turnAroundTime: ['turn_around_time', 'turn_around_time_ms'],
} as const
const JSON_KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(JSON_NAMES).flat(),
  ...Object.values(JSON_NUMBERS).flat(),
  'schema_version_id',
  'bucket_arn',
  'request_time',
])

function parseJsonLine(line: string): AccessLogFields {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    return raw('The line begins like JSON and is none.')
  }
  if (typeof record !== 'object' || record === null) return raw('The JSON is no object.')
  const members = record as Record<string, unknown>
  const member = (names: readonly string[]): unknown => {
    for (const name of names) if (members[name] !== undefined && members[name] !== null) return members[name]
    return undefined
  }
  const fields = emptyFields()
  for (const [field, names] of Object.entries(JSON_NAMES)) {
    fields[field as keyof typeof JSON_NAMES] = jsonText(member(names))
  }
  for (const [field, names] of Object.entries(JSON_NUMBERS)) {
    fields[field as keyof typeof JSON_NUMBERS] = jsonNumber(member(names))
  }
  if (fields.bucket === undefined) {
    const arn = jsonText(members.bucket_arn)
    if (arn !== undefined) fields.bucket = absentText(arn.slice(arn.lastIndexOf(':') + 1))
  }
  if (fields.operation === undefined || (fields.bucket === undefined && members.schema_version_id === undefined)) {
    return raw('The JSON is no S3 server access log record: it has no operation or no bucket.')
  }
  const acl = member(JSON_NAMES.aclRequired)
  if (typeof acl === 'boolean') fields.aclRequired = acl ? 'Yes' : undefined
  const time = members.request_time
  const ms = typeof time === 'string' ? jsonTimeMs(time) : typeof time === 'number' ? time : Number.NaN
  if (Number.isNaN(ms) || Math.abs(ms) > 8.64e15) recovered(fields, 'The time is not valid.')
  else {
    fields.time = isoTime(ms)
    fields.timeMs = ms
  }
  const extra = Object.entries(members).filter(([name, value]) => !JSON_KNOWN.has(name) && value !== null)
  if (extra.length > 0) {
    fields.extra = extra.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  }
  fields.fieldCount = 27
  return fields
}
