import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'

const normalizer = createCloudTrailNormalizer({
  environment: EMPTY_ENVIRONMENT,
  detail: 'full',
  capBytes: 64,
  now: () => Date.parse('2026-06-01T10:07:00Z'),
})
const normalize = (text: string): string => normalizer(text).message

/** The names of the members on top, in order, doubles included. */
function topNames(message: string): readonly string[] {
  const names: string[] = []
  let depth = 0
  for (const [token] of message.matchAll(/"(?:[^"\\]|\\.)*"(?=:)|[{[]|[}\]]|"(?:[^"\\]|\\.)*"/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1) names.push(token)
  }
  return names
}
const noDoubles = (message: string): void => {
  // Texts that are values stand between names and may repeat; only what a colon follows is a name.
  const names = topNames(message).filter((token) => message.includes(`${token}:`))
  expect(Object.keys(JSON.parse(message)).length).toBe(new Set(names).size)
}

describe('the full record', () => {
  test.each([
    [
      'numbers',
      '{"readOnly":true,"eventName":"X","eventSource":"x.amazonaws.com","requestParameters":{"a":1.0,"b":1e3,"c":12345678901234567890,"d":-0}}',
    ],
    [
      'escapes',
      '{"readOnly":true,"eventName":"X","eventSource":"x.amazonaws.com","note":"\\u00e9\\/\\ud83d\\ude00 é 😀"}',
    ],
    [
      'the order of keys',
      '{"z":1,"readOnly":false,"eventName":"X","eventSource":"x.amazonaws.com","a":{"y":1,"b":2,"1":3}}',
    ],
    [
      'JSON in a text',
      '{"readOnly":false,"eventName":"X","eventSource":"x.amazonaws.com","p":"{\\"a\\": [1, 2],\\n \\"b\\" : \\"c\\"}"}',
    ],
    [
      'empty and null members',
      '{"readOnly":false,"eventName":"X","eventSource":"x.amazonaws.com","errorCode":"","r":null,"s":{},"t":[]}',
    ],
    [
      'what is larger than the cap',
      `{"readOnly":false,"eventName":"X","eventSource":"x.amazonaws.com","requestParameters":{"a":"${'x'.repeat(500)}"}}`,
    ],
    [
      'keys of the prototype',
      '{"readOnly":false,"eventName":"X","eventSource":"x.amazonaws.com","__proto__":{"a":1},"constructor":2}',
    ],
  ])('keeps to the byte: %s', (_name, text) => {
    const message = normalize(text)
    expect(message.startsWith('{"kind":"event","source":"cloudtrail"')).toBe(true)
    expect(message.endsWith(`,${text.slice(1)}`)).toBe(true)
  })

  test('loses white space between tokens, and none inside texts', () => {
    const text =
      '{ "readOnly" : true ,\r\n\t"eventName": "X","eventSource":"x.amazonaws.com" , "p": [ 1 , "a , b : { c }" , { } ] }\n'
    expect(normalize(text)).toMatch(
      /,"readOnly":true,"eventName":"X","eventSource":"x.amazonaws.com","p":\[1,"a , b : \{ c \}",\{\}\]\}$/,
    )
  })

  test('gets readOnly where it has none, and a boolean where it is a text', () => {
    expect(JSON.parse(normalize('{"eventName":"DeleteTrail","eventSource":"x"}'))).toHaveProperty('readOnly', false)
    const message = normalize('{"readOnly":"True","eventName":"X","eventSource":"x","a":1.0}')
    expect(message).toMatch(/,"readOnly":true,"eventName":"X","eventSource":"x","a":1\.0\}$/)
    const isNull = normalize('{"eventName":"GetX","readOnly":null,"eventSource":"x","a":1.0}')
    expect(isNull).toMatch(/,"eventName":"GetX","readOnly":true,"eventSource":"x","a":1\.0\}$/)
    noDoubles(isNull)
    expect(normalize('{"readOnly":"perhaps","eventName":"GetX","eventSource":"x"}')).toMatch(/,"readOnly":true\}$/)
  })

  test('keeps a member whose name is taken under "collided"', () => {
    const message = normalize(
      '{"source":{"n":1.0},"eventName":"X","eventSource":"x","actor":"theirs","readOnly":true,"person":"p"}',
    )
    expect(message).toMatch(
      /,"eventName":"X","eventSource":"x","readOnly":true,"collided":\{"source":\{"n":1\.0\},"actor":"theirs","person":"p"\}\}$/,
    )
    expect(JSON.parse(message)).toMatchObject({ source: 'cloudtrail' })
    noDoubles(message)
  })

  test('has each member once: the last of two counts', () => {
    const message = normalize('{"eventName":"A","x":1,"eventName":"B","eventSource":"x","readOnly":true,"x":2}')
    expect(message).toMatch(/,"eventName":"B","x":2,"eventSource":"x","readOnly":true\}$/)
    noDoubles(message)
    const inner = normalize(
      '{"eventName":"B","eventSource":"x","userIdentity":{"type":"Root","\\u0074ype":"IAMUser","userName":"alice"}}',
    )
    expect(JSON.parse(inner)).toMatchObject({ actorType: 'user', userIdentity: { type: 'IAMUser' } })
    expect(inner.match(/"type"/g)).toHaveLength(1)
  })

  test('writes account ids as texts', () => {
    const message = normalize(
      '{"eventName":"X","eventSource":"x","recipientAccountId":12345678901,"userIdentity":{"type":"AWSAccount","accountId":12345678901,"n":1},"a":1.0}',
    )
    expect(JSON.parse(message)).toMatchObject({
      recipientAccountId: '012345678901',
      userIdentity: { type: 'AWSAccount', accountId: '012345678901', n: 1 },
    })
    expect(message).toContain('"a":1.0')
  })

  // Each of these was a rewriting of its own once, and of two for one member the last won.
  test('puts all right that is wrong about one member', () => {
    const message = normalize(
      '{"eventName":"X","eventSource":"x","recipientAccountId":12345678901,"userIdentity":{"type":"AWSAccount",' +
        '"accountId":12345678901,"note":"k?X-Amz-Signature=SECRET"},"tlsDetails":{"tlsVersion":"tlsVersion",' +
        '"cipherSuite":"a?Signature=SECRET"}}',
    )
    expect(message).not.toContain('SECRET')
    expect(JSON.parse(message)).toMatchObject({
      recipientAccountId: '012345678901',
      userIdentity: { type: 'AWSAccount', accountId: '012345678901', note: 'k?X-Amz-Signature=REDACTED' },
      tlsDetails: { cipherSuite: 'a?Signature=REDACTED' },
    })
    expect(JSON.parse(message).tlsDetails).not.toHaveProperty('tlsVersion')
  })

  test('drops placeholders of TLS details', () => {
    const message = normalize(
      '{"eventName":"X","eventSource":"x","tlsDetails":{"tlsVersion":"tlsVersion","cipherSuite":"TLS_AES_128_GCM_SHA256"}}',
    )
    expect(JSON.parse(message).tlsDetails).toEqual({ cipherSuite: 'TLS_AES_128_GCM_SHA256' })
  })

  test('rewrites only the member that held a secret', () => {
    const message = normalize(
      '{"eventName":"X","eventSource":"x","a":1.0,"u":"k?X-Amz-Signature=SECRET&x=1","b":1e3,"readOnly":true}',
    )
    expect(message).toMatch(/,"a":1\.0,"u":"k\?X-Amz-Signature=REDACTED&x=1","b":1e3,"readOnly":true\}$/)
  })

  test('takes name and source of an Insight event on top', () => {
    const message = normalize(
      '{"eventCategory":"Insight","insightDetails":{"eventName":"X","eventSource":"x.amazonaws.com","eventSource":"x.amazonaws.com"}}',
    )
    expect(JSON.parse(message)).toMatchObject({ eventName: 'X', eventSource: 'x.amazonaws.com' })
    noDoubles(message)
  })

  test('is the text it came from, whatever that holds', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map((name) => `k${name}`),
          fc.jsonValue(),
        ),
        (record) => {
          const compact = JSON.stringify({ eventName: 'X', eventSource: 'x', readOnly: true, ...record })
          const message = normalize(JSON.stringify(JSON.parse(compact), null, 3))
          expect(message.endsWith(`,${compact.slice(1)}`)).toBe(true)
          expect(JSON.parse(message)).toMatchObject({ kind: 'event', source: 'cloudtrail' })
        },
      ),
    )
  })
})
