/**
 * The abstract syntax of CloudWatch Logs filter patterns (CloudWatch Logs guide, "Filter pattern syntax for metric
 * filters, subscription filters, filter log events, and Live Tail"). Plain data: build it, print it with
 * `formatFilterPattern`, run it with `compileFilterPattern`.
 */

export type FilterPattern = AllPattern | TermsPattern | JsonPattern | SpacePattern
export type FilterPatternKind = FilterPattern['kind']

/** The empty pattern: every log event matches. */
export interface AllPattern {
  readonly kind: 'all'
}

/** Unstructured text: `ERROR "INTERNAL SERVER" -DEBUG ?WARN %re%`. */
export interface TermsPattern {
  readonly kind: 'terms'
  readonly terms: readonly Term[]
}

export interface Term {
  /** `include`: must be there; `exclude` (`-x`): must not; `optional` (`?x`): any of them, ignored beside the others. */
  readonly mode: 'include' | 'exclude' | 'optional'
  readonly match: { readonly type: 'text'; readonly text: string } | RegexLiteral
}

/** `{ $.a = "x" && ... }` over a message that is one JSON object. */
export interface JsonPattern {
  readonly kind: 'json'
  readonly expression: Expression<JsonCondition>
}

export type JsonCondition =
  | {
      readonly type: 'comparison'
      readonly selector: Selector
      readonly operator: Operator
      readonly literal: Literal
    }
  | { readonly type: 'is'; readonly selector: Selector; readonly value: 'NULL' | 'TRUE' | 'FALSE' }
  | { readonly type: 'notExists'; readonly selector: Selector }

/** `[ip, ..., status = 4*, bytes > 100]` over a message of fields parted by white space. */
export interface SpacePattern {
  readonly kind: 'space'
  readonly entries: readonly SpaceEntry[]
}

export type SpaceEntry = { readonly type: 'ellipsis' } | SpaceField

/** One field; without a name it is an empty entry. The first field named in the condition is `name`. */
export interface SpaceField {
  readonly type: 'field'
  readonly name?: string
  readonly condition?: Expression<SpaceCondition>
}

export interface SpaceCondition {
  readonly type: 'comparison'
  readonly field: string
  readonly operator: Operator
  readonly literal: Literal
}

/** Two or more operands, none of the same type as the node itself (`&&` and `||` are flattened). */
export interface Compound<C> {
  readonly type: 'and' | 'or'
  readonly operands: readonly Expression<C>[]
}
export type Expression<C> = C | Compound<C>

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>='

/** `text` of a number is as it was written: it is compared as text with JSON strings. `*` in a string is a wildcard. */
export type Literal =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly text: string }
  | RegexLiteral

/** `source` is what stood between the percent signs. */
export interface RegexLiteral {
  readonly type: 'regex'
  readonly source: string
}

export interface Selector {
  readonly segments: readonly SelectorSegment[]
}

export type SelectorSegment =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  /** `.*` (dot) or `[*]` (bracket); both stand for every member of an object and every element of an array. */
  | { readonly type: 'wildcard'; readonly style: 'dot' | 'bracket' }

/** Half-open range of UTF-16 offsets in the pattern text. */
export interface Span {
  readonly start: number
  readonly end: number
  /** The expression stood in parentheses (which are outside the range). */
  readonly parenthesized?: boolean
}

/** Where each node of a parsed pattern stood in the text, by identity. */
export type Spans = ReadonlyMap<object, Span>

