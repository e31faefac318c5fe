import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { cli } from '../support/cli.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name)
  writeFileSync(full, content)
  return full
}

const records = [...generateCloudTrail({ records: 20, seed: 5 })]
const lines = [...generateAccessLogLines({ lines: 20, seed: 5, oddShare: 0 })]
const trail = file('trail.json.gz', gzipSync(JSON.stringify({ Records: records })))
const access = file('access.log', `${lines.join('\n')}\n`)

describe('normalize', () => {
  it('prints one record a line, in order, the kind told by content', async () => {
    const { code, out, err } = await cli(['normalize', trail, access])
    expect(code).toBe(0)
    expect(err).toEqual([])
    expect(out).toHaveLength(40)
    const parsed = out.map((line) => JSON.parse(line))
    expect(parsed.slice(0, 20).map(({ eventID }) => eventID)).toEqual(records.map(({ eventID }) => eventID))
    expect(parsed.slice(20).every(({ source, parse }) => source === 's3access' && parse === 'exact')).toBe(true)
  })

  it('reads standard input, and keeps more in full detail', async () => {
    const lean = await cli(['normalize', '--detail', 'lean', '-'], { stdin: lines[0]! })
    const full = await cli(['normalize', '-'], { stdin: lines[0]! })
    expect(JSON.parse(lean.out[0]!).hostId).toBeUndefined()
    expect(JSON.parse(full.out[0]!).hostId).toBeTypeOf('string')
  })

  it('reads what is in a tar archive, and every form', async () => {
    const page = { Events: records.map((record) => ({ CloudTrailEvent: JSON.stringify(record) })) }
    const page1 = file('page.json', JSON.stringify(page))
    const tar = path.join(folder, 'logs.tar.gz')
    execFileSync('tar', ['-czf', tar, '-C', folder, path.basename(page1), path.basename(access)])
    const { code, out, err } = await cli(['normalize', tar])
    expect({ code, err }).toEqual({ code: 0, err: [] })
    expect(out.map((line) => JSON.parse(line).source)).toEqual([
      ...records.map(() => 'cloudtrail'),
      ...lines.map(() => 's3access'),
    ])
  })

  it('says what something else is', async () => {
    const { code, err } = await cli(['normalize', file('x.parquet', 'PAR1....')])
    expect(code).toBe(1)
    expect(err.join()).toContain('OBJECT_FOREIGN: The object holds something else')
    expect(err.join()).toContain('This is a Parquet file.')
  })

  it('--kind decides where the content does not', async () => {
    expect((await cli(['normalize', '-'], { stdin: 'hello' })).code).toBe(1)
    const forced = await cli(['normalize', '--kind', 'access-log', '-'], { stdin: 'hello' })
    expect(forced.code).toBe(1)
    expect(forced.err).toEqual([expect.stringContaining('kept as raw text: "hello"')])
    expect(JSON.parse(forced.out[0]!)).toMatchObject({ kind: 'parseError', raw: 'hello' })
  })

  it.each([
    ['nothing', ''],
    ['white space', ' \r\n\n'],
    ['an empty list', '[]'],
    ['an empty wrapper', '{"Records":[]}'],
    ['gzipped nothing', gzipSync('')],
  ])('%s is an empty log, nothing wrong', async (_name, stdin) => {
    const { code, out, err } = await cli(['normalize', '-'], { stdin })
    expect({ code, out }).toEqual({ code: 0, out: [] })
    expect(err.join()).toContain('skipped: empty')
  })

  it('a CloudTrail record that cannot be read is printed as text, and told', async () => {
    const stdin = `{"Records":[${JSON.stringify(records[0])},{"eventVersion":"1.11",?},${JSON.stringify(records[1])}]}`
    const { code, out, err } = await cli(['normalize', '-'], { stdin })
    expect(code).toBe(1)
    expect(out.map((line) => JSON.parse(line).kind)).toEqual(['event', 'parseError', 'event'])
    expect(err).toEqual([expect.stringContaining('kept as raw text')])
  })

  it('says what is wrong on standard error, with the code, and how many records came before', async () => {
    const whole = gzipSync(JSON.stringify({ Records: [...generateCloudTrail({ records: 300, seed: 1 })] }))
    const { code, out, err } = await cli(['normalize', file('cut.json.gz', whole.subarray(0, whole.length / 2))])
    expect(code).toBe(1)
    expect(out.length).toBeGreaterThan(50)
    expect(err.at(-1)).toContain('GZIP_TRUNCATED')
    expect(err.at(-1)).toContain(`${out.length} records were delivered`)
  })

  it('a file that cannot be read does not stop the others', async () => {
    const { code, out, err } = await cli(['normalize', path.join(folder, 'missing'), access])
    expect(code).toBe(1)
    expect(out).toHaveLength(20)
    expect(err[0]).toContain('missing')
  })

  it.each([
    [['normalize']],
    [['normalize', '--kind', 'x', access]],
    [['normalize', '--detail', 'x', access]],
    [['normalize', '--nope', access]],
  ])('%j is wrong usage', async (args) => {
    const { code, err } = await cli(args)
    expect(code).toBe(2)
    expect(err.join('\n')).toContain('usage:')
  })

  it('uses the settings file, and lists every problem of a wrong one', async () => {
    const good = file('settings.json', JSON.stringify({ allowRanges: ['0.0.0.0/0'] }))
    const { out } = await cli(['normalize', '--settings', good, access])
    expect(out.map((line) => JSON.parse(line)).some(({ ipClass }) => ipClass === 'allow')).toBe(true)
    const bad = file('bad.json', JSON.stringify({ account: '12', allowRanges: ['x'] }))
    const refused = await cli(['normalize', '--settings', bad, access])
    expect(refused.code).toBe(2)
    expect(refused.err.join('\n')).toMatch(/account[\s\S]*allowRanges/)
  })
})

