import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { startServer } from '../../aws/http-server.ts'
import { cli } from '../../support/cli.ts'
import { generateAccessLogLines, generateCloudTrail } from '../../support/generate.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-pattern-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, content)
  return full
}

const records = [...generateCloudTrail({ records: 40, seed: 5 })]
const lines = [...generateAccessLogLines({ lines: 20, seed: 5, oddShare: 0 })]
const trail = file('logs/trail.json.gz', gzipSync(JSON.stringify({ Records: records })))
const access = file('logs/deep/access.log', `${lines.join('\n')}\n`)
const name = String(records[0]?.eventName)
const named = records.filter(({ eventName }) => eventName === name).length
const pattern = `{ $.eventName = "${name}" }`

describe('pattern test on log objects', () => {
  test('counts the records of a gzipped CloudTrail object', async () => {
    const { code, out, err } = await cli(['pattern', 'test', pattern, trail])
    expect({ code, err }).toEqual({ code: 0, err: [] })
    expect(out).toEqual([`${named} of 40 records match.`])
  })

  test('folders, each file counted; nothing in one is told', async () => {
    const { code, out } = await cli(['pattern', 'test', '{ $.action = "*" }', path.join(folder, 'logs')])
    expect(code).toBe(0)
    expect(out).toEqual([
      `${access}: 20 of 20 records match`,
      `${trail}: 40 of 40 records match`,
      '60 of 60 records match.',
    ])
    mkdirSync(path.join(folder, 'empty'))
    const empty = await cli(['pattern', 'test', pattern, path.join(folder, 'empty')])
    expect(empty.code).toBe(1)
    expect(empty.err.join()).toContain('INPUT_NONE')
  })

  test('raw is the record as CloudTrail wrote it, lean and full as a log group holds it', async () => {
    const derived = '{ $.action = "*" }'
    const matching = async (as: string): Promise<string> =>
      (await cli(['pattern', 'test', '--as', as, derived, trail])).out.join()
    expect(await matching('raw')).toBe('0 of 40 records match.')
    expect(await matching('lean')).toBe('40 of 40 records match.')
    expect(await matching('full')).toBe('40 of 40 records match.')
    const { out } = await cli(['pattern', 'test', '--as', 'raw', '--matches', pattern, trail])
    expect(out.map((line) => JSON.parse(line))).toEqual(records.filter(({ eventName }) => eventName === name))
  })

  test('access-log lines raw, by fields', async () => {
    const { out } = await cli(['pattern', 'test', '--as', 'raw', '[owner, bucket, time, ip, ...]', access])
    expect(out).toEqual(['20 of 20 records match.'])
  })

  test('--matches prints records, --explain says why, --json one object a record', async () => {
    const matches = await cli(['pattern', 'test', '--matches', pattern, trail])
    expect(matches.out).toHaveLength(named)
    expect(matches.out.every((line) => JSON.parse(line).eventName === name)).toBe(true)
    expect(matches.err).toEqual([`${named} of 40 records match.`])
    const explain = await cli(['pattern', 'test', '--explain', pattern, trail])
    expect(explain.out).toHaveLength(40)
    expect(explain.out[0]).toBe(`record 1: match: $.eventName = "${name}" (saw "${name}")`)
    const both = await cli(['pattern', 'test', '--explain', '--matches', pattern, trail])
    expect(both.out.filter((line) => line.startsWith('record '))).toHaveLength(named)
    const json = await cli(['pattern', 'test', '--json', pattern, trail])
    expect(json.out[0]).toBe('{"record":1,"match":true}')
    expect(json.out.filter((line) => JSON.parse(line).match)).toHaveLength(named)
  })

  test('CloudTrail records by the line are a log, normalized records and other JSON are messages', async () => {
    const raw = file('raw.jsonl', records.map((record) => JSON.stringify(record)).join('\n'))
    expect((await cli(['pattern', 'test', '{ $.action = "*" }', raw])).out).toEqual(['40 of 40 records match.'])
    const { out: lean } = await cli(['normalize', trail])
    const normalized = file('lean.jsonl', lean.join('\n'))
    const { out, err } = await cli(['pattern', 'test', pattern, normalized])
    expect(out).toHaveLength(40)
    expect(err).toEqual([`${named} of 40 lines match.`])
    expect((await cli(['pattern', 'test', '--as', 'text', pattern, raw])).out).toHaveLength(40)
  })

  test('standard input', async () => {
    const { out } = await cli(['pattern', 'test', pattern, '-'], { stdin: readFileSync(trail) })
    expect(out).toEqual([`${named} of 40 records match.`])
    expect((await cli(['pattern', 'test', 'b', '-'], { stdin: 'abc\nx' })).out).toHaveLength(2)
  })

  test('what cannot be read is told, and the rest is tested', async () => {
    const cut = file('cut.json.gz', readFileSync(trail).subarray(0, 700))
    const { code, out, err } = await cli(['pattern', 'test', pattern, cut, trail, path.join(folder, 'none')])
    expect(code).toBe(1)
    expect(err.join('\n')).toContain('GZIP_TRUNCATED')
    expect(err.join('\n')).toMatch(/none cannot be read/)
    expect(out.at(-2)).toBe(`${trail}: ${named} of 40 records match`)
    const forced = await cli(['pattern', 'test', '--as', 'lean', pattern, file('notes.txt', 'hello')])
    expect(forced.code).toBe(1)
    expect(forced.err.join('\n')).toContain('OBJECT_KIND')
  })

  test('the other choices where AWS is not certain', async () => {
    const matches = async (...options: string[]): Promise<unknown[]> => {
      const { out } = await cli(['pattern', 'test', '--json', ...options, '{ $.a = "x*z" }', '-'], {
        stdin: 'INFO {"a":"xyz"}\n{"a":"xyz"}',
      })
      return out.map((line) => JSON.parse(line).match)
    }
    expect(await matches()).toEqual([false, true])
    expect(await matches('--text-around-json')).toEqual([true, true])
    expect(await matches('--text-around-json', '--literal-star')).toEqual([false, false])
  })

  test.each([[['--as', 'x']], [['--nope']], [['--as']]])('%j is wrong usage', async (options) => {
    expect((await cli(['pattern', 'test', pattern, trail, ...options])).code).toBe(2)
  })
})

