import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { parseDetection } from '../../shared/detection/load.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { parseFilterPattern } from '../../shared/filter-pattern/parse.ts'
import { createLocalLogs, logStreamFile, readLogEvents, scanLogEvents } from '../../shared/local/logs.ts'
import { FORMS } from '../../shared/object/forms.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { createRandom, type Random } from '../support/random.ts'
import { babble, fuzz, jsonValue, mutate, mutateBytes, pieces } from './fuzz.ts'
import { MOST_WORK, WORK_BYTES, workOf } from './work.ts'

const SETTINGS = `about: the settings of an example
account: "111122223333"
allowRanges: [192.0.2.0/24, "2001:db8::/32"]
logBuckets:
  - amzn-s3-demo-bucket
detections:
  packs: { s3-control: on, access-log: off }
  rules:
    s3-policy-public:
      severity: high
      allowActors: ["arn:aws:iam::111122223333:role/*"]
      allowAddresses: [198.51.100.0/24]
`
const YAML_WORDS = [
  ': ',
  '- ',
  '\n',
  '  ',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '!!',
  '{',
  '}',
  '[',
  ']',
  '#',
  '? ',
  '<<: ',
]

const DEEP_YAML: readonly (readonly [string, string])[] = [
  ['brackets', '['.repeat(4000)],
  ['braces', '{a: '.repeat(2000)],
  ['dashes', '- '.repeat(2000)],
  ['closed brackets', '['.repeat(3000) + ']'.repeat(3000)],
  ['many keys', Array.from({ length: 100 }, (_, at) => `k${at}: 1`).join('\n')],
  ['the same key', 'a: 1\n'.repeat(500)],
  ['aliases', `a: &a [1,1,1,1,1,1,1,1]\nb: [${'*a,'.repeat(500)}]`],
  [
    'aliases of aliases',
    Array.from({ length: 20 }, (_, at) => `a${at}: &a${at} [${at === 0 ? '1' : `*a${at - 1},*a${at - 1}`}]`).join('\n'),
  ],
  ['a long text', `about: "${'x'.repeat(WORK_BYTES)}"`],
  ['quotes', '"'.repeat(2000)],
  ['colons', 'a: '.repeat(1000)],
  ['comments', '#\n'.repeat(WORK_BYTES / 2)],
  ['white space', ' '.repeat(WORK_BYTES)],
  ['documents', '---\n'.repeat(2000)],
]

describe('settings and detections', () => {
  let detection = ''
  beforeAll(async () => {
    detection = await readFile(
      path.join(import.meta.dirname, '../../infra/detections/access-log/sal-bulk-client.yml'),
      'utf8',
    )
  })

  const problemPaths = (result: ReturnType<typeof parseSettings> | ReturnType<typeof parseDetection>) => {
    if (result.ok) return ['valid']
    expect(result.problems.length).toBeGreaterThan(0)
    return result.problems.map(({ message, line, column }) => {
      expect(Math.min(line, column)).toBeGreaterThan(0)
      if (message.startsWith('not valid YAML')) return 'no YAML'
      return message.startsWith('unknown key') ? 'unknown key' : 'no such value'
    })
  }

  it('are valid or have problems with a place: settings', () =>
    fuzz({
      name: 'settings',
      seed: 301,
      runs: 1000,
      aims: [
        (random) => mutate(random, SETTINGS, YAML_WORDS),
        (random) => mutate(random, SETTINGS),
        (random) => SETTINGS.split('\n').slice(0, random.int(0, 12)).join('\n'),
        (random) => JSON.stringify(jsonValue(random)),
        (random) => babble(random, [...YAML_WORDS, 'detections', 'rules', 'account', '1'], 40),
      ],
      feed: (text) => problemPaths(parseSettings(text, 'settings.yml', { packs: ['s3-control'], rules: [] })),
      paths: ['valid', 'no YAML', 'unknown key', 'no such value'],
    }))

  it('are valid or have problems with a place: detections', () =>
    fuzz({
      name: 'detections',
      seed: 302,
      runs: 600,
      aims: [
        () => detection,
        (random) => mutate(random, detection, YAML_WORDS),
        (random) => mutate(random, detection),
        (random) => detection.replace('$.outcome = "success"', mutate(random, '$.outcome = "success"')),
      ],
      feed: (text) => problemPaths(parseDetection(text, 'access-log/sal-bulk-client.yml')),
      paths: ['valid', 'no YAML', 'unknown key', 'no such value'],
    }))

  it.each(DEEP_YAML)('take work in proportion to their length: %s', async (_, text) => {
    expect(await workOf(text.length, () => parseSettings(text, 'settings.yml'))).toBeLessThan(MOST_YAML_WORK)
    expect(await workOf(text.length, () => parseDetection(text, 'a/b.yml'))).toBeLessThan(MOST_YAML_WORK)
  })
})

