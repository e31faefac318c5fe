/** docs/exit-codes.md, command by command: what each says of itself, and what each does where there is nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { usages } from '../../cli/main.ts'
import { cli } from '../support/cli.ts'
import { exitCodesPage, exitsOf } from '../support/exit-codes.ts'
import { generateCloudTrail } from '../support/generate.ts'
import { standInOwnFolder } from '../support/own-folder.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-exits-'))
const goBack = standInOwnFolder()
afterAll(() => {
  goBack()
  rmSync(folder, { recursive: true })
})

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, content)
  return full
}

const sound = file('sound.json', JSON.stringify({ Records: [...generateCloudTrail({ records: 40, seed: 3 })] }))
const pattern = file('patterns.txt', '{ $.eventName = "*" }\n')
const missing = path.join(folder, 'none')
const empty = path.join(folder, 'empty')
mkdirSync(empty)
const hidden = path.dirname(path.dirname(file('hidden/.git/config', 'x')))
const EMPTIES = {
  'no byte': file('empty.log', ''),
  'gzipped nothing': file('empty.json.gz', gzipSync('')),
  'no record': file('records.json', '{"Records":[]}'),
  'a digest': file(
    '111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260317T070000Z.json.gz',
    gzipSync('{"digestS3Bucket":"amzn-s3-demo-trail","digestStartTime":"2026-03-17T06:00:00Z","logFiles":[]}'),
  ),
}
const whole = gzipSync(readFileSync(sound))
const DAMAGED = {
  'no log': file('notes.txt', 'hello\n'),
  'cut off': file('cut.json.gz', whole.subarray(0, 2_000)),
  'an archive that is cut off': file('cut.zip', `PK\x03\x04${'x'.repeat(200)}`),
}

const THREAD = ['--threads', '1']
/** Each command that reads logs, over paths. */
const READERS: Readonly<Record<string, (...paths: string[]) => readonly string[]>> = {
  normalize: (...paths) => ['normalize', ...paths],
  search: (...paths) => ['search', ...paths],
  'detections match': (...paths) => ['detections', 'match', ...paths],
  start: (...paths) => ['start', '--fresh', ...paths],
  replay: (...paths) => ['replay', ...THREAD, ...paths],
  'replay --json': (...paths) => ['replay', ...THREAD, '--json', ...paths],
  report: (...paths) => ['report', ...THREAD, '--markdown', ...paths],
  estimate: (...paths) => ['estimate', ...THREAD, ...paths],
  compat: (...paths) => ['compat', pattern, ...paths.flatMap((one) => ['--log', one])],
  'pattern test': (...paths) => ['pattern', 'test', '{ $.eventName = "*" }', ...paths],
}
const GOES_ON = ['normalize', 'search', 'detections match', 'pattern test']
/** Their answer is about records: without one there is none. */
const ANSWERS = ['estimate', 'compat', 'pattern test']
const each = Object.keys(READERS)

async function run(name: string, ...paths: string[]): Promise<{ code: number; text: string; err: string }> {
  const { code, out, err } = await cli(READERS[name]!(...paths))
  return { code, text: [...out, ...err].join('\n'), err: err.join('\n') }
}

describe('where there is nothing to read', () => {
  it.each(each)('%s says so: 1, INPUT_NONE', async (name) => {
    for (const place of [empty, hidden]) {
      const { code, err } = await run(name, place)
      expect([code, err]).toEqual([1, expect.stringContaining('INPUT_NONE')])
      expect(err).toContain(place)
      expect(err).not.toMatch(/usage:/i)
    }
  })

  it.each(each)('%s names a path that is not there: 1', async (name) => {
    const { code, err, text } = await run(name, missing, sound)
    expect([code, err]).toEqual([1, expect.stringContaining(`${missing} cannot be read: there is no such file`)])
    expect(err.includes('INPUT_UNREAD')).toBe(!GOES_ON.includes(name))
    expect(err).not.toMatch(/usage:/i)
    if (GOES_ON.includes(name)) expect(text).toMatch(/40 records|"eventName"|^[\w-]+ {2}\w+ {2}/m)
  })

  it.each(each)('%s names the folder of several that has no files: 1', async (name) => {
    const { code, err } = await run(name, empty, sound)
    expect([code, err]).toEqual([1, expect.stringContaining(`${empty}: there is nothing to read in it.`)])
  })
})

