import type {
  Compound,
  Expression,
  Fix,
  JsonCondition,
  Literal,
  MatchOptions,
  PatternError,
  SpaceCondition,
  SpaceEntry,
  Spans,
  Term,
} from './ast.ts'
import { isCompound } from './ast.ts'
import { locate, quote } from './cursor.ts'
import { formatJsonCondition, formatTerm } from './format.ts'
import { hasMidStringWildcard } from './literal.ts'
import { contradicts, type Domain, jsonDomain, relate, spaceDomain } from './logic.ts'
import { parseFilterPattern } from './parse.ts'
import { formatSelector } from './selector.ts'

export type LintSeverity = 'error' | 'warning' | 'info'

/** Every rule with its severity and why it is one. `error`: AWS rejects the pattern, or it cannot do what it says. */
export const LINT_RULES = {
  syntax: { severity: 'error', why: 'CloudWatch Logs rejects the pattern.' },
  'too-long': { severity: 'error', why: 'CloudWatch Logs rejects patterns of more than 1,024 characters.' },
  'too-many-regexes': {
    severity: 'error',
    why: 'CloudWatch Logs rejects patterns with more than 2 regular expressions.',
  },
  'too-many-wildcards': {
    severity: 'error',
    why: 'CloudWatch Logs rejects patterns with more than 3 wildcard selectors.',
  },
  'not-equal-absent': {
    severity: 'warning',
    why: '!= is false where the key is absent, so such log events are missed.',
  },
  'boolean-comparison': { severity: 'warning', why: 'Comparisons never match the JSON booleans true and false.' },
  'optional-ignored': { severity: 'warning', why: 'Terms with ? are ignored beside terms without.' },
  'mid-string-wildcard': {
    severity: 'warning',
    why: 'Whether * between other characters is a wildcard is not documented.',
  },
  'always-true': { severity: 'error', why: 'The alternatives leave no value out.' },
  'never-matches': { severity: 'error', why: 'The conditions exclude each other.' },
  'or-negation': { severity: 'warning', why: 'A negation as an alternative is true of nearly every log event.' },
  'exclude-only': { severity: 'warning', why: 'With nothing but exclusions nearly every log event matches.' },
  'matches-everything': { severity: 'info', why: 'The pattern has no condition.' },
  'mixed-precedence': { severity: 'warning', why: '&& binds tighter than ||.' },
  'duplicate-condition': { severity: 'warning', why: 'The same condition stands twice.' },
  'redundant-condition': { severity: 'info', why: 'Another condition decides already.' },
  'case-variants': { severity: 'info', why: 'Matching is case-sensitive; a list of spellings is never complete.' },
  'keyword-case': { severity: 'info', why: 'AWS documents the keywords in capitals only.' },
  'unquoted-punctuation': { severity: 'info', why: 'AWS documents quotes for everything but letters, digits and _.' },
  'space-phrase': { severity: 'info', why: 'The phrase " " is documented to match everything, yet needs a space.' },
  'last-field-takes-rest': {
    severity: 'info',
    why: 'Without ... the last entry is compared with the whole rest of the line.',
  },
} as const satisfies Record<string, { severity: LintSeverity; why: string }>

export type LintRule = keyof typeof LINT_RULES

export interface LintFinding {
  readonly rule: LintRule
  readonly severity: LintSeverity
  /** What is wrong here, as a sentence. */
  readonly message: string
  /** Why that matters, as a sentence. */
  readonly reason: string
  /** 0-based, half-open range in the pattern. */
  readonly offset: number
  readonly end: number
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** What to do; `edit` where a replacement of text does it. */
  readonly fix?: { readonly description: string; readonly edit?: Fix }
}

type SelectorSet = readonly string[] | ((selector: string) => boolean)

export interface LintOptions extends MatchOptions {
  /** Selectors (`$.eventName`) that every log event has: `!=` on them needs no guard. */
  readonly alwaysPresent?: SelectorSet
  /** Selectors whose values are JSON booleans: any comparison on them is an error. */
  readonly booleans?: SelectorSet
}

interface Context {
  readonly text: string
  readonly spans: Spans
  readonly options: LintOptions
  readonly findings: LintFinding[]
}

