import { own } from '../basics/own.ts'
import type { PatternErrorCode } from './ast.ts'

/**
 * The regular expressions of filter patterns: CloudWatch Logs guide, "Supported regular expressions (regex) syntax".
 * There are no groups, so a regex is alternatives of sequences of quantified single characters; that is what makes a
 * matcher possible whose time is linear in the message (regex-match.ts).
 */

/** A set of characters: a table for U+0000 to U+00FF, the rest as two flags. */
export interface CharSet {
  readonly table: Uint8Array
  /** U+2028 and U+2029, which `.` does not match. */
  readonly separators: boolean
  /** Every other character from U+0100 on. */
  readonly other: boolean
}

export type RegexItem =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'chars'; readonly set: CharSet; readonly min: number; readonly max: number }

export type RegexAlternative = readonly RegexItem[]

/** An index into the source and why it stops there. */
export interface RegexError {
  readonly code: PatternErrorCode
  readonly at: number
  readonly message: string
  readonly expected: string
}

export type RegexResult =
  | { readonly ok: true; readonly alternatives: readonly RegexAlternative[] }
  | { readonly ok: false; readonly error: RegexError }

const SYMBOLS = ':_#=@/;,- '
const OPERATORS = '^$?[]{}|\\*+.'
/** Java's int, the likely engine on the other side; V8 has the same bound. */
const MAX_COUNT = 2_147_483_647

function charSet(includes: (code: number) => boolean, separators: boolean, other: boolean): CharSet {
  return { table: Uint8Array.from({ length: 256 }, (_, code) => (includes(code) ? 1 : 0)), separators, other }
}

function negate(set: CharSet): CharSet {
  return { table: set.table.map((bit) => 1 - bit), separators: !set.separators, other: !set.other }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

const DIGIT = charSet(isDigit, false, false)
const WORD = charSet(isWord, false, false)
const SPACE = charSet(isSpace, false, false)
const DOT = charSet((code) => code !== 10 && code !== 13, false, true)
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: negate(DIGIT),
  w: WORD,
  W: negate(WORD),
  s: SPACE,
  S: negate(SPACE),
}

const single = (code: number): CharSet => charSet((candidate) => candidate === code, false, false)

/** The only character of a set, or undefined. */
export function singleCharacter(set: CharSet): string | undefined {
  if (set.other || set.separators) return undefined
  const code = set.table.indexOf(1)
  return code >= 0 && set.table.lastIndexOf(1) === code ? String.fromCharCode(code) : undefined
}

export function charSetHas(set: CharSet, code: number): boolean {
  if (code < 256) return set.table[code] === 1
  return code === 0x2028 || code === 0x2029 ? set.separators : set.other
}

class RegexFailure extends Error {
  readonly detail: RegexError

  constructor(code: PatternErrorCode, at: number, message: string, expected: string) {
    super(message)
    this.detail = { code, at, message, expected }
  }
}

/**
 * Reads the text between two percent signs. Never throws; `at` of an error is an index into `source`.
 *
 * @example
 * parseRegex('10\\.0\\.[0-9]{1,3}') // { ok: true, alternatives: [[…]] }
 */
export function parseRegex(source: string): RegexResult {
  try {
    return { ok: true, alternatives: readAlternatives(source) }
  } catch (error) {
    if (error instanceof RegexFailure) return { ok: false, error: error.detail }
    throw error
  }
}

function readAlternatives(source: string): RegexAlternative[] {
  if (source === '') {
    throw new RegexFailure('EMPTY_REGEX', 0, 'A regular expression is empty.', 'at least one character between the %')
  }
  checkCharacters(source)
  const alternatives: RegexItem[][] = [[]]
  let at = 0
  while (at < source.length) {
    const items = alternatives.at(-1)!
    const start = at
    const character = source[at]!
    if (character === '|') {
      alternatives.push([])
      at += 1
      continue
    }
    if (character === '^' || character === '$') {
      items.push({ kind: character === '^' ? 'start' : 'end' })
      at += 1
      if (at < source.length && '*+?{'.includes(source[at]!)) throw nothingToRepeat(source, at)
      continue
    }
    if ('*+?{'.includes(character)) throw nothingToRepeat(source, at)
    let set: CharSet
    if (character === '[') {
      ;[set, at] = readClass(source, at)
    } else if (character === '\\') {
      ;[set, at] = readEscape(source, at)
    } else {
      set = character === '.' ? DOT : single(character.charCodeAt(0))
      at += 1
    }
    const [min, max, next] = readQuantifier(source, at, start)
    items.push({ kind: 'chars', set, min, max })
    at = next
  }
  return alternatives
}

function nothingToRepeat(source: string, at: number): RegexFailure {
  return new RegexFailure(
    'REGEX_SYNTAX',
    at,
    `In the regular expression, '${source[at]}' has nothing to repeat.`,
    'a character, a class or an escape before it',
  )
}

function checkCharacters(source: string): void {
  for (let at = 0; at < source.length; at += 1) {
    const code = source.charCodeAt(at)
    if (isWord(code) || SYMBOLS.includes(source[at]!) || OPERATORS.includes(source[at]!)) continue
    const character = String.fromCodePoint(source.codePointAt(at)!)
    const hex = code < 128 ? ` Write it as \\x${code.toString(16).toUpperCase().padStart(2, '0')}.` : ''
    const what =
      code >= 128
        ? `Regular expressions do not support multi-byte characters such as '${character}'.`
        : character === '(' || character === ')'
          ? `Regular expressions do not support parentheses, not even escaped.${hex}`
          : `Regular expressions do not support ${code < 32 ? 'control characters' : `the character '${character}'`}, escaped or not.${hex}`
    throw new RegexFailure(
      'REGEX_CHARACTER',
      at,
      what,
      `a letter, a digit, a space or one of : _ # = @ / ; , - ${OPERATORS.split('').join(' ')}`,
    )
  }
}

