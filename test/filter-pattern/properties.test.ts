import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Expression, FilterPattern, JsonCondition, Literal } from '../../shared/filter-pattern/ast.ts'
import { isCompound } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { formatFilterPattern } from '../../shared/filter-pattern/format.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { anyJsonPattern, filterPattern, jsonDocument, jsonPattern, regexText } from './arbitrary.ts'

test('printing and parsing a pattern gives the pattern', () => {
  fc.assert(
    fc.property(filterPattern, (pattern) => {
      const text = formatFilterPattern(pattern)
      const parsed = parseFilterPattern(text, { limits: 'ignore' })
      expect(parsed.ok ? parsed.pattern : parsed.error).toEqual(pattern)
    }),
  )
})

/** A document as text in some layout, with or without escapes that hide its words. */
const jsonText = fc.tuple(jsonDocument, fc.constantFrom(0, 1), fc.boolean()).map(([document, indent, escaped]) => {
  const plain = JSON.stringify(document, null, indent)
  if (!escaped) return plain
  return plain.replace(/[A-Za-z](?=[^"\\]*")/g, (letter, at: number) =>
    at > 1 && insideString(plain, at) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
  )
})
const around = fc.constantFrom('', '', ' ', '\n', 'INFO ', 'x}', '"', '{', '\ufeff')
const message = fc.oneof(
  { weight: 4, arbitrary: jsonText },
  { weight: 2, arbitrary: fc.tuple(around, jsonText, around).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.tuple(jsonText, fc.nat(40)).map(([text, cut]) => text.slice(0, -cut)) },
  { weight: 1, arbitrary: fc.oneof(regexText, fc.constantFrom('null', '[]', '"a"', '3', '{}', '')) },
)
const matchOptions = fc.record({
  midStringWildcard: fc.constantFrom<'glob' | 'literal'>('glob', 'literal'),
  strictJson: fc.boolean(),
})

test('match, matchParsed and explain agree, for every pattern on every message', () => {
  const pattern = fc.oneof({ weight: 3, arbitrary: anyJsonPattern }, { weight: 1, arbitrary: filterPattern })
  fc.assert(
    fc.property(pattern, message, matchOptions, (of, text, options) => {
      const compiled = compileFilterPattern(of, options)
      const matched = compiled.match(text)
      expect(compiled.matchParsed(parseJson(text), text)).toBe(matched)
      expect(compiled.explain(text).match).toBe(matched)
    }),
    { numRuns: 2000 },
  )
})

test('what wildcard selectors and != say of elements that lack the key', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['{ $.items[*].name != "x" }', '{"items":[{"id":1}]}', true],
    ['{ $.items[*].name != "x" }', '{"items":[]}', true],
    ['{ $.items[*].name != "x" }', '{"items":[{"name":"x"}]}', false],
    ['{ $.items[*].name != "x" }', '{"other":[{"name":"y"}]}', false],
    ['{ $.*.name != "x" }', '{"a":1}', true],
    ['{ $.* != 3 }', '{}', true],
    ['{ $.items[*].name = "x" }', '{"items":[{"id":1}]}', false],
    ['{ $.items[*].name NOT EXISTS }', '{"items":[{"id":1}]}', true],
  ]
  for (const [pattern, text, match] of cases) {
    const parsed = parseFilterPattern(pattern)
    if (!parsed.ok) throw new Error(pattern)
    const compiled = compileFilterPattern(parsed.pattern)
    expect([pattern, text, compiled.match(text)]).toEqual([pattern, text, match])
    expect(compiled.matchParsed(JSON.parse(text))).toBe(match)
    const { match: explained, text: why } = compiled.explain(text)
    expect(explained).toBe(match)
    if (match) expect(why).not.toContain('only NOT EXISTS')
  }
})

