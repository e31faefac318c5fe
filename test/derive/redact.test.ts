import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSecretName, redactSecrets, redactValue } from '../../shared/derive/redact.ts'

describe('redactSecrets', () => {
  test.each([
    ['GET /a?X-Amz-Signature=abc&x=1 HTTP/1.1', 'GET /a?X-Amz-Signature=REDACTED&x=1 HTTP/1.1'],
    ['/a?x-amz-signature=abc', '/a?x-amz-signature=REDACTED'],
    [
      '?X-Amz-Credential=AKIAEXAMPLE%2F20260601%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20260601T100000Z',
      '?X-Amz-Credential=REDACTED&X-Amz-Date=20260601T100000Z',
    ],
    ['?X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2F%3D%3D&a=b', '?X-Amz-Security-Token=REDACTED&a=b'],
    [
      '/k?Signature=75eBWlMvIpO357%2FqKLdn0sZRP08%3D&Expires=1364127776&AWSAccessKeyId=1VYKRTJ5FFKT5B6F4NR2 HTTP/1.1',
      '/k?Signature=REDACTED&Expires=1364127776&AWSAccessKeyId=REDACTED HTTP/1.1',
    ],
    [
      'r=https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3Dabc%26x%3D1&y=2',
      'r=https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3DREDACTED%26x%3D1&y=2',
    ],
    ['%253FX%252DAmz%252DSignature%253Dabc%2526x', '%253FX%252DAmz%252DSignature%253DREDACTED%2526x'],
    ['"X-Amz-Signature": "abc", "x": 1', '"X-Amz-Signature": "REDACTED", "x": 1'],
    ['"X-Amz-Credential":["AKIA\\/2026"]', '"X-Amz-Credential":["REDACTED"]'],
    ['{\\"Signature\\":\\"abc\\"}', '{\\"Signature\\":\\"REDACTED\\"}'],
    ['u?X-Amz-Signature\\u003dabc\\u0026x=1', 'u?X-Amz-Signature\\u003dREDACTED\\u0026x=1'],
    ['"https://b/k?Signature=abc" "curl/8"', '"https://b/k?Signature=REDACTED" "curl/8"'],
    ['a?Signature=abc#top', 'a?Signature=REDACTED#top'],
  ])('%s', (text, expected) => {
    expect(redactSecrets(text)).toBe(expected)
    expect(redactSecrets(expected)).toBe(expected)
  })

  test.each([
    'SignatureVersion=4',
    'X-Amz-SignedHeaders=host&X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'x-amz-mysignature=1',
    'DesignSignature=1',
    '"SignatureVersion":"SigV4"',
    '"accessKeyId":"AKIAIOSFODNN7EXAMPLE"',
    'a=b',
    '',
  ])('leaves %j alone', (text) => {
    expect(redactSecrets(text)).toBe(text)
  })

  test('no secret survives in any query string', () => {
    const names = ['X-Amz-Signature', 'x-amz-credential', 'X-AMZ-SECURITY-TOKEN', 'Signature', 'awsAccessKeyId']
    const pair = fc.tuple(fc.constantFrom(...names, 'x', 'versionId'), fc.stringMatching(/^[A-Za-z0-9%/+=-]{0,8}$/))
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), (pairs) => {
        const query = pairs.map(([name, value]) => `${name}=${names.includes(name) ? 'SECRET' : ''}${value}`).join('&')
        const redacted = redactSecrets(`GET /k?${query} HTTP/1.1`)
        expect(redacted).not.toContain('SECRET')
        for (const [name, value] of pairs) if (!names.includes(name)) expect(redacted).toContain(`${name}=${value}`)
      }),
    )
  })
})

describe('redactValue', () => {
  test('replaces members by name and texts by content, types staying', () => {
    const value = {
      'X-Amz-Signature': 'abc',
      list: [{ signature: ['a', ''] }, 'k?Signature=abc'],
      'x-amz-credential': 12,
      AWSAccessKeyId: null,
      key: 'a',
    }
    expect(redactValue(value)).toEqual({
      'X-Amz-Signature': 'REDACTED',
      list: [{ signature: ['REDACTED', ''] }, 'k?Signature=REDACTED'],
      'x-amz-credential': 'REDACTED',
      AWSAccessKeyId: null,
      key: 'a',
    })
  })

  test('gives back the same where there is nothing to do', () => {
    const value = { a: [1, 'x', { b: null }], SignatureVersion: '4' }
    expect(redactValue(value)).toBe(value)
  })

  test.each([
    ['X-Amz-Signature', true],
    ['AWSACCESSKEYID', true],
    ['x-amz-security-token', true],
    ['SignatureVersion', false],
    ['accessKeyId', false],
  ])('%s is a secret name: %s', (name, expected) => {
    expect(isSecretName(name)).toBe(expected)
  })
})
