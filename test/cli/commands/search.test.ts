import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readLogEvents } from '../../../shared/local/logs.ts'
import { event, ROLE } from '../../search/record.ts'
import { standInBuckets } from '../../support/buckets.ts'
import { cli } from '../../support/cli.ts'
import { standInOwnFolder } from '../../support/own-folder.ts'

const logs = mkdtempSync(path.join(tmpdir(), 'bucketwatch-'))
const goBack = standInOwnFolder()
afterAll(() => {
  goBack()
  rmSync(logs, { recursive: true })
})

const trail = path.join(logs, 'trail.json')
writeFileSync(
  trail,
  JSON.stringify({
    Records: [
      event({ eventTime: '2026-03-17T07:02:00Z', eventID: '2' }),
      event({ eventTime: '2026-03-17T07:01:00Z', eventID: '1', userIdentity: ROLE, sourceIPAddress: '198.51.100.9' }),
      event({ eventTime: '2026-03-17T07:03:00Z', eventID: '3', eventName: 'PutObject', errorCode: 'AccessDenied' }),
    ],
  }),
)
const search = (...args: string[]) => cli(['search', ...args])

describe('bucketwatch search', () => {
  it('says that there is nothing to look at', async () => {
    const { code, err } = await search('--bucket', 'x')
    expect(code).toBe(1)
    expect(err[0]).toContain(
      'INPUT_NONE: There is no log object in what was given. There are no log groups in .bucketwatch/',
    )
  })

  it('tells what was done, in the order of time, and sums it up', async () => {
    const { code, out, err } = await search(trail)
    expect(code).toBe(0)
    expect(err).toEqual([])
    expect(out).toEqual([
      'time                  who              from          did                       on                           detail',
      '2026-03-17T07:01:00Z  bob@example.com  198.51.100.9  GetObject                 amzn-s3-demo-bucket/a/B.csv  1000 bytes read',
      '2026-03-17T07:02:00Z  Alice            192.0.2.66    GetObject                 amzn-s3-demo-bucket/a/B.csv  1000 bytes read',
      '2026-03-17T07:03:00Z  Alice            192.0.2.66    PutObject (AccessDenied)  amzn-s3-demo-bucket/a/B.csv',
      '',
      '3 records 2026-03-17 07:01–07:03 UTC: by user/team/Alice (2), assumed-role/DataEngineer (1) · from 192.0.2.66 (2), 198.51.100.9 (1) · on amzn-s3-demo-bucket (3) · GetObject (2), PutObject (1) · 1 failed · 3.0 kB',
      '3 records looked at',
    ])
  })

  it('shows no more than it is asked for, and says so', async () => {
    const { out, err } = await search(trail, '--limit', '1', '--newest')
    expect(out.filter((line) => line.startsWith('2026'))).toHaveLength(1)
    expect(out[1]).toContain('07:03:00Z')
    expect(err).toEqual(['Shown: the last 1 of 3; --limit N shows more.'])
    const none = await search(trail, '--limit', '0')
    expect([none.out[1], none.err]).toEqual([expect.stringContaining('3 records 2026-03-17'), []])
  })

  it('gives whole records as JSON lines, and the sentences to standard error', async () => {
    const { out, err } = await search(trail, '--json', '--actor', 'alice')
    expect(out.map((line) => JSON.parse(line).eventID)).toEqual(['2', '3'])
    expect(err[0]).toContain('2 records 2026-03-17 07:02–07:03 UTC')
    const limited = await search(trail, '--json', '--limit', '1')
    expect(limited.out.map((line) => JSON.parse(line).eventID)).toEqual(['1'])
  })

  it('counts by a field', async () => {
    const { out, err } = await search(trail, '--count-by', 'ip')
    expect(out.slice(0, 3)).toEqual([
      'records  failed  bytes   first (2026-03-17)  last   ip',
      '2        1       2.0 kB  07:02               07:03  192.0.2.66',
      '1                1.0 kB  07:01               07:01  198.51.100.9',
    ])
    expect(err).toEqual([])
    const json = await search(trail, '--count-by', 'session', '--json')
    expect(json.out.map((line) => JSON.parse(line))).toEqual([
      {
        value: 'bob@example.com',
        count: 1,
        bytes: 1000,
        failures: 0,
        first: '2026-03-17T07:01:00Z',
        last: '2026-03-17T07:01:00Z',
      },
    ])
    expect(json.err[0]).toBe('2 records found have no session.')
  })

  it('says that nothing was found, in how much', async () => {
    const { code, out } = await search(trail, '--bucket', 'other')
    expect(code).toBe(0)
    expect(out).toEqual(['No record was found; 3 records looked at.'])
  })

  it('says what it could not read, and ends with 1', async () => {
    const { code, err } = await search(trail, path.join(logs, 'none.json'))
    expect(code).toBe(1)
    expect(err[0]).toContain('none.json')
  })

  it('keeps what strangers wrote on its line', async () => {
    const file = path.join(logs, 'odd.json')
    const requestParameters = { bucketName: 'amzn-s3-demo-bucket', key: 'a\n2026 forged\u202e\u001b[31m' }
    writeFileSync(file, JSON.stringify({ Records: [event({ requestParameters })] }))
    const { out } = await search(file)
    expect(out[1]).toContain('a\\u000a2026 forged\\u202e\\u001b[31m')
  })

  it.each([
    [['--since', 'yesterday'], '--since "yesterday" is no day'],
    [['--since', '1h', '--until', '2h'], '--since is not before --until'],
    [['--count-by', 'actr'], 'did you mean "actor"?'],
    [['--limit=-1'], '--limit is a number'],
    [['--limit', 'all'], '--limit is a number'],
    [['--source', 's3'], '--source is cloudtrail or s3access, not "s3"'],
    [['--ip', '192.0.2.0/40'], '"192.0.2.0/40" is no address range'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await search(trail, ...args)
    expect(code).toBe(2)
    expect(err[0]).toContain(message)
  })
})

describe('bucketwatch search, over what was stored', () => {
  beforeAll(async () => {
    expect((await cli(['start'])).code).toBe(0)
  })

  it('finds the intruder in one line', async () => {
    const { code, out } = await search('--bucket', 'amzn-s3-demo-customer-data', '--action', 'PutBucketPolicy')
    expect(code).toBe(0)
    expect(out.at(-2)).toContain('by user/legacy-report-export (2)')
    expect(out.at(-1)).toContain(
      'that runs of the stage samples have stored; a request that both logs tell of counts twice',
    )
  })

  it('looks around an incident, also at what no rule matched', async () => {
    const findings = await readLogEvents('.bucketwatch', '/bucketwatch/samples/findings')
    const parsed = findings.map(({ message }) => JSON.parse(message))
    const { incidentId } = parsed.find(({ person }) => person === 'legacy-report-export')
    const { code, out, err } = await search('--around', incidentId.slice(0, 8), '--count-by', 'call', '--json')
    expect(code).toBe(0)
    expect(err[0]).toContain(`around ${incidentId}: `)
    const counts = out.map((line) => JSON.parse(line))
    expect(counts[0].value).toBe('DeleteObject')
    const times = counts.flatMap(({ first, last }) => [first, last]).sort()
    expect(times[0] >= '2026-03-17T06:57').toBe(true)
    expect(times.at(-1) <= '2026-03-17T09:18:11').toBe(true)
  })

  it.each([
    [['--around', ''], '--around has an empty value'],
    [['--around', 'x', '--margin', 'long'], '--margin "long" is no length of time'],
    [['--margin', '1h'], '--margin goes with --around INCIDENT'],
    [['--settings', 'events/settings.json'], '--settings is for log objects'],
    [[trail, '--stage', 'samples'], '--stage is for what local runs have stored'],
    [['--count-by', 'ip', '--newest'], '--newest is for records'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await search(...args)
    expect(code).toBe(2)
    expect(err[0]).toContain(message)
  })
})

it('says of a stage that has left nothing which there are', async () => {
  const { code, err } = await search('--stage', 'prod')
  expect([code, err[0]]).toEqual([
    1,
    expect.stringContaining(
      'INPUT_NONE: There is no log object in what was given. There are no records of the stage prod',
    ),
  ])
  expect(err[0]).toContain('there are: samples')
})

describe('of what a replay found', () => {
  const saved = path.join(logs, 'saved.json')
  const incident = { incidentId: 'ab12cd34', sequence: 1, summary: 'Alice reads', actors: [], keyIds: [] }
  const finding = {
    ...incident,
    addresses: [{ value: '198.51.100.9', count: 1 }],
    firstTime: '2026-03-17T07:01:00Z',
    lastTime: '2026-03-17T07:01:00Z',
  }
  writeFileSync(
    saved,
    JSON.stringify({ kind: 'replay', version: 1, inputs: { paths: [trail] }, incidents: [{ finding }] }),
  )

  it('looks around an incident in the logs that were replayed', async () => {
    const { code, out, err } = await search('--around', 'ab12', '--replay', saved, '--json')
    expect([code, err[0]]).toEqual([0, expect.stringContaining('around ab12cd34: Alice reads')])
    expect(out.map((line) => JSON.parse(line).eventID)).toEqual(['1'])
  })

  it.each([
    [['--replay', saved], 'goes with --around'],
    [['--around', 'ab', '--replay', saved, '--stage', 'x'], '--stage or --replay'],
  ])('refuses %j', async (args, why) => {
    const { code, err } = await search(...args)
    expect([code, err.join('\n')]).toEqual([2, expect.stringContaining(why)])
  })

  it('says that the data has no such incident', async () => {
    for (const from of [
      ['--replay', saved],
      ['--stage', 'samples'],
    ]) {
      const { code, err } = await search('--around', 'ffffffffffffffffffff', ...from)
      expect([code, err]).toEqual([1, [expect.stringMatching(/INCIDENT_UNKNOWN: .* --around f+: none of /)]])
    }
  })

  it.each([
    [trail, 'REPLAY_SAVED'],
    ['nowhere.json', 'INPUT_UNREAD'],
  ])('knows no incident of %s', async (file, why) => {
    const { code, err } = await search('--around', 'ab', '--replay', file)
    expect([code, err.join('\n')]).toEqual([1, expect.stringContaining(why)])
  })
})

describe('in buckets', () => {
  const bucket = 'amzn-s3-demo-trail'
  const of = (day: string) =>
    `AWSLogs/111122223333/CloudTrail/eu-west-1/${day.replaceAll('-', '/')}/111122223333_CloudTrail_eu-west-1_${day.replaceAll('-', '')}T0705Z_EXAMPLEEXAMPLE000.json.gz`
  const objects = new Map([
    [of('2026-03-17'), readFileSync(trail)],
    [of('2026-01-05'), readFileSync(trail)],
  ])
  const s3 = mockClient(S3Client)
  beforeEach(() => {
    s3.reset()
    standInBuckets(s3, { [bucket]: objects })
  })
  const ARGS = ['--region', 'eu-west-1', '--count-by', 'actor', '--json']

  it('finds what is in their objects, and reads none of other days', async () => {
    const { code, out } = await search(`s3://${bucket}/AWSLogs/`, '--since', '2026-03-17', ...ARGS)
    expect([code, out.map((line) => JSON.parse(line).count)]).toEqual([0, [2, 1]])
    expect(s3.commandCalls(GetObjectCommand).map(({ args: [{ input }] }) => input.Key)).toEqual([of('2026-03-17')])
  })

  it('names an object that cannot be read, and reads the others', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
    s3.on(GetObjectCommand, { Bucket: bucket, Key: of('2026-01-05') }).rejects(denied)
    const { code, out, err } = await search(`s3://${bucket}/AWSLogs/`, ...ARGS)
    expect(code).toBe(1)
    expect(out.map((line) => JSON.parse(line).count)).toEqual([2, 1])
    expect(err.join('\n')).toContain(`s3://${bucket}/${of('2026-01-05')}: OBJECT_ACCESS_DENIED`)
  })

  it('says where there is nothing', async () => {
    const { code, err } = await search(`s3://${bucket}/none/`, ...ARGS)
    expect([code, err.join('\n')]).toEqual([1, expect.stringContaining('INPUT_NONE')])
    const beside = await search(`s3://${bucket}/none/`, trail, ...ARGS)
    expect([beside.code, beside.out.length, beside.err[0]]).toEqual([
      1,
      2,
      `s3://${bucket}/none/: there is nothing to read in it.`,
    ])
  })
})
