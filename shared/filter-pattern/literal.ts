import type { Literal, MatchOptions, Operator, RegexLiteral } from './ast.ts'
import {
  atEnd,
  type Cursor,
  characterAt,
  fail,
  isWhiteSpace,
  mark,
  nameCharacter,
  peek,
  quote,
  take,
} from './cursor.ts'
import { compileRegex, type TextMatcher } from './regex-match.ts'
import { parseRegex } from './regex-syntax.ts'

/** Numbers in patterns and in fields: integer or decimal, optional sign, optional exponent. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const UNQUOTED_CHARACTER = /[A-Za-z0-9_.*-]/
const WRONG_QUOTES: Readonly<Record<string, string>> = { "'": "'", '‘': '’', '“': '”', '„': '“', '`': '`', '«': '»' }

/** Reads `"…"` whose opening quote is next. */
export function readQuoted(cursor: Cursor): string {
  const start = cursor.position
  cursor.position += 1
  let value = ''
  for (;;) {
    if (atEnd(cursor)) {
      cursor.position = start
      fail(
        cursor,
        'UNTERMINATED_STRING',
        'The double quote that opens here is never closed.',
        'a closing double quote',
        start,
      )
    }
    let character = peek(cursor)
    cursor.position += 1
    if (character === '"') return value
    if (character === '\\' && (peek(cursor) === '"' || peek(cursor) === '\\')) {
      character = peek(cursor)
      cursor.position += 1
    }
    value += character
  }
}

/** Reads `%…%` whose opening percent sign is next. */
export function readRegex(cursor: Cursor): RegexLiteral {
  const start = cursor.position
  const close = cursor.text.indexOf('%', start + 1)
  if (close < 0) {
    fail(
      cursor,
      'UNTERMINATED_REGEX',
      'The regular expression that opens here is never closed.',
      'a closing percent sign',
      start,
    )
  }
  const source = cursor.text.slice(start + 1, close)
  const parsed = parseRegex(source)
  if (!parsed.ok) {
    const { code, message, expected, at } = parsed.error
    fail(cursor, code, message, expected, start + 1 + at)
  }
  cursor.position = close + 1
  cursor.regexes.push({ start })
  return mark(cursor, { type: 'regex', source }, start)
}

/** Reads the value of a comparison. `delimiters` end an unquoted value, as white space does. */
export function readLiteral(cursor: Cursor, operator: Operator, delimiters: string): Literal {
  const start = cursor.position
  const ordering = operator !== '=' && operator !== '!='
  const literal = readAnyLiteral(cursor, delimiters)
  if (ordering && literal.type !== 'number') {
    fail(cursor, 'NUMBER_EXPECTED', `'${operator}' compares with numbers only.`, 'a number without quotes', start)
  }
  return literal
}

function readAnyLiteral(cursor: Cursor, delimiters: string): Literal {
  const start = cursor.position
  if (peek(cursor) === '"') return mark(cursor, { type: 'string', value: readQuoted(cursor) }, start)
  if (peek(cursor) === '%') return readRegex(cursor)
  while (!atEnd(cursor) && !isWhiteSpace(peek(cursor)) && !delimiters.includes(peek(cursor))) cursor.position += 1
  const text = cursor.text.slice(start, cursor.position)
  if (text === '') {
    const found = characterAt(cursor.text, start)
    fail(
      cursor,
      'LITERAL_EXPECTED',
      `A value is missing before ${nameCharacter(found)}.`,
      'a value: "text", a number or %regex%',
      start,
    )
  }
  if (NUMBER.test(text)) return mark(cursor, { type: 'number', text }, start)
  rejectUnquoted(cursor, text, start)
  return mark(cursor, { type: 'string', value: text }, start)
}

function rejectUnquoted(cursor: Cursor, text: string, start: number): void {
  if (text === 'null') {
    fail(cursor, 'LITERAL_NULL', 'Nothing can be compared with null.', 'IS NULL instead, or "null" for the text', start)
  }
  const offending = [...text].find((character) => !UNQUOTED_CHARACTER.test(character))
  if (offending === undefined) return
  const closing = WRONG_QUOTES[text[0]!]
  const close = closing === undefined ? -1 : findClosing(cursor.text, start + 1, closing, text[0]!)
  const inner = close < 0 ? text : cursor.text.slice(start + 1, close)
  fail(
    cursor,
    'LITERAL_CHARACTER',
    closing === undefined
      ? `An unquoted value cannot hold ${nameCharacter(offending)}.`
      : `Text is quoted with straight double quotes, not with ${nameCharacter(text[0]!)}.`,
    'the value in double quotes',
    start + text.indexOf(offending),
    { start, end: close < 0 ? start + text.length : close + 1, replacement: quote(inner) },
  )
}

function findClosing(text: string, from: number, closing: string, opening: string): number {
  const close = text.indexOf(closing, from)
  return close >= 0 ? close : text.indexOf(opening, from)
}

const OPERATORS: readonly Operator[] = ['!=', '<=', '>=', '=', '<', '>']

