import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  booleanOf,
  firstText,
  holdsLongNumber,
  isEmpty,
  isObject,
  numberOf,
  parseExactJson,
  scalarText,
  someText,
} from '../../shared/derive/json.ts'

describe('exact numbers', () => {
  test.each(['9007199254740993', '-12345678901234567890', '1e400', '0.1234567890123456789', '1E+30'])(
    '%s',
    (digits) => {
      const text = `{"a":[{"n":${digits}}]}`
      expect(holdsLongNumber(JSON.parse(text))).toBe(true)
      expect(JSON.stringify(parseExactJson(text))).toBe(text)
    },
  )

  test.each(['1', '-5', '0.5', '1.25', '9007199254740991', '1781079151000', '"9007199254740993"', 'true', 'null'])(
    '%s needs none of it',
    (digits) => {
      const value: unknown = JSON.parse(`{"a":[${digits}]}`)
      expect(holdsLongNumber(value)).toBe(false)
      expect(parseExactJson(`{"a":[${digits}]}`)).toEqual(value)
    },
  )

  test('other values are as JSON.parse gives them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.stringify(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  test('a raw number can be read', () => {
    const [raw] = parseExactJson('[9007199254740993]') as [unknown]
    expect(isObject(raw)).toBe(false)
    expect(numberOf(raw)).toBe(2 ** 53)
  })
})

describe('readers', () => {
  test.each([
    [89, 89],
    ['89', 89],
    ['', undefined],
    [' ', undefined],
    ['x', undefined],
    [null, undefined],
    [[1], undefined],
  ])('numberOf %j → %s', (value, expected) => {
    expect(numberOf(value)).toBe(expected)
  })

  test.each([
    [true, true],
    ['True', true],
    ['FALSE', false],
    ['yes', undefined],
    [1, undefined],
  ])('booleanOf %j → %s', (value, expected) => {
    expect(booleanOf(value)).toBe(expected)
  })

  test.each([
    [undefined, true],
    [null, true],
    ['', true],
    [{}, true],
    [[], true],
    [0, false],
    [false, false],
    [[null], false],
    [{ a: null }, false],
  ])('isEmpty %j → %s', (value, expected) => {
    expect(isEmpty(value)).toBe(expected)
  })

  test.each([
    ['x', 'x'],
    ['', undefined],
    [12, '12'],
    [false, 'false'],
    [{ a: 1 }, '{"a":1}'],
    [[], undefined],
  ])('scalarText %j → %s', (value, expected) => {
    expect(scalarText(value)).toBe(expected)
  })

  test('firstText takes the text or the first of them', () => {
    expect([firstText('a'), firstText(['a', 'b']), firstText(['']), firstText(12)]).toEqual([
      'a',
      'a',
      undefined,
      undefined,
    ])
  })

  test('someText finds texts at any depth', () => {
    const value = { a: [1, { b: ['x', { c: 'needle' }] }] }
    expect(someText(value, (text) => text === 'needle')).toBe(true)
    expect(someText(value, (text) => text === 'a')).toBe(false)
  })
})
