import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { data } from '../../cases/cloudtrail-records.ts'
import { cli } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'normalize-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('what is no log is shown without its secrets', async () => {
  const file = join(folder, 'x.json')
  writeFileSync(file, 'garbage AWSAccessKeyId=AKIASECRET&Signature=SIGSECRET&X-Amz-Signature=deadbeef')
  const { code, err } = await cli(['normalize', file])
  expect(code).toBe(1)
  expect(err.join('\n')).toMatch(/OBJECT_KIND: .*garbage/)
  expect(err.join('\n')).not.toMatch(/AKIASECRET|SIGSECRET|deadbeef/)
})

const trail = JSON.stringify({ Records: [data('GetObject'), data('GetObject', { key: 'b' })] })

test('lean records are those of a stack in the Region of the first record, and that is said', async () => {
  const file = join(folder, 'trail.json')
  writeFileSync(file, trail)
  const regions = (out: readonly string[]) => out.map((line) => JSON.parse(line).awsRegion)
  for (const [args, options] of [
    [[file], {}],
    [['-'], { stdin: trail }],
  ] as const) {
    const guessed = await cli(['normalize', '--detail', 'lean', ...args], options)
    expect([regions(guessed.out), guessed.code]).toEqual([[undefined, undefined], 0])
    expect(guessed.err).toEqual([expect.stringContaining('as a stack in eu-central-1 stores it')])
  }
  const other = await cli(['normalize', '--detail', 'lean', '--region', 'eu-west-1', file])
  expect([regions(other.out), other.err]).toEqual([['eu-central-1', 'eu-central-1'], []])
  const own = await cli(['normalize', '--detail', 'lean', file], { env: { AWS_REGION: 'eu-central-1' } })
  expect([regions(own.out), own.err]).toEqual([[undefined, undefined], []])
  const full = await cli(['normalize', file])
  expect([regions(full.out), full.err]).toEqual([['eu-central-1', 'eu-central-1'], []])
})

test('a log that tells no Region is read as it is', async () => {
  const { awsRegion, ...bare } = data('GetObject') as Record<string, unknown>
  const { code, err, out } = await cli(['normalize', '--detail', 'lean', '-'], { stdin: JSON.stringify(bare) })
  expect([out.length, err, code]).toEqual([1, [], 0])
  expect(awsRegion).toBe('eu-central-1')
})
