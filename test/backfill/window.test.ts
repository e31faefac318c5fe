import { describe, expect, test } from 'vitest'
import { leftOut, mayHold, objectMayHold, readTime } from '../../shared/backfill/window.ts'

const at = (text: string): number => Date.parse(text)
const january = { from: at('2026-01-01'), to: at('2026-02-01') }

test.each<[text: string, expected: string | undefined]>([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T10:00Z', '2026-01-31T10:00:00.000Z'],
  ['2026-01-31T10:00:00.5+02:00', '2026-01-31T08:00:00.500Z'],
  ['2026-02-30', undefined],
  ['2026-02-30T10:00Z', undefined],
  ['31.01.2026', undefined],
  ['2026-01-31T10:00', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('readTime(%j)', (text, expected) => {
  expect(readTime(text)).toBe(expected === undefined ? undefined : at(expected))
})

describe('what belongs to a backfill', () => {
  const trail = (stamp: string, type = 'CloudTrail') =>
    `AWSLogs/111122223333/${type}/eu-west-1/2026/01/31/111122223333_${type}_eu-west-1_${stamp}_0123456789ABCDEF.json.gz`
  const look = (kind: 'cloudtrail' | 'access-log', key: string, more: { size?: number; lastModified?: string } = {}) =>
    leftOut(
      { key, size: more.size ?? 10, lastModified: at(more.lastModified ?? '2026-01-15') },
      { kind, window: january },
    )

  test.each([
    ['an object of the time', 'cloudtrail', trail('20260131T2359Z'), {}, undefined],
    ['the first moment', 'cloudtrail', trail('20260101T0000Z'), {}, undefined],
    ['the end is not part of it', 'cloudtrail', trail('20260201T0000Z'), {}, 'otherTime'],
    [
      'the name counts, not the age in the bucket',
      'cloudtrail',
      trail('20260131T2359Z'),
      { lastModified: '2026-07-01' },
      undefined,
    ],
    ['insight files are CloudTrail', 'cloudtrail', trail('20260131T1200Z', 'CloudTrail-Insight'), {}, undefined],
    [
      'a digest',
      'cloudtrail',
      'AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/31/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260131T070000Z.json.gz',
      {},
      'digest',
    ],
    ['access logs are another kind', 'cloudtrail', 'cdn2026-01-15-08-03-33-30F88D35BD30907A', {}, 'otherKind'],
    ['an access log', 'access-log', 'cdn2026-01-15-08-03-33-30F88D35BD30907A', {}, undefined],
    ['an access log before', 'access-log', 'cdn2025-12-31-23-59-59-30F88D35BD30907A', {}, 'otherTime'],
    [
      'a partition by event time is of the whole day',
      'access-log',
      'p/111122223333/eu-west-1/amzn-s3-demo-a/2025/12/31/2025-12-31-00-00-00-30F88D35BD30907A',
      {},
      'otherTime',
    ],
    ['no log by its name', 'access-log', 'README.txt', {}, 'unknown'],
    ['a folder marker', 'access-log', 'logs/', { size: 0 }, 'folder'],
  ] as const)('%s', (_name, kind, key, more, expected) => {
    expect(look(kind, key, more)).toBe(expected)
  })

  test('a day that began before the window is of it as long as it lasts', () => {
    const key = 'p/111122223333/eu-west-1/amzn-s3-demo-a/2026/01/15/2026-01-15-00-00-00-30F88D35BD30907A'
    const window = { from: at('2026-01-15T20:00Z'), to: at('2026-01-16') }
    expect(leftOut({ key, size: 1, lastModified: 0 }, { kind: 'access-log', window })).toBeUndefined()
    const next = { from: at('2026-01-16'), to: at('2026-01-17') }
    expect(leftOut({ key, size: 1, lastModified: 0 }, { kind: 'access-log', window: next })).toBe('otherTime')
  })

  test('unknown names only where they are asked for, and by their age', () => {
    const object = { key: 'export.json', size: 1, lastModified: at('2026-01-15') }
    const wanted = { kind: 'cloudtrail' as const, window: january, unknownToo: true }
    expect(leftOut(object, wanted)).toBeUndefined()
    expect(leftOut({ ...object, lastModified: at('2026-03-01') }, wanted)).toBe('otherTime')
  })
})

test.each([
  ['AWSLogs/', true],
  ['AWSLogs/111122223333/CloudTrail/eu-west-1/2026/', true],
  ['AWSLogs/111122223333/CloudTrail/eu-west-1/2024/', false],
  ['x/2025/', true], // 31 December is a day before
  ['x/2025/11/', false],
  ['x/2025/12/', true],
  ['x/2025/12/31/', true],
  ['x/2025/12/30/', false],
  ['x/2026/02/01/', true],
  ['x/2026/02/02/', false],
  ['x/2026/03/', false],
  ['AWSLogs/111122223333/CloudTrail-Digest/', false],
  ['not-a-2026/13/', true],
])('mayHold(%j) is %s', (folder, expected) => {
  expect(mayHold(folder, january)).toBe(expected)
})

test.each([
  ['logs/cdn2026-03-17-08-03-33-30F88D35BD30907A', true],
  // A day is allowed at both ends, as with folders.
  ['logs/cdn2026-03-16-08-03-33-30F88D35BD30907A', true],
  ['logs/cdn2026-03-18-23-59-59-30F88D35BD30907A', true],
  ['logs/cdn2026-03-15-23-59-59-30F88D35BD30907A', false],
  ['logs/cdn2026-03-19-00-00-01-30F88D35BD30907A', false],
  ['logs/anything.json.gz', true],
])('%s may hold something of a day: %s', (key, expected) => {
  const window = { from: Date.parse('2026-03-17'), to: Date.parse('2026-03-18') }
  expect(objectMayHold(key, window)).toBe(expected)
})
