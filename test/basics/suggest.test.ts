import { describe, expect, it } from 'vitest'
import { distance, nearest } from '../../shared/basics/suggest.ts'

describe('distance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['STGE', 'STAGE', 1],
    ['kitten', 'sitting', 3],
    ['', 'ab', 2],
  ])('%s → %s is %i', (a, b, expected) => {
    expect(distance(a, b)).toBe(expected)
    expect(distance(b, a)).toBe(expected)
  })
})

describe('nearest', () => {
  it.each([
    ['treshold', 'threshold'],
    ['PERIOD', 'periodSeconds'],
    ['STGE', undefined],
    ['wholly-different', undefined],
    ['', undefined],
  ])('%s → %s', (word, expected) => {
    expect(nearest(word, ['threshold', 'periodSeconds', 'unit-of-it'])).toBe(expected)
  })

  it('takes the nearest, and of two the first', () => {
    expect(nearest('log', ['dog', 'logs', 'fog'])).toBe('dog')
    expect(nearest('logz', ['dog', 'logs'])).toBe('logs')
  })
})
