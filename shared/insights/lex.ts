export type Token =
  | { readonly type: 'name'; readonly text: string; readonly at: number; readonly quoted: boolean }
  | { readonly type: 'string'; readonly text: string; readonly at: number }
  | { readonly type: 'number'; readonly text: string; readonly at: number }
  /** `5m`, `1h`: ms. */
  | { readonly type: 'duration'; readonly ms: number; readonly text: string; readonly at: number }
  | { readonly type: 'regex'; readonly text: string; readonly at: number }
  | { readonly type: 'symbol'; readonly text: string; readonly at: number }
  | { readonly type: 'end'; readonly text: ''; readonly at: number }

/** Thrown inside the parser; becomes the result's error. */
export class QueryFailure extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const DURATION = /(\d+)(milliseconds?|msec|ms|seconds?|sec|s|minutes?|min|m|hours?|hr|h|days?|d|weeks?|w)(?![\w.])/y
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z_])/y
/** A field's path: names and indexes joined by dots, any of them in backticks. */
const NAME = /(?:`[^`]+`|[A-Za-z_@$][\w@$]*)(?:\.(?:`[^`]+`|[\w@$]+))*/y
const SYMBOL = /!=|<=|>=|==|=~|&&|\|\||[=<>()[\],|*/+\-%^]/y
const COMMENT = /#[^\n]*/y
const SPACE = /\s+/y

/** After these a slash begins a regular expression; elsewhere it divides. */
const BEFORE_REGEX = /^(?:like|=~)$/i

/**
 * Splits a query into tokens. Comments begin with `#`; texts stand in double or single quotes.
 *
 * @throws QueryFailure at what is no token.
 */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(query)?.[0]
  }
  while (at < query.length) {
    const skipped = match(SPACE) ?? match(COMMENT)
    if (skipped !== undefined) {
      at += skipped.length
      continue
    }
    const token = readToken(query, at, tokens, match)
    tokens.push(token.token)
    at = token.end
  }
  tokens.push({ type: 'end', text: '', at })
  return tokens
}

function readToken(
  query: string,
  at: number,
  before: readonly Token[],
  match: (pattern: RegExp) => string | undefined,
): { readonly token: Token; readonly end: number } {
  const character = query[at]
  if (character === '"' || character === "'") return readString(query, at)
  if (character === '/' && expectsRegex(before)) return readRegex(query, at)
  const duration = match(DURATION)
  if (duration !== undefined) {
    const [, amount, unit] = /^(\d+)([a-z]+)$/.exec(duration)!
    return {
      token: { type: 'duration', ms: Number(amount) * unitOf(unit!), text: duration, at },
      end: at + duration.length,
    }
  }
  const number = match(NUMBER)
  if (number !== undefined) return { token: { type: 'number', text: number, at }, end: at + number.length }
  const name = match(NAME)
  if (name !== undefined) {
    const token: Token = { type: 'name', text: name.replaceAll('`', ''), at, quoted: name.includes('`') }
    return { token, end: at + name.length }
  }
  const symbol = match(SYMBOL)
  if (symbol !== undefined) return { token: { type: 'symbol', text: symbol, at }, end: at + symbol.length }
  throw new QueryFailure(`The character ${JSON.stringify(character)} has no place here.`, at)
}

/** A slash begins a regular expression after `like` and `=~`, and as what `parse FIELD` takes apart. */
function expectsRegex(before: readonly Token[]): boolean {
  const last = before.at(-1)
  if (last === undefined) return false
  if (BEFORE_REGEX.test(last.text)) return true
  const command = before.at(-2)
  return last.type === 'name' && command?.type === 'name' && /^parse$/i.test(command.text)
}

function unitOf(unit: string): number {
  if (unit.startsWith('ms') || unit.startsWith('milli')) return 1
  return UNITS[unit[0]!] ?? 1
}

function readString(query: string, at: number): { readonly token: Token; readonly end: number } {
  const quote = query[at]
  let text = ''
  for (let i = at + 1; i < query.length; i += 1) {
    const character = query[i]!
    if (character === quote) return { token: { type: 'string', text, at }, end: i + 1 }
    const next = query[i + 1]
    if (character === '\\' && (next === quote || next === '\\')) {
      text += next
      i += 1
    } else text += character
  }
  throw new QueryFailure('A text is not closed.', at)
}

function readRegex(query: string, at: number): { readonly token: Token; readonly end: number } {
  let inClass = false
  for (let i = at + 1; i < query.length; i += 1) {
    const character = query[i]
    if (character === '\\') i += 1
    else if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (character === '/' && !inClass)
      return { token: { type: 'regex', text: query.slice(at + 1, i), at }, end: i + 1 }
  }
  throw new QueryFailure('A regular expression is not closed.', at)
}
