import type { Fix, PatternError, PatternErrorCode, Span } from './ast.ts'

/** The reading position of the pattern parsers, and where each node stood. */
export interface Cursor {
  readonly text: string
  position: number
  readonly spans: Map<object, Span>
  regexes: { readonly start: number }[]
  wildcards: { readonly start: number }[]
}

/** How the parsers leave on the first fault; never escapes `parseFilterPattern`. */
export class PatternFailure extends Error {
  readonly detail: PatternError

  constructor(detail: PatternError) {
    super(detail.message)
    this.detail = detail
  }
}

export function createCursor(text: string): Cursor {
  return { text, position: 0, spans: new Map(), regexes: [], wildcards: [] }
}

/** Line and column (1-based) of an offset. */
export function locate(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}

export function patternError(
  text: string,
  code: PatternErrorCode,
  message: string,
  expected: string,
  at: number,
  fix?: Fix,
): PatternError {
  const offset = Math.max(0, Math.min(at, text.length))
  return { code, message, ...locate(text, offset), offset, expected, ...(fix && { fix }) }
}

export function fail(
  cursor: Cursor,
  code: PatternErrorCode,
  message: string,
  expected: string,
  at: number = cursor.position,
  fix?: Fix,
): never {
  throw new PatternFailure(patternError(cursor.text, code, message, expected, at, fix))
}

const WHITE_SPACE = /\s/

export function isWhiteSpace(character: string): boolean {
  return WHITE_SPACE.test(character)
}

/** The character at the position, or '' at the end. */
export function peek(cursor: Cursor): string {
  return cursor.text.charAt(cursor.position)
}

export function atEnd(cursor: Cursor): boolean {
  return cursor.position >= cursor.text.length
}

export function skipWhiteSpace(cursor: Cursor): void {
  while (!atEnd(cursor) && isWhiteSpace(peek(cursor))) cursor.position += 1
}

/** Moves past `token` if it is next. */
export function take(cursor: Cursor, token: string): boolean {
  if (!cursor.text.startsWith(token, cursor.position)) return false
  cursor.position += token.length
  return true
}

/** Remembers where a node stood. */
export function mark<T extends object>(cursor: Cursor, node: T, start: number, end: number = cursor.position): T {
  cursor.spans.set(node, { start, end })
  return node
}

/** A character as it is named in a message. */
export function nameCharacter(character: string): string {
  if (character === '') return 'the end of the pattern'
  return character === "'" ? 'a single quote' : `'${character}'`
}

/** The whole code point at an offset, so that a message never shows half a character. */
export function characterAt(text: string, offset: number): string {
  const code = text.codePointAt(offset)
  return code === undefined ? '' : String.fromCodePoint(code)
}

/** A string as a quoted literal: `\"` and `\\` are the only escapes. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
