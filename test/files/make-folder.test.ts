import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder, removeFolders } from '../../shared/files/make-folder.ts'

const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

test('names what it made, from the highest on; what was there is not among it', () => {
  mkdirSync(path.join(root, 'a'))
  const wanted = path.join(root, 'a', 'b', 'c')
  expect(makeFolder(wanted)).toEqual([path.dirname(wanted), wanted])
  expect(makeFolder(wanted)).toEqual([])
  expect(existsSync(wanted)).toBe(true)
})

test('removes what it made as far as nothing is in it', () => {
  const made = makeFolder(path.join(root, 'x', 'y'))
  writeFileSync(path.join(root, 'x', 'kept'), '')
  removeFolders(made)
  expect(readdirSync(path.join(root, 'x'))).toEqual(['kept'])
})

test.each([
  ['ENOTDIR', 'a file', () => writeFileSync(path.join(root, 'file'), ''), path.join(root, 'file')],
  ['ENOTDIR', 'below a file', () => {}, path.join(root, 'file', 'below')],
  ['ENOTDIR', 'far below a file', () => {}, path.join(root, 'file', 'new', 'below')],
  ['ENAMETOOLONG', 'a name that is too long', () => {}, path.join(root, 'fresh', 'n'.repeat(300))],
])('throws %s, and leaves nothing: %s', (code, _, prepare, folder) => {
  prepare()
  const before = readdirSync(root)
  expect(() => makeFolder(folder)).toThrow(expect.objectContaining({ code }))
  expect(readdirSync(root)).toEqual(before)
})

test('nothing that a person starts makes folders in another way', () => {
  const sources = globSync('{cli,shared,functions}/**/*.ts').concat('infra/stage.ts')
  expect(sources.length).toBeGreaterThan(100)
  expect(sources.filter((file) => /mkdir(?:Sync)?\([^\n]*recursive/.test(readFileSync(file, 'utf8')))).toEqual([])
})

// Node's own recursive mkdir would never return there.
test.runIf(existsSync('/proc/self'))('comes back where the file system takes no folder', () => {
  expect(() => makeFolder('/proc/bucketwatch/rules')).toThrow('no folder can be made in /proc')
})
