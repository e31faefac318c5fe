import { describe, expect, test } from 'vitest'
import { DERIVED_FIELDS } from '../../shared/cloudtrail/derived.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { type Detail, type Environment, type NormalizedRecord, TOLD } from '../../shared/contracts/record.ts'
import { completeRecord } from '../../shared/object/complete.ts'
import { ALICE, call, data, ENVIRONMENT, RECORD_CASES, role, setting } from '../cases/cloudtrail-records.ts'

/** Three hours after the events: a lag that lean records tell. */
const NOW = Date.parse('2026-06-01T13:02:00Z')

function normalize(
  record: unknown,
  options: { detail?: Detail; environment?: Partial<Environment>; capBytes?: number } = {},
): NormalizedRecord & { fields: Record<string, unknown> } {
  const { capBytes = 8192, detail = 'lean', environment = {} } = options
  const normalizer = createCloudTrailNormalizer({
    environment: { ...ENVIRONMENT, ...environment },
    detail,
    capBytes,
    now: () => NOW,
  })
  const result = normalizer(typeof record === 'string' ? record : JSON.stringify(record))
  return { ...result, fields: JSON.parse(result.message) }
}

describe.each(['lean', 'full'] as const)('derived fields, detail %s', (detail) => {
  test.each(RECORD_CASES)('$name', ({ record, environment, expected, absent = [] }) => {
    const fields = completeRecord(
      normalize(record, { detail, ...(environment === undefined ? {} : { environment }) }).fields,
    )
    expect(fields).toMatchObject(expected)
    for (const name of absent) expect(fields).not.toHaveProperty(name)
  })
})

