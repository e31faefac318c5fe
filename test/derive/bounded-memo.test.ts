import { expect, test, vi } from 'vitest'
import { memoize } from '../../shared/derive/bounded-memo.ts'

test('remembers, up to its limit', () => {
  const compute = vi.fn((text: string) => ({ text }))
  const memo = memoize(compute, 2, 4)
  expect(memo('a')).toBe(memo('a'))
  expect(compute).toHaveBeenCalledTimes(1)
  memo('b')
  memo('c')
  memo('a')
  expect(compute).toHaveBeenCalledTimes(4)
})

test('computes long texts every time', () => {
  const compute = vi.fn((text: string) => text.length)
  const memo = memoize(compute, 2, 4)
  expect([memo('aaaaa'), memo('aaaaa')]).toEqual([5, 5])
  expect(compute).toHaveBeenCalledTimes(2)
})

test('gives lone surrogates as they are, and does not remember them', () => {
  const compute = vi.fn((text: string) => text)
  const memo = memoize(compute, 2, 4)
  expect([memo('a\ud800'), memo('a\ud800')]).toEqual(['a\ud800', 'a\ud800'])
  expect(compute).toHaveBeenCalledTimes(2)
})
