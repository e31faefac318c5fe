import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isRunning, type LockAnswer, tryLock } from '../../shared/local/lock.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-lock-'))
const file = path.join(folder, 'a.lock')
beforeEach(() => rmSync(file, { force: true }))
afterAll(() => rmSync(folder, { recursive: true }))

/** The number of a process that has ended. */
const gone = spawnSync(process.execPath, ['-e', '']).pid

function taken(answer: LockAnswer): Extract<LockAnswer, { isOurs: true }> {
  if (!answer.isOurs) throw new Error(`held by ${answer.pid}`)
  return answer
}

describe('tryLock', () => {
  it('one has it until it is given back; who asks meanwhile is told whose it is', () => {
    const lock = taken(tryLock(file))
    expect(tryLock(file)).toEqual({ isOurs: false, pid: process.pid })
    lock.release()
    expect(existsSync(file)).toBe(false)
    taken(tryLock(file)).release()
  })

  it('of a process that is gone is broken', () => {
    expect(isRunning(gone)).toBe(false)
    writeFileSync(file, String(gone))
    taken(tryLock(file)).release()
    expect(existsSync(file)).toBe(false)
  })

  it.skipIf(process.platform !== 'linux')('of a process whose number another has by now is broken', () => {
    taken(tryLock(file))
    const [pid, start] = readFileSync(file, 'latin1').split(' ')
    expect(isRunning(Number(pid), Number(start))).toBe(true)
    writeFileSync(file, `${pid} ${Number(start) - 1}`)
    taken(tryLock(file)).release()
  })

  it('that does not say whose it is holds for a moment', () => {
    writeFileSync(file, '')
    expect(tryLock(file)).toEqual({ isOurs: false, pid: undefined })
    const long = Date.now() / 1000 - 60
    utimesSync(file, long, long)
    taken(tryLock(file)).release()
  })

  it('that somebody else has taken over is left to them', () => {
    const lock = taken(tryLock(file))
    writeFileSync(file, String(process.ppid))
    lock.release()
    expect(tryLock(file)).toEqual({ isOurs: false, pid: process.ppid })
  })
})
