import { describe, expect, test } from 'vitest'
import { fieldsRead } from '../../shared/insights/ast.ts'
import { parseInsightsQuery } from '../../shared/insights/parse.ts'
import { discoverFields, type RunOptions, runInsightsQuery } from '../../shared/insights/run.ts'

const EVENTS = [
  { eventName: 'GetObject', who: { arn: 'arn:a:role/r/one' }, bytes: 10, ok: true, tags: ['x', 'y'] },
  { eventName: 'GetObject', who: { arn: 'arn:a:role/r/two' }, bytes: 30, ok: false },
  { eventName: 'PutObject', who: { arn: 'arn:a:user/u' }, bytes: '5', error: 'AccessDenied', id: '012345678901' },
  { eventName: 'ListBuckets', none: null, blank: ' ', 'x-y': 1 },
].map((record, index) => ({ message: JSON.stringify(record), timestamp: Date.UTC(2026, 5, 1, 10, index * 4) }))

function parsed(text: string) {
  const result = parseInsightsQuery(text)
  if (!result.ok) throw new Error(`${result.error.message} at ${result.error.offset}`)
  return result.query
}

const run = (text: string, options?: RunOptions) => runInsightsQuery(parsed(text), EVENTS, options)
/** Which of the events a filter lets pass. */
const passing = (condition: string, options?: RunOptions) =>
  run(`filter ${condition}`, options).map(({ event }) => event)
const columns = (text: string) => run(text).map((row) => row.columns)

describe('filter', () => {
  test.each([
    ['eventName = "GetObject"', [0, 1]],
    ["eventName='GetObject' and bytes > 10", [1]],
    ['eventName == "PutObject" || ok = 1', [0, 2]],
    ['not (eventName = "GetObject")', [2, 3]],
    ['not eventName = "GetObject" and ispresent(error)', [2]],
    ['eventName like "Object"', [0, 1, 2]],
    ['eventName like /^(?:Get|Put)/', [0, 1, 2]],
    ['eventName like /(?i)getobject/', [0, 1]],
    ['eventName =~ /Buckets$/', [3]],
    ['eventName not like /Object/', [3]],
    ['eventName in ["PutObject", "ListBuckets"]', [2, 3]],
    ['eventName not in ["PutObject", "GetObject"]', [3]],
    ['who.arn like "user"', [2]],
    ['tags.1 = "y"', [0]],
    ['`x-y` = 1', [3]],
    ['ok = 0', [1]],
    ['bytes = 5', [2]],
    ['bytes >= 5 and bytes <= 10', [0, 2]],
    ['id = 012345678901', [2]],
    ['ispresent(none)', []],
    ['not ispresent(who.arn)', [3]],
    ['isblank(blank) and ispresent(blank)', [3]],
    ['isempty(error)', [0, 1, 3]],
    ['@message like /AccessDenied/', [2]],
    ['strlen(eventName) = 9 and bytes * 2 = 60', [1]],
    ['tolower(eventName) = "listbuckets"', [3]],
    ['strcontains(eventName, "Put")', [2]],
    ['coalesce(error, eventName) = "AccessDenied"', [2]],
    ['bytes - 5 > -1 and bytes / 2 < 6', [0, 2]],
    ['bytes = -1 or error = "AccessDenied" # a comment', [2]],
  ] as const)('%s', (condition, expected) => {
    expect(passing(condition)).toEqual(expected)
  })

  test.each([
    ['error != "AccessDenied"', [0, 1, 3], []],
    ['error not like /Denied/', [0, 1, 3], []],
    ['error not in ["AccessDenied"]', [0, 1, 3], []],
  ] as const)('what is not documented, both ways: %s', (condition, unequal, noAnswer) => {
    expect(passing(condition)).toEqual(unequal)
    expect(passing(condition, { absent: 'noAnswer' })).toEqual(noAnswer)
  })
})

