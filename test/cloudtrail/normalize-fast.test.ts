import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFastLean } from '../../shared/cloudtrail/fast-lean.ts'
import { createJsonIndex } from '../../shared/cloudtrail/json-index.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { MEMBERS } from '../../shared/cloudtrail/record-layout.ts'
import { prepareEnvironment } from '../../shared/derive/environment.ts'
import { createIpClassifier } from '../../shared/derive/ip.ts'
import { ALICE, call, data, ENVIRONMENT, RECORD_CASES, role, setting } from '../cases/cloudtrail-records.ts'
import { generateCloudTrailText } from '../support/generate.ts'

const now = (): number => Date.parse('2026-06-01T10:07:00Z')
const CAP = 2000
const options = { environment: ENVIRONMENT, detail: 'lean', capBytes: CAP, now } as const

/** A text is always parsed, bytes are where need be: the first is what the second is measured by. */
const byParsing = createCloudTrailNormalizer(options)
const byIndex = createCloudTrailNormalizer(options)

const index = createJsonIndex(MEMBERS)
const fastLean = createFastLean(
  { environment: prepareEnvironment(ENVIRONMENT), classifyIp: createIpClassifier(ENVIRONMENT), now },
  CAP,
)
function isFast(text: string): boolean {
  const bytes = Buffer.from(text)
  const end = index.scan(bytes, 0)
  return end > 0 && end === bytes.length && fastLean(index) !== undefined
}
function expectSame(text: string): void {
  const parsed = byParsing(text)
  const indexed = byIndex(Buffer.from(text))
  expect(indexed.message).toBe(parsed.message)
  expect(indexed.view).toEqual(parsed.view)
}

describe('gives what parsing gives', () => {
  test.each(RECORD_CASES)('$name', ({ record }) => {
    expectSame(JSON.stringify(record))
  })

  test.each([1, 2, 3])('in ordinary traffic (%i), nearly all of which goes the fast way', (seed) => {
    let fast = 0
    for (const text of generateCloudTrailText({ records: 1500, seed, errorShare: 0.1 })) {
      expectSame(text)
      if (isFast(text)) fast++
    }
    expect(fast).toBeGreaterThan(1450)
  })
})

/** What goes the fast way at all: each of these must, or the tests below would test nothing. */
const ORDINARY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  read: data('GetObject', {}, { userIdentity: role('Reader') }),
  write: data(
    'PutObject',
    { 'x-amz-storage-class': 'STANDARD' },
    { responseElements: { 'x-amz-server-side-encryption': 'aws:kms' } },
  ),
  denied: data('GetObject', {}, { errorCode: 'AccessDenied', errorMessage: 'Access Denied', userAgent: '[rclone/1]' }),
  list: data('ListObjects', { key: undefined, prefix: 'a/' }, { additionalEventData: { bytesTransferredOut: 71 } }),
  foreign: data('GetObject', {}, { userIdentity: role('Reader', { account: '555566667777' }) }),
  call: call('ec2.amazonaws.com', 'DescribeInstances', {
    userIdentity: role('Admin', { mfa: 'true' }),
    requestParameters: { filterSet: {}, ids: ['i-1', 'i-2'], n: 7 },
    readOnly: true,
  }),
  settings: setting('GetBucketAcl', { acl: '' }, { readOnly: true }),
  service: call('sts.amazonaws.com', 'AssumeRole', {
    userIdentity: { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' },
    sourceIPAddress: 'lambda.amazonaws.com',
    userAgent: 'lambda.amazonaws.com',
    requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/A' },
    tlsDetails: undefined,
  }),
  invoke: call('lambda.amazonaws.com', 'Invoke', { managementEvent: false, eventCategory: 'Data' }),
}

describe('ordinary records', () => {
  test.each(Object.entries(ORDINARY))('%s goes the fast way', (_name, record) => {
    const text = JSON.stringify(record)
    expect(isFast(text)).toBe(true)
    expectSame(text)
  })
})

const LEFT_OUT = { omitted: true, originalSize: 9000, reason: 'too large' }
const FOREIGN_KEY = 'arn:aws:kms:eu-central-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab'

