import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeKey } from '../../shared/access-log/key.ts'
import { createAccessLogNormalizer, rawAccessLogRecord } from '../../shared/access-log/normalize.ts'
import { parseAccessLogLine } from '../../shared/access-log/parse.ts'
import { DERIVED, FIELDS } from '../../shared/access-log/table.ts'
import { EMPTY_ENVIRONMENT, type Environment, type NormalizeOptions } from '../../shared/contracts/record.ts'
import { completeRecord } from '../../shared/object/complete.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'
import { plainRecord } from './plain-record.ts'
import { fieldCounts, hostileTexts, plainClients, truths, writeLine } from './true-line.ts'

const OWNER = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'
const STRANGER = 'f82c648df2fb210f205bfbebfff9a538cad9f45b258a3000b8492175eb075b86'
const NOW = Date.UTC(2026, 6, 30, 12)

const ENVIRONMENT: Environment = {
  account: '111122223333',
  trustedAccounts: ['222233334444'],
  logBuckets: ['amzn-s3-demo-bucket-logs'],
  allowRanges: ['203.0.113.0/24'],
  blockRanges: ['192.0.2.128/25'],
  watchedBuckets: { 'amzn-s3-demo-bucket2': ['arn:aws:iam::111122223333:role/app'] },
}
const OPTIONS: NormalizeOptions = { environment: ENVIRONMENT, detail: 'full', capBytes: 8192, now: () => NOW }

interface Parts {
  readonly bucket?: string
  readonly ip?: string
  readonly requester?: string
  readonly id?: string
  readonly operation?: string
  readonly key?: string
  readonly uri?: string
  readonly status?: string
  readonly error?: string
  readonly sizes?: string
  readonly referer?: string
  readonly agent?: string
  readonly tail?: string
}

const SIGNED =
  '- HOSTID= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1'

function line(parts: Parts = {}): string {
  const p = {
    bucket: 'amzn-s3-demo-bucket',
    ip: '198.51.100.7',
    requester: 'arn:aws:sts::111122223333:assumed-role/app/i-0abc',
    id: '3E57427F3EXAMPLE',
    operation: 'REST.GET.OBJECT',
    key: 'photos/a.jpg',
    uri: '"GET /photos/a.jpg HTTP/1.1"',
    status: '200',
    error: '-',
    sizes: '1024 2048 12 11',
    referer: '"-"',
    agent: '"aws-sdk-java/2.25.0"',
    tail: SIGNED,
    ...parts,
  }
  return `${OWNER} ${p.bucket} [30/Jul/2026:10:00:00 +0000] ${p.ip} ${p.requester} ${p.id} ${p.operation} ${p.key} ${p.uri} ${p.status} ${p.error} ${p.sizes} ${p.referer} ${p.agent} ${p.tail}`
}

const UNSIGNED = SIGNED.replace('SigV4', '-').replace('AuthHeader', '-')

function record(parts: Parts = {}, options: Partial<NormalizeOptions> = {}): Record<string, unknown> {
  return JSON.parse(createAccessLogNormalizer({ ...OPTIONS, ...options })(line(parts)).message)
}

/** Derived members that only the line tells. */
const NOT_SAID_AGAIN: ReadonlySet<string> = new Set(['keyLogged', 'https', 'lagSeconds'])

