import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSecretName, mayHoldSecrets, redactSecrets, redactValue } from '../../shared/derive/redact.ts'

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
    ['{"pass\\u0077ord":"abc"}', '{"pass\\u0077ord":"REDACTED"}'],
    ['{\\"pass\\\\u0077ord\\":\\"abc\\"}', '{\\"pass\\\\u0077ord\\":\\"REDACTED\\"}'],
    ['{"password":"a\\u0022bc","x":1}', '{"password":"REDACTED","x":1}'],
    [
      '{\\u0022password\\u0022:\\u0022abc\\u0022,\\u0022x\\u0022:1}',
      '{\\u0022password\\u0022:\\u0022REDACTED\\u0022,\\u0022x\\u0022:1}',
    ],
    ['{\\\\u0022password\\\\u0022:\\\\u0022abc\\\\u0022}', '{\\\\u0022password\\\\u0022:\\\\u0022REDACTED\\\\u0022}'],
    ['"https://b/k?Signature=abc" "curl/8"', '"https://b/k?Signature=REDACTED" "curl/8"'],
    ['a?Signature=abc#top', 'a?Signature=REDACTED#top'],
    ['GET /a?%58-Amz-Signature=abc&x=1 HTTP/1.1', 'GET /a?%58-Amz-Signature=REDACTED&x=1 HTTP/1.1'],
    ['?%2558%252d%41mz-Sig%6Eature=abc&x=1', '?%2558%252d%41mz-Sig%6Eature=REDACTED&x=1'],
    ['a%253FX-Amz-Signature%253Dabc', 'a%253FX-Amz-Signature%253DREDACTED'],
    ['X%25%32%44Amz-Signature=abc&y', 'X%25%32%44Amz-Signature=REDACTED&y'],
    ['x-amz-security-token: IQoJb3JpZ2lu\nhost: b', 'x-amz-security-token: REDACTED\nhost: b'],
    ['Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=abc', 'Authorization: REDACTED'],
    [
      'x-amz-server-side-encryption-customer-key:abc=\r\nx-amz-server-side-encryption-customer-key-md5:def',
      'x-amz-server-side-encryption-customer-key:REDACTED\r\nx-amz-server-side-encryption-customer-key-md5:def',
    ],
    ['{"masterUserPassword":"a\\"b","x":1}', '{"masterUserPassword":"REDACTED","x":1}'],
    ['{\\"password\\":\\"a\\\\\\"b\\",\\"x\\":1}', '{\\"password\\":\\"REDACTED\\",\\"x\\":1}'],
    ['{"secretString": "s", "tokenCode": 123456}', '{"secretString": "REDACTED", "tokenCode": REDACTED}'],
    ["{'client_secret': ['a', 'b'], 'x': 'c'}", "{'client_secret': ['REDACTED', 'REDACTED'], 'x': 'c'}"],
    ['?access_token=abc&next_token=def', '?access_token=REDACTED&next_token=def'],
    ['password = abc', 'password = REDACTED'],
    ["db.password = 'a b' # x", "db.password = 'REDACTED' # x"],
    ['"password" => "abc"', '"password" => "REDACTED"'],
    ['password%20=%20abc', 'password%20=%20REDACTED'],
    ['--password=\\"a b\\" x', '--password=\\"REDACTED\\" x'],
    ['password[]=abc&x=1', 'password[]=REDACTED&x=1'],
    ['user[password]=abc&x=1', 'user[password]=REDACTED&x=1'],
    ['password%5B0%5D%3Dabc%26x', 'password%5B0%5D%3DREDACTED%26x'],
    ['Server=x;Password=abc;Database=y', 'Server=x;Password=REDACTED;Database=y'],
    ['<Password>abc</Password>', '<Password>REDACTED</Password>'],
    ['<ns:Password type="x">abc</ns:Password>', '<ns:Password type="x">REDACTED</ns:Password>'],
    ['<password><![CDATA[a<b]]></password>', '<password><![CDATA[REDACTED]]></password>'],
    ['%3CPassword%3Eabc%3C/Password%3E', '%3CPassword%3EREDACTED%3C/Password%3E'],
    ['<SecretAccessKey>abc', '<SecretAccessKey>REDACTED'],
    ['{"name":"DB_PASSWORD","value":"abc","x":"y"}', '{"name":"DB_PASSWORD","value":"REDACTED","x":"y"}'],
    ['{\\"Name\\": \\"API_KEY\\", \\"Value\\": \\"abc\\"}', '{\\"Name\\": \\"API_KEY\\", \\"Value\\": \\"REDACTED\\"}'],
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
    '"passwordResetRequired":true',
    '"nextToken":"abc","clientToken":"def","continuation-token":"ghi"',
    '"secretId":"prod/db","secretArn":"arn:aws:secretsmanager:eu-central-1:111122223333:secret:a"',
    '"password":"HIDDEN_DUE_TO_SECURITY_REASONS"',
    'The request signature: we calculated another',
    'my password, please',
    'GET /k?password= HTTP/1.1',
    '{"name":"PORT","value":"80"}',
    '{"key":"Name","value":"token"}',
    '<Password/>x',
    '</Password>x',
    '%',
    '%zz%4',
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

