import { detach } from '../derive/detach.ts'
import {
  type AccessLogFields,
  absentText,
  cut,
  emptyFields,
  type Fields,
  raw,
  recovered,
  unread,
  withConnection,
} from './fields.ts'
import { parseJsonLine } from './json-form.ts'
import { describeOperation } from './operation.ts'
import { DASH, dashed, isWorthKeeping, mixOf, QUOTE, SPACE, skipSpaces, tokenEnd } from './scan.ts'
import { takeTail, takeWholeTail } from './tail.ts'
import { readTime, time } from './time.ts'

const OPEN_BRACKET = 91
const OPEN_BRACE = 123
const BYTE_ORDER_MARK = 0xfeff

// ---------------------------------------------------------------- bucket owner to operation

/** Operations and error codes are few: the very same text each time saves the copy, and later the hashing. */
const WORD_SLOTS = 128
const operations: string[] = Array.from({ length: WORD_SLOTS }, () => '')
const errorCodes: string[] = Array.from({ length: WORD_SLOTS }, () => '')

/** Where a word is kept, told by its length, its end and the letters where operations differ. */
function wordSlot(line: string, start: number, end: number): number {
  const mix = (end - start) * 31 + line.charCodeAt(end - 1) + line.charCodeAt(start + 5) * 5 + line.charCodeAt(end - 6)
  return mix & (WORD_SLOTS - 1)
}

function isKept(words: readonly string[], line: string, start: number, end: number): boolean {
  const known = words[wordSlot(line, start, end)]!
  return known !== '' && known.length === end - start && line.startsWith(known, start)
}

/** A copy of a word of the line, or the very same text as in a line before. */
function kept(words: string[], line: string, start: number, end: number): string {
  const slot = wordSlot(line, start, end)
  const known = words[slot]!
  if (known.length === end - start && line.startsWith(known, start)) return known
  const text = detach(line.slice(start, end))
  words[slot] = text
  return text
}

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

function isKnownOperation(line: string, start: number, end: number): boolean {
  // REST, WEBSITE, BATCH, S3, SOAP. Most tokens that are asked about are request ids.
  const c = line.charCodeAt(start)
  if (c !== 82 && c !== 83 && c !== 87 && c !== 66) return false
  if (!isOperation(line, start, end)) return false
  const family = line.slice(start, line.indexOf('.', start))
  return family === 'REST' || family === 'WEBSITE' || family === 'BATCH' || family === 'S3' || family === 'SOAP'
}

