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
      '{"readOnly":true,"eventName":"X","requestParameters":{"a":1.0,"b":1e3,"c":12345678901234567890,"d":-0}}',
    ],
    ['escapes', '{"readOnly":true,"eventName":"X","note":"\\u00e9\\/\\ud83d\\ude00 é 😀"}'],
    ['the order of keys', '{"z":1,"readOnly":false,"eventName":"X","a":{"y":1,"b":2,"1":3}}'],
    ['JSON in a text', '{"readOnly":false,"eventName":"X","p":"{\\"a\\": [1, 2],\\n \\"b\\" : \\"c\\"}"}'],
    ['empty and null members', '{"readOnly":false,"eventName":"X","errorCode":"","r":null,"s":{},"t":[]}'],
    [
      'what is larger than the cap',
      `{"readOnly":false,"eventName":"X","requestParameters":{"a":"${'x'.repeat(500)}"}}`,
    ],
    ['keys of the prototype', '{"readOnly":false,"eventName":"X","__proto__":{"a":1},"constructor":2}'],
  ])('keeps to the byte: %s', (_name, text) => {
    expect(normalize(text).startsWith(`${text.slice(0, -1)},"kind":"event"`)).toBe(true)
  })

  test('loses white space between tokens, and none inside texts', () => {
    const text = '{ "readOnly" : true ,\r\n\t"eventName": "X" , "p": [ 1 , "a , b : { c }" , { } ] }\n'
    expect(normalize(text)).toMatch(/^\{"readOnly":true,"eventName":"X","p":\[1,"a , b : \{ c \}",\{\}\],"kind"/)
  })

  test('gets readOnly where it has none, and a boolean where it is a text', () => {
    expect(JSON.parse(normalize('{"eventName":"DeleteTrail"}'))).toHaveProperty('readOnly', false)
    const message = normalize('{"readOnly":"True","eventName":"X","a":1.0}')
    expect(message).toMatch(/^\{"readOnly":true,"eventName":"X","a":1\.0,"kind"/)
    expect(normalize('{"readOnly":"perhaps","eventName":"GetX"}')).toMatch(/^\{"readOnly":true,/)
    expect(JSON.parse(normalize('{"readOnly":"perhaps"}'))).not.toHaveProperty('readOnly')
  })

  test('keeps a member whose name is taken under "collided"', () => {
    const message = normalize('{"source":{"n":1.0},"eventName":"X","actor":"theirs","readOnly":true}')
    expect(message).toMatch(
      /^\{"eventName":"X","readOnly":true,"collided":\{"source":\{"n":1\.0\},"actor":"theirs"\},"kind"/,
    )
    expect(JSON.parse(message)).toMatchObject({ source: 'cloudtrail' })
    noDoubles(message)
  })

  test('has each member once: the last of two counts', () => {
    const message = normalize('{"eventName":"A","x":1,"eventName":"B","readOnly":true}')
    expect(message).toMatch(/^\{"eventName":"B","x":1,"readOnly":true,"kind"/)
    noDoubles(message)
  })

  test('writes account ids as texts', () => {
    const message = normalize(
      '{"recipientAccountId":12345678901,"userIdentity":{"type":"AWSAccount","accountId":12345678901,"n":1},"a":1.0}',
    )
    expect(JSON.parse(message)).toMatchObject({
      recipientAccountId: '012345678901',
      userIdentity: { type: 'AWSAccount', accountId: '012345678901', n: 1 },
    })
    expect(message).toContain('"a":1.0')
  })

  test('drops placeholders of TLS details', () => {
    const message = normalize('{"tlsDetails":{"tlsVersion":"tlsVersion","cipherSuite":"TLS_AES_128_GCM_SHA256"}}')
    expect(JSON.parse(message).tlsDetails).toEqual({ cipherSuite: 'TLS_AES_128_GCM_SHA256' })
  })

  test('rewrites only the member that held a secret', () => {
    const message = normalize('{"a":1.0,"u":"k?X-Amz-Signature=SECRET&x=1","b":1e3,"readOnly":true}')
    expect(message).toMatch(/^\{"a":1\.0,"u":"k\?X-Amz-Signature=REDACTED&x=1","b":1e3,"readOnly":true,"kind"/)
  })

  test('takes name and source of an Insight event on top', () => {
    const message = normalize(
      '{"eventCategory":"Insight","insightDetails":{"eventName":"X","eventSource":"x.amazonaws.com"}}',
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
          const compact = JSON.stringify({ readOnly: true, ...record })
          const message = normalize(JSON.stringify(JSON.parse(compact), null, 3))
          expect(message.startsWith(`${compact.slice(0, -1)},"kind":"event"`)).toBe(true)
          expect(JSON.parse(message)).toMatchObject({ kind: 'event', source: 'cloudtrail' })
        },
      ),
    )
  })
})