/** The library builds a tree of everything, and compares keys pairwise; it gets files of some KB that the user wrote. */
const MOST_YAML_WORK = 20 * MOST_WORK

const PATTERNS = [
  '{ ($.eventName = "PutBucketPolicy") && ($.errorCode NOT EXISTS) && ($.a[0].b != 3.5e2) }',
  '{ $.userAgent = %aws-(cli|sdk)[0-9]+% || $.sourceIPAddress = "192.0.2.*" || $.x IS NULL }',
  '[ip, user, ..., status = 4*, bytes > 100]',
  '?ERROR ?"access denied" -debug',
  '%a+b?[^c]$%',
  '{ $.*.name = "x" }',
]
const PATTERN_WORDS = ['{', '}', '[', ']', '(', ')', '&&', '||', '$.', '%', '"', '=', '!=', '>=', '*', '...', 'EXISTS']
const MESSAGES = [
  '{"eventName":"PutBucketPolicy","a":[{"b":350}],"userAgent":"aws-cli2","o":{"name":"x"}}',
  '192.0.2.3 - "a b" [x y] 404 512',
  'ERROR access denied aaab',
]

describe('filter patterns', () => {
  it('are parsed, linted and matched against anything, or refused with a place', () =>
    fuzz({
      name: 'filter patterns',
      seed: 303,
      runs: 6000,
      aims: [
        (random) => random.pick(PATTERNS),
        (random) => mutate(random, random.pick(PATTERNS), PATTERN_WORDS),
        (random) => mutate(random, random.pick(PATTERNS)),
        (random) => babble(random, [...PATTERN_WORDS, 'a', '1', ' '], 30),
      ],
      feed(text, random) {
        const parsed = parseFilterPattern(text)
        lintFilterPattern(text)
        if (!parsed.ok) {
          expect(parsed.error.offset).toBeLessThanOrEqual(text.length)
          return ['refused']
        }
        const compiled = compileFilterPattern(parsed.pattern)
        const message = random.chance(0.5) ? random.pick(MESSAGES) : mutate(random, random.pick(MESSAGES))
        const matches = compiled.match(message)
        expect(compiled.explain(message).match).toBe(matches)
        compiled.extractedValues(message)
        return [compiled.kind, matches ? 'matches' : 'does not']
      },
      paths: ['refused', 'json', 'space', 'terms', 'all', 'matches', 'does not'],
    }))

  it.each([
    ['brackets', '('.repeat(WORK_BYTES)],
    ['conditions', `{ ${'($.a = 1) && '.repeat(WORK_BYTES / 13)}`],
    ['quotes', '"'.repeat(WORK_BYTES)],
    ['terms', '?a '.repeat(5000)],
    ['fields', `[${'a,'.repeat(WORK_BYTES / 2)}]`],
    ['a regex', `%${'(a|'.repeat(WORK_BYTES / 3)}%`],
    ['selectors', `{ $${'.a'.repeat(WORK_BYTES / 2)} = 1 }`],
  ])('take work in proportion to their length: %s', async (_, text) => {
    expect(await workOf(text.length, () => parseFilterPattern(text))).toBeLessThan(MOST_WORK)
    expect(await workOf(text.length, () => lintFilterPattern(text))).toBeLessThan(MOST_WORK)
  })

  it.each([
    ['nested repetition', '%(a+)+b%', 'a'.repeat(WORK_BYTES)],
    ['alternatives', '%(a|a|aa)+$%', `${'a'.repeat(WORK_BYTES)}b`],
    ['any character', '%.*.*.*b%', 'a'.repeat(WORK_BYTES)],
    ['a member', '{ $.a = %(x+x+)+y% }', JSON.stringify({ a: 'x'.repeat(WORK_BYTES) })],
    ['a glob', '{ $.a = "*x*" }', JSON.stringify({ a: 'y'.repeat(WORK_BYTES) })],
    ['a wildcard', '{ $.*.a = 1 }', JSON.stringify(Array.from({ length: 20_000 }, () => ({ b: 1 })))],
    ['fields of quotes', '[a, b, ..., z = 1]', '"'.repeat(WORK_BYTES)],
    ['fields of brackets', '[a, ..., z]', '['.repeat(WORK_BYTES)],
    ['words', '?a ?b -c "d e"', 'x '.repeat(WORK_BYTES / 2)],
  ])('match with work in proportion to the message: %s', async (_, text, message) => {
    const parsed = parseFilterPattern(text)
    if (!parsed.ok) return expect(parsed.error.message).not.toBe('')
    const compiled = compileFilterPattern(parsed.pattern)
    expect(await workOf(message.length, () => compiled.match(message))).toBeLessThan(MOST_WORK)
  })
})