/** Whether an operation has an API name. */
function isNamedOperation(operation: string): boolean {
  return describeOperation(operation, false).eventName !== operation
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

function orUndefined(value: number): number | undefined {
  return value < 0 ? undefined : value
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

/**
 * Referer and user agent with several spaces between them, which S3 does not write and tools that edit lines do. Only
 * where a whole tail follows; false, and nothing taken, where there are no two such texts.
 */
function takeWideTexts(fields: Fields, line: string, open: number): boolean {
  let places = 0
  let refererEnd = -1
  let agentOpen = -1
  for (let at = line.indexOf('"  ', open + 1); at !== -1 && at < lastQuote; at = line.indexOf('"  ', at + 1)) {
    const next = skipSpaces(line, at + 1)
    if (line.charCodeAt(next) !== QUOTE || next >= lastQuote) continue
    places++
    refererEnd = at
    agentOpen = next
  }
  if (places === 0 || !takeWholeTail(fields, line, lastQuote + 1)) return false
  if (places > 1) recovered(fields, 'Referer and user agent have several readings.')
  fields.referer = quotedText(line, open + 1, refererEnd)
  fields.userAgent = quotedText(line, agentOpen + 1, lastQuote)
  return true
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
    // A user agent never begins with a space: a quote before a space has closed it.
    const unclosed = lastSeparator !== -1 && lastSeparator + 2 === lastQuote && line.charCodeAt(lastQuote + 1) !== SPACE
    const opened = lastSeparator
    const separator = chooseSeparator(line, at)
    if (separator === -1) {
      if (unclosed) {
        fields.referer = absentText(line.slice(at + 1, opened))
        fields.fieldCount = 16
        cut(fields, 'inside the user agent')
      } else if (closesField(line, lastQuote) && takeWideTexts(fields, line, at)) {
        return
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
    fields.userAgent = quotedText(line, separator + 3, lastQuote)
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
    unread(fields, 'Referer and user agent cannot be told apart.')
  } else if (lastQuote > second) unread(fields, 'A quote follows a user agent without quotes.')
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
  fields.errorCode =
    chosen.errorEnd - chosen.errorStart > 1 ? kept(errorCodes, line, chosen.errorStart, chosen.errorEnd) : undefined
  const { numbers } = chosen
  fields.bytesSent = orUndefined(numbers[0]!)
  fields.objectSize = orUndefined(numbers[1]!)
  fields.totalTime = orUndefined(numbers[2]!)
  fields.turnAroundTime = orUndefined(numbers[3]!)
  fields.fieldCount = 15
}

/** Whether ` HTTP/1.1` or the like stands before `end`. */
function endsLikeRequestLine(line: string, end: number): boolean {
  return line.startsWith(' HTTP/', end - 9)
}

/** Whether the text between the quotes is all of a request line, a dash, or an operation's name in its place. */
function isWholeRequestLine(line: string, start: number, end: number): boolean {
  const version = end - 9
  if (version >= start && line.startsWith(' HTTP/', version)) {
    const major = line.charCodeAt(end - 3)
    const minor = line.charCodeAt(end - 1)
    return major >= 48 && major <= 57 && line.charCodeAt(end - 2) === 46 && minor >= 48 && minor <= 57
  }
  return (end - start === 1 && line.charCodeAt(start) === DASH) || isOperation(line, start, end)
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
    const count = fields.fieldCount
    if (takeWholeTail(fields, line, close + 1)) {
      unread(fields, 'Status, error code and sizes are not where they belong.')
      fields.fieldCount = count
      return
    }
  }
  if (close === open || ends > 1) cut(fields, 'inside the request-URI')
  else unread(fields, 'Status, error code and sizes are not where they belong.')
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
  let isWhole = false
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
    if (end !== -1) {
      if (!forgeable) continue
      // Dashes after the user agent's own quote are the tail of a line, unless a request line may end there.
      const mayEnd = endsLikeRequestLine(line, at)
      if ((c === DASH && next === -1 && !mayEnd) || !readMiddle(line, at + 1, other)) continue
      if (other.next !== NEXT_QUOTED && other.status === -1 && !mayEnd) continue
      recovered(fields, 'The request-URI has several possible ends.')
      if (isWhole || !isWholeRequestLine(line, open + 1, at)) continue
      startQuotes()
      lastQuote = at
    }
    if (!readMiddle(line, at + 1, chosen)) continue
    end = at
    isWhole = isWholeRequestLine(line, open + 1, at)
    refererOpen = chosen.next === NEXT_QUOTED ? skipSpaces(line, chosen.end) : chosen.end
  }
  if (end === -1) {
    takeBrokenMiddle(fields, line, open)
    return
  }
  takeMiddle(fields, line)
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
  } else unread(fields, 'Status, error code and sizes are not where they belong.')
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
 * - the request-URI ends at the first `" ` that status, error code, four numbers or dashes and a referer follow, if what
 *   stands before it is a whole request line (it ends with ` HTTP/1.1` or the like), a dash or an operation's name; else
 *   at the first later place where that is so; else at the first. All fields are those of this reading. Where another is
 *   possible, `parse` is `recovered`: a target with raw spaces and quotes can forge such a place, and so can referer and
 *   user agent, which come later. Leaving out what the readings differ in would let any client hide its status and bytes
 *   by such a text.
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
  return withConnection(readAccessLogLine(line))
}

/**
 * As {@link parseAccessLogLine}, without the fields that `connection` has: they are not copied from it. For
 * {@link connectionOf}.
 */
export function readAccessLogLine(line: string): Fields {
  // Editors put it at the start of a file; it is no part of the bucket owner.
  if (line.charCodeAt(0) === BYTE_ORDER_MARK) return readAccessLogLine(line.slice(1))
  if (line.charCodeAt(skipSpaces(line, 0)) === OPEN_BRACE) return parseJsonLine(line)
  const head = readHead(line)
  if (head === undefined) {
    return raw('No time in brackets follows bucket owner and bucket.')
  }
  const open = head.text.length - 1
  const close = line.charCodeAt(open + 27) === 93 ? open + 27 : line.indexOf(']', open)
  if (close === -1 || close - open > 64) return raw('The time has no closing bracket.')

  const fields = emptyFields()
  if (readTime(line, open + 1, close)) {
    fields.time = time.iso
    fields.timeMs = time.ms
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
  } else if (
    !isKept(operations, line, operationStart, operationEnd) &&
    !isOperation(line, operationStart, operationEnd)
  ) {
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
  if (requesterEnd - requesterStart > 1) fields.requester = line.slice(requesterStart, requesterEnd)
  fields.requestId = dashed(line, idStart, idEnd)
  fields.operation = kept(operations, line, operationStart, operationEnd)
  fields.fieldCount = 7

  const keyStart = skipSpaces(line, operationEnd)
  if (keyStart >= line.length) {
    // Without a space after it, the operation may be cut too: only a name that is known is kept.
    if (operationEnd === line.length && !isNamedOperation(fields.operation)) {
      fields.operation = undefined
      fields.fieldCount = 6
      return cut(fields, 'inside the operation')
    }
    return cut(fields, 'after the operation')
  }
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