describe('objects', () => {
  const s3 = (...keys: string[]) => ({
    Records: keys.map((key) => ({
      eventVersion: '2.1',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'amzn-s3-demo-bucket' }, object: { key, size: 7, versionId: 'v1' } },
    })),
  })
  const sqs = (...bodies: string[]) => ({
    Records: bodies.map((body, index) => ({ messageId: `m-${index}`, eventSource: 'aws:sqs', body })),
  })

  it('reads past a byte order mark', async () => {
    const { code, out } = await cli(['objects', '-'], { stdin: `\uFEFF${JSON.stringify(s3('a'))}` })
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line).key)).toEqual(['a'])
  })

  it('prints the objects of a notification', async () => {
    const { code, out } = await cli([
      'objects',
      file('event.json', JSON.stringify(s3('a+b%2Bc', 'x2026-03-17-08-30-00-0123456789ABCDEF'))),
    ])
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { bucket: 'amzn-s3-demo-bucket', key: 'a b+c', kind: 'unknown', versionId: 'v1', size: 7 },
      { key: 'x2026-03-17-08-30-00-0123456789ABCDEF', kind: 'access-log' },
    ])
  })

  it('prints what is ignored and what failed, with the reason, and exits 1', async () => {
    const event = sqs(
      JSON.stringify(s3('a')),
      'garbage',
      JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }),
    )
    const { code, out, err } = await cli(['objects', '-'], { stdin: JSON.stringify(event) })
    expect(code).toBe(1)
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { key: 'a', messageId: 'm-0' },
      { error: { code: 'NOTIFICATION_NOT_JSON' }, messageId: 'm-1' },
      { ignored: 'testEvent', messageId: 'm-2' },
    ])
    expect(err[0]).toContain('m-1')
  })

  it('a file that is no JSON is an error, not a crash', async () => {
    const { code, out } = await cli(['objects', '-'], { stdin: '{{{' })
    expect(code).toBe(1)
    expect(JSON.parse(out[0]!).error.code).toMatch(/^NOTIFICATION_/)
  })
})