describe('createAccessLogNormalizer', () => {
  it('speaks CloudTrail, and adds the derived fields', () => {
    expect(record()).toEqual({
      kind: 'event',
      source: 's3access',
      service: 's3',
      eventSource: 's3.amazonaws.com',
      eventTime: '2026-07-30T10:00:00Z',
      eventName: 'GetObject',
      eventCategory: 'Data',
      readOnly: true,
      operation: 'REST.GET.OBJECT',
      httpStatus: 200,
      awsRegion: 'eu-central-1',
      sourceIPAddress: '198.51.100.7',
      userAgent: 'aws-sdk-java/2.25.0',
      eventID: '3E57427F3EXAMPLE',
      requestID: '3E57427F3EXAMPLE',
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/app/i-0abc',
        accountId: '111122223333',
        userName: 'app',
      },
      requester: 'arn:aws:sts::111122223333:assumed-role/app/i-0abc',
      requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'photos/a.jpg' },
      requestURI: 'GET /photos/a.jpg HTTP/1.1',
      bytesOut: 1024,
      objectSize: 2048,
      totalTimeMs: 12,
      turnAroundTimeMs: 11,
      signatureVersion: 'SigV4',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      authType: 'AuthHeader',
      hostHeader: 'amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com',
      tlsVersion: 'TLSv1.3',
      https: true,
      hostId: 'HOSTID=',
      bucketOwner: OWNER,
      parse: 'exact',
      action: 'object.read',
      change: 'none',
      outcome: 'success',
      errorClass: 'none',
      weakens: false,
      actorType: 'role',
      awsService: false,
      anonymous: false,
      actor: 'arn:aws:sts::111122223333:assumed-role/app',
      actorAccount: '111122223333',
      tool: 'sdk',
      toolRisk: 'none',
      ipClass: 'public',
      lagSeconds: 7200,
    })
  })

  it('says the same shorter', () => {
    expect(record({}, { detail: 'lean' })).toEqual({
      source: 's3access',
      eventTime: '2026-07-30T10:00:00Z',
      eventName: 'GetObject',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '198.51.100.7',
      requestID: '3E57427F3EXAMPLE',
      userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/app/i-0abc' },
      requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'photos/a.jpg' },
      bytesOut: 1024,
      objectSize: 2048,
      action: 'object.read',
      outcome: 'success',
      tool: 'sdk',
    })
  })

  it('with detail full leaves nothing of the line out', () => {
    expect(record()).toMatchObject({
      requestURI: 'GET /photos/a.jpg HTTP/1.1',
      turnAroundTimeMs: 11,
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      authType: 'AuthHeader',
      hostHeader: 'amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com',
      hostId: 'HOSTID=',
      bucketOwner: OWNER,
      https: true,
    })
  })

  it.each<[string, Parts, Record<string, unknown>]>([
    [
      'a user',
      { requester: 'arn:aws:iam::111122223333:user/alice' },
      {
        actorType: 'user',
        actor: 'arn:aws:iam::111122223333:user/alice',
        userIdentity: { type: 'IAMUser', userName: 'alice' },
      },
    ],
    [
      'root',
      { requester: 'arn:aws:iam::111122223333:root' },
      { actorType: 'root', root: true, userIdentity: { type: 'Root' } },
    ],
    [
      'a federated user',
      { requester: 'arn:aws:sts::111122223333:federated-user/bob' },
      { actorType: 'federated', userIdentity: { type: 'FederatedUser' } },
    ],
    [
      'a service-linked role',
      { requester: 'arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAccessAnalyzer/access-analyzer' },
      { actorType: 'role', awsService: true },
    ],
    [
      'a canonical id of the owner',
      { requester: OWNER },
      { actorType: 'account', userIdentity: { type: 'AWSAccount', principalId: OWNER } },
    ],
    [
      'a canonical id of somebody else',
      { requester: STRANGER },
      { actorType: 'account', crossAccount: true, actor: STRANGER },
    ],
    [
      'an account id',
      { requester: '444455556666' },
      { actorType: 'account', crossAccount: true, actorAccount: '444455556666' },
    ],
    [
      'a foreign role',
      { requester: 'arn:aws:sts::444455556666:assumed-role/x/y' },
      { crossAccount: true, actorAccount: '444455556666' },
    ],
    [
      'a service',
      { requester: 'svc:delivery.logs.amazonaws.com', ip: '-' },
      {
        actorType: 'service',
        awsService: true,
        actor: 'delivery.logs.amazonaws.com',
        userIdentity: { type: 'AWSService', invokedBy: 'delivery.logs.amazonaws.com' },
      },
    ],
    [
      'S3 itself',
      { requester: 'AmazonS3', operation: 'S3.EXPIRE.OBJECT', uri: '"-"' },
      { awsService: true, actor: 's3.amazonaws.com', action: 'object.expire', eventName: 'S3.EXPIRE.OBJECT' },
    ],
    [
      'CloudFront, by its origin access identity',
      { requester: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLEID' },
      { awsService: true, actorType: 'service', userIdentity: { invokedBy: 'cloudfront.amazonaws.com' } },
    ],
    [
      'nobody',
      { requester: '-', tail: UNSIGNED },
      {
        anonymous: true,
        awsService: false,
        actorType: 'anonymous',
        website: false,
        userIdentity: { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL' },
      },
    ],
    [
      'CloudFront, by its canonical id of 96 digits',
      { requester: `97cb88763cd5f6a6${'0'.repeat(76)}abcd` },
      { awsService: true, actorType: 'account', userIdentity: { type: 'AWSAccount' } },
    ],
    [
      'something else',
      { requester: 'who-knows' },
      { actorType: 'unknown', awsService: false, userIdentity: { type: 'Unknown', userName: 'who-knows' } },
    ],
  ])('knows the requester: %s', (_name, parts, expected) => {
    expect(record(parts)).toMatchObject(expected)
  })

  it.each<[string, Parts, string]>([
    ['a role of the own account', {}, 'crossAccount'],
    ['a role of a trusted account', { requester: 'arn:aws:sts::222233334444:assumed-role/x/y' }, 'crossAccount'],
    ['the owner', { requester: OWNER }, 'crossAccount'],
    ['nobody', { requester: '-' }, 'crossAccount'],
    ['a service', { requester: 'svc:x.amazonaws.com' }, 'actorAccount'],
    ['nobody has no actor', { requester: '-' }, 'actor'],
    ['a signed request', {}, 'website'],
    ['a bucket that is not watched', {}, 'actorKnown'],
  ])('leaves out what is not so: %s', (_name, parts, field) => {
    expect(record(parts)).not.toHaveProperty([field])
  })

  it('calls nobody a stranger without knowing the own account', () => {
    const requester = 'arn:aws:sts::444455556666:assumed-role/x/y'
    expect(record({ requester }, { environment: EMPTY_ENVIRONMENT })).not.toHaveProperty('crossAccount')
  })

  it('makes nobody a service for a user agent, but for a failed request of Amazon own client', () => {
    const agent = '"aws-internal/3 aws-sdk-java/1.11.714"'
    expect(record({ agent })).toMatchObject({ awsService: false, actorType: 'role', tool: 'awsinternal' })
    expect(record({ agent, requester: '-' })).toMatchObject({ awsService: false, anonymous: true })
    expect(record({ agent, requester: '-', tail: UNSIGNED, status: '403', error: 'AccessDenied' })).toMatchObject({
      awsService: false,
    })
    expect(record({ agent, requester: '-', status: '403', error: 'SignatureDoesNotMatch' })).toMatchObject({
      awsService: true,
      anonymous: false,
      actor: 'AWS Internal',
    })
  })

  it.each<[string, Parts, Record<string, unknown>]>([
    [
      'denied',
      { status: '403', error: 'AccessDenied' },
      { outcome: 'failure', errorClass: 'denied', errorCode: 'AccessDenied' },
    ],
    ['not found without a code', { status: '404' }, { outcome: 'failure', errorClass: 'notFound' }],
    ['slow down', { status: '503', error: 'SlowDown' }, { outcome: 'failure', errorClass: 'throttled' }],
    ['not modified', { status: '304' }, { outcome: 'success', errorClass: 'none' }],
    ['no status', { status: '-' }, { outcome: 'unknown', errorClass: 'none' }],
    ['no status, but an error', { status: '-', error: 'NoSuchKey' }, { outcome: 'failure', errorClass: 'notFound' }],
    ['what S3 did itself', { status: '-', operation: 'S3.EXPIRE.OBJECT' }, { outcome: 'success' }],
    ['presigned', { tail: SIGNED.replace('AuthHeader', 'QueryString') }, { presigned: true }],
    [
      'presigned: the key that signed it',
      {
        uri: '"GET /photos/a.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260730%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Expires=604800&X-Amz-Signature=abc HTTP/1.1"',
        tail: SIGNED.replace('AuthHeader', 'QueryString'),
      },
      {
        presigned: true,
        keyId: 'AKIAIOSFODNN7EXAMPLE',
        requestParameters: { key: 'photos/a.jpg', 'X-Amz-Expires': '604800' },
        requestURI:
          'GET /photos/a.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=REDACTED&X-Amz-Expires=604800&X-Amz-Signature=REDACTED HTTP/1.1',
      },
    ],
    [
      'presigned, before 2019',
      { uri: '"GET /a?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=abc HTTP/1.1"', tail: '-' },
      { presigned: true },
    ],
    [
      'old TLS, written in capitals',
      { tail: SIGNED.replace('TLSv1.3', 'TLSV1.1') },
      { tlsVersion: 'TLSv1.1', tlsOutdated: true },
    ],
    ['plain HTTP', { tail: '- HOSTID= SigV4 - AuthHeader amzn-s3-demo-bucket.s3.amazonaws.com -' }, { https: false }],
    [
      'a website',
      { operation: 'WEBSITE.GET.OBJECT', requester: '-', tail: '- HOSTID= - - - www.example.org - - -' },
      { website: true, anonymous: true, eventName: 'GetObject' },
    ],
    ['an ACL was needed', { tail: SIGNED.replace('- - eu', '- Yes eu') }, { aclRequired: true }],
    [
      'an access point',
      { tail: SIGNED.replace('- - eu', 'arn:aws:s3:eu-central-1:111122223333:accesspoint/ap - eu') },
      { accessPointArn: 'arn:aws:s3:eu-central-1:111122223333:accesspoint/ap' },
    ],
    ['an address that is blocked', { ip: '192.0.2.200' }, { ipClass: 'block' }],
    ['a log bucket', { bucket: 'amzn-s3-demo-bucket-logs' }, { logBucket: true }],
    ['a watched bucket, an expected role', { bucket: 'amzn-s3-demo-bucket2' }, { watched: true, actorKnown: true }],
    [
      'a watched bucket, another role',
      { bucket: 'amzn-s3-demo-bucket2', requester: 'arn:aws:sts::111122223333:assumed-role/x/y' },
      { watched: true, actorKnown: false },
    ],
    [
      'a watched bucket, nobody',
      { bucket: 'amzn-s3-demo-bucket2', requester: '-' },
      { watched: true, actorKnown: false },
    ],
    ['a file of credentials', { key: '.aws/credentials' }, { keyClass: 'credential' }],
    [
      'a protection deleted',
      { operation: 'REST.DELETE.ENCRYPTION', key: '-' },
      { weakens: true, change: 'encryption', eventName: 'DeleteBucketEncryption' },
    ],
    ['the source of a copy', { operation: 'REST.COPY.OBJECT_GET' }, { action: 'object.copyOut', readOnly: true }],
    [
      'a version',
      { tail: SIGNED.replace('- HOSTID', '3/L4kqtJlcpXroDTDmJ HOSTID') },
      { versionId: '3/L4kqtJlcpXroDTDmJ' },
    ],
    ['fields of tomorrow', { tail: `${SIGNED} a b` }, { unknownFields: ['a', 'b'], parse: 'exact' }],
    [
      'an encoded key',
      { key: 'a%2520b/date_%253D1' },
      { requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'a b/date_=1' } },
    ],
    ['a key that needs escaping', { key: 'a%2522b%255C%250A' }, { requestParameters: { key: 'a"b\\\n' } }],
    [
      'a batch delete',
      { operation: 'BATCH.DELETE.OBJECT', key: 'a+b%252Bc', uri: '-', status: '204', referer: '-', agent: '-' },
      { requestParameters: { key: 'a b+c' }, action: 'object.delete', tool: 'none' },
    ],
  ])('derives: %s', (_name, parts, expected) => {
    expect(record(parts)).toMatchObject(expected)
  })

  it.each<[string, Parts]>([
    ['an operation of S3 itself', { operation: 'S3.EXPIRE.OBJECT', tail: '- HOSTID= - - - - - - -' }],
    [
      'a website, which has no other',
      { operation: 'WEBSITE.GET.OBJECT', tail: '- HOSTID= - - - www.example.org - - -' },
    ],
    ['a line from before the field', { tail: '-' }],
    [
      'a bare line of a copy',
      { operation: 'REST.COPY.OBJECT_GET', uri: '-', referer: '-', agent: '-', tail: '- - - - - - -' },
    ],
  ])('does not take for plain HTTP: %s', (_name, parts) => {
    expect(record(parts)).not.toHaveProperty('https')
  })

  it('is not blinded by a user agent that forges status and sizes', () => {
    const agent = '"x" 200 - 9 9 9 9 "y"'
    expect(record({ status: '403', error: 'AccessDenied', agent })).toMatchObject({
      parse: 'recovered',
      parseErrorReason: expect.stringMatching(/URI/),
      httpStatus: 403,
      errorCode: 'AccessDenied',
      outcome: 'failure',
      errorClass: 'denied',
    })
    expect(record({ agent: '"x" 403 AccessDenied - - - - "y"' })).toMatchObject({ httpStatus: 200, outcome: 'success' })
  })

  it('replaces secrets wherever a client can put them', () => {
    const secret = 'X-Amz-Signature=0123456789abcdef'
    const { message } = createAccessLogNormalizer(OPTIONS)(
      line({
        uri: `"GET /a?${secret} HTTP/1.1"`,
        referer: `"https://example.com/?${secret}"`,
        agent: `"x ?${secret}"`,
      }),
    )
    expect(message).not.toContain('0123456789abcdef')
    expect(createAccessLogNormalizer(OPTIONS)(`no line ?${secret}`).message).not.toContain('0123456789abcdef')
  })

  it.each<[string, Parts, boolean]>([
    ['virtual-hosted', {}, false],
    ['path-style', { uri: '"GET /amzn-s3-demo-bucket/photos/a.jpg HTTP/1.1"' }, false],
    ['encoded', { key: 'a%253Db', uri: '"GET /a%3Db HTTP/1.1"' }, false],
    ['an SDK names the call', { uri: '"GET /photos/a.jpg?x-id=GetObject HTTP/1.1"' }, false],
    ['a bucket setting', { operation: 'REST.GET.ACL', key: '-', uri: '"GET /?acl HTTP/1.1"' }, false],
    [
      'a bucket setting, path-style',
      { operation: 'REST.GET.ACL', key: '-', uri: '"GET /amzn-s3-demo-bucket?acl= HTTP/1.1"' },
      false,
    ],
    ['the operation itself', { operation: 'REST.GET.ACL', key: '-', uri: '"REST.GET.ACL"' }, false],
    ['a query', { uri: '"GET /photos/a.jpg?partNumber=1 HTTP/1.1"' }, true],
    ['a listing', { operation: 'REST.GET.BUCKET', key: '-', uri: '"GET /?prefix=a HTTP/1.1"' }, true],
    ['another object', { uri: '"GET /photos/b.jpg HTTP/1.1"' }, true],
    ['a longer name', { uri: '"GET /photos/a.jpg.bak HTTP/1.1"' }, true],
    ['another method', { uri: '"POST /photos/a.jpg HTTP/1.1"' }, true],
    ['garbage', { uri: '"garbage"' }, true],
    ['something after the version', { uri: '"GET /photos/a.jpg HTTP/1.1 x"' }, true],
  ])('lean keeps a requestURI only where it tells something: %s', (_name, parts, kept) => {
    expect('requestURI' in record(parts, { detail: 'lean' })).toBe(kept)
  })

  it.each([
    ['amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com', false],
    ['s3.eu-central-1.amazonaws.com', false],
    ['s3.dualstack.eu-central-1.amazonaws.com', false],
    ['amzn-s3-demo-bucket.s3.amazonaws.com', false],
    ['s3-eu-central-1.amazonaws.com', false],
    ['amzn-s3-demo-bucket.s3.us-west-2.amazonaws.com', true],
    ['other.s3.eu-central-1.amazonaws.com', true],
    ['amzn-s3-demo-bucket.s3-accelerate.amazonaws.com', true],
    ['www.example.org', true],
  ])('lean keeps a host header only where it tells something: %s', (host, kept) => {
    const tail = SIGNED.replace('amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com', host)
    expect('hostHeader' in record({ tail }, { detail: 'lean' })).toBe(kept)
  })

  it('full has requester and key as logged, lean has them in CloudTrail words only', () => {
    const parts = { requester: 'svc:delivery.logs.amazonaws.com', key: 'a%252Bb.txt' }
    expect(record(parts)).toMatchObject({
      requester: 'svc:delivery.logs.amazonaws.com',
      userIdentity: { invokedBy: 'delivery.logs.amazonaws.com' },
      keyLogged: 'a%252Bb.txt',
      requestParameters: { key: 'a+b.txt' },
    })
    expect(record({ key: 'a.txt', requester: '-' })).not.toHaveProperty('keyLogged')
    expect(record({ key: 'a.txt', requester: '-' })).not.toHaveProperty('requester')
    const lean = record(parts, { detail: 'lean' })
    for (const name of ['requester', 'keyLogged']) expect(lean).not.toHaveProperty(name)
  })

  it('lean keeps who acted where the ARN does not say it', () => {
    const lean = (requester: string) => record({ requester }, { detail: 'lean' })
    const alice = lean('arn:aws:iam::111122223333:user/alice')
    expect(alice.userIdentity).toEqual({ type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice' })
    for (const name of ['actor', 'actorAccount', 'actorType']) expect(alice).not.toHaveProperty(name)
    expect(lean('somebody')).toMatchObject({
      actor: 'somebody',
      userIdentity: { type: 'Unknown', userName: 'somebody' },
    })
    expect(lean('444455556666')).toMatchObject({ userIdentity: { type: 'AWSAccount', accountId: '444455556666' } })
    expect(lean('-')).toMatchObject({ anonymous: true, userIdentity: { accountId: 'ANONYMOUS_PRINCIPAL' } })
    expect(lean('svc:delivery.logs.amazonaws.com')).toMatchObject({ awsService: true })
  })

  it('lean leaves out what the table says, and nothing else', () => {
    const rows = new Map<string, { lean: string; absent?: unknown }>(
      [...FIELDS, ...DERIVED].map((row) => [row.member, row]),
    )
    const flat = (object: object, path = ''): [string, unknown][] =>
      Object.entries(object).flatMap(([name, value]) =>
        name === 'userIdentity' || name === 'requestParameters' ? flat(value, `${name}.`) : [[path + name, value]],
      )
    fc.assert(
      fc.property(truths, plainClients, (truth, client) => {
        const text = writeLine(truth, client)
        const [lean, full] = (['lean', 'full'] as const).map(
          (detail) => new Map(flat(JSON.parse(createAccessLogNormalizer({ ...OPTIONS, detail })(text).message))),
        ) as [Map<string, unknown>, Map<string, unknown>]
        for (const [member, value] of full) {
          const row = rows.get(member)
          if (row?.lean === 'dropped') expect(lean).not.toContain(member)
          else if (lean.has(member)) expect([member, lean.get(member)]).toEqual([member, value])
          else {
            expect([member, row?.lean]).toEqual([member, 'plain'])
            if (row?.absent !== undefined) expect([member, value]).toEqual([member, row.absent])
          }
        }
        for (const member of lean.keys()) expect([...full.keys()]).toContain(member)
      }),
    )
  })

  it('what lean leaves out can be said again', () => {
    const gone = new Set([...FIELDS].flatMap(({ lean, member }) => (lean === 'kept' ? [] : [member])))
    const again = ['operation']
    fc.assert(
      fc.property(truths, plainClients, (truth, client) => {
        const text = writeLine(truth, client)
        const [lean, full] = (['lean', 'full'] as const).map(
          (detail) => JSON.parse(createAccessLogNormalizer({ ...OPTIONS, detail })(text).message) as object,
        ) as [Record<string, unknown>, Record<string, unknown>]
        const said = completeRecord(lean)
        for (const [name, value] of Object.entries(full)) {
          if ((gone.has(name as never) && !again.includes(name)) || NOT_SAID_AGAIN.has(name)) continue
          expect([name, said[name]]).toEqual([name, value])
        }
        for (const name of Object.keys(said)) expect(Object.keys(full)).toContain(name)
        expect(completeRecord(full)).toEqual(full)
      }),
    )
  })

  it('pastes together just what a plain object would be', () => {
    const normalize = createAccessLogNormalizer(OPTIONS)
    const hostile = fc.record({ requestUri: hostileTexts, referer: hostileTexts, userAgent: hostileTexts })
    fc.assert(
      fc.property(truths, fc.oneof(plainClients, hostile), fieldCounts, (truth, client, count) => {
        const text = writeLine(truth, client, count)
        const { message, view } = normalize(text)
        const plain = plainRecord(parseAccessLogLine(text), text, OPTIONS) as Record<string, unknown>
        expect(JSON.parse(message)).toEqual(plain)
        expect(message).not.toMatch(/[\n\r]/)
        for (const name of [
          'kind',
          'source',
          'parse',
          'eventName',
          'eventSource',
          'eventCategory',
          'action',
          'outcome',
          'errorClass',
          'readOnly',
          'actor',
          'awsService',
          'anonymous',
          'sourceIPAddress',
          'bytesOut',
        ] as const) {
          expect(view[name]).toEqual(plain[name])
        }
        expect(view.logBucket).toBe(plain.logBucket === true)
        expect({ bucketName: view.bucket, key: view.key }).toEqual({
          key: undefined,
          ...(plain.requestParameters as object),
        })
      }),
    )
  })

  it('gives every line a record, and every text some record', () => {
    const normalize = createAccessLogNormalizer({ ...OPTIONS, detail: 'lean' })
    fc.assert(
      fc.property(
        fc.oneof(hostileTexts, fc.string({ unit: 'binary' }), fc.constantFrom(...ACCESS_LOG_CASES.map((c) => c.line))),
        (text) => {
          const { message, view } = normalize(text)
          const parsed = completeRecord(JSON.parse(message))
          expect(parsed.kind).toBe(view.kind)
          for (const name of [
            'source',
            'service',
            'action',
            'change',
            'outcome',
            'errorClass',
            'actorType',
            'awsService',
            'anonymous',
            'tool',
            'toolRisk',
            'weakens',
            'parse',
          ]) {
            expect(parsed).toHaveProperty(name)
          }
        },
      ),
    )
  })

  it('shows no secret that stands where none belongs, and all of a secret goes', () => {
    const text = [
      '79a5 bucket?password=SECRET1 [17/Mar/2026:08:00:00 +0000] 192.0.2.3',
      'arn:aws:sts::111122223333:assumed-role/R/password=SECRET2 7ACC4BE89EXAMPLE REST.GET.OBJECT',
      'a%253Fpassword%253DSECRET3%252526SECRET4%252523SECRET5%2526x%253D1 "GET /a?password[]=SECRET6 HTTP/1.1"',
      '200 - 1 1 1 1 "-" "x <Password>SECRET7</Password>" - H SigV4 - AuthHeader token:SECRET8 TLSv1.2 - -',
    ].join(' ')
    for (const detail of ['lean', 'full'] as const) {
      const { message } = createAccessLogNormalizer({ ...OPTIONS, detail })(text.replace('token:', 'access-token:'))
      expect(message.match(/SECRET\d/g)).toBe(null)
      expect(message).toContain('"key":"a?password=REDACTED&x=1"')
    }
  })

  it('keeps what it cannot read', () => {
    const { message, view } = createAccessLogNormalizer(OPTIONS)('what is "this"?\u2028')
    expect(JSON.parse(message)).toMatchObject({
      kind: 'parseError',
      parse: 'raw',
      raw: 'what is "this"?\u2028',
      parseErrorReason: expect.stringMatching(/\.$/),
    })
    expect(view).toMatchObject({ kind: 'parseError', parse: 'raw' })
    expect(view.identity).toBeUndefined()
    const long = JSON.parse(rawAccessLogRecord('x'.repeat(1_100_000), 'Too long.').message)
    expect(long).toMatchObject({ truncated: true, parseErrorReason: 'Too long.' })
    expect(long.raw.length).toBe(1_048_576)
  })

  it('cuts texts that are longer than any header, and says so', () => {
    const long = record({ agent: `"${'a'.repeat(20_000)}"`, referer: `"${'b'.repeat(20_000)}"` })
    expect(long).toMatchObject({ truncated: true, parse: 'exact' })
    expect([(long.userAgent as string).length, (long.referer as string).length]).toEqual([16_384, 16_384])
    expect(record({ agent: `"${'a'.repeat(16_000)}"`, referer: `"${'b'.repeat(16_000)}"` })).not.toHaveProperty(
      'truncated',
    )
  })

  it('keeps up to 32 of the fields that nobody knows yet, each up to a thousand characters', () => {
    const extra = Array.from({ length: 40 }, (_, i) => `new${i}`)
    expect(record({ tail: `${SIGNED} ${extra.join(' ')}` }).unknownFields).toEqual(extra.slice(0, 32))
    const [long] = record({ tail: `${SIGNED} ${'x'.repeat(2_000)}` }).unknownFields as string[]
    expect(long).toHaveLength(1_024)
  })

  it('keeps a line whose time is none', () => {
    const text = line().replace('30/Jul', '31/Feb')
    const { message, view } = createAccessLogNormalizer(OPTIONS)(text)
    expect(JSON.parse(message)).toMatchObject({ parse: 'recovered', timeMissing: true, eventName: 'GetObject' })
    expect(JSON.parse(message)).not.toHaveProperty('lagSeconds')
    expect(view.eventTimeMs).toBeUndefined()
  })

  describe('identity', () => {
    const normalize = createAccessLogNormalizer(OPTIONS)
    const identity = (parts: Parts) => normalize(line(parts)).view.identity
    const eventID = (parts: Parts) => JSON.parse(normalize(line(parts)).message).eventID

    it('is the same for the same line, and another for another line', () => {
      const lines: Parts[] = [
        {},
        { id: '3E57427F4EXAMPLE' },
        { operation: 'REST.HEAD.OBJECT' },
        { bucket: 'amzn-s3-demo-bucket1' },
        { key: 'photos/b.jpg' },
        { tail: SIGNED.replace('- HOSTID', 'VERSION1 HOSTID') },
      ]
      expect(lines.map(identity)).toEqual(lines.map(identity))
      expect(new Set(lines.map(identity)).size).toBe(lines.length)
    })

    it('is there without a request id too', () => {
      expect(identity({ id: '-' })).toBeTruthy()
      expect(identity({ id: '-' })).not.toBe(identity({ id: '-', key: 'b' }))
    })

    it('gives each line of one request an eventID of its own', () => {
      const keys = Array.from({ length: 1000 }, (_, i) => `logs/${i}`)
      const deleted = keys.map((key) =>
        eventID({ operation: 'BATCH.DELETE.OBJECT', key, uri: '-', referer: '-', agent: '-' }),
      )
      expect(new Set(deleted).size).toBe(keys.length)
      expect(deleted[0]).toMatch(/^3E57427F3EXAMPLE\/[0-9a-z]+$/)
      expect(eventID({ operation: 'REST.COPY.OBJECT' })).not.toBe(eventID({ operation: 'REST.COPY.OBJECT_GET' }))
      expect(eventID({})).toBe('3E57427F3EXAMPLE')
    })
  })
})

describe('decodeKey', () => {
  it.each([
    ['a.txt', false, 'a.txt'],
    ['date_%253D2021', false, 'date_=2021'],
    ['once%3Dencoded', false, 'once=encoded'],
    ['%25E2%2582%25AC', false, '€'],
    ['%E2%82%AC', false, '€'],
    ['100%2525', false, '100%'],
    ['100%25', false, '100%'],
    ['%', false, '%'],
    ['%zz', false, '%zz'],
    ['%25EF%25BF.rar', false, '%EF%BF.rar'],
    ['%FF', false, '%FF'],
    ['a%2', false, 'a%2'],
    ['a+b', false, 'a+b'],
    ['a+b', true, 'a b'],
    ['a%252Bb+c', true, 'a+b c'],
    ['%2522', false, '"'],
  ])('%s, batch delete: %s → %s', (key, batchDelete, expected) => {
    expect(decodeKey(key, batchDelete)).toBe(expected)
  })

  it('decodes as decodeURIComponent does, and never throws', () => {
    const decode = (text: string) => {
      try {
        return decodeURIComponent(text)
      } catch {
        return text
      }
    }
    const texts = fc.array(fc.constantFrom('%', '%2', '%25', '%41', '%E2', '%82', '%AC', 'a', '€', 'F', '0', '%0'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(texts, (parts) => {
        expect(decodeKey(parts.join(''), false)).toBe(decode(decode(parts.join(''))))
      }),
    )
  })
})

describe('a line of which not all is in a field', () => {
  const whole =
    `${OWNER} amzn-s3-demo-bucket [17/Mar/2026:09:30:00 +0000] 203.0.113.5 - 3E57427F3EXAMPLE REST.GET.OBJECT akeyname ` +
    '"GET /akeyname?X-Amz-Signature=SECRET1 HTTP/1.1" 403 AccessDenied 243 512 71 14 "https://refer.example/x" "curly/9" ' +
    'verid hostid1234567890EXAMPLE= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader'
  const read = (text: string) => createAccessLogNormalizer(OPTIONS)(text).message

  it('keeps it, wherever the line ends', () => {
    for (let end = 1; end < whole.length; end++) {
      const message = read(whole.slice(0, end))
      const words = whole
        .slice(0, end)
        .replaceAll('SECRET1', '')
        .split(/[^A-Za-z0-9]+/)
      const last = words.at(-1)!
      const { parse } = JSON.parse(message)
      const isKept = message.includes(last) || (end > whole.indexOf('SECRET1') && 'SECRET1'.startsWith(last))
      expect([end, parse, isKept]).toEqual([end, parse, true])
      expect(message).not.toContain('SECRET1')
    }
  })

  it('keeps it where a field in the middle has no shape that is known', () => {
    const message = read(whole.replace('AccessDenied', '<Odd>'))
    expect(JSON.parse(message)).toMatchObject({
      parse: 'recovered',
      raw: whole.replace('AccessDenied', '<Odd>').replace('SECRET1', 'REDACTED'),
    })
  })

  it('has no raw where all of it is', () => {
    expect(JSON.parse(read(line()))).not.toHaveProperty('raw')
  })
})
