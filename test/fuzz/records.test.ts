import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectionOf } from '../../shared/access-log/fields.ts'
import { createLineSplitter } from '../../shared/access-log/lines.ts'
import { readAccessLogLine } from '../../shared/access-log/parse.ts'
import { createRecordSplitter } from '../../shared/cloudtrail/split.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { redactSecrets } from '../../shared/derive/redact.ts'
import { inflate } from '../../shared/object/inflate.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { sniffContent } from '../../shared/object/sniff.ts'
import { TRUSTED, truths, writeLine } from '../access-log/true-line.ts'
import { createRandom, type Random } from '../support/random.ts'
import { babble, disturb, fuzz, jsonValue, mutate, mutateBytes, pieces } from './fuzz.ts'
import { MOST_WORK, WORK_BYTES, workOf } from './work.ts'

const OPTIONS = { environment: EMPTY_ENVIRONMENT, capBytes: 16_384, now: () => 1_794_441_600_000 }

const RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:session',
    arn: 'arn:aws:sts::111122223333:assumed-role/Admin/session',
    accountId: '111122223333',
    sessionContext: { sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::111122223333:role/Admin', userName: 'Admin' } },
  },
  eventTime: '2026-11-12T00:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  awsRegion: 'us-east-1',
  sourceIPAddress: '192.0.2.3',
  userAgent: '[aws-cli/2.15.0]',
  requestParameters: {
    bucketName: 'amzn-s3-demo-bucket',
    bucketPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*' }] },
  },
  responseElements: null,
  requestID: 'EXAMPLE1',
  eventID: '00000001-0000-4000-8000-000000000001',
  readOnly: false,
  resources: [{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-bucket', accountId: '111122223333' }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
  tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' },
}
const DATA = {
  ...RECORD,
  eventName: 'GetObject',
  eventCategory: 'Data',
  managementEvent: false,
  requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'a/b.txt', 'X-Amz-Signature': 'abc', Host: 'h' },
  additionalEventData: { bytesTransferredIn: 0, bytesTransferredOut: 12, AuthenticationMethod: 'AuthHeader' },
}
const OTHER = { ...RECORD, eventSource: 'iam.amazonaws.com', eventName: 'CreateUser', errorCode: 'AccessDenied' }
const RECORDS = [RECORD, DATA, OTHER]

const allReaders = (['lean', 'full'] as const).map((detail) => createReaders({ ...OPTIONS, detail }))
const normalizers = allReaders.map((readers) => readers.cloudtrail.normalize)