describe('where there is no record in what is there', () => {
  it.each(each)('%s says so', async (name) => {
    for (const [what, object] of Object.entries(EMPTIES)) {
      const { code, text } = await run(name, object)
      expect([what, code], text).toEqual([what, ANSWERS.includes(name) ? 1 : 0])
      expect(text, what).toMatch(/[Nn]o (?:log )?record|nothing to test/)
    }
  })
})

describe('where something is damaged', () => {
  it.each(each)('%s names it: 1', async (name) => {
    for (const [what, object] of Object.entries(DAMAGED)) {
      const { code, text } = await run(name, object, sound)
      // Lines of any text are tested against a pattern.
      const isText = name === 'pattern test' && what === 'no log'
      expect([what, code], text).toEqual([what, isText ? 0 : 1])
      expect(text, what).toContain(path.basename(object))
    }
  })
})

it.each(each.filter((name) => !['estimate', 'compat'].includes(name)))('%s of sound logs: 0', async (name) => {
  const { code, text } = await run(name, sound)
  expect(code, text).toBe(0)
  expect(text).not.toMatch(/No record/)
})

it.each([
  ['normalize', ['normalize']],
  ['search', ['search', '--json']],
  ['detections match', ['detections', 'match']],
])('%s interrupted: 130', async (_, args) => {
  const stop = new AbortController()
  const { code, out, err } = await cli([...args, sound, file('second.json', readFileSync(sound))], {
    signal: stop.signal,
    onOut: () => stop.abort(),
  })
  expect([code, err.at(-1) ?? '']).toEqual([130, expect.any(String)])
  expect(err.join('\n')).toContain('Interrupted: not all was read.')
  expect(out.length).toBeLessThanOrEqual(40)
})

it.each(['replay', 'report', 'estimate'])('%s interrupted: 130, and what is kept is said', async (name) => {
  for (const [state, said] of [
    [[], 'nothing is kept'],
    [['--state', path.join(folder, 'state')], `what was read is kept in ${path.join(folder, 'state')}`],
  ] as const) {
    const stop = new AbortController()
    stop.abort()
    const { code, err } = await cli([name, sound, ...THREAD, ...state], { signal: stop.signal })
    expect([code, err]).toEqual([130, [expect.stringContaining(`Interrupted: ${said}`)]])
  }
})

describe('where nothing was left by a local run', () => {
  it.each([
    ['search', ['search', '--ip', '192.0.2.1']],
    ['quarantine', ['quarantine', 'list', '--local', '--root', path.join(folder, 'no-root')]],
  ])('%s says so: 1, INPUT_NONE', async (_, args) => {
    const { code, err } = await cli([...args, '--stage', 'nobody'])
    expect([code, err.join('\n')]).toEqual([1, expect.stringContaining('INPUT_NONE')])
  })
})

describe('the page', () => {
  it('has what each command says of itself', async () => {
    const { file: page, is, wanted } = await exitCodesPage()
    expect(is, `${page}: npm run readme`).toBe(wanted)
  })

  it('every command says what its exit codes mean, and that 2 is wrong usage', async () => {
    for (const { name, usage } of await usages()) {
      expect([name, Object.keys(exitsOf(usage))]).toEqual([name, expect.arrayContaining(['0', '2'])])
      expect(exitsOf(usage)[2]).toContain(name === 'pattern' ? 'usage is wrong' : 'wrong usage')
    }
  })

  it('every command has an unknown option for wrong usage: 2', async () => {
    for (const { name } of await usages()) {
      const { code, err } = await cli([name, '--no-such-option'])
      expect([name, code]).toEqual([name, 2])
      expect(err.join('\n')).toMatch(/usage:/i)
    }
  })
})
