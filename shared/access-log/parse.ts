import { type AccessLogFields, cut, emptyFields, type Fields, raw, recovered, withConnection } from './fields.ts'
import { readHead } from './head.ts'
import { parseJsonLine } from './json-form.ts'
import { isKnownOperation, isNamedOperation, isOperation } from './operation-word.ts'
import { takeQuoted, takeUnquoted } from './request-uri.ts'
import { DASH, dashed, QUOTE, SPACE, skipSpaces, tokenEnd } from './scan.ts'
import { readTime, time } from './time.ts'
import { isKept, kept, operations } from './words.ts'

const OPEN_BRACE = 123
const BYTE_ORDER_MARK = 0xfeff

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
      if (ipEnd < line.length) {
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