describe('CloudTrail records', () => {
  it('become an event or a parse error, whatever they are, and always JSON', () =>
    fuzz({
      name: 'CloudTrail records',
      seed: 201,
      runs: 3000,
      aims: [
        (random) => JSON.stringify(random.pick(RECORDS)),
        (random) => JSON.stringify(disturb(random, random.pick(RECORDS), 0.08)) ?? '',
        (random) => mutate(random, JSON.stringify(random.pick(RECORDS))),
        (random) => JSON.stringify({ ...random.pick(RECORDS), requestParameters: jsonValue(random) }),
        (random) => JSON.stringify(jsonValue(random)),
        (random) => {
          const long = random.int(1, 40_000)
          return JSON.stringify(RECORD).replace('"s3:*"', JSON.stringify('x'.repeat(long)))
        },
        (random) => {
          // Far beyond what any walk may go down, and what a stack holds.
          const depth = random.pick([random.int(1, 400), random.int(1_000, 9_000)])
          const deep = `${'['.repeat(depth)}12345678901234567890${']'.repeat(depth)}`
          return JSON.stringify(RECORD).replace('"s3:*"', deep)
        },
      ],
      feed: (input, random) =>
        normalizers.flatMap((normalize) => {
          const { message, view } = normalize(random.chance(0.5) ? input : Buffer.from(input))
          expect(() => JSON.parse(message)).not.toThrow()
          expect(message).not.toContain('\n')
          const isDeep = input.includes('['.repeat(1_000))
          return [
            view.kind,
            ...(view.truncated === true ? ['truncated'] : []),
            view.outcome,
            ...(isDeep ? ['deep'] : []),
          ]
        }),
      paths: ['event', 'parseError', 'truncated', 'success', 'failure', 'deep'],
    }))

  it('are split off, whatever stands between them, and nothing of them is lost', () =>
    fuzz({
      name: 'CloudTrail objects',
      seed: 202,
      runs: 2000,
      aims: [
        (random) => JSON.stringify({ Records: [RECORD, random.pick(RECORDS), jsonValue(random)] }),
        (random) => mutate(random, JSON.stringify({ Records: [RECORD, DATA, OTHER] })),
        (random) => mutate(random, RECORDS.map((record) => JSON.stringify(record)).join('\n')),
        (random) => mutate(random, JSON.stringify([RECORD, DATA])),
        (random) => JSON.stringify({ Records: [RECORD, { ...DATA, long: 'x'.repeat(random.int(1, 20_000)) }] }),
        (random) => babble(random, ['{"Records":[', '{"eventVersion":"1.11"', '}', ']}', ',', '"', '{}'], 30),
        (random) => `{"Records":[${random.pick(['1,', '{},', '[],', '"x",'])}${'{},'.repeat(random.int(0, 500))}1]}`,
        (random) => random.pick(['', ' ', 'CloudTrail validation message.', '{"digestStartTime":"x"}', '[]']),
      ],
      feed(input, random) {
        let oversized = 0
        let handed = 0
        const splitter = createRecordSplitter({ maxRecordBytes: 8192, onOversized: () => void oversized++ })
        const bytes = Buffer.from(input)
        for (const piece of pieces(random, bytes)) handed += splitter.push(piece).length
        const { shape, records, last, error, remainder } = splitter.end()
        handed += last.length
        expect(records).toBe(handed)
        return [
          shape,
          ...(oversized > 0 ? ['oversized'] : []),
          ...(remainder === undefined ? [] : ['remainder']),
          ...(error === undefined ? [] : [error.code]),
        ]
      },
      paths: [
        ...['records', 'array', 'ndjson', 'single', 'digest', 'validation', 'empty', 'unknown'],
        ...['oversized', 'remainder', 'JSON_SYNTAX', 'JSON_TRUNCATED'],
      ],
    }))

  const record = JSON.stringify(RECORD)
  const withText = (text: string) => record.replace('[aws-cli/2.15.0]', text)
  it.each([
    ['broken records', `{"Records":[${`${record.slice(0, -2)},`.repeat(WORK_BYTES / record.length)}`],
    ['numbers', `{"Records":[${'1,'.repeat(WORK_BYTES / 2)}1]}`],
    ['empty objects', `{"Records":[${'{},'.repeat(WORK_BYTES / 3)}{}]}`],
    ['brackets', `{"Records":[${'['.repeat(WORK_BYTES)}`],
    ['braces', '{'.repeat(WORK_BYTES)],
    ['quotes', `{"Records":["${'"'.repeat(WORK_BYTES)}`],
    ['backslashes', `{"Records":["${'\\'.repeat(WORK_BYTES)}`],
    ['anchors', '{"eventVersion":'.repeat(WORK_BYTES / 16)],
    ['anchors and records', '{"eventVersion":[{"eventVersion":1},'.repeat(WORK_BYTES / 36)],
    ['anchors in a list', `{"Records":[${'{"eventVersion":[{"eventVersion":1},'.repeat(WORK_BYTES / 36)}`],
    ['lines', '{\n'.repeat(WORK_BYTES / 2)],
    ['white space', `{"Records":[${' '.repeat(WORK_BYTES)}]}`],
  ])('are split with work in proportion to their length: %s', async (_, text) => {
    const bytes = Buffer.from(text)
    for (const [size, maxRecordBytes] of [
      [100, undefined],
      [65_536, undefined],
      [text.length, undefined],
      [100, 8192],
      [65_536, 8192],
    ] as const) {
      const work = await workOf(text.length, () => {
        const splitter = createRecordSplitter(maxRecordBytes === undefined ? {} : { maxRecordBytes })
        for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
        splitter.end()
      })
      expect(work, `${size} bytes at a time, records of ${maxRecordBytes} bytes`).toBeLessThan(MOST_WORK)
    }
  })

  it.each([
    ['a long agent', withText('a/1 '.repeat(WORK_BYTES / 4))],
    ['an agent of brackets', withText('[('.repeat(WORK_BYTES / 2))],
    ['an agent of secrets', withText('X-Amz-Signature='.repeat(WORK_BYTES / 16))],
    ['an agent of names', withText('password'.repeat(WORK_BYTES / 8))],
    ['percent signs', withText('%25'.repeat(WORK_BYTES / 3))],
    ['a long arn', record.replaceAll('arn:aws:', 'arn:'.repeat(WORK_BYTES / 16))],
    ['many statements', record.replace('[{"Effect"', `[${'{"Effect":"Allow"},'.repeat(WORK_BYTES / 20)}{"Effect"`)],
    ['many members', record.replace('"Version"', `${'"a":1,'.repeat(WORK_BYTES / 6)}"Version"`)],
    ['long numbers', record.replace('"s3:*"', `[${'12345678901234567890,'.repeat(WORK_BYTES / 21)}1]`)],
    ['a policy as text', record.replace('"s3:*"', JSON.stringify(JSON.stringify('\\"'.repeat(WORK_BYTES / 8))))],
  ])('are normalized with work in proportion to their length: %s', async (_, text) => {
    for (const normalize of normalizers) {
      expect(await workOf(text.length, () => normalize(text))).toBeLessThan(MOST_WORK)
    }
  })
})

