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

test.each([
  [[], 'give files'],
  [['events/objects', '--months', '0'], '--months'],
  [['nowhere-at-all'], 'cannot be read'],
])('%j is refused', async (args, said) => {
  const { code, err } = await cli(['estimate', ...args])
  expect(code).toBe(2)
  expect(err.join('\n')).toContain(said)
})
