import { describe, expect, test } from 'vitest'
import type { Fix } from '../../shared/filter-pattern/ast.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { LINT_RULES, type LintOptions } from '../../shared/filter-pattern/lint-report.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { guessRecordSchema, RECORD_SCHEMAS } from '../../shared/filter-pattern/record-schemas.ts'
import { LINT_CASES } from '../cases/filter-pattern-lint.ts'
import { PUBLIC_PATTERNS } from '../cases/filter-pattern-public.ts'

const options: LintOptions = {
  alwaysPresent: ['$.eventName', '$.source'],
  booleans: (selector) => selector === '$.root',
  texts: ['$.mfaText'],
  nullable: ['$.nothing'],
  known: ['$.eventName', '$.source'],
  presentWhen: [{ selector: '$.eventName', values: ['Login', 'Logout'], keys: ['$.result'] }],
}

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

describe('patterns that people publish', () => {
  test.each(PUBLIC_PATTERNS)('$pattern: $findings', ({ pattern, as, findings }) => {
    expect(guessRecordSchema(pattern)).toBe(as)
    const found = lintFilterPattern(pattern, as === undefined ? {} : RECORD_SCHEMAS[as])
    expect(found.map(({ severity, rule }) => `${severity} ${rule}`)).toEqual(findings)
    for (const { fix, rule } of found) {
      if (fix?.edit === undefined) continue
      const mended = apply(pattern, [fix.edit])
      expect(parseFilterPattern(mended).ok, mended).toBe(true)
      const left = lintFilterPattern(mended, as === undefined ? {} : RECORD_SCHEMAS[as])
      expect(left.filter((finding) => finding.rule === rule).length).toBeLessThan(
        found.filter((finding) => finding.rule === rule).length,
      )
    }
  })

  test('there are enough of them, with and without findings', () => {
    expect(PUBLIC_PATTERNS.length).toBeGreaterThanOrEqual(80)
    expect(PUBLIC_PATTERNS.filter(({ findings }) => findings.length === 0).length).toBeGreaterThanOrEqual(40)
  })
})