describe('pattern lint', () => {
  test('says for which records, what, why and the remedy', async () => {
    const { code, out } = await cli(['pattern', 'lint', '{ $.errorCode != "AccessDenied" }'])
    expect(code).toBe(1)
    expect(out[1]).toBe('  for CloudTrail records as AWS writes them:')
    expect(out[2]).toContain('warning 1:3')
    expect(out[2]).toContain('[not-equal-absent]')
    expect(out.at(-1)?.trim()).toBe('{ ($.errorCode != "AccessDenied" || $.errorCode NOT EXISTS) }')
  })

  test('nothing found is told, and is success', async () => {
    const { code, out } = await cli(['pattern', 'lint', '{ $.eventName != "HeadBucket" }'])
    expect({ code, last: out.at(-1) }).toEqual({
      code: 0,
      last: '  for CloudTrail records as AWS writes them: nothing found',
    })
  })

  test('--as none knows nothing of the records; --json', async () => {
    const { code, out } = await cli([
      'pattern',
      'lint',
      '--as',
      'none',
      '--json',
      '{ $.eventName != "x" }',
      '--',
      '-DEBUG',
    ])
    expect(code).toBe(1)
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { as: 'none', findings: [{ rule: 'not-equal-absent', severity: 'warning', fix: { edit: { start: 2 } } }] },
      { pattern: '-DEBUG', findings: [{ rule: 'exclude-only' }] },
    ])
    expect((await cli(['pattern', 'lint'])).code).toBe(2)
    expect((await cli(['pattern', 'lint', '--as', 'x', 'y'])).code).toBe(2)
    expect((await cli(['pattern'])).code).toBe(2)
  })
})