const LINE =
  '111122223333111122223333111122223333111122223333111122223333aaaa amzn-s3-demo-bucket [12/Nov/2026:00:00:00 +0000] ' +
  '192.0.2.3 arn:aws:iam::111122223333:user/alice 0123456789ABCDEF REST.GET.OBJECT a%2Bb.txt ' +
  '"GET /amzn-s3-demo-bucket/a+b.txt?versionId=x HTTP/1.1" 200 - 113 113 7 5 "https://x.example/" "aws-cli/2" - ' +
  'aG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zdGlkaG9zd= SigV4 TLS_AES_128_GCM_SHA256 ' +
  'AuthHeader amzn-s3-demo-bucket.s3.us-east-1.amazonaws.com TLSv1.3 - - us-east-1'
const JSON_LINE = JSON.stringify({
  schema_version_id: '1',
  bucket_owner_id: '1111',
  bucket_name: 'amzn-s3-demo-bucket',
  request_time: '2026-11-12T00:00:00Z',
  remote_ip: '192.0.2.3',
  operation: 'REST.GET.OBJECT',
  request_uri: 'GET /a HTTP/1.1',
  http_status: '200',
})
const LINE_WORDS = ['"', ' ', '" ', ' "', '-', '\\"', ' HTTP/1.1"', '" 200 - ', '[', ']', '"-"', '%22', '\t', ' - ']

const lineNormalizers = allReaders.map((readers) => readers['access-log'].normalize)

