import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRegex, compileRegexBySimulation } from '../../shared/filter-pattern/regex-match.ts'
import { parseRegex } from '../../shared/filter-pattern/regex-syntax.ts'
import { regexSource, regexText } from './arbitrary.ts'

function alternativesOf(source: string) {
  const parsed = parseRegex(source)
  if (!parsed.ok) throw new Error(`${source}: ${parsed.error.message}`)
  return parsed.alternatives
}

/** JavaScript's own engine, after the two differences: escaped '-' needs a class, and \s \S are ASCII. */
function reference(source: string): RegExp {
  const ascii = '\\t\\n\\v\\f\\r '
  let inClass = false
  const adapted = source.replace(/\\.|\[|\]/gs, (token) => {
    if (token === '[') inClass = true
    else if (token === ']') inClass = false
    else if (token === '\\s') return inClass ? ascii : `[${ascii}]`
    else if (token === '\\S') return inClass ? '\\u{0}-\\u{8}\\u{e}-\\u{1f}!-\\u{10ffff}' : `[^${ascii}]`
    return token
  })
  return new RegExp(adapted, 'u')
}

test('both matchers equal the RegExp of JavaScript', () => {
  fc.assert(
    fc.property(regexSource, fc.array(regexText, { minLength: 1, maxLength: 8 }), (source, texts) => {
      const alternatives = alternativesOf(source)
      const matches = compileRegex(alternatives)
      const simulated = compileRegexBySimulation(alternatives)
      const expected = reference(source)
      for (const text of texts) {
        expect([source, text, matches(text), simulated(text)]).toEqual([
          source,
          text,
          expected.test(text),
          expected.test(text),
        ])
      }
    }),
    { numRuns: 300 },
  )
})

describe('repetition counts of the simulation', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['^a{3,5}$', 'aa', false],
    ['^a{3,5}$', 'aaaaa', true],
    ['^a{3,5}$', 'aaaaaa', false],
    ['a{3,5}b', 'aaaaaab', true],
    ['ba{3,5}b', 'baaaaaab', false],
    ['^a{2}a{2,}b$', 'aaab', false],
    ['^a{2}a{2,}b$', 'aaaab', true],
    ['^.{0,3}x.{1000000,}y$', 'aax', false],
    ['x.{0,2000000}y', `x${'z'.repeat(5000)}y`, true],
    ['^a{1000}$', 'a'.repeat(1000), true],
    ['^a{1000}$', 'a'.repeat(1001), false],
    ['a.*b.*c', 'a-c-b-c', true],
    ['a.*b.*c', 'a-c-b', false],
    ['a[^b]*c', 'ab ac', true],
  ]
  test.each(cases)('%s on %s: %s', (source, text, expected) => {
    const alternatives = alternativesOf(source)
    expect(compileRegex(alternatives)(text)).toBe(expected)
    expect(compileRegexBySimulation(alternatives)(text)).toBe(expected)
  })
})

/** Backtracking engines need hours for these; the work here is bounded by characters × items. */
test.each([
  ['.*.*.*.*x.*.*y$', 'ax'],
  ['^a*a*a*a*a*a*a*b', 'a'],
  ['a+a+a+a+$', 'a'],
  ['a.{0,1000}b.{0,1000}c', 'ab'],
  ['[ab]*[ac]*[ad]*z', 'abacad'],
])('%s ends on a long hostile text', (source, unit) => {
  const text = `${unit.repeat(100_000)}!`
  expect(compileRegex(alternativesOf(source))(text)).toBe(false)
})

test('errors say where', () => {
  expect(parseRegex('ab(c)')).toMatchObject({ ok: false, error: { code: 'REGEX_CHARACTER', at: 2 } })
  expect(parseRegex('ab\\q')).toMatchObject({ ok: false, error: { code: 'REGEX_ESCAPE', at: 2 } })
  expect(parseRegex('a{2,1}')).toMatchObject({ ok: false, error: { code: 'REGEX_SYNTAX', at: 1 } })
  expect(parseRegex('a\u{1F600}')).toMatchObject({ ok: false, error: { code: 'REGEX_CHARACTER', at: 1 } })
})
