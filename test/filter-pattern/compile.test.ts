import { describe, expect, test } from 'vitest'
import type { MatchOptions } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { show } from '../../shared/filter-pattern/explain.ts'
import { compileDimensions, compileMetricValue } from '../../shared/filter-pattern/extract.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'

function compile(pattern: string, options?: MatchOptions) {
  const parsed = parseFilterPattern(pattern)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return compileFilterPattern(parsed.pattern, options)
}

const LINE = '192.0.2.3 - ana [10/Oct/2000:13:25:15 -0700] "GET /a b HTTP/1.1" 404 1534'

describe('options', () => {
  test.each([
    ['{ $.op = "REST.*.OBJECT" }', '{"op":"REST.GET.OBJECT"}', true, false],
    ['{ $.op = "REST.*.OBJECT" }', '{"op":"REST.*.OBJECT"}', true, true],
    ['{ $.op = "*T.*.OB*" }', '{"op":"REST.*.OBJECT"}', true, true],
    ['{ $.op = "*T.*.OB*" }', '{"op":"REST.GET.OBJECT"}', true, false],
    ['{ $.op = "**" }', '{"op":"x"}', true, true],
    ['[op = REST.*.OBJECT, ...]', 'REST.GET.OBJECT x', true, false],
  ])('%s on %s: %s as a wildcard, %s literally', (pattern, message, glob, literal) => {
    expect(compile(pattern).match(message)).toBe(glob)
    expect(compile(pattern, { midStringWildcard: 'glob' }).match(message)).toBe(glob)
    expect(compile(pattern, { midStringWildcard: 'literal' }).match(message)).toBe(literal)
  })
})

test('kinds', () => {
  expect(['', 'ERROR', '%x%', '{ $.a = 1 }', '[a]'].map((pattern) => compile(pattern).kind)).toEqual([
    'all',
    'terms',
    'terms',
    'json',
    'space',
  ])
})

test('patterns on text take the JSON text of a parsed message where it has no other', () => {
  expect(compile('"\\"a\\":1"').matchParsed({ a: 1 })).toBe(true)
  expect(compile('[..., b]').matchParsed('a b')).toBe(true)
  expect(compile('{ $.a = 1 }').matchParsed(undefined)).toBe(false)
})

describe('extract', () => {
  const value = (of: string | number | boolean) => ({ status: 'value', value: of })

  test('JSON selectors', () => {
    const message = '{"a":{"b":[1,"x"]},"flag":true,"nothing":null,"c.d":0.5}'
    const references = [
      '$.a.b[0]',
      '$.a.b[1]',
      '$.flag',
      '$.nothing',
      '$.missing',
      '$.a',
      "$.['c.d']",
      '$.a.b[*]',
      '$a',
      'a',
      '$.',
    ]
    const expected = [
      value(1),
      value('x'),
      value(true),
      { status: 'missing' },
      { status: 'missing' },
      { status: 'notScalar' },
      value(0.5),
      { status: 'invalid' },
      { status: 'invalid' },
      { status: 'invalid' },
      { status: 'invalid' },
    ]
    const compiled = compile('{ $.zzz NOT EXISTS }')
    expect(compiled.extract(message, references)).toEqual(expected)
    expect(compiled.extractParsed(JSON.parse(message), message, references)).toEqual(expected)
    expect(compiled.extract('no JSON', ['$.a'])).toEqual([{ status: 'missing' }])
  })

  test('fields', () => {
    const compiled = compile('[ip, ..., status, bytes]')
    expect(compiled.extract(LINE, ['$ip', '$bytes', '$2', '$7', '$8', '$0', '$request', '$.ip'])).toEqual([
      value('192.0.2.3'),
      value('1534'),
      value('-'),
      value('1534'),
      { status: 'missing' },
      { status: 'invalid' },
      { status: 'invalid' },
      { status: 'invalid' },
    ])
  })

  test('extractedValues is what TestMetricFilter shows', () => {
    expect(compile('[..., request = *HTTP*, status = 4*,]').extractedValues(LINE)).toEqual({
      $1: '192.0.2.3',
      $2: '-',
      $3: 'ana',
      $4: '10/Oct/2000:13:25:15 -0700',
      $request: 'GET /a b HTTP/1.1',
      $status: '404',
      $7: '1534',
    })
    expect(compile('[a, b]').extractedValues('x y z')).toEqual({ $a: 'x', $b: 'y z' })
    expect(compile('[]').extractedValues('x y')).toEqual({ $1: 'x', $2: 'y' })
    expect(compile('[..., status = 5*, bytes]').extractedValues(LINE)).toEqual({})
    expect(compile('{ $.a = 1 }').extractedValues('{"a":1}')).toEqual({})
    expect(compile('GET').extractedValues(LINE)).toEqual({})
  })

  test.each([
    ['1', '{"n":5}', { status: 'value', value: 1 }],
    ['0.5', '{}', { status: 'value', value: 0.5 }],
    ['$.n', '{"n":5}', { status: 'value', value: 5 }],
    ['$.n', '{"n":"12.5"}', { status: 'value', value: 12.5 }],
    ['$.n', '{"n":"many"}', { status: 'notNumeric' }],
    ['$.n', '{"n":true}', { status: 'notNumeric' }],
    ['$.n', '{"n":[1]}', { status: 'notNumeric' }],
    ['$.n', '{"n":1e999}', { status: 'notNumeric' }],
    ['$.n', '{"n":null}', { status: 'missing' }],
    ['$.n', '{}', { status: 'missing' }],
  ])('metric value %s of %s', (metricValue, message, expected) => {
    const compiled = compileMetricValue(metricValue, compile('{ $.x NOT EXISTS }'))
    if (!compiled.ok) throw new Error(compiled.problem)
    expect(compiled.read({ message })).toEqual(expected)
    expect(compiled.read({ message, parsed: JSON.parse(message) })).toEqual(expected)
  })

  test('metric values that can never be', () => {
    for (const [metricValue, pattern] of [
      ['$.n[*]', '{ $.a = 1 }'],
      ['x', '{ $.a = 1 }'],
      ['$.n', 'ERROR'],
      ['$n', '[a]'],
      ['NaN', ''],
      ['1e999', ''],
    ] as const) {
      expect(compileMetricValue(metricValue, compile(pattern)).ok).toBe(false)
    }
  })

  test('dimensions are all there or none', () => {
    const compiled = compileDimensions({ Bucket: '$.b', Status: '$.s' }, compile('{ $.x NOT EXISTS }'))
    if (!compiled.ok) throw new Error(compiled.problem)
    expect(compiled.read({ message: '{"b":"amzn-s3-demo-bucket","s":403}' })).toEqual({
      Bucket: 'amzn-s3-demo-bucket',
      Status: '403',
    })
    expect(compiled.read({ message: '{"b":"amzn-s3-demo-bucket"}' })).toBeUndefined()
    expect(compiled.read({ message: '{"b":"","s":403}' })).toBeUndefined()
    expect(compiled.read({ message: '{"b":{},"s":403}' })).toBeUndefined()
    expect(compileDimensions({ A: '$.a' }, compile('ERROR')).ok).toBe(false)
  })
})

