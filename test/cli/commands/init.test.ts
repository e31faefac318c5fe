/** A project is made whole or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cli } from '../../support/cli.ts'

function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('makes a project in a folder that is not there, and leaves one that is there as it is', async () => {
  const project = path.join(emptyFolder(), 'deep', 'ours')
  const { code, out } = await cli(['init', project])
  expect([code, out.at(-1)]).toEqual([0, `Next: cd ${project} && npm install && npx bucketwatch package`])
  expect(readdirSync(project).sort()).toEqual(
    expect.arrayContaining(['.gitignore', 'bucketwatch.yml', 'package.json', 'rules', 'settings.yml']),
  )
  const again = await cli(['init', project])
  expect([again.code, again.err]).toEqual([1, [expect.stringContaining('nothing was changed')]])
})

test('where a part cannot be written, what was made is taken away, and what was there stays', async () => {
  const project = emptyFolder()
  writeFileSync(path.join(project, 'package.json'), '{"name":"mine"')
  // A folder of the template's is a file here.
  const broken = emptyFolder()
  writeFileSync(path.join(broken, 'rules'), 'mine')
  for (const [folder, exit, code, kept] of [
    [project, 2, 'CONFIG_INVALID', ['package.json']],
    [broken, 1, 'PROJECT_WRITE', ['rules']],
  ] as const) {
    const made = await cli(['init', folder])
    expect([made.code, made.err.at(-1)]).toEqual([exit, expect.stringContaining(`init: ${code}: `)])
    expect(readdirSync(folder)).toEqual(kept)
  }
  expect(readFileSync(path.join(project, 'package.json'), 'utf8')).toBe('{"name":"mine"')
})

test.each([
  ['a file', (folder: string) => writeFileSync(folder, '')],
  ['below a file', (folder: string) => writeFileSync(path.dirname(folder), '')],
])('what is no folder is told with a code: %s', async (_, prepare) => {
  const folder = path.join(emptyFolder(), 'parent', 'ours')
  if (_ === 'a file') mkdirSync(path.dirname(folder))
  prepare(folder)
  const { code, err } = await cli(['init', folder])
  expect([code, err]).toEqual([1, [expect.stringContaining('init: PROJECT_WRITE: The project could not be written')]])
})

test.runIf(existsSync('/proc/self'))('a place that takes no folder ends, with a code', async () => {
  const { code, err } = await cli(['init', '/proc/ours'])
  expect([code, err]).toEqual([1, [expect.stringContaining('PROJECT_WRITE')]])
  expect(err[0]).toContain('no folder can be made in /proc')
})
