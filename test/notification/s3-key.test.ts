import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { decodeS3Key } from '../../shared/notification/s3-key.ts'

describe('decodeS3Key', () => {
  test.each([
    ['plain/key.gz', 'plain/key.gz'],
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['%C3%A9%E2%82%AC%F0%9F%98%80', 'é€😀'],
    ['100%', '100%'],
    ['100%+a%2Fb', '100% a/b'],
    ['%', '%'],
    ['%4', '%4'],
    ['%ZZ%41', '%ZZA'],
    ['%FF%41', '%FFA'],
    ['%C3%41', '%C3A'],
    ['%C3%A9%C3', 'é%C3'],
    ['%E2%82', '%E2%82'],
    ['%ED%A0%80', '%ED%A0%80'],
    ['', ''],
  ])('%s', (key, expected) => {
    expect(decodeS3Key(key)).toBe(expected)
  })

  it('undoes what S3 does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(decodeS3Key(encodeURIComponent(key).replaceAll('%20', '+'))).toBe(key)
      }),
    )
  })

  it('never throws', () => {
    const almost = fc.array(fc.constantFrom('%', '%C3', '%A9', '%2', 'F', '+', 'z', 'é')).map((parts) => parts.join(''))
    fc.assert(fc.property(almost, (key) => typeof decodeS3Key(key) === 'string'))
  })
})