describe('classify', () => {
  it('prints one object a key', async () => {
    const { code, out } = await cli(['classify', 'emr2021-11-08-13-11-29-EF8B6D12325F2C6C', 'photo.jpg'])
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { key: 'emr2021-11-08-13-11-29-EF8B6D12325F2C6C', kind: 'access-log', time: '2021-11-08T13:11:29Z' },
      { key: 'photo.jpg', kind: 'unknown' },
    ])
  })
})

describe('detections', () => {
  it('match prints the ids of all rules that match, a line a record', async () => {
    const record = {
      eventVersion: '1.11',
      eventID: 'e-1',
      eventTime: '2026-03-17T08:00:00Z',
      eventSource: 's3.amazonaws.com',
      eventName: 'DeleteBucketPolicy',
      awsRegion: 'eu-central-1',
      readOnly: false,
      userIdentity: {
        type: 'IAMUser',
        arn: 'arn:aws:iam::111122223333:user/a',
        accountId: '111122223333',
        userName: 'a',
      },
      requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
    }
    const { code, out } = await cli(['detections', 'match', '--json', '-'], {
      stdin: JSON.stringify({ Records: [record] }),
    })
    expect(code).toBe(0)
    const [line] = out.map((text) => JSON.parse(text))
    expect(line.eventID).toBe('e-1')
    expect(line.detections).toContain('s3-policy-deleted')
  })

  it('test and lint are clean over every rule', async () => {
    expect(await cli(['detections', 'test'])).toMatchObject({ code: 0, out: [] })
    expect(await cli(['detections', 'lint'])).toMatchObject({ code: 0, out: [] })
  })

  it('match leaves out rules about the pipeline and rules that wait for silence, unless asked', async () => {
    const stdin = JSON.stringify({ Records: records })
    const matched = async (...args: string[]) => {
      const { out } = await cli(['detections', 'match', '--json', ...args, '-'], { stdin })
      return new Set(out.flatMap((line) => JSON.parse(line).detections as string[]))
    }
    const all = await matched('--all')
    expect(all).toContain('pipe-trail-silent')
    const usual = await matched()
    expect([...usual].filter((id) => id.startsWith('pipe-'))).toEqual([])
    expect([...all].filter((id) => !id.startsWith('pipe-'))).toEqual([...usual])
  })

  it('list says which rules are really on, and why others are not', async () => {
    const list = async (...args: string[]) =>
      Object.fromEntries(
        (await cli(['detections', 'list', '--json', ...args])).out.map((line) => {
          const { id, enabled, why } = JSON.parse(line)
          return [id, enabled ? 'on' : why]
        }),
      )
    const without = await list()
    expect(without['s3-policy-deleted']).toBe('on')
    expect(without['ip-outside-allow']).toMatch(/allowRanges/)
    expect(without['sal-404-enum']).toBe('off by default')
    const settings = file(
      'rules.yml',
      'allowRanges: [192.0.2.0/24]\ndetections: { packs: { identity: on }, rules: { s3-policy-deleted: { enabled: off } } }\n',
    )
    const tuned = await list('--settings', settings)
    expect(tuned['s3-policy-deleted']).toBe('the settings turn it off')
    expect(tuned['ip-outside-allow']).toBe('on')
  })

  it('takes own rules with --rules, and misses a folder that is not there or holds none', async () => {
    const own = path.join(folder, 'rules', 'mine')
    mkdirSync(own, { recursive: true })
    const rule = readFileSync('templates/project/rules/own/report-bucket-read.yml', 'utf8')
    writeFileSync(path.join(own, 'report-bucket-read.yml'), rule)
    const rules = ['--rules', path.join(folder, 'rules')]
    expect(await cli(['detections', 'lint', ...rules])).toMatchObject({ code: 0, out: [] })
    expect((await cli(['detections', 'test', 'report-bucket-read', ...rules])).code).toBe(0)
    mkdirSync(path.join(folder, 'none'))
    for (const missing of ['typo', path.join(folder, 'none')]) {
      for (const flag of ['--rules', '--folder']) {
        expect((await cli(['detections', 'lint', flag, missing])).code, `${flag} ${missing}`).not.toBe(0)
        expect((await cli(['detections', 'test', flag, missing])).code).not.toBe(0)
        expect((await cli(['detections', 'list', flag, missing])).code).not.toBe(0)
        expect((await cli(['start', flag, missing, access])).code).not.toBe(0)
      }
    }
  })

  it('list has the sequences, and says why one cannot be told', async () => {
    const list = async (...args: string[]) =>
      (await cli(['detections', 'list', '--json', ...args])).out.map((line) => JSON.parse(line))
    const [sequence] = (await list('seq-controls-off')) as {
      enabled: boolean
      steps: { name: string; rules: string[] }[]
    }[]
    expect(sequence!.enabled).toBe(true)
    const { name, rules } = sequence!.steps[1]!
    const off = rules.map((rule) => `    ${rule}: { enabled: false }\n`).join('')
    const settings = file('no-bulk.yml', `detections:\n  rules:\n${off}`)
    const [named, ...others] = await list('seq-controls-off', '--settings', settings)
    expect(others).toEqual([])
    expect(named).toMatchObject({
      id: 'seq-controls-off',
      enabled: false,
      why: expect.stringContaining(name),
    })
    const { out, err } = await cli(['detections', 'list', 'seq-controls-off', 's3-policy-public'])
    expect(out.map((line) => line.split(/ +/)[1])).toEqual(['s3-policy-public', 'seq-controls-off'])
    expect(err[0]).toMatch(/^1 rule and 1 sequence, 1 on/)
  })

  it('list tells which rules are on', async () => {
    const { out } = await cli(['detections', 'list', 's3-policy-deleted', '--json'])
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { id: 's3-policy-deleted', enabled: true, severity: 'medium' },
    ])
  })

  it.each([
    [['detections']],
    [['detections', 'x']],
    [['detections', 'list', 'no-such-rule']],
    [['detections', 'test', 'seq-controls-off']],
    [['detections', 'match']],
  ])('%j is wrong usage', async (args) => {
    expect((await cli(args)).code).toBe(2)
  })
})

