import type {
  Expression,
  FilterPattern,
  JsonCondition,
  JsonPattern,
  Operator,
  ParseOptions,
  ParseResult,
  PatternError,
  SpaceCondition,
  SpaceEntry,
  SpaceField,
  SpacePattern,
  Term,
  TermsPattern,
} from './ast.ts'
import { conditionsOf } from './ast.ts'
import {
  atEnd,
  type Cursor,
  characterAt,
  createCursor,
  fail,
  isWhiteSpace,
  mark,
  nameCharacter,
  PatternFailure,
  patternError,
  peek,
  skipWhiteSpace,
  take,
} from './cursor.ts'
import { failOperator, readExpression, readKeyword } from './expression.ts'
import { readLiteral, readOperator, readQuoted, readRegex } from './literal.ts'
import { readSelector } from './selector.ts'
import { foreignSyntax, termInstead } from './term-fixes.ts'

/** `FilterPattern` of the CloudWatch Logs API has at most 1,024 characters. */
export const MAX_PATTERN_LENGTH = 1024
/** CloudWatch Logs guide, "Supported regular expressions (regex) syntax", quotas. */
export const MAX_REGEXES = 2
/** CloudWatch Logs guide, "Using filter patterns to match terms in JSON log events", quotas. */
export const MAX_WILDCARD_SELECTORS = 3

/**
 * Parses a CloudWatch Logs filter pattern: the empty one, terms, `{ JSON }` or `[space-delimited]`, told apart by the
 * first character. Never throws; the first fault is returned with its place and, where it is plain, a fix.
 *
 * Source: CloudWatch Logs guide, "Filter pattern syntax for metric filters, subscription filters, filter log events,
 * and Live Tail" and its sub-pages; docs/filter-patterns.md says what comes from where.
 *
 * @example
 * const parsed = parseFilterPattern('{ $.eventName = "ConsoleLogin" }')
 * if (!parsed.ok) console.error(parsed.error.line, parsed.error.column, parsed.error.expected)
 */
export function parseFilterPattern(text: string, options: ParseOptions = {}): ParseResult {
  const cursor = createCursor(text)
  try {
    const pattern = readPattern(cursor)
    const exceeded = exceededLimits(cursor)
    if (options.limits !== 'ignore' && exceeded[0]) return { ok: false, error: exceeded[0] }
    return { ok: true, pattern, spans: cursor.spans, exceeded }
  } catch (error) {
    if (error instanceof PatternFailure) return { ok: false, error: error.detail }
    throw error
  }
}

/** For suggestions: whether a text would be accepted, its length aside. */
function isPattern(text: string): boolean {
  return parseFilterPattern(text, { limits: 'ignore' }).ok
}

/** The number of characters as AWS counts them: code points. */
export function patternLength(text: string): number {
  let length = 0
  for (const _ of text) length += 1
  return length
}

function exceededLimits({ text, regexes, wildcards }: Cursor): PatternError[] {
  const exceeded: PatternError[] = []
  const length = text.length > MAX_PATTERN_LENGTH ? patternLength(text) : 0
  if (length > MAX_PATTERN_LENGTH) {
    const expected = `at most ${MAX_PATTERN_LENGTH} characters`
    exceeded.push(
      patternError(text, 'PATTERN_TOO_LONG', `The pattern has ${length} characters.`, expected, MAX_PATTERN_LENGTH),
    )
  }
  const regex = regexes[MAX_REGEXES]
  if (regex) {
    const message = `The pattern has ${regexes.length} regular expressions.`
    const expected = `at most ${MAX_REGEXES} regular expressions in a pattern`
    exceeded.push(patternError(text, 'TOO_MANY_REGEXES', message, expected, regex.start))
  }
  const wildcard = wildcards[MAX_WILDCARD_SELECTORS]
  if (wildcard) {
    const message = `The pattern has ${wildcards.length} selectors with a wildcard.`
    const expected = `at most ${MAX_WILDCARD_SELECTORS} selectors with a wildcard in a pattern`
    exceeded.push(patternError(text, 'TOO_MANY_WILDCARDS', message, expected, wildcard.start))
  }
  return exceeded
}

function readPattern(cursor: Cursor): FilterPattern {
  skipWhiteSpace(cursor)
  if (atEnd(cursor)) return { kind: 'all' }
  if (peek(cursor) === '{') return readJsonPattern(cursor)
  if (peek(cursor) === '[') return readSpacePattern(cursor)
  return readTermsPattern(cursor)
}

function expectEnd(cursor: Cursor, what: string): void {
  skipWhiteSpace(cursor)
  if (!atEnd(cursor)) {
    fail(cursor, 'TRAILING_TEXT', `Text follows the ${what} that closes the pattern.`, 'the end of the pattern')
  }
}

// ---------------------------------------------------------------------------------------------------------- terms