describe('a record with anything unusual about it is parsed', () => {
  const text = JSON.stringify(ORDINARY.read)
  const put = (from: string, to: string): string => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }
  test.each([
    ['white space between tokens', put('"readOnly":true', '"readOnly": true')],
    ['white space around it', ` ${text}\n`],
    ['an escape', put('reports/a.csv', 'reports\\/a.csv')],
    ['a character beyond ASCII', put('reports/a.csv', 'reports/é.csv')],
    ['a control character', put('reports/a.csv', 'reports/\t.csv')],
    ['a member twice', put('"readOnly":true', '"readOnly":false,"readOnly":true')],
    ['a parameter twice', put('"key":"reports/a.csv"', '"key":"b","key":"reports/a.csv"')],
    ['a header twice', put('"key":', '"x-amz-a":"1","x-amz-a":"2","key":')],
    ['a count twice', put('"bytesTransferredOut":0', '"bytesTransferredOut":1,"bytesTransferredOut":0')],
    ['a number that is not whole', put('"bytesTransferredOut":0', '"bytesTransferredOut":1.0')],
    ['a number with an exponent', put('"bytesTransferredOut":0', '"bytesTransferredOut":1e3')],
    ['minus zero', put('"bytesTransferredOut":0', '"bytesTransferredOut":-0')],
    ['a leading zero', put('"bytesTransferredOut":0', '"bytesTransferredOut":01')],
    ['a long number', put('"bytesTransferredOut":0', '"bytesTransferredOut":12345678901234567890')],
    ['a count that is a text', put('"bytesTransferredOut":0', '"bytesTransferredOut":"12"')],
    ['no literal', put('"readOnly":true', '"readOnly":tru')],
    ['a literal that goes on', put('"readOnly":true', '"readOnly":trues')],
    ['a comma too many', put('"readOnly":true,', '"readOnly":true,,')],
    ['a comma at the end', `${text.slice(0, -1)},}`],
    ['a colon missing', put('"readOnly":true', '"readOnly"true')],
    ['a bracket of the other kind', put('"eventCategory":"Data"', '"eventCategory":"Data","x":[1}')],
    ['an end too early', text.slice(0, -1)],
    ['more behind its end', `${text}}`],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['nesting without end', `${text.slice(0, -1)},"x":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['brackets that do not pair, deep down', `${text.slice(0, -1)},"x":[[${'{"a":'.repeat(33)}1${'}'.repeat(35)}}`],
    ['a list', `[${text}]`],
    ['a presigned request', put('"AuthHeader"', '"QueryString"')],
    ['a secret', put('reports/a.csv', 'a?X-Amz-Signature=abc')],
    ['a secret in a session', put('/bob"', '/Signature=bob"').replace('EXAMPLE:bob', 'EXAMPLE:Signature=bob')],
    ['an empty text', put('"awsRegion":"eu-central-1"', '"awsRegion":""')],
    ['an account that is none', put('"recipientAccountId":"111122223333"', '"recipientAccountId":"me"')],
    ['a secret in an id', put('REQ0000000000001', 'Signature=abc')],
    ['a secret in a message', put('"requestParameters"', '"errorMessage":"k?Signature=abc","requestParameters"')],
    ['a signed header', put('"key":', '"X-Amz-SignedHeaders":"host","key":')],
    ['a secret parameter', put('"key":', '"x-amz-security-token":"abc","key":')],
    ['no time', put('"eventTime":"2026-06-01T10:02:00Z"', '"eventTime":"yesterday"')],
    ['a category that contradicts', put('"managementEvent":false', '"managementEvent":true')],
    ['a service event', put('"AwsApiCall"', '"AwsServiceEvent"')],
    ['an insight', put('"eventCategory":"Data"', '"eventCategory":"Data","insightDetails":{}')],
    ['a sign-in', put('"responseElements":null', '"responseElements":{"ConsoleLogin":"Success"}')],
    ['a log bucket', put('"bucketName":"amzn-s3-demo-bucket1"', '"bucketName":"amzn-s3-demo-bucket-trail"')],
    ['a watched bucket', put('"bucketName":"amzn-s3-demo-bucket1"', '"bucketName":"amzn-s3-demo-bucket-payroll"')],
    ['an access point', put('"bucketName":"amzn-s3-demo-bucket1"', '"bucketName":"a-abc-s3alias"')],
    ['no bucket', put('"bucketName":"amzn-s3-demo-bucket1",', '')],
  ])('%s', (_name, unusual) => {
    expect(isFast(unusual)).toBe(false)
    expectSame(unusual)
  })

  const root = { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' }
  test.each([
    ['root', data('GetObject', {}, { userIdentity: root })],
    ['nobody', data('GetObject', {}, { userIdentity: { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL' } })],
    [
      'nobody, with an ARN',
      data(
        'GetObject',
        { Host: 'b.s3-website.eu-central-1.amazonaws.com' },
        { userIdentity: { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL', arn: ALICE.arn } },
      ),
    ],
    ['a public ACL', data('PutObject', { 'x-amz-acl': 'public-read' })],
    ['a copy', data('CopyObject', { 'x-amz-copy-source': 'b/k' })],
    ['a key that was made', call('iam.amazonaws.com', 'CreateAccessKey')],
    ['a key that was made, of whatever service', data('CreateKey')],
    ['a setting that is changed', setting('PutBucketPolicy', {})],
    ['a policy that is attached', call('iam.amazonaws.com', 'AttachUserPolicy')],
    ['a trail', call('cloudtrail.amazonaws.com', 'StopLogging')],
    ['parameters beyond the cap', call('x.amazonaws.com', 'X', { requestParameters: { a: 'x'.repeat(CAP) } })],
    ['parameters that CloudTrail left out', data('PutObject', { omitted: true })],
    [
      'parameters that CloudTrail left out of another call',
      call('x.amazonaws.com', 'X', { requestParameters: LEFT_OUT }),
    ],
    ['data that CloudTrail left out', call('x.amazonaws.com', 'X', { additionalEventData: LEFT_OUT })],
    ['a secret in a text', call('x.amazonaws.com', 'X', { requestParameters: { u: 'k?X-Amz-Signature=abc' } })],
    ['a secret in additional data', call('x.amazonaws.com', 'X', { additionalEventData: { Signature: 'abc' } })],
    ['a setting of a log bucket', setting('GetBucketAcl', { bucketName: 'amzn-s3-demo-bucket-trail' })],
    ['a setting of an object', setting('GetObjectAcl', { key: 'a/.env' })],
    [
      'a presigned setting',
      setting('GetBucketAcl', {}, { additionalEventData: { AuthenticationMethod: 'QueryString' } }),
    ],
    ['a sign-in of another kind', call('signin.amazonaws.com', 'CheckMfa', { errorMessage: 'no' })],
    ["a foreign key's ARN", data('PutObject', { 'x-amz-server-side-encryption-aws-kms-key-id': FOREIGN_KEY })],
  ])('%s', (_name, record) => {
    const unusual = JSON.stringify(record)
    expect(isFast(unusual)).toBe(false)
    expectSame(unusual)
  })
})

// ---- whatever comes

const NAMES = [
  ...MEMBERS,
  ...'type arn accountId principalId userName invokedBy accessKeyId sessionContext sessionIssuer attributes'.split(' '),
  ...'creationDate mfaAuthenticated onBehalfOf identityProvider bucketName key versionId Host omitted bucket'.split(
    ' ',
  ),
  ...'x-amz-acl x-amz-storage-class x-amz-security-token X-Amz-SignedHeaders x-amz-grant-read x-id'.split(' '),
  ...'x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id tlsVersion cipherSuite'.split(' '),
  ...'bytesTransferredIn bytesTransferredOut CipherSuite AuthenticationMethod aclRequired SSEApplied'.split(' '),
  ...'ConsoleLogin Signature source actor unknown __proto__ 1'.split(' '),
]
const VALUES: readonly unknown[] = [
  ...[null, '', true, false, 0, 5, -3, 1.5, 1e21, {}, [], { a: 1 }, ['x'], [{ b: [] }], { omitted: true }],
  ...'x true False 12 Yes - cipherSuite TLSv1.1 QueryString AuthHeader public-read aws:kms anonymous'.split(' '),
  ...'ANONYMOUS_PRINCIPAL 111122223333 555566667777 012345678901 AROAEXAMPLE:bob AROAEXAMPLE:eve'.split(' '),
  ...'s3.amazonaws.com iam.amazonaws.com kms.amazonaws.com s3express.amazonaws.com lambda.amazonaws.com'.split(' '),
  ...'GetObject PutObject CopyObject CreateKey PutKeyPolicy ConsoleLogin DeleteBucket ListBuckets Invoke'.split(' '),
  ...'Data Management Insight AwsServiceEvent AwsApiCall Root IAMUser AssumedRole AWSService AWSAccount'.split(' '),
  ...'10.0.0.1 203.0.113.9 192.0.2.200 2001:db8::1 rclone/1 [aws-cli/2] 2026-06-01T10:02:00+02:00'.split(' '),
  ...'arn:aws:iam::111122223333:user/x arn:aws:sts::111122223333:assumed-role/Admin/eve'.split(' '),
  ...'arn:aws:sts::555566667777:assumed-role/AWSServiceRoleForX/y amzn-s3-demo-bucket-trail x-s3alias'.split(' '),
  ...'HOW_TO_DECRYPT.txt a/.env Signature=abc a%3db X-Amz-Signature%3Dabc Signature NameOfSession'.split(' '),
  ...['AWS Internal', 'é😀', 'a"b\\c\n', '\u007f', 'arn:aws:kms:eu-central-1:999988887777:key/x'],
]
const PATHS: readonly (readonly string[])[] = [
  [],
  [],
  ['userIdentity'],
  ['userIdentity', 'sessionContext'],
  ['userIdentity', 'sessionContext', 'sessionIssuer'],
  ['userIdentity', 'sessionContext', 'attributes'],
  ['requestParameters'],
  ['responseElements'],
  ['additionalEventData'],
  ['tlsDetails'],
]
type Entries = [string, unknown][]

const arbitraryEdit = fc.record({
  path: fc.constantFrom(...PATHS),
  name: fc.constantFrom(...NAMES),
  value: fc.constantFrom(...VALUES),
  how: fc.constantFrom('set', 'set', 'add first', 'remove'),
})
type Edit = typeof arbitraryEdit extends fc.Arbitrary<infer T> ? T : never

/** The object with one member changed, somewhere in it; members keep their places. */
function edit(object: unknown, path: readonly string[], { how, name, value }: Edit): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return object
  const [next, ...rest] = path
  const entries: Entries = Object.entries(object)
  if (next !== undefined) {
    return Object.fromEntries(
      entries.map(([key, item]) => [key, key === next ? edit(item, rest, { how, name, value } as Edit) : item]),
    )
  }
  const others = entries.filter(([key]) => key !== name)
  if (how === 'remove') return Object.fromEntries(others)
  if (how === 'add first') return Object.fromEntries([[name, value], ...others])
  return Object.fromEntries(
    others.length === entries.length
      ? [...entries, [name, value]]
      : entries.map(([key, item]) => [key, key === name ? value : item]),
  )
}

const BASES = [
  ...Object.values(ORDINARY),
  ...[...generateCloudTrailText({ records: 60, seed: 4 })].map((text) => JSON.parse(text)),
]
const arbitraryText = fc
  .tuple(fc.constantFrom(...BASES), fc.array(arbitraryEdit, { maxLength: 3 }))
  .map(([base, edits]) => JSON.stringify(edits.reduce((record, one) => edit(record, one.path, one), base as unknown)))

describe('whatever comes', () => {
  test('records in which anything may be anything', () => {
    fc.assert(fc.property(arbitraryText, expectSame), { numRuns: 300 })
  })

  test('texts in which anything may be broken', () => {
    const arbitraryDamage = fc.record({
      at: fc.nat(4000),
      remove: fc.nat(3),
      insert: fc.constantFrom(
        '',
        '"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '\\',
        '0',
        '-',
        ' ',
        '\n',
        '\u0001',
        'é',
        'true',
        '"a":1,',
      ),
    })
    const arbitraryBroken = fc
      .tuple(fc.constantFrom(...BASES), fc.array(arbitraryDamage, { minLength: 1, maxLength: 2 }))
      .map(([base, damages]) =>
        damages.reduce((text, { at, insert, remove }) => {
          const from = at % (text.length + 1)
          return text.slice(0, from) + insert + text.slice(from + remove)
        }, JSON.stringify(base)),
      )
    fc.assert(fc.property(arbitraryBroken, expectSame), { numRuns: 300 })
  })

  test('what is remembered of one record is right for the next', () => {
    const identities = [
      ALICE,
      role('Admin'),
      role('Admin', { session: 'eve' }),
      role('Admin', { session: 'eve', mfa: 'true' }),
      role('Admin', { account: '444455556666' }),
      role('AWSServiceRoleForX', { path: 'aws-service-role/x/' }),
      { ...role('Admin'), invokedBy: 'athena.amazonaws.com' },
      { ...role('Admin'), invokedBy: 'config.amazonaws.com', sessionContext: undefined },
      { ...role('Admin', { session: 'eve' }), userName: 'some' },
      { ...role('Admin', { session: 'eve' }), userName: 'body' },
      { ...role('Admin', { session: 'eve' }), principalId: 'AROAEXAMPLE:bob' },
      { ...role('Admin', { session: 'a=b' }) },
    ]
    const arbitraryRecord = fc.record({
      base: fc.constantFrom(...Object.values(ORDINARY)),
      userIdentity: fc.constantFrom(...identities),
      sourceIPAddress: fc.constantFrom('198.51.100.7', '10.1.2.3', 'lambda.amazonaws.com', 'AWS Internal'),
      userAgent: fc.constantFrom('aws-cli/2', 'lambda.amazonaws.com', 'Pacu/1', 'AWS Internal'),
      recipientAccountId: fc.constantFrom('111122223333', '444455556666'),
      readOnly: fc.boolean(),
      tlsDetails: fc.constantFrom(undefined, { tlsVersion: 'TLSv1' }, { cipherSuite: 'X' }, null, 'x'),
      errorCode: fc.constantFrom(undefined, 'AccessDenied', 'NoSuchKey', 'NotModified', '-'),
    })
    const arbitrarySequence = fc.array(arbitraryRecord, { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(arbitrarySequence, (records) => {
        const fresh = createCloudTrailNormalizer(options)
        for (const { base, ...changes } of records) {
          const text = JSON.stringify({ ...base, ...changes })
          expect(fresh(Buffer.from(text))).toEqual(byParsing(text))
        }
      }),
      { numRuns: 200 },
    )
  })
})