describe('the command itself', () => {
  it.each([
    [[]],
    [['help']],
    [['--help']],
    [['-h']],
    [['help', 'normalize']],
    [['normalize', '--help']],
    [['detections', 'list', '-h']],
  ])('%j prints help', async (args) => {
    const { code, out } = await cli(args)
    expect(code).toBe(0)
    expect(out.join('\n')).toContain('usage:')
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await cli(['--version'])).toEqual({ code: 0, out: [version], err: [] })
  })

  it.each([
    [['strat'], 'did you mean "start"?'],
    [['help', 'detection'], 'did you mean "detections"?'],
    [['detections', 'lits'], 'did you mean "list"?'],
    [['pattern', 'tset', 'x'], 'did you mean "test"?'],
    [['pattern'], 'not nothing'],
    [['alert', 'preveiw'], 'did you mean "preview"?'],
    [['quarantine', 'lits'], 'did you mean "list"?'],
    [['quarantine', 'list', '--local', '--reason', 'GZIP_TRUNKATED'], 'did you mean "GZIP_TRUNCATED"?'],
    [['detections', 'test', 'seq-controls-off'], 'lint tries its examples'],
    [['search', 'x', '--limit', '-5'], '--limit is a number up to 999999, not "-5"'],
    [['replay', 'x', '--bucket'], '--bucket wants a value'],
    [['replay', 'x', '--json=1'], '--json takes no value'],
    [['redrive', 'x'], 'what is "x"?'],
    [['replay', 'x', '--stage', 'prod'], '--stage goes with --distributed'],
    [['replay', 'x', '--yes'], '--yes goes with --distributed'],
    [['compat', 'x', '--region', '5'], 'is not the code of a Region'],
    [['event-history', 'x', '--region', ''], '--region has an empty value'],
    [['search', 'x', '--key', '-x'], '--key wants a value; one that begins with a dash: --key=-…'],
    [['search', 'x', '--ip', '300.1.1.1'], '"300.1.1.1" is no address'],
    [['search', 'x', '--ip', '192.0.2'], '"192.0.2" is no address'],
    [['search', 'x', '--ip', '2001:zz::1'], 'is no address'],
    [['search', 'x', '--ip', '192.0.2.0/33'], 'is no address range'],
    [['report', 'x', '--csv', 'zzzzzz'], 'there are matches, incidents, actors, rules'],
    [['detections', 'list', '--setings', 'x'], 'did you mean "--settings"?'],
    [['start', '--wach', 'x'], 'did you mean "--watch"?'],
    [['detections', 'list', 's3-policy-delete'], 'did you mean "s3-policy-deleted"?'],
    [['package', '--param', 'alertEmail=security@example.com'], 'did you mean "alertEmails"?'],
  ])('%j: %s', async (args, message) => {
    const { code, err } = await cli(args)
    expect(code).toBe(2)
    expect(err.join('\n')).toContain(message)
    expect(err.join('\n')).not.toContain('undefined')
  })

  it('says in words what the file system says, whichever command asks', async () => {
    for (const args of [
      ['detections', 'match', 'no/such/file'],
      ['normalize', 'no/such/file'],
      ['objects', 'no/such/file'],
      ['alert', 'preview', 'no/such/file'],
      ['pattern', 'test', '{ $.a = 1 }', 'no/such/file'],
      ['compat', 'no/such/file'],
      ['invoke', 'cloudtrail', 'no/such/file'],
    ]) {
      const { code, err } = await cli(args)
      expect(code, args[0]).not.toBe(0)
      expect(err.join('\n'), args[0]).toContain('no/such/file')
      expect(err.join('\n'), args[0]).toContain('there is no such file or folder (ENOENT)')
      expect(err.join('\n'), args[0]).not.toContain('no such file or directory')
    }
  })

  it('takes folders wherever it takes log objects; of an access-log line it tells the id of its request', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-folder-'))
    mkdirSync(path.join(folder, 'in', '.hidden'), { recursive: true })
    writeFileSync(
      path.join(folder, 'in', 'access.log'),
      [...generateAccessLogLines({ lines: 2, seed: 5, oddShare: 0 })].join('\n'),
    )
    writeFileSync(path.join(folder, 'in', '.hidden', 'no.log'), 'no log')
    for (const args of [['normalize'], ['detections', 'match', '--json', '--detail', 'lean']]) {
      const { code, out } = await cli([...args, folder])
      expect([args[0], code, out.length]).toEqual([args[0], 0, 2])
      if (args[0] === 'detections') expect(out.map((line) => JSON.parse(line).eventID)).not.toContain(null)
    }
    rmSync(folder, { recursive: true })
  })

  it('says what is wrong first, and only that', async () => {
    const { code, err } = await cli(['start', 'no/such/folder'])
    expect(code).toBe(1)
    expect(err).toEqual([
      'bucketwatch start: INPUT_UNREAD: What was given cannot be read. no/such/folder cannot be read: there is no such file or folder (ENOENT).',
    ])
  })

  it('an unknown command is wrong usage', async () => {
    const { code, err } = await cli(['frobnicate'])
    expect(code).toBe(2)
    expect(err[0]).toContain('frobnicate')
  })

  it('pattern test goes through', async () => {
    const { code, out } = await cli(['pattern', 'test', 'ERROR', file('lines.txt', 'an ERROR\nfine\n'), '--json'])
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { line: 1, match: true },
      { line: 2, match: false },
    ])
    expect((await cli(['pattern', 'test', '{ $.a == 1 }', trail])).code).toBe(2)
  })
})