describe('redactSecrets, by property', () => {
  const NAMES = [
    'X-Amz-Signature',
    'x-amz-security-token',
    'AWSAccessKeyId',
    'Signature',
    'secretAccessKey',
    'password',
  ]
  const percent = (text: string) => `%${text.charCodeAt(0).toString(16).padStart(2, '0')}`
  const characters = fc.array(fc.nat(3), { minLength: 30, maxLength: 30 })
  /** Encodes some of a name's characters, some of them twice. */
  const hide = (name: string, how: readonly number[]) =>
    [...name]
      .map((character, at) => {
        const times = how[at % how.length]!
        return times === 0 || times === 3
          ? character
          : times === 1
            ? percent(character)
            : `%25${percent(character).slice(1)}`
      })
      .join('')
  const noise = fc.stringMatching(/^[A-Za-z0-9 %/?&=:"'\\,-]{0,20}$/)

  test('however its name is encoded, a secret goes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), characters, noise, noise, (name, how, before, after) => {
        const hidden = `${before}?${hide(name, how)}=SECRETVALUE&z=${after}`
        expect(redactSecrets(hidden)).not.toContain('SECRETVALUE')
      }),
      { numRuns: 2000, seed: 20260115 },
    )
  })

  test('redacting again changes nothing, and without a name nothing changes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), characters, noise, noise, (name, how, before, after) => {
        const once = redactSecrets(`${before}?${hide(name, how)}=SECRETVALUE&z=${after}`)
        expect(redactSecrets(once)).toBe(once)
        const harmless = before.replaceAll(/signature|password|token/gi, '')
        expect(redactSecrets(harmless)).toBe(harmless)
      }),
      { numRuns: 1000, seed: 20260116 },
    )
  })

  test('takes its time in proportion to the text', () => {
    const pieces = [
      'signature=',
      'password":"',
      '%25',
      '%2558',
      '\\',
      '"',
      ' ',
      'x-amz-',
      'token: ',
      "='",
      '[',
      '%3d',
      'a',
    ]
    const cpu = (text: string) => {
      const before = process.cpuUsage()
      redactSecrets(text)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1e6
    }
    // A quadratic step over 64 KB would take many seconds; a linear one takes milliseconds.
    for (const one of pieces) {
      for (const other of pieces)
        expect(cpu((one + other).repeat(Math.ceil(64_000 / (one + other).length)))).toBeLessThan(3)
    }
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

  test('knows the secrets of other services, and keeps what only speaks of them', () => {
    const value = {
      masterUserPassword: 'abc',
      credentials: { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', sessionToken: 'abc', expiration: 'x' },
      passwordResetRequired: true,
      masterUserSecret: { secretArn: 'arn', secretStatus: 'active' },
      clientToken: 'a',
      password: 'HIDDEN_DUE_TO_SECURITY_REASONS',
    }
    expect(redactValue(value)).toEqual({
      ...value,
      masterUserPassword: 'REDACTED',
      credentials: { ...value.credentials, sessionToken: 'REDACTED' },
    })
  })

  test('a value whose name stands beside it, in whatever order; other values stay', () => {
    const value = [
      { name: 'DB_PASSWORD', value: 'abc' },
      { Value: ['abc', 'def'], Name: 'API_KEY' },
      { namespace: 'x', optionName: 'DBPassword', value: 'abc' },
      { name: 'PORT', value: '80' },
      { key: 'token-count', value: '3' },
      { name: 'password' },
    ]
    expect(redactValue(value)).toEqual([
      { name: 'DB_PASSWORD', value: 'REDACTED' },
      { Value: ['REDACTED', 'REDACTED'], Name: 'API_KEY' },
      { namespace: 'x', optionName: 'DBPassword', value: 'REDACTED' },
      ...value.slice(3),
    ])
  })

  test('gives back the same where there is nothing to do', () => {
    const value = { a: [1, 'x', { b: null }], SignatureVersion: '4' }
    expect(redactValue(value)).toBe(value)
  })

  test.each([
    ['X-Amz-Signature', true],
    ['AWSACCESSKEYID', true],
    ['x-amz-security-token', true],
    ['%58-Amz-Signature', true],
    ['secretAccessKey', true],
    ['newPassword', true],
    ['SignatureVersion', false],
    ['nextToken', false],
    ['accessKeyId', false],
  ])('%s is a secret name: %s', (name, expected) => {
    expect(isSecretName(name)).toBe(expected)
  })
})

describe('mayHoldSecrets', () => {
  const NAMES = [
    ...['X-Amz-Signature', 'Signature', 'x-amz-credential', 'x-amz-security-token', 'AWSAccessKeyId', 'password'],
    ...['x-amz-copy-source-server-side-encryption-customer-key', 'db_passwd', 'passphrase', 'secretAccessKey'],
    ...['aws_secret_key', 'SecretString', 'secret-binary', 'client_secret', 'appSecret', 'sessionToken', 'id_token'],
    ...['bearer-token', 'webIdentityToken', 'SAMLAssertion', 'privateKey', 'private_key_plaintext', 'authorization'],
    ...['privateKeyMaterial', 'preSharedKey', 'tokenCode', 'mfa_code', 'keyMaterial'],
  ]
  const DELIMITERS = ['=', ':', '":"', "'=", ' = ', '\\":\\"', '%3D', '%3a', '%253D', '%22%3A', '\\u003d', '\t:']
  test.each(NAMES)('%s before any delimiter, in any case, with a letter encoded', (name) => {
    for (const delimiter of DELIMITERS) {
      for (const text of [name, name.toUpperCase(), name.toLowerCase()]) {
        expect(mayHoldSecrets(`a/b=c&${text}${delimiter}x`), `${text}${delimiter}`).toBe(true)
        for (let at = 0; at < text.length; at++) {
          const letter = text.charCodeAt(at).toString(16)
          const hidden = `${text.slice(0, at)}%${letter}${text.slice(at + 1)}${delimiter}x`
          expect(mayHoldSecrets(hidden), hidden).toBe(true)
        }
      }
    }
  })

  test.each(['dt=2026-01-01/hr=10/part-0', 'https://www.example.com/a?id=1&q=a%20b%2Fc', 'a%C3%A9', 'a:b'])(
    '%s does not',
    (text) => {
      expect(mayHoldSecrets(text)).toBe(false)
    },
  )
})
