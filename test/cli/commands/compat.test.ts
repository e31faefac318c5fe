import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

import { cli } from '../../support/cli.ts'
import { accessLogLineOf, TRAIL } from './compat-logs.ts'

const folder = mkdtempSync(join(tmpdir(), 'compat-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const trail = file('trail.json', JSON.stringify({ Records: TRAIL }))
const lines = file(
  'access.log',
  `${accessLogLineOf('REST.GET.OBJECT', 403)}\n${accessLogLineOf('REST.GET.OBJECT', 200)}\n`,
)

describe('compat', () => {
  test('what answers the same is counted, and all is well', async () => {
    const own = file('same.txt', '{ $.eventName = "StopLogging" }\nfilter eventName = "GetObject" | stats count(*)\n')
    const { code, out } = await cli(['compat', own, '--log', trail, '--strict'])
    expect(out[0]).toBe('1 filter pattern and 1 query, on 3 CloudTrail records and 0 access-log lines')
    expect(out.at(-1)).toBe('2 of 2 answer the same on raw, lean and full records.')
    expect(code).toBe(0)
  })

  test('lean is as a stack in the Region of the records stores it, and that is said', async () => {
    const event = { ...TRAIL[0], eventName: 'GetObject', eventCategory: 'Data', awsRegion: 'eu-central-1' }
    const data = file('data.json', JSON.stringify({ Records: [{ ...event, eventSource: 's3.amazonaws.com' }] }))
    const own = file('region.txt', '{ $.awsRegion = "eu-central-1" }\n')
    const guessed = await cli(['compat', own, '--log', data], { env: {} })
    expect(guessed.err.join('\n')).toContain('as a stack in eu-central-1 stores it')
    expect(guessed.out.join('\n')).toContain('lean: 1 fewer')
    const other = await cli(['compat', own, '--log', data, '--region', 'eu-west-1'])
    expect([other.out.at(-1), other.err]).toEqual(['1 of 1 answer the same on raw, lean and full records.', []])
  })

  test('what differs is told with the member, the records, the reason and the way out', async () => {
    const own = file('null.txt', '{ $.responseElements IS NULL && $.eventName = "StopLogging" }\n')
    const plain = await cli(['compat', own, '--log', trail])
    expect(plain.out.join('\n')).toMatch(
      /lean: 1 fewer\n.*\$\.responseElements is missing in 1 record: .*instead: `NOT EXISTS`/,
    )
    expect(plain.code).toBe(0)
    expect((await cli(['compat', own, '--log', trail, '--strict'])).code).toBe(1)
    const json = await cli(['compat', own, '--log', trail, '--json'])
    expect(json.out.map((line) => JSON.parse(line))).toMatchObject([
      {
        kind: 'pattern',
        name: 'line 1',
        found: { raw: 1, lean: 0, full: 1 },
        differences: [
          { detail: 'lean', fewer: 1, more: 0, causes: [{ member: '$.responseElements', change: 'missing' }] },
        ],
      },
    ])
  })

  test('what no record shows is told, too', async () => {
    const own = file('possible.txt', '{ $.requestParameters IS NULL && $.eventName = "ListUsers" }\n')
    const { code, out } = await cli(['compat', own, '--log', trail, '--strict'])
    expect(out.join('\n')).toMatch(
      /may differ, though none of these records shows it\n.*\$\.requestParameters is missing/,
    )
    expect(code).toBe(1)
  })

  test.each([
    ['{ $.userIdentity.sessionContext.sessionIssuer.userName = "Deploy" }', 'sessionIssuer.userName'],
    ['{ $.userIdentity.sessionContext.sessionIssuer.arn = "*:role/Deploy" }', 'sessionIssuer.arn'],
    ['{ $.userIdentity.sessionContext.sessionIssuer.userName NOT EXISTS }', 'sessionIssuer.userName'],
    ['{ $.userIdentity.accountId = "444455556666" }', 'userIdentity.accountId'],
    ['{ $.recipientAccountId != "444455556666" }', 'recipientAccountId'],
    ['{ $.vpcEndpointAccountId = "444455556666" }', 'vpcEndpointAccountId'],
    ['filter userIdentity.sessionContext.sessionIssuer.userName = "Deploy"', 'sessionIssuer.userName'],
  ])('so is what a record leaves out only where its members agree: %s', async (filter, member) => {
    const own = file('agree.txt', `${filter}\n`)
    const { out } = await cli(['compat', own, '--log', lines])
    expect(out.join('\n')).toMatch(new RegExp(`may differ[^]*\\$\\.\\S*${member} is missing`))
  })

  test('made-up records are of the stack’s own Region and account', async () => {
    const own = file('own.txt', '{ $.awsRegion NOT EXISTS }\n')
    const { out } = await cli(['compat', own, '--log', lines, '--region', 'ap-south-1'])
    expect(out.join('\n')).toContain('$.awsRegion is missing')
  })

  test('a record counts once for a member, whatever it is and however often it is asked for', async () => {
    const own = file(
      'version.txt',
      '{ $.eventVersion = "1.11" || $.eventVersion = "1.*" || $.eventVersion != "1.05" }\n',
    )
    const { out } = await cli(['compat', own, '--log', trail, '--json'])
    const { differences } = JSON.parse(out[0]!)
    expect(differences).toMatchObject([
      { detail: 'lean', fewer: 3, causes: [{ member: '$.eventVersion', records: 3 }] },
    ])
    expect(differences[0].causes).toHaveLength(1)
  })

  test('who asks that something is absent is not told to ask that', async () => {
    const own = file('absent.txt', '{ $.responseElements NOT EXISTS && $.eventName = "StopLogging" }\n')
    const { out } = await cli(['compat', own, '--log', trail])
    expect(out.join('\n')).toMatch(/lean: 1 more\n.*is missing in 1 record: .* instead: `detail: full`/)
  })

  test('an object that goes with all its members says so', async () => {
    const own = file('object.txt', '{ $.tlsDetails NOT EXISTS }\n')
    const { out } = await cli(['compat', own, '--log', trail])
    expect(out.join('\n')).toContain('all that is in it goes')
  })

  test('what is quarantined is no record', async () => {
    const odd = file('odd.json', JSON.stringify({ Records: [TRAIL[0], { foo: 1 }] }))
    const own = file('any.txt', '{ $.eventName = "*" }\n')
    const { code, err, out } = await cli(['compat', own, '--log', odd])
    expect(out[0]).toContain('on 1 CloudTrail record and')
    expect(err.join('\n')).toContain('quarantined: "{\\"foo\\":1}"')
    expect(code).toBe(1)
  })

  test('a pattern for raw lines finds nothing in records', async () => {
    const own = file('space.txt', '[owner, bucket, time, zone, ip, requester, id, operation, ...]\n')
    const { out } = await cli(['compat', own, '--log', lines])
    expect(out.join('\n')).toContain('lean: 2 fewer')
  })

  test('an invalid pattern and an unknown query are named; exit 1', async () => {
    const own = file(
      'bad.json',
      JSON.stringify([
        { name: 'p', pattern: '{ $.a == 1 }' },
        { name: 'q', query: 'diff' },
      ]),
    )
    const { code, out } = await cli(['compat', own, '--log', trail])
    expect(out.filter((line) => line.includes('cannot be run'))).toHaveLength(2)
    expect(code).toBe(1)
  })

  test('a query with a command that is run elsewhere is a query, also over several lines', async () => {
    const own = file(
      'elsewhere.txt',
      [
        'fields @timestamp | join type=left (filter eventName = "GetObject") on requestID',
        'pattern @message',
        'SOURCE logGroups() | frobnicate eventName | stats count(*) by eventName',
        'fields eventName',
        '  | filter eventName = "StopLogging"',
        '  | stats count(*)',
        'error stats',
        '{ $.eventName = "StopLogging" || $.eventName = "stats" }',
        '',
      ].join('\n'),
    )
    const { out } = await cli(['compat', own, '--log', trail, '--json'])
    const reports = out.map((line) => JSON.parse(line) as { kind: string; name: string; invalid?: string })
    expect(reports.map(({ kind, name }) => [kind, name])).toEqual([
      ['query', 'line 1'],
      ['query', 'line 2'],
      ['query', 'line 3'],
      ['query', 'line 4'],
      ['pattern', 'line 7'],
      ['pattern', 'line 8'],
    ])
    expect(reports.map(({ invalid = '' }) => invalid)).toEqual([
      expect.stringContaining('The command join cannot be run here.'),
      expect.stringContaining('The command pattern cannot be run here.'),
      expect.stringContaining('There is no command "frobnicate".'),
      ...['', '', ''],
    ])
  })

  test('the samples are the default', async () => {
    const own = file('one.txt', '{ $.eventName = "StopLogging" }\n')
    const { code, out } = await cli(['compat', own, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out[0]!).found.raw).toBeGreaterThan(0)
  })

  test.each([
    [['compat'], 2],
    [['compat', '--nonsense'], 2],
    [['compat', file('empty.txt', '# nothing\n'), '--log', trail], 1],
    [['compat', join(folder, 'none'), '--log', trail], 1],
    [['compat', file('a.txt', 'x\n'), '--log', join(folder, 'none')], 1],
    [['compat', file('b.txt', 'x\n'), '--log', file('nolog.json', '{"Records":[]}')], 1],
  ])('absence is not emptiness: %j', async (args, code) => {
    const result = await cli(args)
    expect(result.code).toBe(code)
    expect(result.err.join('\n')).toMatch(code === 2 ? /usage:/ : /COMPAT_EMPTY|INPUT_NONE|INPUT_UNREAD/)
  })
})
