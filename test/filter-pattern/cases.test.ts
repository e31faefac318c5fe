import { describe, expect, test } from 'vitest'
import { conditionsOf } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { formatFilterPattern } from '../../shared/filter-pattern/format.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import type { FilterPatternCase } from '../cases/filter-patterns.ts'
import { JSON_CASES, REGEX_CASES, SPACE_CASES, TERM_CASES } from '../cases/filter-patterns.ts'
import { MORE_JSON_CASES, MORE_REGEX_CASES, MORE_SPACE_CASES, MORE_TERM_CASES } from '../cases/filter-patterns-more.ts'

const TABLES: readonly (readonly [string, readonly FilterPatternCase[]])[] = [
  ['terms', [...TERM_CASES, ...MORE_TERM_CASES]],
  ['regular expressions', [...REGEX_CASES, ...MORE_REGEX_CASES]],
  ['JSON', [...JSON_CASES, ...MORE_JSON_CASES]],
  ['space-delimited', [...SPACE_CASES, ...MORE_SPACE_CASES]],
]

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe.each(TABLES)('filter patterns: %s', (_, cases) => {
  test.each(cases)('$pattern on $message: $match', ({ pattern, message, match }) => {
    const parsed = parseFilterPattern(pattern)
    if (match === 'invalid') {
      expect(parsed.ok).toBe(false)
      if (parsed.ok) return
      expect(parsed.error.message).toMatch(/^[A-Z'"<=>…].*\.$/s)
      expect(parsed.error.expected).not.toBe('')
      expect(parsed.error.offset).toBeLessThanOrEqual(pattern.length)
      return
    }
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const compiled = compileFilterPattern(parsed.pattern)
    expect(compiled.match(message)).toBe(match)
    expect(compiled.matchParsed(parseJson(message), message)).toBe(match)
    const explanation = compiled.explain(message)
    expect(explanation.match).toBe(match)
    expect(explanation.text).toMatch(match ? /^match: ./ : /^no match: ./)
    const again = parseFilterPattern(formatFilterPattern(parsed.pattern))
    expect(again.ok && again.pattern).toEqual(parsed.pattern)
  })
})

test('every condition of a pattern has its place in the text', () => {
  const text = '{ ($.a = "x" || $.b IS NULL) && $.c NOT EXISTS }'
  const parsed = parseFilterPattern(text)
  if (!parsed.ok || parsed.pattern.kind !== 'json') throw new Error('not parsed')
  const places = conditionsOf(parsed.pattern.expression).map((condition) => {
    const { start, end } = parsed.spans.get(condition)!
    return text.slice(start, end)
  })
  expect(places).toEqual(['$.a = "x"', '$.b IS NULL', '$.c NOT EXISTS'])
})
