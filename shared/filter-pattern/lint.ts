import type { PatternError } from './ast.ts'
import { lintJson } from './lint-json.ts'
import { type Context, LINT_RULES, type LintFinding, type LintOptions, type LintRule, report } from './lint-report.ts'
import { lintSpace } from './lint-space.ts'
import { lintTerms } from './lint-terms.ts'
import { parseFilterPattern } from './parse.ts'

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
