import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Estimate } from '../../../shared/replay/estimate.ts'
import { cli } from '../../support/cli.ts'

const LOGS = ['events/objects/amzn-s3-demo-access-logs/partitioned', '--threads', '1']

test('the sample’s access logs, a month of it: lean, full, what matches, and what else there is', async () => {
  const { code, out } = await cli(['estimate', ...LOGS])
  const text = out.join('\n')
  expect(code).toBe(0)
  expect(text).toMatch(/access-log +\d/)
  for (const what of ['lean', 'full', 'forward: matching', 'Lambda', 'alarms of rules', 'native delivery', 'us-east-1'])
    expect(text).toContain(what)
  expect(text).not.toMatch(/NaN|undefined|Infinity/)
})

test('from what replay --json has printed it is the same, but for what only logs tell', async () => {
  const made = mkdtempSync(path.join(tmpdir(), 'bucketwatch-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  const file = path.join(made, 'replay.json')
  writeFileSync(file, (await cli(['replay', ...LOGS, '--json'])).out.join('\n'))
  const [direct, known] = await Promise.all(
    [LOGS, [file]].map(
      async (args) => JSON.parse((await cli(['estimate', ...args, '--json'])).out.join('\n')) as Estimate,
    ),
  )
  expect(known!.besides).toEqual(direct!.besides)
  expect(known!.forwarded[0]).toEqual(direct!.forwarded[0])
  expect(direct!.forwarded[1]!.dollars).toBeGreaterThan(direct!.forwarded[0]!.dollars!)
  expect(known!.forwarded[1]!.dollars).toBeUndefined()
})

test('what was saved is as it was replayed: what would be ignored is refused, what was not read is told', async () => {
  const made = mkdtempSync(path.join(tmpdir(), 'bucketwatch-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  const file = path.join(made, 'saved')
  writeFileSync(file, (await cli(['replay', 'events/objects', '--threads', '1', '--json'])).out.join('\n'))
  for (const option of [
    ['--bucket', 'x'],
    ['--settings', 'events/settings.json'],
    ['--from', '2026-03-17'],
  ]) {
    const { code, err } = await cli(['estimate', file, ...option])
    expect([code, err[0]]).toEqual([2, expect.stringContaining(`${option[0]} is for logs`)])
  }
  const { code, out, err } = await cli(['estimate', file, '--months', '12'])
  expect([code, out[0]]).toEqual([1, expect.stringContaining('A DAY of it')])
  expect(err.join('\n')).toContain('GZIP_TRUNCATED')
})

test('no record at all is said to be none, and a short span to be short', async () => {
  const made = mkdtempSync(path.join(tmpdir(), 'bucketwatch-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  const file = (name: string, text: string) => {
    writeFileSync(path.join(made, name), text)
    return path.join(made, name)
  }
  const record = {
    eventVersion: '1.11',
    eventTime: '2026-03-17T07:00:00Z',
    eventName: 'A',
    eventSource: 's3.amazonaws.com',
  }
  const one = file('one.json', JSON.stringify({ Records: [record] }))
  for (const [args, said] of [
    [
      [file('empty.json', '{"Records":[]}')],
      'ESTIMATE_EMPTY: There is no record to tell a month from. Objects looked at: 1; with nothing in them: 1.',
    ],
    [[file('nothing.json', '')], 'Objects looked at: 1; with nothing in them: 1.'],
    [
      [file('empty.json', '{"Records":[]}'), file('nothing.json', '')],
      'Objects looked at: 2; with nothing in them: 2.',
    ],
    [[file('junk.txt', 'no log\n')], 'ESTIMATE_EMPTY'],
    [[one, '--from', '2026-04-01'], '1 record is outside of what was asked for'],
    [[one], 'ESTIMATE_SPAN'],
  ] as const) {
    const { code, err } = await cli(['estimate', ...args, '--threads', '1'])
    expect([code, err.at(-1)]).toEqual([1, expect.stringContaining(said)])
  }
})

test.each([
  [[], 'give files'],
  [['events/objects', '--months', '0'], '--months'],
])('%j is refused', async (args, said) => {
  const { code, err } = await cli(['estimate', ...args])
  expect(code).toBe(2)
  expect(err.join('\n')).toContain(said)
})