/** Reads a comparison operator; `what` says what else could stand there. */
export function readOperator(cursor: Cursor, expected: string): Operator {
  const start = cursor.position
  if (cursor.text.startsWith('==', start)) {
    fail(cursor, 'OPERATOR_UNKNOWN', "'==' is not an operator.", "'='", start, {
      start,
      end: start + 2,
      replacement: '=',
    })
  }
  if (cursor.text.startsWith('<>', start)) {
    fail(cursor, 'OPERATOR_UNKNOWN', "'<>' is not an operator.", "'!='", start, {
      start,
      end: start + 2,
      replacement: '!=',
    })
  }
  const operator = OPERATORS.find((token) => take(cursor, token))
  if (operator === undefined) {
    const found = characterAt(cursor.text, start)
    fail(cursor, 'OPERATOR_EXPECTED', `An operator is missing before ${nameCharacter(found)}.`, expected, start)
  }
  return operator
}

/** The canonical text of a value. */
export function formatLiteral(literal: Literal): string {
  if (literal.type === 'string') return quote(literal.value)
  return literal.type === 'number' ? literal.text : `%${literal.source}%`
}

/** A number as a pattern or a field writes it, or undefined. */
export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

export function isGlob(literal: Literal): boolean {
  return literal.type === 'string' && literal.value.includes('*')
}

/** Whether a text equals a literal: exactly, by wildcard or by regex. Numbers compare as they were written. */
export function compileText(literal: Literal, options: MatchOptions): TextMatcher {
  if (literal.type === 'regex') {
    const parsed = parseRegex(literal.source)
    // A regex that did not come from the parser and is malformed matches nothing.
    return parsed.ok ? compileRegex(parsed.alternatives) : () => false
  }
  const wanted = literal.type === 'number' ? literal.text : literal.value
  return isGlob(literal) ? compileGlob(wanted, options) : (text) => text === wanted
}

/** `*` stands for any text, also none, also across lines. */
export function compileGlob(glob: string, options: MatchOptions): TextMatcher {
  const pieces = options.midStringWildcard === 'literal' ? outerPieces(glob) : glob.split('*')
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return (text) => text === first
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '')
  if (middle.length === 0) {
    const least = first.length + last.length
    if (least === 0) return () => true
    if (last === '') return (text) => text.startsWith(first)
    if (first === '') return (text) => text.endsWith(last)
    return (text) => text.length >= least && text.startsWith(first) && text.endsWith(last)
  }
  const [only] = middle
  if (middle.length === 1 && first === '' && last === '') return (text) => text.includes(only!)
  return (text) => {
    if (!text.startsWith(first)) return false
    let at = first.length
    for (const piece of middle) {
      at = text.indexOf(piece, at)
      if (at < 0) return false
      at += piece.length
    }
    return text.length - at >= last.length && text.endsWith(last)
  }
}

/** Only the asterisks at both ends are wildcards. */
function outerPieces(glob: string): string[] {
  const inner = glob.replace(/^\*+/, '').replace(/\*+$/, '')
  if (inner === '') return ['', '']
  return [...(glob.startsWith('*') ? [''] : []), inner, ...(glob.endsWith('*') ? [''] : [])]
}

/** Whether the literal has an asterisk that is neither at its beginning nor at its end. */
export function hasMidStringWildcard(literal: Literal): boolean {
  return literal.type === 'string' && literal.value.replace(/^\*+|\*+$/g, '').includes('*')
}

function ordering(operator: Operator, wanted: number): (value: number) => boolean {
  switch (operator) {
    case '<':
      return (value) => value < wanted
    case '<=':
      return (value) => value <= wanted
    case '>':
      return (value) => value > wanted
    default:
      return (value) => value >= wanted
  }
}

/**
 * The comparison of one JSON node, with `=` and `!=` given apart. Strings and numbers only: an object, an array, null
 * and a boolean satisfy neither `=` nor `!=`. A number literal compares by value with a JSON number and as text with
 * a JSON string; any other literal compares with the text of a JSON number.
 */
export function compileJsonComparison(
  operator: Operator,
  literal: Literal,
  options: MatchOptions,
): (node: unknown) => boolean {
  if (operator !== '=' && operator !== '!=') {
    const inOrder = ordering(operator, literal.type === 'number' ? Number(literal.text) : Number.NaN)
    return (node) => typeof node === 'number' && inOrder(node)
  }
  const equals = compileText(literal, options)
  const equalsNumber =
    literal.type === 'number' ? sameNumber(Number(literal.text)) : (value: number) => equals(numberText(value))
  if (operator === '=') {
    return (node) => (typeof node === 'string' ? equals(node) : typeof node === 'number' && equalsNumber(node))
  }
  return (node) => (typeof node === 'string' ? !equals(node) : typeof node === 'number' && !equalsNumber(node))
}

const sameNumber =
  (wanted: number) =>
  (value: number): boolean =>
    value === wanted

/**
 * The text of a JSON number once it is parsed: the shortest decimal form (`3.0` is "3", `1e3` is "1000"). Two numbers
 * that are one IEEE double are one number.
 */
export function numberText(value: number): string {
  return String(value)
}

/** The comparison of one field of a space-delimited message: numbers by value, everything else as text. */
export function compileFieldComparison(
  operator: Operator,
  literal: Literal,
  options: MatchOptions,
): (field: string) => boolean {
  if (literal.type === 'number') {
    const wanted = Number(literal.text)
    if (operator === '=') return (field) => parseNumber(field) === wanted
    if (operator === '!=') return (field) => parseNumber(field) !== wanted
    const inOrder = ordering(operator, wanted)
    return (field) => {
      const value = parseNumber(field)
      return value !== undefined && inOrder(value)
    }
  }
  if (operator !== '=' && operator !== '!=') return () => false
  const equals = compileText(literal, options)
  return operator === '=' ? equals : (field) => !equals(field)
}
