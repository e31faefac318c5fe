/** What an access-log record promises, whatever the parser is made of. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AccessLogFields } from '../../shared/access-log/fields.ts'
import { lineCheck } from '../../shared/access-log/line-identity.ts'
import { createAccessLogNormalizer } from '../../shared/access-log/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'

const options = { environment: EMPTY_ENVIRONMENT, capBytes: 8192, now: () => Date.parse('2026-03-17T09:00:00Z') }
const full = createAccessLogNormalizer({ ...options, detail: 'full' })
const lean = createAccessLogNormalizer({ ...options, detail: 'lean' })
const ACTOR = 'arn:aws:iam::111122223333:user/alice'

const PLAIN = {
  requester: ACTOR,
  requestId: '79A59DF900B949E5',
  operation: 'REST.GET.OBJECT',
  key: 'key.txt',
  requestUri: 'GET /key.txt HTTP/1.1',
  answer: '200 - 5 6 8 7',
  referer: '-',
  userAgent: 'aws-cli/2.15.0',
  versionId: '-',
}

function lineOf(changes: Partial<typeof PLAIN> = {}): string {
  const line = { ...PLAIN, ...changes }
  const { requester, requestId, operation, key, requestUri, answer, referer, userAgent, versionId } = line
  return [
    '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket',
    `[17/Mar/2026:08:00:00 +0000] 192.0.2.3 ${requester} ${requestId} ${operation} ${key}`,
    `"${requestUri}" ${answer} "${referer}" "${userAgent}" ${versionId}`,
    'hostid= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader amzn-s3-demo-bucket.s3.eu-central-1.amazonaws.com TLSv1.3 - - -',
  ].join(' ')
}

const read = (line: string, normalize = full) => {
  const { message, view } = normalize(line)
  return { view, record: JSON.parse(message), message }
}

/** Fields that only S3 writes, as they truly are in {@link PLAIN}. */
const TRUTH = {
  eventName: 'GetObject',
  httpStatus: 200,
  bytesOut: 5,
  objectSize: 6,
  totalTimeMs: 8,
  turnAroundTimeMs: 7,
  requestID: '79A59DF900B949E5',
  outcome: 'success',
  actor: ACTOR,
  tlsVersion: 'TLSv1.3',
}