test('strictJson: false reads the object that begins at the first brace', () => {
  const parsed = parseFilterPattern('{ $.a = "x" }')
  if (!parsed.ok) throw new Error('not parsed')
  const strict = compileFilterPattern(parsed.pattern)
  const lenient = compileFilterPattern(parsed.pattern, { strictJson: false })
  const seen = [
    '{"a":"x"}',
    'INFO {"a":"x"}',
    '{"a":"x"} took 3 ms',
    'a{"a":"x","b":"}"}z',
    'x {y} {"a":"x"}',
    'a = "x"',
  ]
  expect(seen.map((text) => strict.match(text))).toEqual([true, false, false, false, false, false])
  expect(seen.map((text) => lenient.match(text))).toEqual([true, true, true, true, false, false])
  expect(lenient.extract('INFO {"a":"x"}', ['$.a'])).toEqual([{ status: 'value', value: 'x' }])
  expect(lenient.extractParsed(undefined, 'INFO {"a":"x"}', ['$.a'])).toEqual([{ status: 'value', value: 'x' }])
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function insideString(json: string, at: number): boolean {
  let inside = false
  for (let index = 0; index < at; index += 1) {
    if (json[index] === '\\') index += 1
    else if (json[index] === '"') inside = !inside
  }
  return inside && json[at - 1] !== '\\'
}

/** The semantics once more, as plainly as they can be put, without look-ups and shortcuts. No wildcards, no regexes. */
function reference(node: Expression<JsonCondition>, root: unknown): boolean {
  if (isCompound(node)) {
    const results = node.operands.map((operand) => reference(operand, root))
    return node.type === 'and' ? !results.includes(false) : results.includes(true)
  }
  let value: unknown = root
  for (const segment of node.selector.segments) {
    const key = segment.type === 'name' ? segment.name : segment.type === 'index' ? segment.index : '*'
    const fits = typeof value === 'object' && value !== null && Array.isArray(value) === (segment.type === 'index')
    value = fits && Object.hasOwn(value as object, key) ? (value as Record<string | number, unknown>)[key] : undefined
  }
  if (node.type === 'notExists') return value === undefined
  if (node.type === 'is') {
    if (node.value === 'NULL')
      return value === null || (Array.isArray(value) && value.some((element) => element === null))
    return value === (node.value === 'TRUE')
  }
  if (typeof value !== 'string' && typeof value !== 'number') return false
  switch (node.operator) {
    case '=':
      return equals(node.literal, value)
    case '!=':
      return !equals(node.literal, value)
    default: {
      if (typeof value === 'string' || node.literal.type !== 'number') return false
      const wanted = Number(node.literal.text)
      return node.operator === '<'
        ? value < wanted
        : node.operator === '<='
          ? value <= wanted
          : node.operator === '>'
            ? value > wanted
            : value >= wanted
    }
  }
}

function equals(literal: Literal, value: string | number): boolean {
  if (literal.type === 'regex') throw new Error('not generated')
  if (literal.type === 'number')
    return typeof value === 'number' ? value === Number(literal.text) : value === literal.text
  const pieces = literal.value.split('*').map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(String(value))
}

test('JSON patterns do what the plain reading of the rules says', () => {
  fc.assert(
    fc.property(jsonPattern, jsonDocument, (pattern, document) => {
      expect(compileFilterPattern(pattern).matchParsed(document)).toBe(reference(pattern.expression, document))
    }),
    { numRuns: 300 },
  )
})

const garbage = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '(',
        ')',
        '$.',
        'a',
        ' ',
        '=',
        '!=',
        '<',
        '"',
        '%',
        '*',
        '&&',
        '||',
        ',',
        '...',
        '1',
        '\\',
        'IS',
        'NOT EXISTS',
        '-',
        '?',
        '\n',
        "'",
        '^',
        'é',
        '\u{1F600}',
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join('')),
)

test('no text makes the parser or the linter throw, and places are inside the text', () => {
  fc.assert(
    fc.property(garbage, (text) => {
      const parsed = parseFilterPattern(text)
      if (!parsed.ok) {
        const { offset, line, column, fix } = parsed.error
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(offset).toBeLessThanOrEqual(text.length)
        expect(
          text
            .split('\n')
            .slice(0, line - 1)
            .join('\n').length +
            (line > 1 ? 1 : 0) +
            column -
            1,
        ).toBe(offset)
        if (fix) expect(fix.start <= fix.end && fix.end <= text.length).toBe(true)
      } else {
        compileFilterPattern(parsed.pattern).explain(text)
      }
      for (const finding of lintFilterPattern(text)) {
        expect(finding.offset >= 0 && finding.offset <= finding.end && finding.end <= text.length).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('no pattern throws on any message, and the explanation agrees', () => {
  fc.assert(
    fc.property(filterPattern, fc.oneof(garbage, regexText), (pattern: FilterPattern, message) => {
      const compiled = compileFilterPattern(pattern)
      expect(compiled.explain(message).match).toBe(compiled.match(message))
      compiled.extract(message, ['$.a', '$ip', '$1', 'x', ''])
    }),
    { numRuns: 300 },
  )
})

test('a pattern that the linter says never matches does not match', () => {
  fc.assert(
    fc.property(jsonPattern, jsonDocument, (pattern, document) => {
      const { expression } = pattern
      if (!isCompound(expression) || expression.type !== 'and') return
      const findings = lintFilterPattern(formatFilterPattern(pattern)).filter(
        ({ rule, message }) => rule === 'never-matches' && message.includes('the pattern never matches'),
      )
      if (findings.length > 0) expect(compileFilterPattern(pattern).matchParsed(document)).toBe(false)
    }),
    { numRuns: 300 },
  )
})