const readers = createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: () => 0 })
const EVENT = JSON.stringify({
  eventVersion: '1.11',
  eventTime: '2026-03-17T07:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'DeleteBucketPolicy',
  awsRegion: 'eu-central-1',
  requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
})
const PAYLOAD = JSON.stringify({
  messageType: 'DATA_MESSAGE',
  logGroup: 'trail',
  logEvents: [{ id: '3', timestamp: 1773730800000, message: EVENT }],
})
const CSV_EVENT = `"eventversion","eventtime","eventsource","eventname","awsregion","useridentity","eventid"
"1.11","2026-03-17T07:00:00Z","s3.amazonaws.com","DeleteBucketPolicy","eu-central-1","{type=Root, arn=a}","e1"
`
const HELD: readonly string[] = [
  JSON.stringify({ Events: [{ EventId: '1', EventName: 'x', CloudTrailEvent: EVENT }] }),
  JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.s3', detail: JSON.parse(EVENT) }),
  PAYLOAD,
  JSON.stringify({ awslogs: { data: gzipSync(PAYLOAD).toString('base64') } }),
  JSON.stringify({ events: [{ timestamp: 1, message: EVENT }] }),
  CSV_EVENT,
  `${gzipSync(PAYLOAD).toString('base64')}\n`,
  `2026-03-17T07:00:00.000Z ${EVENT}\n2026-03-17T07:00:01.000Z ${EVENT}\n`,
]

async function read(bytes: Iterable<Uint8Array>) {
  async function* body() {
    yield* bytes
  }
  const told = { records: 0, unreadable: 0 }
  const result = await readLog(body(), {
    readers,
    maxInflatedBytes: 8 * 1024 * 1024,
    maxRecordBytes: 64 * 1024,
    onRecord({ message }) {
      told.records += 1
      expect(() => JSON.parse(message)).not.toThrow()
      return undefined
    },
    onUnreadable({ isContinued }) {
      if (isContinued !== true) told.unreadable += 1
      return undefined
    },
  })
  expect({ records: result.records, unreadable: result.unreadable }).toEqual(told)
  return result
}