interface Details {
  readonly severity?: LintSeverity
  readonly fix?: LintFinding['fix']
}

/**
 * Checks one filter pattern for what CloudWatch Logs rejects and for what it accepts but does not do as the author
 * meant. Never throws; findings come in the order of their place.
 *
 * @example
 * lintFilterPattern('{ $.mfa != "Yes" }', { alwaysPresent: ['$.eventName'] })
 * // [{ rule: 'not-equal-absent', column: 3, fix: { edit: … }, … }]
 */
export function lintFilterPattern(text: string, options: LintOptions = {}): LintFinding[] {
  const parsed = parseFilterPattern(text, { limits: 'ignore' })
  if (!parsed.ok) return [fromError(parsed.error, text)]
  const context: Context = { text, spans: parsed.spans, options, findings: [] }
  context.findings.push(...parsed.exceeded.map((error) => fromError(error, text)))
  const { pattern } = parsed
  switch (pattern.kind) {
    case 'all':
      report(context, 'matches-everything', [0, text.length], 'The empty pattern matches every log event.')
      break
    case 'terms':
      lintTerms(context, pattern.terms)
      break
    case 'json':
      lintJson(context, pattern.expression)
      break
    case 'space':
      lintSpace(context, pattern.entries)
  }
  return context.findings.sort((a, b) => a.offset - b.offset)
}

const LIMIT_RULES: Readonly<Record<string, LintRule>> = {
  PATTERN_TOO_LONG: 'too-long',
  TOO_MANY_REGEXES: 'too-many-regexes',
  TOO_MANY_WILDCARDS: 'too-many-wildcards',
}

function fromError(error: PatternError, text: string): LintFinding {
  const rule = LIMIT_RULES[error.code] ?? 'syntax'
  const { offset, line, column } = error
  const description = error.fix ? `Write ${error.fix.replacement} instead.` : `Put ${error.expected} here.`
  return {
    rule,
    severity: LINT_RULES[rule].severity,
    message: `${error.message} Expected ${error.expected}.`,
    reason: LINT_RULES[rule].why,
    offset,
    end: error.fix?.end ?? Math.min(offset + 1, text.length),
    line,
    column,
    fix: { description, ...(error.fix && { edit: error.fix }) },
  }
}

function report(
  context: Context,
  rule: LintRule,
  place: object | readonly [number, number],
  message: string,
  details: Details = {},
): void {
  const [offset, end] = Array.isArray(place) ? (place as [number, number]) : rangeOf(context, place)
  const { severity = LINT_RULES[rule].severity, fix } = details
  context.findings.push({
    rule,
    severity,
    message,
    reason: LINT_RULES[rule].why,
    offset,
    end,
    ...locate(context.text, offset),
    ...(fix && { fix }),
  })
}

function rangeOf(context: Context, node: object): [number, number] {
  const span = context.spans.get(node)
  return span ? [span.start, span.end] : [0, context.text.length]
}

function sourceOf(context: Context, node: object): string {
  return context.text.slice(...rangeOf(context, node))
}

function edit(context: Context, node: object, description: string, replacement: string): LintFinding['fix'] {
  const [start, end] = rangeOf(context, node)
  return { description, edit: { start, end, replacement } }
}

function contains(set: SelectorSet | undefined, selector: string): boolean {
  return typeof set === 'function' ? set(selector) : (set?.includes(selector) ?? false)
}

// ---------------------------------------------------------------------------------------------------------- terms

