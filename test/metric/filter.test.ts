import { describe, expect, it } from 'vitest'
import { createMetricFilter, type FilterEvent, type MetricTransformation } from '../../shared/metric/filter.ts'

const MINUTE = Date.UTC(2026, 10, 25, 9, 5)

function filter(filterPattern: string, transformation: Partial<MetricTransformation> = {}) {
  return createMetricFilter({
    logGroupName: '/test',
    filterName: 'f',
    filterPattern,
    metricTransformations: [{ metricNamespace: 'ns', metricName: 'm', metricValue: '1', ...transformation }],
  })
}
const text = (message: string): FilterEvent => ({ timestamp: MINUTE + 12_345, message })
const json = (value: unknown): FilterEvent => text(JSON.stringify(value))

/** Value and dimensions of what is published, or undefined for nothing. */
function published(pattern: string, transformation: Partial<MetricTransformation>, event: FilterEvent) {
  const made = filter(pattern, transformation)
  const { datapoint } = made.consume(event)
  // The same from a message that was parsed before.
  let parsed: unknown = null
  try {
    parsed = JSON.parse(event.message)
  } catch {}
  expect(made.consume({ ...event, parsed }).datapoint).toEqual(datapoint)
  return datapoint && { value: datapoint.value, dimensions: datapoint.dimensions }
}
const value = (pattern: string, transformation: Partial<MetricTransformation>, event: FilterEvent) =>
  published(pattern, transformation, event)?.value

describe('metric filters', () => {
  it('put the datapoint at the minute of the log event', () => {
    expect(filter('ERROR', { unit: 'Count' }).consume(text('an ERROR'))).toEqual({
      matched: true,
      datapoint: { namespace: 'ns', metricName: 'm', dimensions: {}, timestamp: MINUTE, value: 1, unit: 'Count' },
    })
  })

  it('publish the default once for every event that does not match', () => {
    const made = filter('ERROR', { metricValue: '3', defaultValue: 7 })
    const values = ['ERROR', 'INFO', 'ERROR'].map((message) => made.consume(text(message)).datapoint?.value)
    expect(values).toEqual([3, 7, 3])
    expect(filter('ERROR').consume(text('INFO'))).toEqual({ matched: false, datapoint: undefined })
  })

  it.each([
    { name: 'a number', event: { n: 42 }, expected: 42, withDefault: 42 },
    { name: 'zero', event: { n: 0 }, expected: 0, withDefault: 0 },
    { name: 'a number as text', event: { n: '2.5e3' }, expected: 2500, withDefault: 2500 },
    { name: 'nothing', event: {}, expected: undefined, withDefault: 9 },
    { name: 'null', event: { n: null }, expected: undefined, withDefault: 9 },
    { name: 'text', event: { n: 'many' }, expected: undefined, withDefault: undefined },
    { name: 'empty text', event: { n: '' }, expected: undefined, withDefault: undefined },
    { name: 'hexadecimal text', event: { n: '0x10' }, expected: undefined, withDefault: undefined },
    { name: 'a boolean', event: { n: true }, expected: undefined, withDefault: undefined },
    { name: 'an object', event: { n: {} }, expected: undefined, withDefault: undefined },
  ])('read a value by selector: $name', ({ event, expected, withDefault }) => {
    const hit = json({ hit: 'yes', ...event })
    expect(value('{ $.hit = "yes" }', { metricValue: '$.n' }, hit)).toBe(expected)
    expect(value('{ $.hit = "yes" }', { metricValue: '$.n', defaultValue: 9 }, hit)).toBe(withDefault)
  })

  it('reach into objects and arrays', () => {
    const event = json({ a: { b: [{ c: 5 }] } })
    expect(value('{ $.a.b[0].c = * }', { metricValue: '$.a.b[0].c' }, event)).toBe(5)
  })

  it('read named fields of space-delimited events', () => {
    const pattern = '[ip, user, bytes]'
    expect(value(pattern, { metricValue: '$bytes' }, text('192.0.2.1 alice 512'))).toBe(512)
    expect(value(pattern, { metricValue: '$bytes' }, text('192.0.2.1 alice -'))).toBeUndefined()
  })

  it('publish without dimensions where any of their values is missing', () => {
    const dimensions = { Bucket: '$.bucket', Status: '$.status' }
    const of = (event: unknown) => published('{ $.hit = "yes" }', { dimensions }, json(event))
    expect(of({ hit: 'yes', bucket: 'b', status: 200 })).toEqual({
      value: 1,
      dimensions: { Bucket: 'b', Status: '200' },
    })
    expect(of({ hit: 'yes', bucket: 'b' })).toEqual({ value: 1, dimensions: {} })
    expect(of({ hit: 'yes', bucket: 'b', status: null })).toEqual({ value: 1, dimensions: {} })
    expect(of({ hit: 'yes', bucket: {}, status: 1 })).toEqual({ value: 1, dimensions: {} })
  })

  it.each([
    ['four dimensions', '{ $.a = 1 }', { dimensions: { a: '$.a', b: '$.b', c: '$.c', d: '$.d' } }],
    ['dimensions beside a default', '{ $.a = 1 }', { dimensions: { a: '$.a' }, defaultValue: 0 }],
    ['dimensions of plain text', 'ERROR', { dimensions: { a: '$.a' } }],
    ['a selector on plain text', 'ERROR', { metricValue: '$.a' }],
    ['a wildcard', '{ $.a = 1 }', { metricValue: '$.a[*]' }],
    ['a value that is no number', '{ $.a = 1 }', { metricValue: 'many' }],
    ['a field that is not declared', '[a, b]', { metricValue: '$c' }],
  ])('refuse %s', (_name, pattern, transformation) => {
    expect(() => filter(pattern, transformation)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('refuse a pattern that CloudWatch Logs rejects', () => {
    expect(() => filter('{ $.a == 1 }')).toThrow(expect.objectContaining({ code: 'PATTERN_SYNTAX' }))
  })
})
