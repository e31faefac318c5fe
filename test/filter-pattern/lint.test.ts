import { describe, expect, test } from 'vitest'
import type { Fix } from '../../shared/filter-pattern/ast.ts'
import { LINT_RULES, lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { LINT_CASES } from '../cases/filter-pattern-lint.ts'

const options = { alwaysPresent: ['$.eventName', '$.source'], booleans: (selector: string) => selector === '$.root' }

function apply(text: string, edits: readonly Fix[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((fixed, { start, end, replacement }) => fixed.slice(0, start) + replacement + fixed.slice(end), text)
}

describe('lintFilterPattern', () => {
  test.each(LINT_CASES)('$pattern: $rules', ({ pattern, rules, fixed }) => {
    const findings = lintFilterPattern(pattern, options)
    expect(findings.map(({ rule }) => rule)).toEqual(rules)
    for (const finding of findings) {
      expect(finding.message).toMatch(/\.$/)
      expect(finding.reason).toBe(LINT_RULES[finding.rule].why)
      expect(finding.column).toBe(finding.offset + 1)
    }
    if (fixed === undefined) return
    const repaired = apply(
      pattern,
      findings.flatMap(({ fix }) => fix?.edit ?? []),
    )
    expect(repaired).toBe(fixed)
    expect(parseFilterPattern(repaired).ok).toBe(true)
    expect(lintFilterPattern(repaired, options).map(({ rule }) => rule)).not.toContain(rules[0])
  })

  test('every rule has a case', () => {
    expect(new Set(LINT_CASES.flatMap(({ rules }) => rules))).toEqual(new Set(Object.keys(LINT_RULES)))
  })

  test('a tautology is an error for the whole pattern, a warning for a part of it', () => {
    expect(lintFilterPattern('{ $.eventName != "x" || $.eventName != "y" }', options)[0]?.severity).toBe('error')
    expect(
      lintFilterPattern('{ $.source = "a" && ($.eventName != "x" || $.eventName != "y") }', options)[0]?.severity,
    ).toBe('warning')
  })

  test('nothing is known to be always present by default', () => {
    expect(lintFilterPattern('{ $.eventName != "x" }')).toMatchObject([
      { rule: 'not-equal-absent', severity: 'warning', offset: 2, end: 20, line: 1, column: 3 },
    ])
  })

  test('places in a pattern of several lines', () => {
    expect(lintFilterPattern('{\n  $.a = "x" ||\n  $.a = true\n}')).toMatchObject([
      { rule: 'boolean-comparison', line: 3, column: 3 },
    ])
  })
})
