import { newQuotes, noteQuote, passQuote, quotedText, takeRest } from './client-texts.ts'
import { absentText, cut, type Fields, recovered, unread } from './fields.ts'
import { cutMiddleAt, NEXT_QUOTED, newMiddle, readMiddle, takeCutMiddle, takeMiddle } from './middle.ts'
import { isOperation } from './operation-word.ts'
import { DASH, SPACE, skipSpaces } from './scan.ts'
import { takeWholeTail } from './tail.ts'

/** Reads a quoted request-URI and everything after it; `open` is its first quote. */
export function takeQuoted(fields: Fields, line: string, open: number): void {
  // S3's own operations have no client whose text could be read in two ways.
  const forgeable = !fields.operation!.startsWith('S3.')
  let end = -1
  let isWhole = false
  let refererOpen = -1
  let quotes = newQuotes()
  const chosen = newMiddle()
  let next = 0
  for (let at = line.indexOf('"', open + 1); at !== -1; at = next) {
    next = line.indexOf('"', at + 1)
    if (refererOpen !== -1 && at > refererOpen) noteQuote(quotes, line, at)
    else passQuote(quotes, at)
    if (line.charCodeAt(at + 1) !== SPACE) continue
    const c = line.charCodeAt(at + 2)
    // Cheap first: a status, a dash, or another space.
    if (!((c >= 48 && c <= 57) || c === DASH || c === SPACE)) continue
    if (end !== -1) {
      if (!forgeable) continue
      // Dashes after the user agent's own quote are the tail of a line, unless a request line may end there.
      const mayEnd = endsLikeRequestLine(line, at)
      const other = newMiddle()
      if ((c === DASH && next === -1 && !mayEnd) || !readMiddle(line, at + 1, other)) continue
      if (other.next !== NEXT_QUOTED && other.status === -1 && !mayEnd) continue
      recovered(fields, 'The request-URI has several possible ends.')
      if (isWhole || !isWholeRequestLine(line, open + 1, at)) continue
      quotes = newQuotes()
      passQuote(quotes, at)
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
  takeMiddle(fields, line, chosen)
  fields.requestUri = quotedText(line, open + 1, end)
  takeRest(fields, line, chosen, quotes)
}

/** Reads what follows a request-URI that is a bare dash. */
export function takeUnquoted(fields: Fields, line: string, from: number): void {
  const chosen = newMiddle()
  if (readMiddle(line, from, chosen)) {
    takeMiddle(fields, line, chosen)
    const quotes = newQuotes()
    const refererOpen = skipSpaces(line, chosen.end)
    for (let at = line.indexOf('"', refererOpen); at !== -1; at = line.indexOf('"', at + 1)) {
      if (at > refererOpen) noteQuote(quotes, line, at)
      else passQuote(quotes, at)
    }
    takeRest(fields, line, chosen, quotes)
  } else if (cutMiddleAt(line, from)) {
    fields.fieldCount = 9
    takeCutMiddle(fields, line, from)
    cut(fields, 'before the referer')
  } else unread(fields, 'Status, error code and sizes are not where they belong.')
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