describe('the forms in which people hold logs', () => {
  it('are read, or it is said why not', () =>
    fuzz({
      name: 'forms',
      seed: 304,
      runs: 4000,
      aims: [
        (random) => Buffer.from(random.pick(HELD)),
        (random) => Buffer.from(mutate(random, random.pick(HELD))),
        (random) => mutateBytes(random, Buffer.from(random.pick(HELD))),
        (random) => gzipSync(mutate(random, random.pick(HELD))),
        (random) => Buffer.from(random.pick(HELD).repeat(random.int(1, 5))),
        (random) => Buffer.from(mutate(random, CSV_EVENT, ['"', '""', ',', '\r\n', '{', '=', '}', '['])),
      ],
      async feed(bytes, random) {
        const { form, records, unreadable, error, skipped } = await read(pieces(random, bytes))
        // What gives nothing must say so.
        if (records + unreadable === 0) expect(error ?? skipped).toBeDefined()
        return [
          form ?? 'no form',
          ...(records > 0 ? ['records'] : []),
          ...(unreadable > 0 ? ['unreadable'] : []),
          ...(error === undefined ? [] : ['error']),
          ...(skipped === undefined ? [] : ['skipped']),
        ]
      },
      paths: [...Object.keys(FORMS), 'no form', 'records', 'unreadable', 'error'].filter(
        (name) => name !== 'table-json',
      ),
    }))

  const head = HELD.map((text) => text.slice(0, 40))
  it.each([
    ['an event that never ends', `${head[0]}${'{"a":['.repeat(WORK_BYTES / 6)}`],
    ['lists in lists', `{"events":[${'{"message":['.repeat(WORK_BYTES / 12)}`],
    ['messages in messages', nested(6)],
    ['a CSV field that never ends', `${CSV_EVENT}"${'x'.repeat(WORK_BYTES)}`],
    ['CSV commas', `${CSV_EVENT}${','.repeat(WORK_BYTES)}`],
    ['CSV quotes', `${CSV_EVENT}"${'""'.repeat(WORK_BYTES / 2)}`],
    ['CSV of braces', CSV_EVENT.replace('type=Root', 'a={'.repeat(WORK_BYTES / 3))],
    ['a line that never ends', `${HELD[7]}2026-03-17T07:00:00.000Z ${'x'.repeat(WORK_BYTES)}`],
    ['lines that go on', `${HELD[7]}${'x\n'.repeat(WORK_BYTES / 2)}`],
    ['times', '2026-03-17T07:00:00Z '.repeat(WORK_BYTES / 21)],
  ])('take work in proportion to their length: %s', async (_, text) => {
    const bytes = Buffer.from(text)
    for (const size of [1000, text.length]) {
      const cut = function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      }
      expect(await workOf(text.length, () => read(cut())), `${size} bytes at a time`).toBeLessThan(MOST_WORK)
    }
  })
})

function nested(depth: number): string {
  let text = EVENT + ' '.repeat(WORK_BYTES / 64)
  for (let left = depth; left > 0; left--) text = JSON.stringify({ events: [{ timestamp: 1, message: text }] })
  return text
}

describe('local log files', () => {
  const group = '/bucketwatch/local/cloudtrail'
  let root = ''
  let file = ''
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'bucketwatch-fuzz-'))
    const logs = createLocalLogs({ root, now: () => 1_794_441_600_000 })
    await logs.createLogGroup(group)
    await logs.createLogStream(group, 'stream')
    file = logStreamFile(root, group, 'stream')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  const event = (random: Random) =>
    `${JSON.stringify({ timestamp: random.int(1, 1000), ingestionTime: 1, message: `m\u2028${random.hex(4)}` })}\n`

  it('are read up to and after whatever broke them', () =>
    fuzz({
      name: 'local log files',
      seed: 305,
      runs: 600,
      aims: [
        (random) => Array.from({ length: 5 }, () => event(random)).join(''),
        (random) => mutate(random, Array.from({ length: 5 }, () => event(random)).join('')),
        (random) => `${event(random)}${JSON.stringify(jsonValue(random))}\n${event(random)}`,
        (random) => event(random) + event(random).slice(0, random.int(0, 40)),
      ],
      async feed(text) {
        await writeFile(file, text)
        const events = await readLogEvents(root, group)
        for (const { timestamp, message } of events)
          expect(`${typeof timestamp} ${typeof message}`).toBe('number string')
        const logs = createLocalLogs({ root, now: () => 1_794_441_600_000 })
        const input = { logGroupName: group, logStreamName: 'stream', startTime: 0, endTime: 2e12, timeoutMs: 1000 }
        const page = await logs.getLogEvents(input)
        return [
          events.length === text.split('\n').length - 1 ? 'all' : 'some',
          page.events.length === events.length ? 'page agrees' : 'page differs',
          ...(text.endsWith('\n') ? [] : ['cut off']),
        ]
      },
      paths: ['all', 'some', 'page agrees', 'cut off'],
    }))

  it('are read with work in proportion to their length', async () => {
    const random = createRandom(306)
    const texts = [
      'x'.repeat(32 * WORK_BYTES),
      '\n'.repeat(WORK_BYTES),
      '{}\n'.repeat(WORK_BYTES / 3),
      event(random).repeat(4000),
    ]
    for (const text of texts) {
      await writeFile(file, text)
      const scan = async () => {
        for await (const _ of scanLogEvents(root, group));
      }
      expect(await workOf(text.length, scan)).toBeLessThan(MOST_WORK)
    }
  })
})