describe('the other commands', () => {
  test('fields adds up, display replaces, an alias is a new field', () => {
    expect(columns('fields eventName, bytes as b | fields b * 2 as twice | limit 1')).toEqual([
      { eventName: 'GetObject', b: 10, twice: 20 },
    ])
    expect(columns('fields eventName | display bytes | limit 1')).toEqual([{ bytes: 10 }])
    expect(Object.keys(columns('limit 1')[0]!)).toEqual(['@timestamp', '@message'])
  })

  test('stats by fields and by time', () => {
    expect(columns('stats count(*) as n, sum(bytes) as total, avg(bytes) by eventName | sort n desc')).toEqual([
      { eventName: 'GetObject', n: 2, total: 40, 'avg(bytes)': 20 },
      { eventName: 'PutObject', n: 1, total: 5, 'avg(bytes)': 5 },
      { eventName: 'ListBuckets', n: 1, total: 0 },
    ])
    expect(columns('stats count(*) by bin(5m)').map((row) => row['count(*)'])).toEqual([2, 1, 1])
    expect(columns('stats count(error), count_distinct(eventName), min(bytes), max(bytes), pct(bytes, 50)')).toEqual([
      {
        'count(error)': 1,
        'count_distinct(eventName)': 3,
        'min(bytes)': '5',
        'max(bytes)': 30,
        'pct(bytes, 50)': 10,
      },
    ])
    expect(columns('filter eventName = "none" | stats count(*) as n')).toEqual([{ n: 0 }])
    expect(columns('stats pct(bytes, 0) as least, pct(bytes, 100) as most, pct(bytes, eventName) as median')).toEqual([
      { least: 5, most: 30, median: 10 },
    ])
    expect(columns('stats sum(bytes) / count(*) as mean')).toEqual([{ mean: 11.25 }])
    expect(columns('stats latest(bytes) as last, earliest(eventName) as first')).toEqual([
      { last: '5', first: 'GetObject' },
    ])
    expect(columns('stats count(*) as n by eventName | stats max(n) as most')).toEqual([{ most: 2 }])
  })

  test('sort by number and by text, absent ones first', () => {
    expect(run('sort bytes asc').map(({ event }) => event)).toEqual([3, 2, 0, 1])
    expect(run('sort eventName desc, bytes desc').map(({ event }) => event)).toEqual([2, 3, 1, 0])
  })

  test('dedup keeps the first, and those without the field', () => {
    expect(run('dedup eventName').map(({ event }) => event)).toEqual([0, 2, 3])
    expect(run('dedup error').map(({ event }) => event)).toEqual([0, 1, 2, 3])
  })

  test('parse with asterisks and with a regular expression', () => {
    expect(columns('parse who.arn "arn:a:*/*" as kind, rest | display kind, rest')).toEqual([
      { kind: 'role', rest: 'r/one' },
      { kind: 'role', rest: 'r/two' },
      { kind: 'user', rest: 'u' },
      {},
    ])
    expect(
      columns('parse who.arn /role\\/(?<role>[^\\/]+)/ | filter ispresent(role) | stats count(*) by role'),
    ).toEqual([{ role: 'r', 'count(*)': 2 }])
  })

  test('SOURCE is skipped', () => {
    expect(run("SOURCE '/log/group' | filter ok = 1")).toHaveLength(1)
  })
})

describe('what is not the language, or more than can be run', () => {
  test.each([
    ['', 0],
    ['fields', 6],
    ['fields a |', undefined],
    ['pattern @message', 0],
    ['where a = 1', 0],
    ['filter a = ', 11],
    ['filter a like b', 14],
    ['filter a = "x', 11],
    ['filter nosuch(a)', 7],
    ['filter a = 1 limit 2', 13],
    ['limit x', 6],
    ['stats eventName', undefined],
    ['filter a like /(/', 14],
    ['parse a "*-*" as b', 8],
    ['parse a /b/', 8],
    ['filter a ~ 1', 9],
  ])('%j', (text, offset) => {
    const result = parseInsightsQuery(text)
    if (text === 'fields a |') {
      expect(result.ok).toBe(true)
      return
    }
    expect(result.ok).toBe(false)
    if (!result.ok && offset !== undefined) expect(result.error.offset).toBe(offset)
  })
})

test('fields are discovered up to 200, in order, null left out', () => {
  const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f${i}`, i]))
  expect([...discoverFields({ a: null, ...many }).keys()]).toEqual(Array.from({ length: 200 }, (_, i) => `f${i}`))
  expect([...discoverFields({ a: { b: [true, { c: 'x' }] } })]).toEqual([
    ['a.b.0', 1],
    ['a.b.1.c', 'x'],
  ])
  expect(discoverFields('text').size).toBe(0)
})

test('the fields that a query reads: not those that it makes', () => {
  expect(
    fieldsRead(
      parsed('parse a.b "*" as c | filter c = 1 and d = 2 | stats count(*) as n, sum(e) by f, bin(5m) | sort n'),
    ),
  ).toEqual(['a.b', 'd', 'e', 'f'])
})