describe('pattern verify-aws', () => {
  // Answers as if AWS matched substrings only, and rejected what holds a '%'.
  const answer = (body: string) => {
    const { filterPattern, logEventMessages } = JSON.parse(body) as {
      filterPattern: string
      logEventMessages: string[]
    }
    if (filterPattern.includes('%'))
      return { status: 400, body: { __type: 'InvalidParameterException', message: 'no' } }
    const matches = logEventMessages.flatMap((message, index) =>
      message.includes(filterPattern) ? [{ eventNumber: index + 1, eventMessage: message, extractedValues: {} }] : [],
    )
    return { status: 200, body: { matches } }
  }

  test('asks in calls of 50, and prints who is right', async () => {
    let throttled = false
    const server = await startServer(({ body }, response) => {
      if (!throttled) {
        throttled = true
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
        response.end('{"__type":"ThrottlingException","message":"Rate exceeded"}')
        return
      }
      const { status, body: json } = answer(body)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(json))
    })
    const { endpoint, credentials } = server.config
    const before = { ...process.env }
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    })
    try {
      const cases = [
        ...Array.from({ length: 60 }, (_, index) => ({ pattern: 'ERROR', message: `${index} ERROR`, match: true })),
        { pattern: 'ERROR', message: 'fine', match: true },
        { pattern: '?A ?B', message: 'A', match: true },
        { pattern: '%a+%', message: 'aa', match: true },
        { pattern: 'err:or', message: 'x', match: 'invalid' },
        { pattern: 'ERROR', message: '', match: false },
      ]
      const list = file('cases.jsonl', cases.map((each) => JSON.stringify(each)).join('\n'))
      const { code, out, err } = await cli(['pattern', 'verify-aws', list, '--rate', '100', '--region', 'eu-west-1'])
      expect(code).toBe(1)
      expect(out.filter((line) => !line.startsWith(' '))).toEqual([
        'the case file is wrong: "ERROR" on "fine"',
        'bucketwatch is wrong: "?A ?B" on "A"',
        'bucketwatch is wrong: "%a+%" on "aa"',
        'bucketwatch is wrong: "err:or" on "x"',
      ])
      expect(out.join('\n')).toContain('AWS: rejected (no), bucketwatch: match, case file: match')
      expect(err.at(-1)).toBe(
        'AWS agrees with 60 of 65 cases; bucketwatch is wrong in 3, the case file in 1. 1 case with an empty message not asked.',
      )
      const asked = server.requests.map(({ body }) => JSON.parse(body) as { logEventMessages: string[] })
      expect(asked.every(({ logEventMessages }) => logEventMessages.length <= 50)).toBe(true)
      expect(asked.map(({ logEventMessages }) => logEventMessages.length)).toEqual([50, 50, 11, 1, 1, 1])
      expect(server.requests[0]?.headers['x-amz-target']).toBe('Logs_20140328.TestMetricFilter')
    } finally {
      for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key]
      Object.assign(process.env, before)
      await server.stop()
    }
  })

  test('our own cases come with it; nothing is asked in a dry run', async () => {
    const { code, out, err } = await cli(['pattern', 'verify-aws', '--dry-run'])
    expect({ code, out }).toEqual({ code: 0, out: [] })
    expect(err[0]).toMatch(/^\d{3} cases, \d+ calls of TestMetricFilter in us-east-1, 4 a second\.$/)
  })

  test.each([
    ['no case', '\n', /holds no case/],
    ['a line that is none', '{"pattern":"x","message":"y","match":true}\n{"pattern":"x"}\n', /not in line 2/],
  ])('%s is an error', async (_, text, message) => {
    const { code, err } = await cli(['pattern', 'verify-aws', '-', '--dry-run'], { stdin: text })
    expect(code).toBe(2)
    expect(err.join()).toMatch(message)
  })

  test.each([[['--rate', '0']], [['a', 'b']], [['--nope']]])('%j is wrong usage', async (args) => {
    expect((await cli(['pattern', 'verify-aws', ...args])).code).toBe(2)
  })
})
