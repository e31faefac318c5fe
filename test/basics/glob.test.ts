import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, compileGlobs } from '../../shared/basics/glob.ts'

const value = fc.string({ unit: fc.constantFrom('a', 'b', '?', '$'), maxLength: 10 })
const escaped = (text: string) => text.replaceAll(/[.$?{}\\]/g, '\\$&')

describe('compileGlob', () => {
  it('agrees with a regular expression', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 })
    fc.assert(
      fc.property(glob, value, (pattern, text) => {
        const expression = new RegExp(`^${escaped(pattern).replaceAll('*', '.*')}$`)
        expect(compileGlob(pattern)(text)).toBe(expression.test(text))
        expect(compileGlobs([pattern])(text)).toBe(expression.test(text))
      }),
    )
  })

  it('as IAM reads it agrees with a regular expression', () => {
    const unit = fc.constantFrom('a', 'b', '*', '?', '.', `\${?}`, `\${*}`, `\${$}`)
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), value, (parts, text) => {
        const expression = parts.map((part) =>
          part === '*' ? '.*' : part === '?' ? '.' : part.length > 1 ? `\\${part[2]}` : escaped(part),
        )
        expect(compileGlob(parts.join(''), 'iam')(text)).toBe(new RegExp(`^${expression.join('')}$`, 's').test(text))
      }),
    )
  })

  it.each([
    ['s3:Get*', 's3:GetObject', true],
    ['s3:Get?', 's3:Get1', true],
    ['s3:Get?', 's3:Get', false],
    ['a*?b', 'ab', false],
    ['a*?b', 'aab', true],
    ['*', '', true],
    ['', '', true],
    ['a*a', 'a', false],
  ])('IAM: %s on %s is %s', (glob, text, expected) => {
    expect(compileGlob(glob, 'iam')(text)).toBe(expected)
  })
})

it('of several globs one is enough, and none matches nothing', () => {
  const test = compileGlobs(['PutObject', 'Describe*'])
  expect(['PutObject', 'DescribeTrails', 'PutObjects', ''].map(test)).toEqual([true, true, false, false])
  expect(compileGlobs([])('')).toBe(false)
})