describe('explain', () => {
  const explain = (pattern: string, message: string) => compile(pattern).explain(message)

  test.each([
    ['', 'x', 'match: an empty pattern matches every log event'],
    ['{ $.a = "x" }', 'no', 'no match: the message is not one JSON object'],
    ['{ $.a = "x" }', '{"a":"y"}', 'no match: $.a = "x" (saw "y")'],
    ['{ $.a != "x" }', '{}', 'no match: $.a != "x" (absent: only NOT EXISTS is true of an absent key)'],
    [
      '{ $.a = true }',
      '{"a":true}',
      'no match: $.a = "true" (saw the boolean true: use IS TRUE or IS FALSE, comparisons never match booleans)',
    ],
    ['{ $.a != 1 }', '{"a":null}', 'no match: $.a != 1 (saw null: only IS NULL is true of null)'],
    ['{ $.a != 1 }', '{"a":[1]}', 'no match: $.a != 1 (saw an array: comparisons never match objects and arrays)'],
    ['{ $.a[*] = 4 }', '{"a":[1,2,3,5]}', 'no match: $.a[*] = 4 (saw 4 values: 1, 2, 3, …)'],
    ['{ $.a = 1 || $.b = 2 }', '{"b":2}', 'match: $.b = 2 (saw 2)'],
    ['{ $.a NOT EXISTS && $.b >= 2 }', '{"b":2}', 'match: $.a NOT EXISTS (absent); $.b >= 2 (saw 2)'],
    ['ERROR -x', 'ERROR x', 'no match: -x (occurs)'],
    ['?a ?b', 'b', 'match: ?b (occurs)'],
    ['?a b', 'c', 'no match: b (does not occur)'],
    ['[a, b, c]', 'x y', 'no match: the pattern needs 3 fields, the message has 2'],
    ['[a = 1 || a = 2, b]', '3 y', 'no match: a = 1 (saw "3"); a = 2 (saw "3")'],
  ])('%s on %s', (pattern, message, text) => {
    expect(explain(pattern, message).text).toBe(text)
  })

  test('the conditions that decided', () => {
    const pattern = '{ ($.a = 1 || $.b = 1) && $.c = 1 && $.d = 1 }'
    const decided = (message: string) => explain(pattern, message).decidedBy.map(({ text }) => text)
    expect(decided('{"a":1,"b":1,"c":1,"d":1}')).toEqual(['$.a = 1', '$.c = 1', '$.d = 1'])
    expect(decided('{"c":1,"d":1}')).toEqual(['$.a = 1', '$.b = 1'])
    expect(decided('{"b":1,"c":2,"d":2}')).toEqual(['$.c = 1'])
  })

  test('the tree holds every condition', () => {
    expect(explain('{ $.a = 1 || ($.b = 2 && $.c IS NULL) }', '{"a":1}').tree).toEqual({
      type: 'or',
      match: true,
      operands: [
        { type: 'condition', text: '$.a = 1', match: true, why: 'saw 1' },
        {
          type: 'and',
          match: false,
          operands: [
            {
              type: 'condition',
              text: '$.b = 2',
              match: false,
              why: 'absent: only NOT EXISTS is true of an absent key',
            },
            {
              type: 'condition',
              text: '$.c IS NULL',
              match: false,
              why: 'absent: only NOT EXISTS is true of an absent key',
            },
          ],
        },
      ],
    })
  })

  test('what a message holds cannot steer a terminal', () => {
    const hostile = 'a\u001b[2J\u009b31m\u202e\u2028\n"'
    expect(show(hostile)).toBe('"a\\u001b[2J\\u009b31m\\u202e\\u2028\\n\\""')
    expect(explain('{ $.a = "x" }', JSON.stringify({ a: 'y'.repeat(500) })).text.length).toBeLessThan(150)
  })
})