describe('the lean record', () => {
  test('keeps of a management event what filters and people read', () => {
    const record = call('iam.amazonaws.com', 'CreateAccessKey', {
      userIdentity: role('Admin', { mfa: 'true' }),
      requestParameters: { userName: 'alice' },
      responseElements: {
        accessKey: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', status: 'Active', userName: 'alice', createDate: 'x' },
      },
      sharedEventID: '99999999-2222-4333-8444-555555555555',
      errorCode: null,
    })
    const { fields } = normalize(record)
    expect(fields).toMatchObject({
      eventTime: '2026-06-01T10:02:00Z',
      eventSource: 'iam.amazonaws.com',
      eventName: 'CreateAccessKey',
      eventCategory: 'Management',
      awsRegion: 'eu-central-1',
      recipientAccountId: '111122223333',
      sourceIPAddress: '198.51.100.7',
      eventID: '11111111-2222-4333-8444-555555555555',
      requestID: 'REQ0000000000001',
      sharedEventID: '99999999-2222-4333-8444-555555555555',
      userAgent: record.userAgent,
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/Admin/bob',
        accountId: '111122223333',
        sessionContext: { sessionIssuer: { userName: 'Admin' }, attributes: { mfaAuthenticated: 'true' } },
      },
      requestParameters: { userName: 'alice' },
      responseElements: { accessKey: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', status: 'Active', userName: 'alice' } },
      lagSeconds: 10_800,
    })
    expect(fields).toMatchObject({
      userIdentity: record.userIdentity,
      responseElements: record.responseElements,
      eventType: 'AwsApiCall',
      managementEvent: true,
      tlsDetails: { tlsVersion: 'TLSv1.3' },
    })
    for (const name of ['errorCode', 'eventVersion']) expect(fields).not.toHaveProperty(name)
  })

  describe('leaves out of a management event only what another member says', () => {
    test('the token of the credentials that were issued', () => {
      const credentials = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', sessionToken: 'x'.repeat(300), expiration: 'soon' }
      const { fields } = normalize(
        call('sts.amazonaws.com', 'AssumeRole', { responseElements: { credentials, packedPolicySize: 1 } }),
      )
      expect(fields.responseElements).toEqual({
        credentials: { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', expiration: 'soon' },
        packedPolicySize: 1,
      })
    })

    test('the host of an AWS endpoint', () => {
      const { fields } = normalize(call('x.amazonaws.com', 'X'))
      expect(fields.tlsDetails).toEqual({ tlsVersion: 'TLSv1.3' })
    })

    test('the cipher suite, where it is one that nobody has to turn off', () => {
      const suiteOf = (cipherSuite: string, make: typeof call = call) => {
        const tlsDetails = { tlsVersion: 'TLSv1.2', cipherSuite, clientProvidedHostHeader: 'x.amazonaws.com' }
        return (
          normalize(make('s3.amazonaws.com', 'X', { tlsDetails })).fields.tlsDetails as
            | Record<string, unknown>
            | undefined
        )?.cipherSuite
      }
      expect(suiteOf('ECDHE-RSA-AES256-GCM-SHA384')).toBeUndefined()
      for (const old of ['ECDHE-RSA-AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA2561'])
        expect(suiteOf(old)).toBe(old)
    })

    test('the host of a call about a bucket', () => {
      expect(normalize(setting('PutBucketVersioning', { versioning: '' })).fields.requestParameters).toEqual({
        bucketName: 'amzn-s3-demo-bucket1',
        versioning: '',
      })
      const odd = setting('PutBucketVersioning', { Host: 'minio.example.com' })
      expect(normalize(odd).fields.requestParameters).toMatchObject({ Host: 'minio.example.com' })
    })
  })

  test('has the derived fields first, and its members in the order of the record', () => {
    const record = call('ec2.amazonaws.com', 'RunInstances', { errorCode: 'X', requestParameters: { a: 1 } })
    const names = Object.keys(normalize(record).fields)
    const last = names.indexOf('lagSeconds')
    expect(names.slice(0, last + 1).every((name) => DERIVED_FIELDS.includes(name))).toBe(true)
    const rest = names.slice(last + 1)
    expect(rest).toEqual(Object.keys(record).filter((name) => rest.includes(name)))
  })

  test('keeps of a data event who, from where, what and the x-amz parameters', () => {
    const { fields, message } = normalize(
      data('PutObject', { 'x-amz-acl': 'public-read', 'X-Amz-Expires': '900', versionId: 'v1', 'x-id': 'PutObject' }),
    )
    expect(fields.requestParameters).toEqual({
      bucketName: 'amzn-s3-demo-bucket1',
      key: 'reports/a.csv',
      versionId: 'v1',
      'x-amz-acl': 'public-read',
      'X-Amz-Expires': '900',
    })
    const { accountId, principalId: _, ...who } = ALICE
    expect(fields.userIdentity).toEqual(who)
    expect(fields).not.toHaveProperty('recipientAccountId')
    expect(completeRecord(fields)).toMatchObject({ userIdentity: { ...who, accountId }, recipientAccountId: accountId })
    expect(message).not.toMatch(/x-amz-id-2|clientProvidedHostHeader/)
  })

  test('says the Region of a data event where it is not our own', () => {
    const regionOf = (record: unknown, region: string | undefined, detail: Detail = 'lean') =>
      normalize(record, { environment: { region }, detail }).fields.awsRegion
    const read = data('GetObject')
    expect(regionOf(read, 'eu-central-1')).toBeUndefined()
    for (const other of [undefined, '', 'eu-central-2', 'eu-central-11', 'eu-central'])
      expect(regionOf(read, other)).toBe('eu-central-1')
    expect(regionOf(read, 'eu-central-1', 'full')).toBe('eu-central-1')
    expect(regionOf(call('x.amazonaws.com', 'X'), 'eu-central-1')).toBe('eu-central-1')
    const root = { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' }
    expect(regionOf({ ...read, userIdentity: root }, 'eu-central-1')).toBe('eu-central-1')
  })

  test('says of a data event that it wrote, and of all others either', () => {
    const readOnlyOf = (record: Record<string, unknown>) => {
      const { fields } = normalize(record)
      return [fields.readOnly, completeRecord(fields).readOnly]
    }
    for (const readOnly of [true, undefined, null, 'True'])
      expect(readOnlyOf({ ...data('GetObject'), readOnly })).toEqual([undefined, true])
    for (const readOnly of [false, undefined, null])
      expect(readOnlyOf({ ...data('PutObject'), readOnly })).toEqual([false, false])
    expect(readOnlyOf(call('x.amazonaws.com', 'GetX', { readOnly: true }))).toEqual([true, true])
    expect(readOnlyOf(call('x.amazonaws.com', 'GetX', { readOnly: undefined }))).toEqual([true, true])
  })

  test('keeps the identity of an anonymous or foreign caller whole', () => {
    const anonymous = { type: 'AWSAccount', principalId: 'Anonymous', accountId: 'ANONYMOUS_PRINCIPAL' }
    expect(normalize(data('GetObject', {}, { userIdentity: anonymous })).fields.userIdentity).toEqual(anonymous)
    const foreign = normalize(data('GetObject', {}, { userIdentity: role('R', { account: '555566667777' }) })).fields
    expect(foreign.userIdentity).toMatchObject({ accountId: '555566667777' })
  })

  test('keeps the user agent of an unfamiliar client', () => {
    const { fields } = normalize(data('GetObject', {}, { userAgent: 'vertica-v9.3.0-2' }))
    expect(fields).toMatchObject({ userAgent: 'vertica-v9.3.0-2', tool: 'unknown' })
  })

  test('keeps eventType where the root pattern asks for it', () => {
    const root = { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' }
    expect(normalize(data('GetObject', {}, { userIdentity: root })).fields.eventType).toBe('AwsApiCall')
    expect(normalize(data('GetObject', {}, { eventType: 'AwsServiceEvent' })).fields.eventType).toBe('AwsServiceEvent')
  })

  test('keeps what it does not know of a category it does not know', () => {
    const { fields } = normalize({
      eventCategory: 'Tomorrow',
      eventName: 'X',
      eventSource: 'x',
      windows: [{ count: 12 }],
      source: 'theirs',
      empty: null,
    })
    expect(fields).toMatchObject({ windows: [{ count: 12 }], collided: { source: 'theirs' } })
    expect(fields).not.toHaveProperty('source')
    expect(fields).not.toHaveProperty('empty')
  })
})

test('an ordinary read, write and change as they stand in the log group, to the letter', () => {
  expect(normalize(data('GetObject')).message).toMatchInlineSnapshot(
    `"{"action":"object.read","outcome":"success","tool":"awscli","https":true,"lagSeconds":10800,"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice"},"eventTime":"2026-06-01T10:02:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"[aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.5 lang/python#3.11.8 cfg/retry-mode#standard command#s3api]","requestParameters":{"bucketName":"amzn-s3-demo-bucket1","key":"reports/a.csv"},"requestID":"REQ0000000000001","eventID":"11111111-2222-4333-8444-555555555555","eventCategory":"Data"}"`,
  )
  expect(normalize(data('PutObject', {}, { userIdentity: ALICE })).message).toMatchInlineSnapshot(
    `"{"action":"object.write","outcome":"success","tool":"awscli","https":true,"lagSeconds":10800,"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice"},"eventTime":"2026-06-01T10:02:00Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"[aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.5 lang/python#3.11.8 cfg/retry-mode#standard command#s3api]","requestParameters":{"bucketName":"amzn-s3-demo-bucket1","key":"reports/a.csv"},"requestID":"REQ0000000000001","eventID":"11111111-2222-4333-8444-555555555555","readOnly":false,"eventCategory":"Data"}"`,
  )
  expect(normalize(setting('PutBucketVersioning', {})).message).toMatchInlineSnapshot(
    `"{"action":"config.write","change":"versioning","outcome":"success","tool":"awscli","lagSeconds":10800,"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEALICE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice"},"eventTime":"2026-06-01T10:02:00Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketVersioning","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"[aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.5 lang/python#3.11.8 cfg/retry-mode#standard command#s3api]","requestParameters":{"bucketName":"amzn-s3-demo-bucket1"},"requestID":"REQ0000000000001","eventID":"11111111-2222-4333-8444-555555555555","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3"}}"`,
  )
})

test.each([
  ['111122223333', false],
  ['111122223334', true],
  ['555566667777', true],
])(
  'the resources of an object read stay where they name another account than the recipient: %s',
  (accountId, isKept) => {
    const resources = [
      { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket1/reports/a.csv' },
      { accountId, type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket1' },
    ]
    const { fields } = normalize(data('GetObject', {}, { resources }))
    expect('resources' in fields).toBe(isKept)
  },
)

describe('values that are too large', () => {
  const keptOf = (value: string) =>
    normalize(call('x.amazonaws.com', 'X', { requestParameters: { note: value, rest: ['x'.repeat(9000)] } })).fields
      .requestParameters
  test('keep scalars of 2 KB together: a byte more, and they go', () => {
    const most = 2048 - 'note'.length - 2 - 4 - 1
    expect(keptOf('n'.repeat(most))).toHaveProperty('note')
    expect(keptOf('n'.repeat(most + 1))).not.toHaveProperty('note')
  })

  const statements = Array.from({ length: 200 }, () => ({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::amzn-s3-demo-bucket1/${'x'.repeat(64)}`,
  }))
  const record = setting('PutBucketPolicy', {
    bucketPolicy: { Statement: [...statements, { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' }] },
  })

  test('give way to a marker, after everything was derived from them', () => {
    const { fields, view } = normalize(record)
    expect(fields.requestParameters).toMatchObject({
      omitted: true,
      originalSize: expect.any(Number),
      reason: expect.stringContaining('8192'),
      bucketName: 'amzn-s3-demo-bucket1',
    })
    expect(fields).toMatchObject({ truncated: true, change: 'policy', public: true, weakens: true })
    expect(view).toMatchObject({ truncated: true, bucket: 'amzn-s3-demo-bucket1' })
  })

  test('stay below the cap, and in the full record', () => {
    expect(normalize(record, { capBytes: 1_000_000 }).fields).not.toHaveProperty('truncated')
    expect(normalize(record, { detail: 'full' }).fields.requestParameters).toEqual(record.requestParameters)
  })

  test('are measured in bytes of UTF-8, each value by itself', () => {
    const wide = { text: '€'.repeat(100) }
    const both = { requestParameters: wide, additionalEventData: wide }
    const size = Buffer.byteLength(JSON.stringify(wide))
    expect(normalize(call('x.amazonaws.com', 'X', both), { capBytes: size }).fields).toMatchObject(both)
    const over = normalize(call('x.amazonaws.com', 'X', both), { capBytes: size - 1 }).fields
    expect(over).toMatchObject({ requestParameters: { omitted: true }, additionalEventData: { omitted: true } })
  })

  test('leave short scalars behind that a filter may read', () => {
    const extra = { MFAUsed: 'No', LoginTo: 'x'.repeat(9000) }
    const { fields } = normalize(
      call('signin.amazonaws.com', 'ConsoleLogin', {
        additionalEventData: extra,
        responseElements: { ConsoleLogin: 'Success' },
      }),
    )
    expect(fields.additionalEventData).toMatchObject({ omitted: true, MFAUsed: 'No' })
  })
})

describe('numbers', () => {
  test.each(['9007199254740993', '12345678901234567890', '0.12345678901234567891', '-9007199254740995', '1e400'])(
    '%s keeps its digits',
    (digits) => {
      const text = `{"eventSource":"x.amazonaws.com","eventName":"X","requestParameters":{"a":[${digits}],"n":12}}`
      expect(normalize(text).message).toContain(`"requestParameters":{"a":[${digits}],"n":12}`)
      expect(normalize(text, { detail: 'full' }).message).toContain(text.slice(1, -1))
    },
  )

  test('keep their digits where the value is cut, and where a secret beside them is replaced', () => {
    const digits = '9007199254740993'
    const long = `{"size":${digits},"list":[${digits}],"text":"${'x'.repeat(9000)}"}`
    const text = `{"eventSource":"x.amazonaws.com","eventName":"X","eventVersion":"1.11","requestParameters":${long}}`
    const { fields, message } = normalize(text)
    expect(message).toContain(`"size":${digits}`)
    expect(fields).toMatchObject({ requestParameters: { omitted: true } })
    const secret = text.replace(long, `{"password":"hunter2","size":${digits}}`)
    expect(normalize(secret).message).toContain(`"size":${digits}`)
  })
})

test.each([
  ['9007199254740993', '9007199254740993'],
  ['"9007199254740993"', '9007199254740993'],
  ['4096', '4096'],
  ['"0004096"', '4096'],
  ['-1', '-1'],
  ['1.5', '1.5'],
  ['1e400', undefined],
  ['0', undefined],
  ['"many"', undefined],
])('bytes logged as %s are told with all their digits', (logged, told) => {
  const text = JSON.stringify(data('GetObject')).replace(
    /"bytesTransferredOut":[^,}]+/,
    `"bytesTransferredOut":${logged}`,
  )
  for (const detail of ['lean', 'full'] as const) {
    const { message } = normalize(text, { detail })
    expect(/"bytesOut":([^,]+)/.exec(message)?.[1]).toBe(told)
  }
})

describe('the outcome', () => {
  const excerpt = { eventSource: 's3.amazonaws.com', eventName: 'DeleteBucket', eventTime: '2026-06-01T10:02:00Z' }
  const insight = { eventVersion: '1.11', eventID: 'x', eventTime: '2026-06-01T10:02:00Z', eventCategory: 'Insight' }
  test.each([
    ['a whole record without an error', call('s3.amazonaws.com', 'DeleteBucket'), 'success', 'none'],
    ['an excerpt', excerpt, 'unknown', 'none'],
    ['an excerpt with its id', { ...excerpt, eventID: 'x' }, 'success', 'none'],
    ['an excerpt that says that there was none', { ...excerpt, errorCode: null }, 'success', 'none'],
    ['an excerpt with an error', { ...excerpt, errorCode: 'AccessDenied' }, 'failure', 'denied'],
    [
      'a sign-in that says it',
      {
        ...excerpt,
        eventSource: 'signin.amazonaws.com',
        eventName: 'ConsoleLogin',
        responseElements: { ConsoleLogin: 'Success' },
      },
      'success',
      'none',
    ],
    ['an error in words only', call('x.amazonaws.com', 'X', { errorMessage: 'It broke.' }), 'failure', 'client'],
    ['words for nothing', call('x.amazonaws.com', 'X', { errorMessage: null }), 'success', 'none'],
    ['a code and words', call('x.amazonaws.com', 'X', { errorCode: '200', errorMessage: 'OK' }), 'success', 'none'],
    [
      'an insight, which is no call',
      { ...insight, insightDetails: { eventName: 'X', eventSource: 'x.amazonaws.com', errorCode: 'AccessDenied' } },
      'unknown',
      'none',
    ],
    [
      'a summary, which is none either',
      {
        eventVersion: '1.0',
        eventId: 'x',
        eventCategory: 'Aggregated',
        eventSource: 's3.amazonaws.com',
        eventName: 'S3',
        timeWindow: { windowEnd: '2026-06-01T10:02:00Z' },
      },
      'unknown',
      'none',
    ],
  ])('of %s', (_name, record, outcome, errorClass) => {
    for (const detail of ['lean', 'full'] as const) {
      const { fields, view } = normalize(record, { detail })
      expect(completeRecord(fields)).toMatchObject({ outcome, errorClass })
      expect(view).toMatchObject({ outcome, errorClass })
    }
  })
})

describe('text that is no record', () => {
  test.each([
    ['cut off', '{"eventName":"X","requestParameters":{"bucketNa'],
    ['an array', '[1,2]'],
    ['null', 'null'],
    ['nothing', ''],
    ['prose', 'CloudTrail validation message.'],
  ])('is kept: %s', (_name, text) => {
    const { fields, view } = normalize(text)
    expect(fields).toMatchObject({
      kind: 'parseError',
      source: 'cloudtrail',
      parse: 'raw',
      raw: text,
      parseErrorReason: expect.stringMatching(/./),
      action: 'unknown',
      change: 'none',
      errorClass: 'none',
      actorType: 'unknown',
      awsService: false,
      anonymous: false,
      tool: 'none',
      toolRisk: 'none',
      weakens: false,
    })
    expect(view).toMatchObject({ kind: 'parseError', source: 'cloudtrail', parse: 'raw' })
    expect(view.identity).toBeUndefined()
    expect(view.eventTimeMs).toBeUndefined()
  })

  test.each([
    ['any JSON', { foo: 1 }],
    ['an empty object', {}],
    ['a name alone', { eventName: 'X' }],
    ['OCSF', { metadata: { version: '1.1.0' }, time: 1, class_uid: 6003, api: { operation: 'GetObject' } }],
    [
      'EventBridge',
      { version: '0', id: '1', 'detail-type': 'AWS API Call via CloudTrail', detail: { eventName: 'X' } },
    ],
    ['lookup-events', { EventId: '1', EventName: 'X', EventSource: 'x', CloudTrailEvent: '{"eventName":"X"}' }],
  ])('is kept, and no success: %s', (_name, json) => {
    for (const detail of ['lean', 'full'] as const) {
      const { fields, view } = normalize(json, { detail })
      expect(fields).toMatchObject({ kind: 'parseError', raw: JSON.stringify(json), action: 'unknown' })
      expect(view).toMatchObject({ kind: 'parseError', parse: 'raw' })
    }
  })

  test.each([
    ['in a parameter', (deep: string) => `{"eventName":"X","eventSource":"x","requestParameters":{"a":${deep}}}`],
    ['in a member that is not known', (deep: string) => `{"eventName":"X","eventSource":"x","a":${deep}}`],
    ['from the beginning', (deep: string) => deep],
  ])('is kept, and no stack overflows, where it is nested without end: %s', (_name, wrap) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      for (const levels of [300, 100_000]) {
        const text = wrap(`${open.repeat(levels)}1${close.repeat(levels)}`)
        for (const detail of ['lean', 'full'] as const) {
          expect(normalize(text, { detail }).fields).toMatchObject({ kind: 'parseError', raw: text })
        }
      }
    }
    const sound = wrap(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`)
    if (sound.startsWith('{"eventName"')) expect(normalize(sound).view.kind).toBe('event')
  })

  test('loses its secrets, also where the reason quotes them', () => {
    const { message } = normalize('x?X-Amz-Signature=0123456789abcdef&y=1 "X-Amz-Credential":"AKIAIOSFODNN7EXAMPLE/x"')
    expect(message).not.toMatch(/0123456789abcdef|AKIAIOSFODNN7EXAMPLE/)
    expect(message).toContain('y=1')
  })
})

describe.each(['lean', 'full'] as const)('secrets, detail %s', (detail) => {
  test.each([
    ['a referer-like text', { note: 'https://b.s3.amazonaws.com/k?X-Amz-Signature=SECRET1&x=1' }],
    ['any letter case', { note: 'https://b/k?x-amz-SIGNATURE=SECRET1&awsaccesskeyid=SECRET2' }],
    ['a member', { 'X-Amz-Signature': 'SECRET1', 'X-Amz-Security-Token': ['SECRET2'] }],
    ['a nested member', { headers: { 'x-amz-credential': 'SECRET1', Signature: 'SECRET2' } }],
    ['an encoded URL', { note: 'r=https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3DSECRET1%26x%3D1' }],
    ['a setting', { note: 'db.password = SECRET1', other: 'user[password]=SECRET2', more: 'password%20=%20SECRET3' }],
    ['a list', { note: 'password[]=SECRET1', other: 'password%5B0%5D%3DSECRET2' }],
    ['XML', { note: '<a><Password>SECRET1</Password></a>', other: '%3CPassword%3ESECRET2%3C/Password%3E' }],
    ['variables of a container', { definitions: [{ environment: [{ name: 'DB_PASSWORD', value: 'SECRET1' }] }] }],
    ['parameters of a stack', { parameters: [{ parameterValue: 'SECRET1', parameterKey: 'DbPassword' }] }],
    ['a parameter', { name: '/prod/db/password', value: 'SECRET1', type: 'String' }],
    ['variables in JSON in JSON', { note: JSON.stringify([{ Name: 'API_KEY', Value: 'SECRET1' }]) }],
  ])('%s', (_name, parameters) => {
    for (const record of [
      call('x.amazonaws.com', 'X', { requestParameters: parameters }),
      data('GetObject', parameters),
    ]) {
      const { message } = normalize(record, { detail })
      expect(message).not.toContain('SECRET')
    }
  })

  test('hidden behind a JSON escape', () => {
    const text =
      '{"eventName":"X","eventSource":"x","requestParameters":{"u":"k?X-Amz-Signature\\u003dSECRET1\\u0026x=1","\\u0053ignature":"SECRET2"}}'
    expect(normalize(text, { detail }).message).not.toContain('SECRET')
  })

  test('in JSON inside of JSON, its names escaped', () => {
    for (const inner of ['{"pass\\u0077ord":"SECRET1"}', '{"\\u0070assword":"a\\u0022SECRET1"}']) {
      for (const note of [inner, JSON.stringify({ inner })]) {
        const { message } = normalize(call('x.amazonaws.com', 'X', { requestParameters: { note } }), { detail })
        expect([note, message.includes('SECRET')]).toEqual([note, false])
      }
    }
  })

  test('in the name of a member', () => {
    const { fields, message } = normalize(
      call('x.amazonaws.com', 'X', {
        requestParameters: { 'X-Amz-Signature=SECRET1': '', 'a?Signature%3DSECRET2': { b: 1 } },
        'k?password=SECRET3': 'v',
      }),
      { detail },
    )
    expect(message).not.toContain('SECRET')
    expect(fields.requestParameters).toEqual({
      'X-Amz-Signature=REDACTED': '',
      'a?Signature%3DREDACTED': { b: 1 },
    })
    expect(fields['k?password=REDACTED']).toBe('v')
  })

  test('in a key, a user agent, an error message', () => {
    const url = 'a?Signature=SECRET1&Expires=1'
    const { message, fields } = normalize(
      data('GetObject', { key: url }, { userAgent: `odd ${url}`, errorMessage: url, errorCode: 'AccessDenied' }),
      { detail },
    )
    expect(message).not.toContain('SECRET')
    expect(fields.userAgent).toBe('odd a?Signature=REDACTED&Expires=1')
  })

  test('signature versions are none', () => {
    const parameters = { SignatureVersion: '4', note: 'SignatureVersion=4&x=1' }
    const { message } = normalize(call('x.amazonaws.com', 'X', { requestParameters: parameters }), { detail })
    expect(message).toContain(JSON.stringify(parameters))
  })
})

describe('the view', () => {
  test('carries what filters, receipts and rules need', () => {
    const { view } = normalize(
      data('GetObject', {}, { additionalEventData: { bytesTransferredOut: 4096 }, userIdentity: role('Reader') }),
    )
    expect(view).toEqual({
      kind: 'event',
      source: 'cloudtrail',
      eventTimeMs: Date.parse('2026-06-01T10:02:00Z'),
      identity: '11111111-2222-4333-8444-555555555555/111122223333',
      eventName: 'GetObject',
      eventSource: 's3.amazonaws.com',
      eventCategory: 'Data',
      action: 'object.read',
      outcome: 'success',
      errorClass: 'none',
      readOnly: true,
      actor: 'arn:aws:sts::111122223333:assumed-role/Reader',
      awsService: false,
      anonymous: false,
      sourceIPAddress: '198.51.100.7',
      bucket: 'amzn-s3-demo-bucket1',
      key: 'reports/a.csv',
      bytesOut: 4096,
      logBucket: false,
      change: 'none',
      toolRisk: 'none',
      ipClass: 'public',
      keyClass: 'none',
      crossAccount: false,
      truncated: undefined,
      call: undefined,
      told: TOLD.key | TOLD.noLongLivedKey,
      tool: 'awscli',
      actorType: 'role',
      person: undefined,
      errorCode: undefined,
      identityType: 'AssumedRole',
      sse: undefined,
      userAgent: expect.stringContaining('aws-cli/2.17.0'),
    })
  })

  test('has no identity without an event id, and no time without one', () => {
    const { view } = normalize(call('x.amazonaws.com', 'X', { eventID: undefined, eventTime: null }))
    expect(view.identity).toBeUndefined()
    expect(view.eventTimeMs).toBeUndefined()
  })
})

describe('input', () => {
  test('may be bytes, pretty-printed, with a byte order mark and broken characters', () => {
    const pretty = `\uFEFF${JSON.stringify(data('GetObject'), null, 2)}\n`
    const bytes = Buffer.concat([Buffer.from(pretty.replace('a.csv', 'a@.csv'))])
    bytes[bytes.indexOf('@')] = 0xff
    for (const detail of ['lean', 'full'] as const) {
      const normalizer = createCloudTrailNormalizer({
        environment: ENVIRONMENT,
        detail,
        capBytes: 8192,
        now: () => NOW,
      })
      const { message, view } = normalizer(bytes)
      expect(message).not.toMatch(/\n|^\uFEFF/)
      expect(JSON.parse(message)).toMatchObject({ eventName: 'GetObject' })
      expect(view.kind).toBe('event')
      expect(view.key).toBe('reports/a\uFFFD.csv')
    }
  })
})
