/** `bucketwatch replay` over the sample morning's objects. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ReplayModel } from '../../../shared/replay/model.ts'
import { cli } from '../../support/cli.ts'
import { writeAccessLogObject } from '../../support/generate.ts'

const OBJECTS = 'events/objects'
const SETTINGS = ['--settings', 'events/settings.json']

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'bucketwatch-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

async function model(...args: string[]): Promise<ReplayModel> {
  const { out } = await cli(['replay', OBJECTS, ...SETTINGS, '--json', ...args])
  return JSON.parse(out.join('\n')) as ReplayModel
}

describe('replay of the sample morning', () => {
  test('tells its incidents, how loud it was, what was quiet, and what could not be read', async () => {
    const { code, out } = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1'])
    const text = out.join('\n')
    expect(code).toBe(1)
    // As npm start tells it: rules over incidents are replayed, too.
    expect(text).toContain('Protection was switched off, and then data taken')
    expect(text).toContain('seq-controls-off and')
    expect(text).toMatch(/2 incidents: 1 critical/)
    expect(text).toContain('WOULD IT BE NOISY?')
    expect(text).toContain('QUIET, nothing matched')
    expect(text).toContain('GZIP_TRUNCATED: 1')
    // The object by its whole name.
    expect(text).toMatch(/GZIP_TRUNCATED: 1\n +\S+_20260317T1138Z_\S+/)
    const csv = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1', '--csv'])
    expect(csv.code).toBe(1)
    expect(csv.err.join('\n')).toMatch(/NOT READ.*\n.*GZIP_TRUNCATED/s)
  })

  test('is the same with threads', async () => {
    const logs = folder()
    cpSync(OBJECTS, logs, { recursive: true })
    for (const [seed, day] of ['2026-03-16', '2026-03-18'].entries()) {
      const startTime = Date.parse(day)
      await writeAccessLogObject(path.join(logs, `${day}-00-00-00-000000000000000${seed}`), 4_000, { seed, startTime })
    }
    const read = async (threads: string) =>
      (await cli(['replay', logs, ...SETTINGS, '--json', '--threads', threads])).out
    const one = await read('1')
    expect(JSON.parse(one.join('\n'))).toMatchObject({ kind: 'replay' })
    expect(await read('2')).toEqual(one)
  }, 60_000)

  test('is the same again from what a run before has kept', async () => {
    const kept = folder()
    const one = await model('--threads', '1')
    expect(await model('--threads', '1', '--state', kept)).toEqual(one)
    const files = readdirSync(kept)
    expect(files.length).toBeGreaterThan(0)
    // One that is damaged is made anew.
    writeFileSync(path.join(kept, files[0]!), 'damaged')
    expect(await model('--threads', '1', '--state', kept)).toEqual(one)
    expect(readdirSync(kept).sort()).toEqual(files.sort())
  }, 60_000)

  test('leaves out what is not asked for, and says how much', async () => {
    const part = await model(
      '--threads',
      '1',
      '--from',
      '2026-03-17T07:00Z',
      '--to',
      '2026-03-17T08:00Z',
      '--pack',
      's3-control',
    )
    expect(Date.parse(part.span!.first)).toBeGreaterThanOrEqual(Date.parse('2026-03-17T07:00Z'))
    expect(Date.parse(part.span!.last)).toBeLessThan(Date.parse('2026-03-17T08:00Z'))
    expect(part.totals.outOfSpan).toBeGreaterThan(0)
    expect(new Set(part.rules.map(({ pack }) => pack))).toEqual(new Set(['s3-control']))
  })

  test('writes a row for each rule as CSV, and records where they are asked for', async () => {
    const written = folder()
    const { out } = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1', '--csv', '--write', written])
    expect(out[0]).toMatch(/^rule,severity,pack,state/)
    expect(out.find((line) => line.startsWith('s3-policy-public,'))).toMatch(
      /^s3-policy-public,critical,s3-control,matched,,1,1,1,/,
    )
    const lines = readdirSync(path.join(written, 'cloudtrail')).flatMap((file) =>
      readFileSync(path.join(written, 'cloudtrail', file), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    expect(lines.length).toBeGreaterThan(1_000)
    for (const line of lines.slice(0, 20)) expect(JSON.parse(line)).toHaveProperty('eventName')
  })

  test('of a sequence it takes the rules of its steps, and tells it', async () => {
    const of = await model('--threads', '1', '--rule', 'seq-controls-off')
    const ids = of.rules.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['s3-logging-disabled', 'sal-slow-read']))
    expect(ids).not.toContain('s3-policy-public')
    expect(of.incidents.flatMap(({ finding }) => finding.rules.map(({ id }) => id))).toContain('seq-controls-off')
    expect((await model('--threads', '1', '--pack', 'sequences')).rules.length).toBeGreaterThanOrEqual(ids.length)
  })

  test('records of strangers that were linked to who opened the bucket are the incident’s', async () => {
    const { incidents, matches } = await model('--threads', '1')
    const worst = incidents.find(({ finding }) => finding.severity === 'critical')!.finding
    expect(worst.actors.map(({ value }) => value)).toContain('anonymous')
    const strangers = matches.rows.filter(
      ({ principal, rules }) => principal.startsWith('anonymous@') && rules.includes('data-anon-read'),
    )
    const within = strangers.filter(
      ({ time, bucket }) =>
        time >= worst.firstTime && time <= worst.lastTime && bucket === 'amzn-s3-demo-customer-data',
    )
    expect(within.length).toBeGreaterThan(10)
    expect(new Set(within.map(({ incidentId }) => incidentId))).toEqual(new Set([worst.incidentId]))
  })

  test('names rules whole, however narrow the terminal is', async () => {
    const { out } = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1'], { width: 60 })
    const from = out.findIndex((line) => line.startsWith('QUIET'))
    const names = out.slice(from + 1, out.indexOf('', from))
    expect(names.length).toBeGreaterThan(2)
    expect(names.filter((line) => line.length > 60 || line.includes('…'))).toEqual([])
    const quiet = (await model('--threads', '1')).rules.filter(({ state }) => state === 'quiet').map(({ id }) => id)
    expect(names.join(' ').trim().split(/,? +/)).toEqual(quiet)
  })

  test('exits 3 for an incident as bad as --fail-on says', async () => {
    expect((await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1', '--fail-on', 'critical', '--csv'])).code).toBe(
      3,
    )
    const mild = ['--rule', 's3-bucket-enum', '--fail-on', 'high', '--csv', '--threads', '1']
    expect((await cli(['replay', OBJECTS, ...SETTINGS, ...mild])).code).toBe(1)
  })

  test('shows whole messages with --show-alerts', async () => {
    const { out } = await cli([
      'replay',
      OBJECTS,
      ...SETTINGS,
      '--threads',
      '1',
      '--show-alerts',
      '--pack',
      's3-control',
    ])
    expect(out.join('\n')).toContain('WHAT TO DO')
  })

  test('compares settings: what changes, and what would be hidden', async () => {
    const file = path.join(folder(), 'other.yml')
    writeFileSync(file, 'detections:\n  packs: { s3-control: off }\n')
    const { out } = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1', '--what-if', file])
    const text = out.join('\n')
    expect(text).toMatch(/^now: {2}2 incidents/)
    expect(text).toMatch(/s3-policy-public +1 → off/)
    const csv = await cli(['replay', OBJECTS, ...SETTINGS, '--threads', '1', '--what-if', file, '--csv'])
    const [head, ...rows] = csv.out.map((line) => line.split(','))
    expect(head).toEqual(
      ['rule', 'severity', 'stateNow', 'stateThen', 'matchesNow', 'matchesThen'].concat([
        ...['incidentsNow', 'incidentsThen', 'alarmsNow', 'alarmsThen'],
      ]),
    )
    const row = rows.find(([id]) => id === 's3-policy-public')!
    expect(row).toEqual(['s3-policy-public', 'critical', 'matched', 'off', '1', '', '1', '', '1', ''])
    expect(rows.every((cells) => cells.length === head!.length)).toBe(true)
    expect(csv.err.join('\n')).toContain('GZIP_TRUNCATED')
  })
})

describe('what makes no sense is refused', () => {
  test.each([
    [[], 'give files'],
    [[OBJECTS, '--rule', 'no-such-rule'], 'fits no rule'],
    [[OBJECTS, '--rule', 'seq-control-off'], 'did you mean "seq-controls-off"?'],
    [[OBJECTS, '--what-if', 'events/settings.json', '--show-alerts'], 'not with --what-if'],
    [[OBJECTS, '--clock', 'wall'], 'event or delivery'],
    [[OBJECTS, '--from', '2026-02-30'], 'no day'],
    [[OBJECTS, '--from', '2026-03-18', '--to', '2026-03-17'], 'before --to'],
    [[OBJECTS, '--account', '12'], 'no account id'],
    [[OBJECTS, '--threads', '0'], 'whole number'],
    [[OBJECTS, '--fail-on', 'bad'], 'critical'],
    [[OBJECTS, '--json', '--csv'], 'not both'],
  ])('%j', async (args, said) => {
    const { code, err } = await cli(['replay', ...args])
    expect(code).toBe(2)
    expect(err.join('\n')).toContain(said)
  })
})

describe('what is to be written', () => {
  test.each([
    ['replay', '--state'],
    ['replay', '--write'],
    ['report', '--output'],
    ['estimate', '--state'],
  ])('%s %s: is tried before anything is read', async (name, option) => {
    const { code, out, err } = await cli([name, 'no-such-logs', option, 'LICENSE/x'])
    expect([code, out, err]).toEqual([
      1,
      [],
      [
        expect.stringMatching(
          new RegExp(`^bucketwatch ${name}: OUTPUT_WRITE: .*LICENSE/x: a part of its path is no folder`),
        ),
      ],
    ])
  })

  test.each(['1', '2'])('ends the replay where it fails meanwhile, with %s threads', async (threads) => {
    const at = folder()
    const logs = path.join(at, 'logs')
    mkdirSync(logs)
    for (const seed of [0, 1])
      await writeAccessLogObject(path.join(logs, `2026-03-16-00-00-00-000000000000000${seed}`), 10_000, { seed })
    writeFileSync(path.join(at, 'access-log'), 'a file in the way')
    const { code, out, err } = await cli(['replay', logs, '--threads', threads, '--write', at])
    expect([code, out]).toEqual([1, []])
    expect(err).toEqual([
      expect.stringContaining(`OUTPUT_WRITE: What the command was to write cannot be written. ${at}: `),
    ])
  })
})

test('what is no log is named, and no problem', async () => {
  const at = folder()
  cpSync('README.md', path.join(at, 'README.md'))
  await writeAccessLogObject(path.join(at, 'notes.md'), 20, { seed: 1 })
  const text = await cli(['replay', at, '--threads', '1'])
  expect(text.code).toBe(0)
  expect(text.out.join('\n')).toMatch(/PASSED OVER, since they are no logs\n {2}note: 1\n {4}\S+README\.md/)
  expect(text.out.join('\n')).toMatch(/^1 object, 20 records/m)
  for (const args of [
    ['replay', '--json'],
    ['replay', '--csv'],
    ['report', '--markdown'],
  ]) {
    const { code, err } = await cli([...args, at, '--threads', '1'])
    expect([code, err.join('\n')]).toEqual([0, expect.stringContaining('README.md')])
  }
})

test('that nothing is left of what was read is not said to be unread', async () => {
  const { code, out, err } = await cli(['replay', OBJECTS, '--bucket', 'nosuch', '--threads', '1'])
  expect(code).toBe(1)
  expect(err[0]).toContain('No record is left: 3,603 records outside of what was asked for, 61 objects looked at')
  expect(out.join('\n')).toContain('rules: what was asked for left no record of cloudtrail\n')
})