function lintTerms(context: Context, terms: readonly Term[]): void {
  const effective = terms.filter((term) => term.mode !== 'optional')
  for (const term of terms) {
    if (term.mode === 'optional' && effective.length > 0) {
      report(
        context,
        'optional-ignored',
        term,
        `${formatTerm(term)} is ignored, because there are terms without '?'.`,
        {
          fix: { description: "Give every term a '?', or use a regular expression such as %one|other%." },
        },
      )
    }
    const source = sourceOf(context, term)
    if (term.match.type === 'text' && !source.includes('"') && /[^A-Za-z0-9_]/.test(term.match.text)) {
      const prefix = source.slice(0, source.length - term.match.text.length)
      report(context, 'unquoted-punctuation', term, `${source} is not in double quotes.`, {
        fix: edit(context, term, 'Quote the term.', prefix + quote(term.match.text)),
      })
    }
    if (term.match.type === 'text' && term.match.text === ' ' && terms.length === 1) {
      report(context, 'space-phrase', term, 'The phrase " " matches messages that hold a space.', {
        fix: { description: 'Use the empty pattern to match everything.' },
      })
    }
  }
  const included = terms.filter((term) => term.mode === 'include')
  const excluded = terms.filter((term) => term.mode === 'exclude')
  if (effective.length > 0 && included.length === 0) {
    report(context, 'exclude-only', excluded[0]!, 'The pattern says only what must not occur.', {
      fix: { description: 'Add a term that must occur.' },
    })
  }
  for (const exclude of excluded) {
    const hit = included.find((include) => occursIn(exclude, include))
    if (hit)
      report(
        context,
        'never-matches',
        exclude,
        `${formatTerm(exclude)} excludes every message that has ${formatTerm(hit)}.`,
        { fix: { description: 'Remove one of the two.' } },
      )
  }
  reportRepeats(context, terms, formatTerm)
}

function occursIn(exclude: Term, include: Term): boolean {
  return (
    exclude.match.type === 'text' && include.match.type === 'text' && include.match.text.includes(exclude.match.text)
  )
}

function reportRepeats<T extends object>(context: Context, nodes: readonly T[], format: (node: T) => string): void {
  const seen = new Set<string>()
  for (const node of nodes) {
    const text = format(node)
    if (seen.has(text)) {
      report(context, 'duplicate-condition', node, `${text} stands here a second time.`, {
        fix: { description: 'Remove one of the two.' },
      })
    }
    seen.add(text)
  }
}

// ------------------------------------------------------------------------------------------- what expressions share

function lintExpression<C extends { readonly type: string }>(
  context: Context,
  node: Expression<C>,
  domain: Domain<C>,
  isRoot: boolean,
): void {
  if (!isCompound(node)) return
  const compound = node as Compound<C>
  const conditions = compound.operands.filter((operand): operand is C => !isCompound(operand))
  reportRepeats(context, conditions, domain.textOf)
  lintPairs(context, compound, conditions, domain, isRoot)
  if (compound.type === 'or') {
    lintPrecedence(context, compound)
    lintCaseVariants(context, conditions, domain)
  }
  for (const operand of compound.operands) lintExpression<C>(context, operand, domain, false)
}

function lintPairs<C extends { readonly type: string }>(
  context: Context,
  node: Compound<C>,
  conditions: readonly C[],
  domain: Domain<C>,
  isRoot: boolean,
): void {
  if (node.type === 'and') {
    const clash = firstPair(node.operands, (first, second) => contradicts(domain, first, second))
    if (clash) {
      const [first, second] = clash.map((operand) => sourceOf(context, operand))
      report(
        context,
        'never-matches',
        clash[1],
        `${first} and ${second} exclude each other: ${isRoot ? 'the pattern' : 'this part'} never matches.`,
        {
          fix: { description: "Join them with '||', or correct one of the values." },
        },
      )
      return
    }
  }
  const redundant = new Set<C>()
  for (const [index, first] of conditions.entries()) {
    for (const second of conditions.slice(index + 1)) {
      const relation = domain.textOf(first) === domain.textOf(second) ? undefined : relate(domain, first, second)
      if (!relation) continue
      if (node.type === 'or' && relation.exhaust) {
        report(
          context,
          'always-true',
          second,
          `${domain.textOf(first)} or ${domain.textOf(second)} is true of every log event that has ${domain.keyOf(first)}.`,
          { severity: isRoot ? 'error' : 'warning', fix: { description: "Join negations with '&&'." } },
        )
      }
      const [weak, strong] =
        node.type === 'and'
          ? relation.firstImpliesSecond
            ? [second, first]
            : relation.secondImpliesFirst
              ? [first, second]
              : []
          : relation.firstImpliesSecond
            ? [first, second]
            : relation.secondImpliesFirst
              ? [second, first]
              : []
      if (weak && strong && !redundant.has(weak) && !(node.type === 'and' && isPresenceTest(domain.literalOf(weak)))) {
        redundant.add(weak)
        report(
          context,
          'redundant-condition',
          weak,
          `${domain.textOf(weak)} changes nothing beside ${domain.textOf(strong)}.`,
          {
            fix: { description: 'Remove it.' },
          },
        )
      }
    }
  }
}