/** The set of the escape at `at` (a backslash) and the index after it. */
function readEscape(source: string, at: number): [CharSet, number] {
  const escaped = source[at + 1]
  if (escaped === undefined) {
    throw new RegexFailure(
      'REGEX_ESCAPE',
      at,
      'The regular expression ends in a backslash.',
      'a character after the backslash',
    )
  }
  const shorthand = own(CLASSES, escaped)
  if (shorthand) return [shorthand, at + 2]
  if (escaped === 'x') {
    const hex = /^[0-9A-Fa-f]{2}/.exec(source.slice(at + 2))
    if (!hex) {
      throw new RegexFailure(
        'REGEX_ESCAPE',
        at,
        'In the regular expression, \\x lacks its digits.',
        'two hexadecimal digits after \\x',
      )
    }
    return [single(Number.parseInt(hex[0], 16)), at + 4]
  }
  if (!SYMBOLS.includes(escaped) && !OPERATORS.includes(escaped)) {
    throw new RegexFailure(
      'REGEX_ESCAPE',
      at,
      `The regular expression has the escape \\${escaped}, which is not supported.`,
      'one of \\d \\D \\s \\S \\w \\W \\xHH, or an escaped operator',
    )
  }
  return [single(escaped.charCodeAt(0)), at + 2]
}

/** The set of the class at `at` (an opening bracket) and the index after its closing bracket. */
function readClass(source: string, at: number): [CharSet, number] {
  const negated = source[at + 1] === '^'
  let next = negated ? at + 2 : at + 1
  const table = new Uint8Array(256)
  let separators = false
  let other = false
  let members = 0
  while (source[next] !== ']') {
    if (next >= source.length) {
      throw new RegexFailure(
        'REGEX_SYNTAX',
        at,
        'In the regular expression, the class is not closed.',
        "']' to close the class",
      )
    }
    const start = next
    let low: CharSet
    ;[low, next] = readClassMember(source, next)
    let from = singleCharacter(low)?.charCodeAt(0)
    if (source[next] === '-' && source[next + 1] !== ']' && next + 1 < source.length) {
      const [high, after] = readClassMember(source, next + 1)
      const to = singleCharacter(high)?.charCodeAt(0)
      if (from === undefined || to === undefined || from > to) {
        throw new RegexFailure(
          'REGEX_SYNTAX',
          start,
          'In the regular expression, the range of a class is not valid.',
          'a range from a lower to a higher character',
        )
      }
      for (; from <= to; from += 1) table[from] = 1
      next = after
    } else {
      low.table.forEach((bit, code) => {
        if (bit === 1) table[code] = 1
      })
      separators ||= low.separators
      other ||= low.other
    }
    members += 1
  }
  if (members === 0) {
    throw new RegexFailure(
      'REGEX_SYNTAX',
      at,
      'In the regular expression, the class is empty.',
      "a character before ']' (escape a literal ']')",
    )
  }
  const set: CharSet = { table, separators, other }
  return [negated ? negate(set) : set, next + 1]
}

function readClassMember(source: string, at: number): [CharSet, number] {
  if (source[at] === '\\') return readEscape(source, at)
  if (source[at] === '[') {
    throw new RegexFailure(
      'REGEX_SYNTAX',
      at,
      "In the regular expression, '[' stands inside a class.",
      "'\\[' for a literal bracket",
    )
  }
  return [single(source.charCodeAt(at)), at + 1]
}

/** Minimum, maximum and the index after the quantifier at `at`; `start` is where the repeated thing began. */
function readQuantifier(source: string, at: number, start: number): [number, number, number] {
  const character = source[at] ?? ''
  let bounds: [number, number]
  let next = at + 1
  if (character === '*') bounds = [0, Number.POSITIVE_INFINITY]
  else if (character === '+') bounds = [1, Number.POSITIVE_INFINITY]
  else if (character === '?') bounds = [0, 1]
  else if (character === '{') {
    const match = /^\{(\d+)(,(\d*))?\}/.exec(source.slice(at))
    const min = match ? Number(match[1]) : 0
    const max = match?.[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])
    if (!match || min > max || min > MAX_COUNT || (max > MAX_COUNT && max !== Number.POSITIVE_INFINITY)) {
      throw new RegexFailure(
        'REGEX_SYNTAX',
        at,
        'In the regular expression, the repetition count is not valid.',
        '{n}, {n,} or {n,m} with n not above m',
      )
    }
    bounds = [min, max]
    next = at + match[0].length
  } else return [1, 1, at]
  // A lazy quantifier finds the same messages; a possessive one would not, and AWS does not document it.
  if (source[next] === '?') next += 1
  if (next < source.length && '*+?{'.includes(source[next]!)) {
    throw new RegexFailure(
      'REGEX_SYNTAX',
      next,
      `In the regular expression, '${source.slice(start, next + 1)}' has one quantifier too many.`,
      'one quantifier',
    )
  }
  return [...bounds, next]
}
