import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
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