/** `= "*"` beside another condition says that the key is there: no harm, and a guard for `!=`. */
function isPresenceTest(literal: Literal | undefined): boolean {
  return literal?.type === 'string' && /^\*+$/.test(literal.value)
}

function firstPair<T>(items: readonly T[], holds: (first: T, second: T) => boolean): [T, T] | undefined {
  for (const [index, first] of items.entries()) {
    for (const second of items.slice(index + 1)) if (holds(first, second)) return [first, second]
  }
  return undefined
}

function lintPrecedence<C extends { readonly type: string }>(context: Context, node: Compound<C>): void {
  for (const operand of node.operands) {
    if (!isCompound(operand) || context.spans.get(operand)?.parenthesized !== undefined) continue
    const source = sourceOf(context, operand)
    report(context, 'mixed-precedence', operand, `This part is read as (${source}), an alternative of its own.`, {
      fix: edit(context, operand, 'Put parentheses around what belongs together.', `(${source})`),
    })
  }
}

function lintCaseVariants<C extends { readonly type: string }>(
  context: Context,
  conditions: readonly C[],
  domain: Domain<C>,
): void {
  const seen = new Map<string, string>()
  const reported = new Set<string>()
  for (const condition of conditions) {
    const literal = domain.literalOf(condition)
    const key = domain.keyOf(condition)
    if (literal?.type !== 'string' || key === undefined) continue
    const folded = `${key}\u0000${literal.value.toLowerCase()}`
    const earlier = seen.get(folded)
    if (earlier === undefined) seen.set(folded, literal.value)
    else if (earlier !== literal.value && !reported.has(folded)) {
      reported.add(folded)
      report(
        context,
        'case-variants',
        condition,
        `${quote(literal.value)} and ${quote(earlier)} differ in case only; other spellings still pass by.`,
        {
          fix: { description: 'Use a regular expression with both cases of each letter, such as %[Pp][Aa][Cc][Uu]%.' },
        },
      )
    }
  }
}

function lintLiteral(context: Context, literal: Literal): void {
  if (!hasMidStringWildcard(literal)) return
  report(
    context,
    'mid-string-wildcard',
    literal,
    `${sourceOf(context, literal)} has an asterisk between other characters.`,
    {
      fix: { description: 'Use a regular expression (%start.*end%), or two conditions with the asterisk at an end.' },
    },
  )
}

// ----------------------------------------------------------------------------------------------------------- JSON

function lintJson(context: Context, expression: Expression<JsonCondition>): void {
  lintExpression<JsonCondition>(context, expression, jsonDomain(context.options), true)
  lintJsonNode(context, expression, [])
  if (isCompound(expression) && expression.type === 'or') lintOrNegation(context, expression)
}

function lintJsonNode(
  context: Context,
  node: Expression<JsonCondition>,
  ancestors: readonly Compound<JsonCondition>[],
): void {
  if (isCompound(node)) {
    for (const operand of node.operands) lintJsonNode(context, operand, [...ancestors, node])
    return
  }
  if (node.type !== 'comparison') {
    lintKeyword(context, node)
    return
  }
  lintLiteral(context, node.literal)
  lintBoolean(context, node)
  if (node.operator === '!=') lintNotEqual(context, node, ancestors)
}

function lintKeyword(context: Context, condition: JsonCondition): void {
  const source = sourceOf(context, condition)
  const keywords = /\S+\s+\S+$/.exec(source)?.[0]
  if (keywords === undefined || keywords === keywords.toUpperCase()) return
  report(context, 'keyword-case', condition, `${keywords} is not in capitals.`, {
    fix: edit(context, condition, 'Write it in capitals.', source.slice(0, -keywords.length) + keywords.toUpperCase()),
  })
}