describe('access-log lines', () => {
  it('become an event or a parse error, whatever they are, and always JSON', () =>
    fuzz({
      name: 'access-log lines',
      seed: 203,
      runs: 3000,
      aims: [
        () => LINE,
        () => JSON_LINE,
        (random) => mutate(random, LINE, LINE_WORDS),
        (random) => mutate(random, LINE),
        (random) => mutate(random, JSON_LINE),
        (random) => LINE.replace('a+b.txt?', mutate(random, 'a b" "c', LINE_WORDS)),
        (random) => LINE.split(' ').slice(0, random.int(0, 30)).join(' '),
        (random) => babble(random, [...LINE_WORDS, ...LINE.split(' ')], 40),
      ],
      feed: (input) =>
        lineNormalizers.flatMap((normalize) => {
          const { message, view } = normalize(input.replaceAll('\n', ' '))
          expect(() => JSON.parse(message)).not.toThrow()
          return [view.kind, ...(view.parse === undefined ? [] : [view.parse])]
        }),
      paths: ['event', 'parseError', 'recovered'],
    }))

  const known = fc.sample(truths, { seed: 203, numRuns: 200 })
  const SPACED = [
    ' ',
    '  ',
    '\t',
    ' HTTP/1.1',
    '" 200 - 1 1 1 1 "',
    '" "',
    '"',
    ' - ',
    ' "-" "x" ',
    '/a b',
    '?x=y z',
    'REST.GET.OBJECT ',
  ]

  it('are never exact where a raw space or quote in a request target could have moved a field', () =>
    fuzz({
      name: 'request targets',
      seed: 207,
      runs: 6000,
      aims: [
        (random) => `GET /${mutate(random, 'a b/c.txt?x=1', SPACED)} HTTP/1.1`,
        (random) => `GET /a ${babble(random, SPACED, 8)} HTTP/1.1`,
        (random) => `GET /${babble(random, SPACED, 6)}`,
        (random) => `GET /k${random.pick(SPACED)}HTTP/1.1" 200 - 1 2 3 4 "-" "x" - ${random.pick(SPACED)}`,
        (random) => `${random.pick(SPACED)}GET /a.txt HTTP/1.1`,
        () => 'GET /a b c.txt HTTP/1.1',
      ],
      feed(requestUri, random) {
        const truth = random.pick(known)
        const client = {
          requestUri: requestUri.replaceAll('\n', ' '),
          referer: '-',
          userAgent: random.pick(['-', 'curl/8', 'x "y" z']),
        }
        const read = readAccessLogLine(writeLine(truth, client, 27))
        const fields = { ...read, ...connectionOf(read) }
        const isTrue = TRUSTED.every((name) => fields[name] === truth[name])
        // Whatever it is called, what is told for certain must be what S3 wrote.
        if (fields.parse === 'exact') expect({ client, ...fields }).toMatchObject({ ...truth })
        const spaced = /\S \S+ \S+ HTTP/.test(client.requestUri)
        return [
          fields.parse,
          `${fields.parse}, ${isTrue ? 'true' : 'not true'}`,
          ...(spaced ? [`spaces, ${fields.parse}`] : []),
        ]
      },
      paths: ['exact', 'recovered', 'exact, true', 'recovered, true', 'spaces, recovered'],
    }))

  it('are the same lines however they are cut', () =>
    fuzz({
      name: 'lines',
      seed: 204,
      runs: 2000,
      aims: [
        (random) => mutateBytes(random, Buffer.from(`${LINE}\n${LINE}\r\n\n${LINE}`)),
        (random) => Buffer.from(babble(random, ['\n', '\r', '\r\n', 'a', 'é', '\u{1f600}', '\ufeff'], 60)),
        (random) => Buffer.from(`${'é'.repeat(random.int(90, 110))}\na`),
        (random) => Buffer.from(LINE.replaceAll(' ', '\n').slice(0, random.int(0, 900))),
      ],
      feed(bytes, random) {
        const split = (parts: Iterable<Uint8Array>) => {
          const splitter = createLineSplitter({ maxLineBytes: 200 })
          const lines = [...parts].flatMap((part) => splitter.push(part))
          // The parts of a long line are cut where the pieces are.
          const all = [...lines, ...splitter.end()].map(({ text, hasMore }) => text + (hasMore === true ? '' : '\n'))
          return { all: all.join(''), ...splitter.counts() }
        }
        const whole = split([bytes])
        expect(split(pieces(random, bytes))).toEqual(whole)
        return [
          ...(whole.oversize > 0 ? ['oversize'] : []),
          ...(whole.blank > 0 ? ['blank'] : []),
          ...(whole.lines > whole.oversize ? ['lines'] : []),
        ]
      },
      paths: ['lines', 'oversize', 'blank'],
    }))

  it.each([
    ['quotes', LINE.replace('https://x.example/', '"'.repeat(WORK_BYTES))],
    ['quotes and spaces', LINE.replace('https://x.example/', '" "'.repeat(WORK_BYTES / 3))],
    ['dashes', LINE.replace('aws-cli/2', '- "-" '.repeat(WORK_BYTES / 6))],
    ['requests', LINE.replace('aws-cli/2', 'GET / HTTP/1.1" 200 - "'.repeat(WORK_BYTES / 23))],
    ['a key of percent signs', LINE.replace('a%2Bb.txt', '%'.repeat(WORK_BYTES))],
    ['a key that is encoded over and over', LINE.replace('a%2Bb.txt', `%${'25'.repeat(WORK_BYTES / 2)}`)],
    ['secrets', LINE.replace('versionId=x', 'X-Amz-Signature=a&'.repeat(WORK_BYTES / 18))],
    ['spaces', ' '.repeat(WORK_BYTES)],
    ['brackets', '['.repeat(WORK_BYTES)],
    ['JSON', JSON_LINE.replace('GET /a', 'GET /a '.repeat(WORK_BYTES / 7))],
  ])('take work in proportion to their length: %s', async (_, line) => {
    for (const normalize of lineNormalizers) {
      expect(await workOf(line.length, () => normalize(line))).toBeLessThan(MOST_WORK)
    }
  })

  it.each([
    ['without secrets', 'a '.repeat(WORK_BYTES / 2)],
    ['names', 'signature:'.repeat(WORK_BYTES / 10)],
    ['quotes', `"password":"${'\\"'.repeat(WORK_BYTES / 2)}`],
    ['names and quotes', '"password":"'.repeat(WORK_BYTES / 12)],
    ['arrays', `"password":${'["a",'.repeat(WORK_BYTES / 5)}`],
    ['headers', 'x-amz-security-token: abc '.repeat(WORK_BYTES / 26)],
    ['spaces', `password${' '.repeat(WORK_BYTES)}`],
    ['hyphens', 'a-'.repeat(WORK_BYTES / 2)],
    ['encoded', 'X%2525252DAmz-Signature%3D'.repeat(WORK_BYTES / 26)],
  ])('are redacted with work in proportion to their length: %s', async (_, text) => {
    expect(await workOf(text.length, () => redactSecrets(text))).toBeLessThan(MOST_WORK)
  })
})

const PLAIN = Buffer.from(JSON.stringify({ Records: Array.from({ length: 40 }, () => RECORD) }))

