import { describe, expect, test } from 'vitest'
import { PATTERN_ERROR_CODES } from '../../shared/filter-pattern/ast.ts'
import { formatFilterPattern } from '../../shared/filter-pattern/format.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'

/** Pattern, code, line, column. */
const ERRORS: readonly (readonly [string, keyof typeof PATTERN_ERROR_CODES, number, number])[] = [
  ['x'.repeat(1025), 'PATTERN_TOO_LONG', 1, 1025],
  ['ERROR -', 'EMPTY_TERM', 1, 7],
  ['a b:c', 'TERM_CHARACTER', 1, 4],
  ['"abc', 'UNTERMINATED_STRING', 1, 1],
  ['{ $.a = "x }', 'UNTERMINATED_STRING', 1, 9],
  ['a %b', 'UNTERMINATED_REGEX', 1, 3],
  ['%%', 'EMPTY_REGEX', 1, 2],
  ['{ $.a = %x(y)% }', 'REGEX_CHARACTER', 1, 11],
  ['%a\\q%', 'REGEX_ESCAPE', 1, 3],
  ['%a[b%', 'REGEX_SYNTAX', 1, 3],
  ['{ $.a = %x% || $.b = %y% || $.c = %z% }', 'TOO_MANY_REGEXES', 1, 35],
  ['{ $.a = 1 ||\n  b = 2 }', 'SELECTOR_EXPECTED', 2, 3],
  ['{ $.a.? = 1 }', 'SELECTOR_SYNTAX', 1, 7],
  ['{ $.a[*][*] = 1 }', 'TOO_MANY_WILDCARDS', 1, 9],
  ['{ $.a 1 }', 'OPERATOR_EXPECTED', 1, 7],
  ['{ $.a == 1 }', 'OPERATOR_UNKNOWN', 1, 7],
  ['{ $.a = 1 &&\n\n $.b IS NOT NULL }', 'OPERATOR_UNKNOWN', 3, 9],
  ['{ $.a = }', 'LITERAL_EXPECTED', 1, 9],
  ['{ $.a = x:y }', 'LITERAL_CHARACTER', 1, 10],
  ['{ $.a = null }', 'LITERAL_NULL', 1, 9],
  ['{ $.a > "1" }', 'NUMBER_EXPECTED', 1, 9],
  ['{ $.a = 1', 'CLOSING_EXPECTED', 1, 10],
  ['{ $.a = 1 } x', 'TRAILING_TEXT', 1, 13],
  [`{ ${'('.repeat(300)}`, 'NESTED_TOO_DEEP', 1, 203],
  ['[a, 1b]', 'FIELD_NAME', 1, 5],
  ['[a, b, a]', 'DUPLICATE_FIELD', 1, 8],
  ['[a, b = 1 && c = 2]', 'UNDECLARED_FIELD', 1, 14],
  ['[..., a, ...]', 'DUPLICATE_ELLIPSIS', 1, 10],
]

describe('parse errors', () => {
  test.each(ERRORS)('%s: %s at %i:%i', (pattern, code, line, column) => {
    const parsed = parseFilterPattern(pattern)
    expect(parsed).toMatchObject({ ok: false, error: { code, line, column } })
  })

  test('every code has a case', () => {
    const left = new Set(Object.keys(PATTERN_ERROR_CODES))
    for (const [, code] of ERRORS) left.delete(code)
    expect([...left]).toEqual([])
  })
})

test('limits can be ignored, and are told', () => {
  const text = `{ $.a = %x% || $.b = %y% || $.c = %${'z'.repeat(1024)}% }`
  const parsed = parseFilterPattern(text, { limits: 'ignore' })
  expect(parsed.ok && parsed.exceeded.map(({ code }) => code)).toEqual(['PATTERN_TOO_LONG', 'TOO_MANY_REGEXES'])
  expect(parseFilterPattern('x'.repeat(1024)).ok).toBe(true)
  expect(parseFilterPattern(`"${'\u{1F600}'.repeat(1022)}"`).ok).toBe(true)
})

test.each([
  ['', ''],
  ['  a   "b"  -"c d" ?%e f% ', 'a b -"c d" ?%e f%'],
  ['{($.a=x)&&($.b!=4||$.c is null)}', '{ $.a = "x" && ($.b != 4 || $.c IS NULL) }'],
  ['{ $.a = 1 || $.b = 2 && $.c = 3 }', '{ $.a = 1 || ($.b = 2 && $.c = 3) }'],
  ['{ (($.a = 1) && ($.b = 2)) && $.c = 3 }', '{ $.a = 1 && $.b = 2 && $.c = 3 }'],
  ["{ $.['a']['b.c'][0][*] < 1e3 }", "{ $.a.['b.c'][0][*] < 1e3 }"],
  ['{ $.a = "q\\"\\\\" }', '{ $.a = "q\\"\\\\" }'],
  ['[ip,,x=4*||x=5*,...,]', '[ip, , x = "4*" || x = "5*", ..., ]'],
  ['[ ]', '[]'],
])('the canonical text of %s', (pattern, canonical) => {
  const parsed = parseFilterPattern(pattern)
  expect(parsed.ok && formatFilterPattern(parsed.pattern)).toBe(canonical)
})
