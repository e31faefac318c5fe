import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkOutputFile, checkOutputFolder } from '../../shared/files/outputs.ts'

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'bucketwatch-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}
const fault = (reason: string) =>
  expect.objectContaining({ code: 'OUTPUT_WRITE', message: expect.stringContaining(reason) })

describe('a file to be written', () => {
  it('is none afterwards where it was none, and stays as it is', () => {
    const at = folder()
    checkOutputFile(path.join(at, 'new.html'))
    writeFileSync(path.join(at, 'old.html'), 'kept')
    checkOutputFile(path.join(at, 'old.html'))
    symlinkSync(path.join(at, 'there'), path.join(at, 'link'))
    checkOutputFile(path.join(at, 'link'))
    expect(readdirSync(at).sort()).toEqual(['link', 'old.html'])
    expect(readFileSync(path.join(at, 'old.html'), 'utf8')).toBe('kept')
    checkOutputFile('/dev/null')
  })

  it('is refused with the reason', () => {
    const at = folder()
    expect(() => checkOutputFile(at)).toThrow(fault(`${at}: it is a folder`))
    expect(() => checkOutputFile(path.join(at, 'none/x.html'))).toThrow(fault('there is no such file or folder'))
    writeFileSync(path.join(at, 'file'), '')
    expect(() => checkOutputFile(path.join(at, 'file/x.html'))).toThrow(fault('a part of its path is no folder'))
  })
})

describe('a folder to be written into', () => {
  it('is none afterwards where it was none, and stays as it is', () => {
    const at = folder()
    checkOutputFolder(path.join(at, 'a/b'))
    expect(existsSync(path.join(at, 'a'))).toBe(false)
    mkdirSync(path.join(at, 'c'))
    checkOutputFolder(path.join(at, 'c'))
    expect(readdirSync(at, { recursive: true })).toEqual(['c'])
  })

  it('is refused with the reason', () => {
    const at = folder()
    writeFileSync(path.join(at, 'file'), '')
    expect(() => checkOutputFolder(path.join(at, 'file'))).toThrow(fault('a part of its path is no folder'))
    expect(() => checkOutputFolder('/proc/foo')).toThrow(fault('no folder can be made in /proc'))
  })
})
