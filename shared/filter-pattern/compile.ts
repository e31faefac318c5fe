import { isObject } from '../basics/is-object.ts'
import { memoize } from '../basics/memo.ts'
import type { FilterPattern, FilterPatternKind, MatchOptions } from './ast.ts'
import { compileJson } from './compile-json.ts'
import { compileSpace } from './compile-space.ts'
import { compileTerms } from './compile-terms.ts'
import { type Explanation, flatExplanation } from './explain.ts'
import { compilePath, type Getter, hasWildcard, parseSelector } from './selector.ts'

/**
 * What a reference (`$.selector`, `$field`, `$3`) read: a scalar, nothing (absent or null), something that is no
 * scalar, or nothing ever, because the pattern cannot have such a reference.
 */
export type Extracted =
  | { readonly status: 'value'; readonly value: string | number | boolean }
  | { readonly status: 'missing' }
  | { readonly status: 'notScalar' }
  | { readonly status: 'invalid' }

export interface CompiledFilterPattern {
  readonly kind: FilterPatternKind
  readonly pattern: FilterPattern
  /** Whether a log event with this message matches. Never throws; linear in the message. */
  match(message: string): boolean
  /**
   * As `match`, for a message that was parsed already, so that many patterns share one parse. JSON patterns read
   * `value` (what JSON.parse gave, `undefined` or `null` where that failed); the others read `message` and fall back on
   * the JSON text of `value`.
   */
  matchParsed(value: unknown, message?: string): boolean
  /**
   * Reads references off a message, whether or not it matches: `$.selector` without a wildcard for JSON patterns,
   * `$name` and `$n` for space-delimited ones, none for the others. In the order asked.
   */
  extract(message: string, references: readonly string[]): readonly Extracted[]
  /** As `extract`, from a parsed message; see `matchParsed`. */
  extractParsed(value: unknown, message: string | undefined, references: readonly string[]): readonly Extracted[]
  /** `extractedValues` of TestMetricFilter: every field of a space-delimited match, and nothing for other kinds. */
  extractedValues(message: string): Readonly<Record<string, string>>
  /** Why the message matches or not. Slower than `match`: every condition is evaluated. */
  explain(message: string): Explanation
}

const MISSING: Extracted = { status: 'missing' }
const INVALID: Extracted = { status: 'invalid' }
const NOT_SCALAR: Extracted = { status: 'notScalar' }

/**
 * Compiles a parsed pattern to closures. Compile once, match often: a CIS pattern takes well under a microsecond on a
 * parsed record.
 *
 * @example
 * const parsed = parseFilterPattern('{ $.eventName = "ConsoleLogin" }')
 * const compiled = parsed.ok ? compileFilterPattern(parsed.pattern) : undefined
 * compiled?.match('{"eventName":"ConsoleLogin"}') // true
 */
export function compileFilterPattern(pattern: FilterPattern, options: MatchOptions = {}): CompiledFilterPattern {
  switch (pattern.kind) {
    case 'all':
      return withoutReferences(
        pattern,
        () => true,
        () => flatExplanation(true, 'an empty pattern matches every log event'),
      )
    case 'terms': {
      const { test, explain } = compileTerms(pattern)
      return withoutReferences(pattern, test, explain)
    }
    case 'json':
      return compileJsonPattern(pattern, options)
    case 'space':
      return compileSpacePattern(pattern, options)
  }
}

function textOf(value: unknown, message: string | undefined): string {
  if (message !== undefined) return message
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function withoutReferences(
  pattern: FilterPattern,
  match: (message: string) => boolean,
  explain: (message: string) => Explanation,
): CompiledFilterPattern {
  const extract = (references: readonly string[]): readonly Extracted[] => references.map(() => INVALID)
  return {
    kind: pattern.kind,
    pattern,
    match,
    matchParsed: (value, message) => match(textOf(value, message)),
    extract: (_message, references) => extract(references),
    extractParsed: (_value, _message, references) => extract(references),
    extractedValues: () => ({}),
    explain,
  }
}

/** A metric filter asks for the same few references for ever. */
const REFERENCES = { limit: 100, maxLength: 1024 }

function compileJsonPattern(pattern: FilterPattern & { kind: 'json' }, options: MatchOptions): CompiledFilterPattern {
  const { test, parse, mayMatch, explain } = compileJson(pattern, options)
  const getterOf = memoize((reference: string): Getter | null => {
    const selector = parseSelector(reference)
    return selector === undefined || hasWildcard(selector) ? null : compilePath(selector.segments)
  }, REFERENCES)
  const extractFrom = (value: unknown, references: readonly string[]): readonly Extracted[] =>
    references.map((reference) => {
      const get = getterOf(reference)
      return get === null ? INVALID : toExtracted(get(value))
    })
  // A message with text around its object is no JSON for whoever parsed it.
  const rootOf = (value: unknown, message: string | undefined): unknown =>
    options.strictJson !== false || message === undefined || isObject(value) ? value : parse(message)
  return {
    kind: 'json',
    pattern,
    match: (message) => mayMatch(message) && test(parse(message)),
    matchParsed: (value, message) => test(rootOf(value, message)),
    extract: (message, references) => extractFrom(parse(message), references),
    extractParsed: (value, message, references) => extractFrom(rootOf(value, message), references),
    extractedValues: () => ({}),
    explain,
  }
}

function toExtracted(node: unknown): Extracted {
  if (node === undefined || node === null) return MISSING
  return typeof node === 'object' ? NOT_SCALAR : { status: 'value', value: node as string | number | boolean }
}

function compileSpacePattern(pattern: FilterPattern & { kind: 'space' }, options: MatchOptions): CompiledFilterPattern {
  const { read, test, getter, extractedValues, explain } = compileSpace(pattern, options)
  const getterOf = memoize((reference: string) => getter(reference) ?? null, REFERENCES)
  const match = (message: string): boolean => {
    const fields = read(message)
    return fields !== undefined && test(fields)
  }
  const extract = (message: string, references: readonly string[]): readonly Extracted[] => {
    const fields = read(message)
    return references.map((reference) => {
      const get = getterOf(reference)
      if (get === null) return INVALID
      const value = fields === undefined ? undefined : get(fields)
      return value === undefined ? MISSING : { status: 'value', value }
    })
  }
  return {
    kind: 'space',
    pattern,
    match,
    matchParsed: (value, message) => match(textOf(value, message)),
    extract,
    extractParsed: (value, message, references) => extract(textOf(value, message), references),
    extractedValues: (message) => {
      const fields = read(message)
      return fields !== undefined && test(fields) ? extractedValues(fields) : {}
    },
    explain,
  }
}
