/** Locks between processes: a file that says which process has it. */
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'

/** A lock that does not say whose it is (its process was killed while it wrote that) is broken after this. Milliseconds. */
const UNTOLD_MS = 10_000

/** What came of asking for a lock: its release, or who has it. */
export type LockAnswer =
  | { readonly isOurs: true; release(): void }
  | { readonly isOurs: false; readonly pid: number | undefined }

/**
 * Takes a lock, or tells who has it. One whose process is gone, also where another process has its number by now, is
 * broken.
 *
 * @throws what the file system throws, where the lock cannot be written.
 * @example
 * const lock = tryLock('.bucketwatch/local.lock')
 * if (lock.isOurs) try { work() } finally { lock.release() }
 */
export function tryLock(file: string): LockAnswer {
  for (;;) {
    if (create(file)) return { isOurs: true, release: () => release(file) }
    const text = read(file)
    // It was given back meanwhile.
    if (text === undefined) continue
    const [pid, start] = text.split(' ', 2).map(Number)
    const isTold = Number.isInteger(pid) && pid! > 0
    if (isTold ? isRunning(pid!, start) : ageOf(file) < UNTOLD_MS)
      return { isOurs: false, pid: isTold ? pid : undefined }
    breakLock(file, text)
  }
}

/**
 * Whether a process is there.
 *
 * @param start when it began, as {@link tryLock} notes it, where that is known
 */
export function isRunning(pid: number, start?: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  if (start === undefined || !Number.isInteger(start)) return true
  const now = startOf(pid)
  return now === undefined || now === start
}

/** When a process began, in clock ticks since boot; undefined where the system does not tell (only Linux does). */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; the 22nd field is the 20th after it.
    const start = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    return Number.isInteger(start) ? start : undefined
  } catch {
    return undefined
  }
}

let ours: string | undefined

function ownText(): string {
  ours ??= [process.pid, startOf(process.pid)].filter((part) => part !== undefined).join(' ')
  return ours
}

function create(file: string): boolean {
  try {
    writeFileSync(file, ownText(), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // A full disk takes the name and not what stands in it.
    if (read(file) === '') unlinkSync(file)
    throw error
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return undefined
  }
}

function ageOf(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function release(file: string): void {
  // Who has broken it has one of their own there.
  if (read(file) === ownText()) unlinkSync(file)
}

let broken = 0

/** Of several that find the same lock stale, one moves it away; who has moved another's new one puts it back. */
function breakLock(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.${++broken}`
  try {
    renameSync(file, aside)
    if (read(aside) !== stale) linkSync(aside, file)
  } catch {
    // Somebody else was quicker.
  }
  try {
    unlinkSync(aside)
  } catch {
    // It was not there.
  }
}
