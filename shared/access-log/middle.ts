import type { Fields } from './fields.ts'
import { DASH, QUOTE, SPACE, skipSpaces, tokenEnd } from './scan.ts'
import { errorCodes, kept } from './words.ts'

/** What six fields after a possible end of the request-URI say. Numbers: -1 is a dash. */
export interface Middle {
  status: number
  errorStart: number
  errorEnd: number
  /** Bytes sent, object size, total time, turn-around time. */
  readonly numbers: number[]
  /** After the last of them. */
  end: number
  /** What follows: a quoted referer, a bare dash, or nothing. */
  next: number
}
export const NEXT_END = 0
export const NEXT_QUOTED = 1
const NEXT_DASH = 2

export function newMiddle(): Middle {
  return { status: 0, errorStart: 0, errorEnd: 0, numbers: [0, 0, 0, 0], end: 0, next: 0 }
}

/** The value of three digits; negative where they are none. */
function three(line: string, at: number): number {
  const a = line.charCodeAt(at) - 48
  const b = line.charCodeAt(at + 1) - 48
  const c = line.charCodeAt(at + 2) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9 ? a * 100 + b * 10 + c : -1
}

/** Moves behind a number of up to 15 digits or a dash; -1 where there is neither. Its value goes to `numbers[slot]`. */
function readNumber(line: string, start: number, numbers: number[], slot: number): number {
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
export function readMiddle(line: string, from: number, middle: Middle): boolean {
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

/** Takes the fields of a middle that was read. */
export function takeMiddle(fields: Fields, line: string, middle: Middle): void {
  fields.httpStatus = orUndefined(middle.status)
  fields.errorCode =
    middle.errorEnd - middle.errorStart > 1 ? kept(errorCodes, line, middle.errorStart, middle.errorEnd) : undefined
  const { numbers } = middle
  fields.bytesSent = orUndefined(numbers[0]!)
  fields.objectSize = orUndefined(numbers[1]!)
  fields.totalTime = orUndefined(numbers[2]!)
  fields.turnAroundTime = orUndefined(numbers[3]!)
  fields.fieldCount = 15
}

/** Whether the rest of the line is the beginning of a middle, and no more. */
export function cutMiddleAt(line: string, from: number): boolean {
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
export function takeCutMiddle(fields: Fields, line: string, from: number): void {
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
