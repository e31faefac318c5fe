import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MEMBERS } from '../../shared/cloudtrail/members.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { createRecordScanner, MORE, NOTICED } from '../../shared/cloudtrail/scan.ts'
import { slotOf } from '../../shared/cloudtrail/slots.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { isSecretName } from '../../shared/derive/redact.ts'
import { RECORD_CASES } from '../cases/cloudtrail-records.ts'

const OPTIONS = { environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: Date.now } as const
const scanner = createRecordScanner((name) => name === 'actor')
const scan = (text: string): number => scanner.scan(Buffer.from(text), 0)

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const PIECES = '"|{|}|[|]|,|:|\\|0|-|.|e5|1e|\\u00|\\u00e9|nul|true|\n|\u0001|é|"a":1,|{"type":'.split('|')
const arbitraryText = fc
  .tuple(
    fc.oneof(fc.constantFrom(...RECORD_CASES.map(({ record }) => record)), fc.dictionary(fc.string(), fc.jsonValue())),
    fc.constantFrom(0, 1),
    fc.array(fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.constantFrom('', ...PIECES) }), { maxLength: 2 }),
  )
  .map(([record, space, damages]) =>
    damages
      .reduce(
        (text, { at, insert, remove }) => {
          const from = at % (text.length + 1)
          return text.slice(0, from) + insert + text.slice(from + remove)
        },
        JSON.stringify(record, null, space),
      )
      .toWellFormed()
      .trim(),
  )

const OTHERS = [
  'password',
  'masterUserPassphrase',
  'secretAccessKey',
  'client_secret',
  'session-token',
  'Authorization',
]

describe('the scanner', () => {
  test('takes what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        expect([text, scan(text) === Buffer.byteLength(text)]).toEqual([text, isJsonObject(text)])
      }),
      { numRuns: 2000 },
    )
  })

  test('asks for more wherever a record is cut off', () => {
    for (const { record } of RECORD_CASES) {
      const text = JSON.stringify(record)
      for (let end = 0; end < text.length; end += 7) expect(scan(text.slice(0, end))).toBe(MORE)
    }
  })

  test('finds members whatever their order, and whatever came before', () => {
    const type = slotOf('userIdentity.type')
    const name = slotOf('eventName')
    for (const text of [
      '{"eventName":"A","userIdentity":{"arn":"x","type":"Root"}}',
      '{"userIdentity":{"type":"Root"},"other":1,"eventName":"A"}',
      '{"eventNam":"B","userIdentity":{"typ":"Root","type":"Root"},"eventName":"A","eventNames":"B"}',
    ]) {
      expect(scan(text)).toBe(text.length)
      const valueAt = (slot: number) => text.slice(scanner.values[scanner.at[slot]!], scanner.ends[scanner.at[slot]!])
      expect([valueAt(type), valueAt(name)]).toEqual(['"Root"', '"A"'])
    }
  })

  test.each([
    ['twice', '{"a":1,"eventName":"A","a":2}', NOTICED.twice],
    ['twice, one spelt otherwise', '{"eventName":"A","event\\u004eame":"B"}', NOTICED.twice],
    ['twice, inside', '{"userIdentity":{"type":"A","type":"B"}}', NOTICED.twice],
    ['a type', '{"eventName":5}', NOTICED.type],
    ['a type, inside', '{"userIdentity":{"accountId":5}}', NOTICED.type],
    ['a placeholder', '{"tlsDetails":{"tlsVersion":"tlsVersion"}}', NOTICED.type],
    ['a taken name', '{"actor":1}', NOTICED.taken],
    ['white space', '{"a": 1}', NOTICED.space],
  ])('notices: %s', (_name, text, bit) => {
    expect(scan(text)).toBe(text.length)
    expect(scanner.noticed & bit).toBe(bit)
  })

  test('notices every text that redacting changes', () => {
    const names = [
      'X-Amz-Signature',
      'x-amz-CREDENTIAL',
      'X-Amz-Security-Token',
      'Signature',
      'AWSAccessKeyId',
      ...OTHERS,
    ]
    const texts = names.flatMap((name) => {
      expect(isSecretName(name)).toBe(true)
      const encoded = name.replaceAll('-', '%2D').replaceAll('%2D', '%2d')
      return [
        `{"a":"?${name}=abc"}`,
        `{"a":"?${encoded}%3Dabc"}`,
        `{"a":"?${name}%253dabc"}`,
        `{"a":"?${name}\\u003dabc"}`,
        `{"a":"?\\u0053${name.slice(1)}=abc"}`,
        `{"a":"{\\"${name}\\":\\"abc\\"}"}`,
        `{"a":"{\\"${name.slice(0, -1)}\\\\u00${name.charCodeAt(name.length - 1).toString(16)}\\":\\"abc\\"}"}`,
        `{"a":"{\\"b\\":\\"{\\\\\\\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}\\\\u003a1}\\"}"}`,
        `{"a":"{\\\\\\"${name}\\\\\\":\\\\\\"abc\\\\\\"}"}`,
        `{"a":"${name}: abc"}`,
        `{"a":"{'${name}' : 'abc'}"}`,
        `{"a":{"${name}":"abc"}}`,
        `{"requestParameters":{"${name}":["abc"]}}`,
        `{"${name}" : "abc"}`,
      ]
    })
    for (const text of texts) {
      expect(scan(text)).toBe(text.length)
      const isNoticed = (scanner.noticed & (NOTICED.secret | NOTICED.twice)) !== 0
      expect([text, isNoticed]).toEqual([text, true])
    }
  })
})

test('of the names in the table none is a secret but the token, which is dropped or replaced by its place', () => {
  const secrets = MEMBERS.filter(({ path }) => isSecretName(path.slice(path.lastIndexOf('.') + 1)))
  expect(secrets).toMatchObject([{ path: 'responseElements.credentials.sessionToken', drop: 'always' }])
})

test.each([
  ['{"requestParameters":{"a":[{"name":"DB_PASSWORD","value":"hunter2"}]}}', true],
  ['{"requestParameters":{"a":[{"value":"hunter2","Key":"api_key"}]}}', true],
  ['{"requestParameters":{"a":[{"Value":"hunter2","other":1,"parameterName":"db.secret"}]}}', true],
  ['{"requestParameters":{"a":[{"value":"hunter2","name":"API\\/token"}]}}', true],
  ['{"requestParameters":{"a":[{"name":"DB_PASSWORD","Values":["hunter2"]}]}}', true],
  ['{"requestParameters":{"a":[{"name":"instance-state-name","value":"running"}]}}', false],
  ['{"requestParameters":{"a":[{"name":"DB_PASSWORD"},{"value":"running"}]}}', false],
])('a value beside the name of a secret goes, no other: %s', (parameters, isSecret) => {
  const record = `{"eventName":"A","eventSource":"ecs.amazonaws.com","eventTime":"2026-03-17T12:00:00Z",${parameters.slice(1)}`
  const { message } = createCloudTrailNormalizer(OPTIONS)(record)
  expect(message.includes('REDACTED')).toBe(isSecret)
  expect(/hunter2/.test(message)).toBe(false)
  if (!isSecret) expect(message).toContain(parameters.slice(1, -1))
})
