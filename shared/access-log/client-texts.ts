import { absentText, cut, type Fields, recovered, unread } from './fields.ts'
import { type Middle, NEXT_END, NEXT_QUOTED } from './middle.ts'
import { DASH, QUOTE, SPACE, skipSpaces, tokenEnd } from './scan.ts'
import { takeTail, takeWholeTail } from './tail.ts'

/** What a walk over the quotes of a line has found. */
export interface Quotes {
  last: number
  separators: number
  firstSeparator: number
  lastSeparator: number
  separatorBefore: number
}

/** Before the first one. */
export function newQuotes(): Quotes {
  return { last: -1, separators: 0, firstSeparator: -1, lastSeparator: -1, separatorBefore: -1 }
}

/** Notes a quote that cannot stand between referer and user agent. */
export function passQuote(quotes: Quotes, at: number): void {
  quotes.last = at
}

/** Notes the quote at `at`: the last one so far, and a separator where it closes the referer and opens the user agent. */
export function noteQuote(quotes: Quotes, line: string, at: number): void {
  quotes.last = at
  if (line.charCodeAt(at + 1) !== SPACE || line.charCodeAt(at + 2) !== QUOTE) return
  if (quotes.separators === 0) quotes.firstSeparator = at
  quotes.separators++
  quotes.separatorBefore = quotes.lastSeparator
  quotes.lastSeparator = at
}

/** The place of `" "` between referer and user agent; -1 where there is none. `open` is the referer's first quote. */
function chooseSeparator(quotes: Quotes, line: string, open: number): number {
  if (quotes.separators > 0 && quotes.lastSeparator + 2 === quotes.last) {
    // The user agent opens and does not close.
    quotes.separators--
    quotes.lastSeparator = quotes.separatorBefore
  }
  const { separators, firstSeparator, lastSeparator } = quotes
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
function takeWideTexts(fields: Fields, line: string, open: number, lastQuote: number): boolean {
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

/** Reads referer, user agent and tail after a middle; the quotes of the line have been walked over. */
export function takeRest(fields: Fields, line: string, middle: Middle, quotes: Quotes): void {
  const { last: lastQuote, lastSeparator } = quotes
  const at = skipSpaces(line, middle.end)
  if (middle.next === NEXT_END) {
    cut(fields, 'after the turn-around time')
    return
  }
  if (middle.next === NEXT_QUOTED) {
    if (lastQuote === at) {
      cut(fields, 'inside the referer')
      return
    }
    // A user agent never begins with a space: a quote before a space has closed it.
    const unclosed = lastSeparator !== -1 && lastSeparator + 2 === lastQuote && line.charCodeAt(lastQuote + 1) !== SPACE
    const separator = chooseSeparator(quotes, line, at)
    if (separator === -1) {
      if (unclosed) {
        fields.referer = absentText(line.slice(at + 1, lastSeparator))
        fields.fieldCount = 16
        cut(fields, 'inside the user agent')
      } else if (closesField(line, lastQuote) && takeWideTexts(fields, line, at, lastQuote)) {
        return
      } else if (closesField(line, lastQuote)) {
        fields.referer = absentText(line.slice(at + 1, lastQuote))
        takeTail(fields, line, lastQuote + 1, 16, true)
      } else cut(fields, 'inside the referer')
      return
    }
    if (quotes.separators > 1) recovered(fields, 'Referer and user agent have several readings.')
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
export function quotedText(line: string, start: number, end: number): string | undefined {
  if (end - start <= 1 && (end === start || line.charCodeAt(start) === DASH)) return undefined
  return line.slice(start, end)
}