describe('what an object is', () => {
  it('is told from any beginning', () =>
    fuzz({
      name: 'sniffing',
      seed: 205,
      runs: 2000,
      aims: [
        (random) => Buffer.from(mutate(random, `${LINE}\n${LINE}`)),
        (random) => Buffer.from(mutate(random, JSON_LINE)),
        (random) => mutateBytes(random, PLAIN.subarray(0, random.int(0, 500))),
        (random) => Buffer.from(mutate(random, '{"awsAccountId":"1","digestStartTime":"x","digestEndTime":"y"}')),
        (random) => Buffer.from(random.pick(['CloudTrail validation message.', '[]', ' ', '\ufeff{"Records":['])),
        (random) => Buffer.from(JSON.stringify(jsonValue(random))),
      ],
      feed: (bytes) => [sniffContent(bytes)],
      paths: ['cloudtrail', 'cloudtrail-digest', 'access-log', 'validation', 'unknown'],
    }))

  it.each([
    ['braces', '{'.repeat(WORK_BYTES)],
    ['quotes', `{${'"'.repeat(WORK_BYTES)}`],
    ['backslashes', `{"${'\\'.repeat(WORK_BYTES)}`],
    ['white space', ' '.repeat(WORK_BYTES)],
    ['brackets and spaces', `[${' '.repeat(WORK_BYTES)}`],
    ['words', 'a '.repeat(WORK_BYTES / 2)],
    ['lines', '\n'.repeat(WORK_BYTES)],
  ])('takes work in proportion to the beginning: %s', async (_, text) => {
    const bytes = Buffer.from(text)
    expect(await workOf(bytes.length, () => sniffContent(bytes))).toBeLessThan(MOST_WORK)
  })
})

async function* given(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function readInflated(parts: Iterable<Uint8Array>, maxInflatedBytes: number) {
  const inflated = inflate(given(parts), { maxInflatedBytes, chunkSize: 4096 })
  let largest = 0
  try {
    for await (const chunk of inflated) largest = Math.max(largest, chunk.length)
    return { inflated, largest, code: 'whole' }
  } catch (error) {
    if (!(error instanceof BucketwatchError)) throw error
    return { inflated, largest, code: error.code as string }
  }
}

describe('gzip', () => {
  it('is inflated up to the damage, whatever it is', () => {
    const noise = (random: Random) => Buffer.from(Array.from({ length: 50 }, () => random.int(0, 255)))
    const zipped = gzipSync(PLAIN)
    return fuzz({
      name: 'gzip',
      seed: 206,
      runs: 600,
      aims: [
        () => zipped,
        (random) => mutateBytes(random, zipped),
        (random) => zipped.subarray(0, random.int(0, zipped.length)),
        (random) => Buffer.concat([zipped, random.pick([Buffer.alloc(100), zipped, noise(random)])]),
        () => gzipSync(zipped),
        (random) => Buffer.concat([Buffer.from([0x1f, 0x8b]), noise(random)]),
        () => gzipSync(Buffer.alloc(300_000)),
        noise,
      ],
      async feed(bytes, random) {
        const { inflated, code } = await readInflated(pieces(random, bytes), 200_000)
        if (inflated.layers > 0) expect(inflated.bytesOut).toBeLessThanOrEqual(200_000)
        return [code, `${inflated.layers} layers`]
      },
      paths: [
        ...['whole', 'GZIP_CORRUPT', 'GZIP_TRUNCATED', 'INFLATED_TOO_LARGE'],
        ...['0 layers', '1 layers', '2 layers'],
      ],
    })
  })

  it('takes work in proportion to what it inflates to, and never much memory at once', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 })
    const random = createRandom(207)
    const inputs: [string, Uint8Array][] = [
      ['a bomb', bomb],
      ['a bomb in a bomb', gzipSync(bomb)],
      ['many members', Buffer.concat(Array.from({ length: 5000 }, () => gzipSync('a\n')))],
      ['zeros', Buffer.concat([gzipSync('a'), Buffer.alloc(WORK_BYTES)])],
      ['damage at the end', Buffer.concat([gzipSync(PLAIN), mutateBytes(random, gzipSync(PLAIN))])],
    ]
    for (const [name, bytes] of inputs) {
      const { inflated, largest } = await readInflated([bytes], 64 * 1024 * 1024)
      expect(largest, name).toBeLessThanOrEqual(16 * 1024 * 1024)
      const size = inflated.bytesIn + inflated.bytesOut
      expect(await workOf(size, () => readInflated([bytes], 64 * 1024 * 1024)), name).toBeLessThan(MOST_WORK)
    }
  })
})