function lintBoolean(context: Context, condition: JsonCondition & { type: 'comparison' }): void {
  const { literal, operator } = condition
  const selector = formatSelector(condition.selector)
  const isBoolean = contains(context.options.booleans, selector)
  const word =
    literal.type === 'string' && /^(true|false)$/i.test(literal.value) ? literal.value.toUpperCase() : undefined
  const quoted = sourceOf(context, literal).startsWith('"')
  if (!isBoolean && (word === undefined || quoted)) return
  const truth = word === undefined ? undefined : (operator === '=') === (word === 'TRUE')
  report(context, 'boolean-comparison', condition, `${formatJsonCondition(condition)} matches no JSON boolean.`, {
    severity: isBoolean ? 'error' : 'warning',
    fix:
      truth === undefined
        ? { description: 'Use IS TRUE or IS FALSE.' }
        : edit(
            context,
            condition,
            `Use IS ${truth ? 'TRUE' : 'FALSE'}, or quote the word if the value is text.`,
            `${selector} IS ${truth ? 'TRUE' : 'FALSE'}`,
          ),
  })
}

function lintNotEqual(context: Context, condition: JsonCondition, ancestors: readonly Compound<JsonCondition>[]): void {
  const selector = formatSelector(condition.selector)
  if (contains(context.options.alwaysPresent, selector)) return
  const parent = selector.replace(/(\.\*|\[\*\]).*$/, '')
  const isAbout = (other: Expression<JsonCondition>): other is JsonCondition =>
    !isCompound(other) && other !== condition && [selector, parent].includes(formatSelector(other.selector))
  const guarded = ancestors.some(({ type, operands }) =>
    operands.some((other) => isAbout(other) && (type === 'or' ? other.type === 'notExists' : isPositive(other))),
  )
  if (guarded) return
  const text = formatJsonCondition(condition)
  report(context, 'not-equal-absent', condition, `${text} is false where ${selector} is absent.`, {
    fix: edit(context, condition, 'Add NOT EXISTS as an alternative.', `(${text} || ${parent} NOT EXISTS)`),
  })
}

function isPositive(condition: JsonCondition): boolean {
  return condition.type === 'is' || (condition.type === 'comparison' && condition.operator !== '!=')
}

function isNegative(node: Expression<JsonCondition>): boolean {
  if (!isCompound(node)) return node.type === 'notExists' || (node.type === 'comparison' && node.operator === '!=')
  return node.type === 'and' ? node.operands.every(isNegative) : node.operands.some(isNegative)
}

function selectorsOf(node: Expression<JsonCondition>): string[] {
  return isCompound(node) ? node.operands.flatMap(selectorsOf) : [formatSelector(node.selector)]
}

/** `A = x || B != y`: about the one key alone a negation is what the author means, among others it is not. */
function lintOrNegation(context: Context, node: Compound<JsonCondition>): void {
  if (new Set(selectorsOf(node)).size < 2) return
  for (const operand of node.operands.filter(isNegative)) {
    report(
      context,
      'or-negation',
      operand,
      `${sourceOf(context, operand)} alone makes the pattern match nearly every log event.`,
      {
        fix: { description: "Join the exceptions with '&&': (what to find) && (what to leave out)." },
      },
    )
  }
}

// ------------------------------------------------------------------------------------------------ space-delimited

function lintSpace(context: Context, entries: readonly SpaceEntry[]): void {
  const fields = entries.filter((entry) => entry.type === 'field')
  if (fields.length === 0) {
    report(context, 'matches-everything', [0, context.text.length], 'A pattern without fields matches every log event.')
  }
  const domain = spaceDomain(context.options)
  for (const { condition } of fields) {
    if (condition === undefined) continue
    lintExpression<SpaceCondition>(context, condition, domain, true)
    lintSpaceLiterals(context, condition)
  }
  const last = entries.at(-1)
  if (last?.type === 'field' && last.condition !== undefined && fields.length === entries.length) {
    const [, end] = rangeOf(context, last)
    report(context, 'last-field-takes-rest', last, `'${last.name}' is the whole rest of the line.`, {
      fix: {
        description: "Add ', ...' if the line goes on after this field.",
        edit: { start: end, end, replacement: ', ...' },
      },
    })
  }
}

function lintSpaceLiterals(context: Context, node: Expression<SpaceCondition>): void {
  if (isCompound(node)) for (const operand of node.operands) lintSpaceLiterals(context, operand)
  else lintLiteral(context, node.literal)
}