function readTermsPattern(cursor: Cursor): TermsPattern {
  const terms: Term[] = []
  while (!atEnd(cursor)) {
    terms.push(readTerm(cursor))
    skipWhiteSpace(cursor)
  }
  return { kind: 'terms', terms }
}

function readTerm(cursor: Cursor): Term {
  const start = cursor.position
  const mode = take(cursor, '-') ? 'exclude' : take(cursor, '?') ? 'optional' : 'include'
  // AWS's 2020 guide writes `"ERROR" - "Exiting"` in one place: white space after the minus sign is let pass.
  if (mode === 'exclude') skipWhiteSpace(cursor)
  if (atEnd(cursor) || isWhiteSpace(peek(cursor))) {
    fail(cursor, 'EMPTY_TERM', `Nothing follows '${cursor.text[start]}'.`, 'a term', start)
  }
  const match = readTermMatch(cursor)
  if (!atEnd(cursor) && !isWhiteSpace(peek(cursor))) {
    const found = nameCharacter(characterAt(cursor.text, cursor.position))
    fail(cursor, 'TERM_CHARACTER', `A term cannot be followed by ${found} directly.`, 'a space between terms')
  }
  return mark(cursor, { mode, match }, start)
}

function readTermMatch(cursor: Cursor): Term['match'] {
  const start = cursor.position
  if (peek(cursor) === '%') return readRegex(cursor)
  if (peek(cursor) === '"') {
    const text = readQuoted(cursor)
    if (text === '') fail(cursor, 'EMPTY_TERM', 'A phrase is empty.', 'text between the double quotes', start)
    return { type: 'text', text }
  }
  while (!atEnd(cursor) && !isWhiteSpace(peek(cursor))) cursor.position += 1
  const text = cursor.text.slice(start, cursor.position)
  const offending = [...text].find((character) => !/[A-Za-z0-9_.-]/.test(character))
  if (offending !== undefined) {
    const at = start + text.indexOf(offending)
    const foreign = foreignSyntax(cursor.text, isPattern)
    if (foreign !== undefined) {
      fail(
        cursor,
        'TERM_CHARACTER',
        `A term cannot hold ${nameCharacter(offending)}.`,
        foreign.expected,
        at,
        foreign.fix,
      )
    }
    fail(
      cursor,
      'TERM_CHARACTER',
      `A term cannot hold ${nameCharacter(offending)} without double quotes.`,
      'the term in double quotes',
      at,
      { start, end: cursor.position, replacement: termInstead(text) },
    )
  }
  return { type: 'text', text }
}

// ----------------------------------------------------------------------------------------------------------- JSON

const JSON_DELIMITERS = '&|()}'
const AFTER_SELECTOR = "an operator (= != < <= > >=), 'IS NULL', 'IS TRUE', 'IS FALSE' or 'NOT EXISTS'"

function readJsonPattern(cursor: Cursor): JsonPattern {
  const open = cursor.position
  cursor.position += 1
  const expression = readExpression<JsonCondition>(cursor, readJsonCondition)
  skipWhiteSpace(cursor)
  if (!take(cursor, '}')) failOperator(cursor, "'}'", open)
  expectEnd(cursor, "'}'")
  return { kind: 'json', expression }
}

function readJsonCondition(cursor: Cursor): JsonCondition {
  const start = cursor.position
  const selector = readSelector(cursor)
  skipWhiteSpace(cursor)
  if (/[A-Za-z]/.test(peek(cursor))) return mark(cursor, readState(cursor, selector), start)
  const operator = readOperator(cursor, AFTER_SELECTOR)
  skipWhiteSpace(cursor)
  const literal = readLiteral(cursor, operator, JSON_DELIMITERS)
  return mark(cursor, { type: 'comparison', selector, operator, literal }, start)
}

function readState(cursor: Cursor, selector: JsonCondition['selector']): JsonCondition {
  const start = cursor.position
  const first = readKeyword(cursor)
  if (first.toUpperCase() === 'EXISTS') {
    fail(
      cursor,
      'OPERATOR_UNKNOWN',
      "There is no 'EXISTS'.",
      '= "*" for any text or number, or \'NOT EXISTS\'',
      start,
      {
        start,
        end: cursor.position,
        replacement: '= "*"',
      },
    )
  }
  skipWhiteSpace(cursor)
  const at = cursor.position
  if (first.toUpperCase() === 'NOT') {
    if (readKeyword(cursor).toUpperCase() === 'EXISTS') return { type: 'notExists', selector }
    fail(cursor, 'OPERATOR_UNKNOWN', "'NOT' is followed by 'EXISTS' only.", "'EXISTS'", at)
  }
  if (first.toUpperCase() === 'IS') {
    const value = readKeyword(cursor).toUpperCase()
    if (value === 'NULL' || value === 'TRUE' || value === 'FALSE') return { type: 'is', selector, value }
    const message = value === 'NOT' ? "There is no 'IS NOT'." : "'IS' is followed by 'NULL', 'TRUE' or 'FALSE'."
    fail(
      cursor,
      'OPERATOR_UNKNOWN',
      message,
      value === 'NOT' ? "'NOT EXISTS' or '!='" : "'NULL', 'TRUE' or 'FALSE'",
      at,
    )
  }
  fail(cursor, 'OPERATOR_EXPECTED', `'${first}' cannot follow a selector.`, AFTER_SELECTOR, start)
}

