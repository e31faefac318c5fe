import type { Fix, Literal, MatchOptions, Spans } from './ast.ts'
import { locate } from './cursor.ts'
import { hasMidStringWildcard } from './literal.ts'
import { parseRegex } from './regex-syntax.ts'

/** What a finding is, the rules there are, and how the linter's parts report. */
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
    why: '!= is false where the key is absent or null, so such log events are missed.',
  },
  'boolean-comparison': { severity: 'warning', why: 'Comparisons never match the JSON booleans true and false.' },
  'optional-ignored': { severity: 'warning', why: 'Terms with ? are ignored beside terms without.' },
  'mid-string-wildcard': {
    severity: 'warning',
    why: 'Whether * between other characters is a wildcard is not documented.',
  },
  'quoted-regex': { severity: 'warning', why: 'In double quotes percent signs are text; %regex% stands alone.' },
  'address-range': { severity: 'warning', why: 'There are no address ranges: the value is compared as text.' },
  'text-boolean': {
    severity: 'error',
    why: 'The value is a text, and IS TRUE and IS FALSE are true of JSON booleans only.',
  },
  'unknown-key': { severity: 'warning', why: 'Keys are case-sensitive, and no record has this one.' },
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
  'operator-word': { severity: 'warning', why: 'AND, OR and NOT are terms like any other: the words must occur.' },
  'literal-asterisk': {
    severity: 'warning',
    why: 'In a term * is a character; a term is found anywhere in the message.',
  },
  'bracketed-term': { severity: 'warning', why: 'Square brackets make a field with this name, which every line has.' },
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

export type SelectorSet = readonly string[] | ((selector: string) => boolean)

/** In records whose `selector` has one of the values (as text), `keys` and what lies below them are always there. */
export interface PresentWhen {
  readonly selector: string
  readonly values: readonly string[]
  readonly keys: readonly string[]
}

/** What is known of the records that a pattern is for (record-schemas.ts has those of this project's logs). */
export interface LintOptions extends MatchOptions {
  /** Selectors (`$.eventName`) that every log event has: `!=` on them needs no guard. */
  readonly alwaysPresent?: SelectorSet
  /** Selectors that nearly every record has → which records lack them, as a noun phrase. `!=` on them is worth a note. */
  readonly usuallyPresent?: Readonly<Record<string, string>>
  readonly presentWhen?: readonly PresentWhen[]
  /** Selectors that are null, not absent, where there is no value. */
  readonly nullable?: SelectorSet
  /** Selectors whose values are JSON booleans: any comparison on them is an error. */
  readonly booleans?: SelectorSet
  /** Selectors whose values look like booleans and are texts ("true"). */
  readonly texts?: SelectorSet
  /** Selectors that are known; one that differs from them in letter case or separators only is a mistake. */
  readonly known?: readonly string[]
}

export interface Context {
  readonly text: string
  readonly spans: Spans
  readonly options: LintOptions
  readonly findings: LintFinding[]
}

interface Details {
  readonly severity?: LintSeverity
  readonly fix?: LintFinding['fix']
}

export function report(
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

export function rangeOf(context: Context, node: object): [number, number] {
  const span = context.spans.get(node)
  return span ? [span.start, span.end] : [0, context.text.length]
}

export function sourceOf(context: Context, node: object): string {
  return context.text.slice(...rangeOf(context, node))
}

export function edit(context: Context, node: object, description: string, replacement: string): LintFinding['fix'] {
  const [start, end] = rangeOf(context, node)
  return { description, edit: { start, end, replacement } }
}

export function contains(set: SelectorSet | undefined, selector: string): boolean {
  return typeof set === 'function' ? set(selector) : (set?.includes(selector) ?? false)
}

export function reportRepeats<T extends object>(
  context: Context,
  nodes: readonly T[],
  format: (node: T) => string,
): void {
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

const ADDRESS_RANGE = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]*)\/\d{1,3}$/i

/** Keys such as sourceIPAddress, remote_ip, clientIp; in one such as cidrIp a range is the value. */
function isAddress(key: string): boolean {
  return /(?:ip|ip_?addr(?:ess)?)$/i.test(key) && !/cidr/i.test(key)
}

/** What can be wrong with a value; `key` is the name of what it is compared with. */
export function lintLiteral(context: Context, literal: Literal, key: string): void {
  if (literal.type !== 'string') return
  const source = sourceOf(context, literal)
  const regex = /^%(.+)%$/s.exec(literal.value)?.[1]
  if (regex !== undefined && parseRegex(regex).ok) {
    report(context, 'quoted-regex', literal, `${source} is compared as text, percent signs and all.`, {
      fix: edit(context, literal, 'Write the regular expression without double quotes.', literal.value),
    })
  } else if (ADDRESS_RANGE.test(literal.value) && isAddress(key)) {
    report(context, 'address-range', literal, `${source} is no address range here, and no address equals it.`, {
      fix: { description: 'Write the beginning of the addresses with an asterisk, such as "192.0.2.*".' },
    })
  } else if (hasMidStringWildcard(literal)) {
    report(context, 'mid-string-wildcard', literal, `${source} has an asterisk between other characters.`, {
      fix: {
        description: 'Use a regular expression (%start.*end%), or two conditions with the asterisk at an end.',
      },
    })
  }
}
