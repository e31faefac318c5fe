import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile } from '../../shared/files/replace-file.ts'

let folder = ''
const at = (name: string) => path.join(folder, name)
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-replace-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a file is replaced', () => {
  it('whole, and nothing is left beside it', async () => {
    writeFileSync(at('a.yml'), 'one\n')
    chmodSync(at('a.yml'), 0o600)
    await replaceFile(at('a.yml'), { before: 'one\n', after: 'two\n' })
    expect(readFileSync(at('a.yml'), 'utf8')).toBe('two\n')
    expect(statSync(at('a.yml')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['a.yml'])
  })

  it('or made, where there was none', async () => {
    await replaceFile(at('a.yml'), { before: undefined, after: 'two\n' })
    expect(readFileSync(at('a.yml'), 'utf8')).toBe('two\n')
  })

  it('behind a link, which stays one', async () => {
    writeFileSync(at('a.yml'), 'one\n')
    symlinkSync('a.yml', at('link.yml'))
    await replaceFile(at('link.yml'), { before: 'one\n', after: 'two\n' })
    expect(readFileSync(at('a.yml'), 'utf8')).toBe('two\n')
  })

  it.each([
    ['another text', 'other\n', 'one\n'],
    ['a text where there was none', 'other\n', undefined],
    ['no file any more', undefined, 'one\n'],
  ])('not where it is not what it was: %s', async (_, now, before) => {
    if (now !== undefined) writeFileSync(at('a.yml'), now)
    await expect(replaceFile(at('a.yml'), { before, after: 'two\n' })).rejects.toMatchObject({ code: 'SETUP_RACE' })
    expect(readdirSync(folder).map((name) => readFileSync(at(name), 'utf8'))).toEqual(now === undefined ? [] : [now])
  })

  it('or the error names it', async () => {
    const file = at('no/such/folder.yml')
    await expect(replaceFile(file, { before: undefined, after: 'x' })).rejects.toMatchObject({
      code: 'ENOENT',
      path: file,
    })
  })
})