// ------------------------------------------------------------------------------------------------ space-delimited

const SPACE_DELIMITERS = ',]&|()'

function readSpacePattern(cursor: Cursor): SpacePattern {
  const open = cursor.position
  cursor.position += 1
  const entries: SpaceEntry[] = []
  skipWhiteSpace(cursor)
  if (!take(cursor, ']')) {
    do entries.push(readEntry(cursor, entries))
    while (continues(cursor, open))
  }
  expectEnd(cursor, "']'")
  checkFields(cursor, entries)
  return { kind: 'space', entries }
}

/** After an entry: a comma (true) or the end of the pattern (false). */
function continues(cursor: Cursor, open: number): boolean {
  skipWhiteSpace(cursor)
  if (take(cursor, ',')) return true
  if (take(cursor, ']')) return false
  failOperator(cursor, "',' or ']'", open)
}

function readEntry(cursor: Cursor, earlier: readonly SpaceEntry[]): SpaceEntry {
  skipWhiteSpace(cursor)
  const start = cursor.position
  if (take(cursor, '...')) {
    if (earlier.some((entry) => entry.type === 'ellipsis')) {
      fail(cursor, 'DUPLICATE_ELLIPSIS', "The pattern has a second '...'.", "one '...' at most", start)
    }
    skipWhiteSpace(cursor)
    if (!atEnd(cursor) && !',]'.includes(peek(cursor))) {
      fail(cursor, 'FIELD_NAME', "'...' stands alone; it takes no name and no condition.", "',' or ']'")
    }
    return mark<SpaceEntry>(cursor, { type: 'ellipsis' }, start, start + 3)
  }
  if (peek(cursor) === ',' || peek(cursor) === ']') return mark<SpaceEntry>(cursor, { type: 'field' }, start)
  if (atEnd(cursor)) failOperator(cursor, "a field, ',' or ']'", cursor.text.indexOf('['))
  if (peek(cursor) !== '(') {
    const name = readFieldName(cursor)
    const end = cursor.position
    skipWhiteSpace(cursor)
    if (atEnd(cursor) || ',]'.includes(peek(cursor)))
      return mark<SpaceEntry>(cursor, { type: 'field', name }, start, end)
    cursor.position = start
  }
  const condition = readExpression<SpaceCondition>(cursor, readSpaceCondition)
  const field: SpaceField = { type: 'field', name: conditionsOf(condition)[0]!.field, condition }
  return mark<SpaceEntry>(cursor, field, start)
}

function readFieldName(cursor: Cursor): string {
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(cursor.text.slice(cursor.position))?.[0]
  if (name === undefined) {
    const found = characterAt(cursor.text, cursor.position)
    const message =
      found === '…'
        ? "An ellipsis is three dots, not the character '…'."
        : `A field name cannot begin with ${nameCharacter(found)}.`
    fail(cursor, 'FIELD_NAME', message, "a field name (a letter or '_', then letters, digits and '_') or '...'")
  }
  cursor.position += name.length
  return name
}

function readSpaceCondition(cursor: Cursor): SpaceCondition {
  const start = cursor.position
  const field = readFieldName(cursor)
  skipWhiteSpace(cursor)
  const operator: Operator = readOperator(cursor, "an operator (= != < <= > >=), ',' or ']'")
  skipWhiteSpace(cursor)
  const literal = readLiteral(cursor, operator, SPACE_DELIMITERS)
  return mark(cursor, { type: 'comparison', field, operator, literal }, start)
}

function checkFields(cursor: Cursor, entries: readonly SpaceEntry[]): void {
  const declared = new Set<string>()
  for (const entry of entries) {
    if (entry.type !== 'field' || entry.name === undefined) continue
    if (declared.has(entry.name)) {
      const at = cursor.spans.get(entry)?.start ?? 0
      fail(cursor, 'DUPLICATE_FIELD', `The field '${entry.name}' is declared twice.`, 'a name that is not taken', at)
    }
    declared.add(entry.name)
  }
  for (const entry of entries) {
    if (entry.type !== 'field' || entry.condition === undefined) continue
    const stray = conditionsOf<SpaceCondition>(entry.condition as Expression<SpaceCondition>).find(
      (condition) => !declared.has(condition.field),
    )
    if (stray) {
      const at = cursor.spans.get(stray)?.start ?? 0
      fail(
        cursor,
        'UNDECLARED_FIELD',
        `The field '${stray.field}' is not declared by an entry.`,
        'a field that an entry declares',
        at,
      )
    }
  }
}
