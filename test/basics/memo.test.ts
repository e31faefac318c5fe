import { expect, test } from 'vitest'
import { isObject } from '../../shared/basics/is-object.ts'
import { memoize } from '../../shared/basics/memo.ts'
import { textHead } from '../../shared/basics/text-head.ts'

/** A function that counts how often it is asked. */
function counted(options: { limit: number; maxLength: number; copy?: (text: string) => string }) {
  const asked: string[] = []
  const upper = memoize((text) => {
    asked.push(text)
    return text.toUpperCase()
  }, options)
  return { upper, asked }
}

test('a text is computed once', () => {
  const { upper, asked } = counted({ limit: 2, maxLength: 5 })
  expect([upper('a'), upper('a'), upper('b'), upper('a')]).toEqual(['A', 'A', 'B', 'A'])
  expect(asked).toEqual(['a', 'b'])
})

test('at the limit all is forgotten, and the new one is kept', () => {
  const { upper, asked } = counted({ limit: 2, maxLength: 5 })
  for (const text of ['a', 'b', 'c', 'c', 'a']) upper(text)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('texts that are too long, and copies that are another text, are computed each time', () => {
  const long = counted({ limit: 2, maxLength: 2 })
  expect([long.upper('abc'), long.upper('abc'), long.upper('ab'), long.upper('ab')]).toEqual(['ABC', 'ABC', 'AB', 'AB'])
  expect(long.asked).toEqual(['abc', 'abc', 'ab'])
  const other = counted({ limit: 2, maxLength: 5, copy: (text) => `${text}!` })
  expect([other.upper('a'), other.upper('a')]).toEqual(['A', 'A'])
  expect(other.asked).toEqual(['a', 'a'])
})

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [1, false],
])('%j is an object: %s', (value, expected) => {
  expect(isObject(value)).toBe(expected)
})

test('the head of a text is 16 KiB of it, of the part of the memory that it is', () => {
  expect(textHead(Buffer.alloc(20_000, 'a'))).toHaveLength(16_384)
  expect(textHead(new TextEncoder().encode('xxabcx').subarray(2, 5))).toBe('abc')
  expect(textHead(Buffer.from('abcdef'), 3)).toBe('abc')
  expect(textHead(Uint8Array.of(97, 0xff))).toBe('a\u{fffd}')
})