describe('what a client writes', () => {
  test('stands where it belongs when it is harmless', () => {
    expect(read(lineOf()).record).toMatchObject({
      ...TRUTH,
      parse: 'exact',
      requestURI: PLAIN.requestUri,
      userAgent: PLAIN.userAgent,
    })
  })

  const ENDS = [
    // A status that S3 logs as a dash: lifecycle lines have it, a client's request never.
    '" - - - - - - "-" "x',
    '" - - - - - - - - x',
    '" - - - - - - - -',
    '" - AccessDenied - - - - "-" "x',
    '" 403 AccessDenied 1 1 1 1 "-" "x',
    '" 403 AccessDenied 1 1 1 1 - -',
    '" 404 - - - - - "-" "-" - hostid= SigV4 - AuthHeader h TLSv1.3 - - "',
    '" 200 - 5 6 8 7 "-" "x" v1 "',
    '" 200 - 5 6 8 7 "-',
  ]
  const TARGETS = ['requestUri', 'referer', 'userAgent'] as const
  const isTrue = (record: Record<string, unknown>) =>
    Object.entries(TRUTH).every(([name, value]) => record[name] === value)

  test.each(TARGETS.flatMap((target) => ENDS.map((end) => [target, end] as const)))(
    'in the %s %s forges no field of an exact record',
    (target, end) => {
      const { record } = read(lineOf({ [target]: `GET /a${end} HTTP/1.1` }))
      expect(record.parse === 'exact' ? isTrue(record) : ['recovered', 'raw'].includes(record.parse)).toBe(true)
    },
  )

  test('never forges a field of an exact record, put together from what lines are made of', () => {
    const piece = fc.constantFrom(
      '"',
      ' ',
      '-',
      '" "',
      '" - ',
      '200',
      ' 200 - 1 1 1 1 ',
      '- - - - - -',
      ' "-" ',
      'HTTP/1.1"',
      'REST.GET.OBJECT',
      'S3.EXPIRE.OBJECT',
      '[17/Mar/2026:08:00:00 +0000]',
      'AccessDenied',
      'hostid=',
      'x',
      '\\"',
      '%22',
      '\u2028',
    )
    const text = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const { record } = read(lineOf({ requestUri: `GET /${a} HTTP/1.1`, referer: b, userAgent: c }))
        if (record.parse === 'exact')
          for (const [name, value] of Object.entries(TRUTH)) expect(record[name]).toBe(value)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('operations', () => {
  const internal = { requester: 'AmazonS3', requestUri: '-', answer: '- - - 6 - -', userAgent: '-' }

  test.each(['S3.EXPIRE.OBJECT', 'S3.TRANSITION_SIA.OBJECT', 'S3.CREATE.DELETEMARKER', 'S3.TRANSITION.OBJECT'])(
    '%s is S3’s own doing, nobody’s request',
    (operation) => {
      const { record, view } = read(lineOf({ ...internal, operation }))
      expect(record).toMatchObject({
        parse: 'exact',
        operation,
        awsService: true,
        anonymous: false,
        outcome: 'success',
      })
      expect(record.requestParameters).toEqual({ bucketName: 'amzn-s3-demo-bucket', key: 'key.txt' })
      expect(view).toMatchObject({ awsService: true, anonymous: false, key: 'key.txt', outcome: 'success' })
      expect(record).not.toHaveProperty('httpStatus')
    },
  )

  test('a request that only looks like S3’s own keeps its caller', () => {
    const { view } = read(lineOf({ operation: 'REST.EXPIRE.OBJECT' }))
    expect(view).toMatchObject({ awsService: false, actor: ACTOR })
  })

  test.each([
    'REST.GET.OBJECT.A.B',
    'rest.GET.OBJECT',
    'REST',
    'REST..OBJECT',
    '.GET.OBJECT',
    'REST.GET.',
    'REST.GET.OB"JECT',
  ])('%s is none: the line is kept as text', (operation) => {
    const line = lineOf({ operation })
    const { record, view } = read(line)
    expect(view.kind).toBe('parseError')
    expect(record).toMatchObject({ kind: 'parseError', parse: 'raw', raw: line })
  })

  test.each([
    ['REST.GET.OBJECT.A', 'REST.GET.OBJECT.A'],
    ['WEBSITE.GET.OBJECT', 'GetObject'],
    ['BATCH.DELETE.OBJECT', 'DeleteObject'],
    ['REST.toString.OBJECT', 'REST.toString.OBJECT'],
    ['REST.GET.constructor', 'REST.GET.constructor'],
  ])('%s is %s', (operation, eventName) => {
    expect(read(lineOf({ operation })).record).toMatchObject({ operation, eventName, parse: 'exact' })
  })
})

describe('what tells lines apart', () => {
  const identity = (changes: Partial<typeof PLAIN> = {}) => read(lineOf(changes)).view.identity

  test('a line that is delivered twice has the same identity', () => {
    expect(identity()).toBe(identity())
    expect(identity({ versionId: 'v1' })).toBe(identity({ versionId: 'v1' }))
  })

  const BATCH = { operation: 'BATCH.DELETE.OBJECT', requestUri: '-', answer: '204 - - 5 - -' }
  test.each([
    ['request', {}, { requestId: '79A59DF900B949E6' }],
    ['key', BATCH, { ...BATCH, key: 'other.txt' }],
    ['version', { ...BATCH, versionId: 'v1' }, { ...BATCH, versionId: 'v2' }],
    ['version, or none', BATCH, { ...BATCH, versionId: 'v2' }],
    ['version of an object that was read', { versionId: 'v1' }, { versionId: 'v2' }],
    ['operation', BATCH, { ...BATCH, operation: 'REST.POST.MULTI_OBJECT_DELETE' }],
    ['answer', {}, { answer: '404 NoSuchKey 5 6 8 7' }],
  ])('%s', (_, a, b) => {
    expect(identity(a)).not.toBe(identity(b))
  })

  test('each letter of the check tells by itself: no two of them go together', () => {
    const checks = Array.from({ length: 5000 }, (_, n) =>
      lineCheck(
        { key: `k${n}`, httpStatus: 200, timeMs: n * 1000, bytesSent: n * 37, totalTime: n } as AccessLogFields,
        n,
      ),
    )
    for (let one = 0; one < 8; one++) {
      for (let other = one + 1; other < 8; other++) {
        // Of 4,096 pairs 5,000 lines in random order have some 2,900.
        expect(new Set(checks.map((check) => check[one]! + check[other]!)).size).toBeGreaterThan(2400)
      }
    }
  })
})

describe('secrets of presigned URLs', () => {
  const SECRET = 'a1b2c3d4e5f6a7b8c9d0'
  const QUERY = `X-Amz-Signature=${SECRET}&X-Amz-Security-Token=${SECRET}`
  const FORMS = [QUERY, QUERY.toLowerCase(), `u=${encodeURIComponent(`https://x/?${QUERY}`)}`, `Signature=${SECRET}`]

  test.each(
    (['requestUri', 'referer', 'userAgent'] as const).flatMap((field) => FORMS.map((form) => [field, form] as const)),
  )('in the %s (%s) are in no record', (field, form) => {
    for (const normalize of [full, lean]) {
      const { message } = read(lineOf({ [field]: `GET /key.txt?${form}` }), normalize)
      expect(message).not.toContain(SECRET)
    }
  })

  test('nor in a line that cannot be read', () => {
    const { message, view } = read(`no access log GET /k?${QUERY} HTTP/1.1`)
    expect(view.kind).toBe('parseError')
    expect(message).not.toContain(SECRET)
  })
})