/** What would make a pattern valid or better: replace this range of the text. */
export interface Fix {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

/**
 * Why a pattern is invalid, with a stable code each. AWS answers all of them with InvalidParameterException;
 * `REGEX_SYNTAX` and `NESTED_TOO_DEEP` also cover what the documentation leaves open (docs/filter-patterns.md).
 */
export const PATTERN_ERROR_CODES = {
  PATTERN_TOO_LONG: 'A filter pattern has at most 1,024 characters.',
  EMPTY_TERM: 'A term is empty.',
  TERM_CHARACTER: 'A term holds a character that needs double quotes.',
  UNTERMINATED_STRING: 'A double quote is not closed.',
  UNTERMINATED_REGEX: 'A regular expression is not closed by a percent sign.',
  EMPTY_REGEX: 'A regular expression is empty.',
  REGEX_CHARACTER: 'A character is not supported in regular expressions.',
  REGEX_ESCAPE: 'An escape is not supported in regular expressions.',
  REGEX_SYNTAX: 'A regular expression is malformed.',
  TOO_MANY_REGEXES: 'A pattern has at most 2 regular expressions.',
  SELECTOR_EXPECTED: 'A property selector is missing.',
  SELECTOR_SYNTAX: 'A property selector is malformed.',
  TOO_MANY_WILDCARDS: 'A selector has at most 1 wildcard, a pattern at most 3.',
  OPERATOR_EXPECTED: 'A comparison operator is missing.',
  OPERATOR_UNKNOWN: 'An operator does not exist in filter patterns.',
  LITERAL_EXPECTED: 'A value is missing.',
  LITERAL_CHARACTER: 'An unquoted value holds a character that needs double quotes.',
  LITERAL_NULL: 'null is not a value; IS NULL tests for it.',
  NUMBER_EXPECTED: 'The ordering operators compare with numbers only.',
  CLOSING_EXPECTED: 'A bracket is not closed.',
  TRAILING_TEXT: 'Text follows the end of the pattern.',
  NESTED_TOO_DEEP: 'Parentheses are nested too deep.',
  FIELD_NAME: 'A field name is malformed.',
  DUPLICATE_FIELD: 'A field is declared twice.',
  UNDECLARED_FIELD: 'A condition names a field that is not declared.',
  DUPLICATE_ELLIPSIS: 'A pattern has at most one ellipsis.',
} as const satisfies Record<string, string>

export type PatternErrorCode = keyof typeof PATTERN_ERROR_CODES

export interface PatternError {
  readonly code: PatternErrorCode
  /** A sentence. */
  readonly message: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 units. */
  readonly column: number
  /** 0-based, in UTF-16 units; at most the length of the text. */
  readonly offset: number
  /** What would have been right there, as a noun phrase. */
  readonly expected: string
  readonly fix?: Fix
}

export type ParseResult =
  | {
      readonly ok: true
      readonly pattern: FilterPattern
      readonly spans: Spans
      /** The limits the pattern exceeds; always empty unless they were to be ignored. */
      readonly exceeded: readonly PatternError[]
    }
  | { readonly ok: false; readonly error: PatternError }

export interface ParseOptions {
  /** `ignore` lifts the counts AWS enforces (1,024 characters, 2 regexes, wildcards), for tools that report them. */
  readonly limits?: 'enforce' | 'ignore'
}

export interface MatchOptions {
  /**
   * What `*` means between other characters. AWS's current guide is silent, its 2020 guide said literal, measurements
   * are missing: `glob` (default) or `literal`.
   */
  readonly midStringWildcard?: 'glob' | 'literal'
  /**
   * Whether a JSON pattern reads only messages that are one JSON object and nothing else (default true: what an
   * emulator aligned with AWS does). A public test on AWS saw messages with text around the object match: with false
   * the object is the one that begins at the first brace. Not certain; avoid text around JSON.
   */
  readonly strictJson?: boolean
}

/** A comparison as opposed to a compound. */
export function isCompound<C extends { readonly type: string }>(node: Expression<C>): node is Compound<C> {
  return node.type === 'and' || node.type === 'or'
}

/** All conditions of an expression, left to right. */
export function conditionsOf<C extends { readonly type: string }>(node: Expression<C>): readonly C[] {
  return isCompound(node) ? node.operands.flatMap((operand) => conditionsOf(operand)) : [node]
}
