/** The state in a file: a journal of JSON lines, one a written item, that several processes may write to. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileProblem, isLastingFault } from '../basics/file-problem.ts'
import { StateError, type StateItem, type StateStore, type StateWrite } from '../contracts/state.ts'
import { makeFolder } from '../files/make-folder.ts'
import { changed, holds, type KeptItem } from '../state/item.ts'
import { isRunning, tryLock } from './lock.ts'

/** A journal is rewritten once it is so large and holds twice as many lines as items. */
const COMPACT_BYTES = 1_048_576
/** How long to wait for the lock of another process. Milliseconds. */
const LOCK_TIMEOUT_MS = 5_000

interface Line {
  readonly key: string
  /** Absent: the item is gone. */
  readonly item?: StateItem | undefined
  readonly expiresAt: number
}

/**
 * A StateStore in `<root>/state/<name>.jsonl`. Whoever writes holds `<name>.lock` meanwhile, and first reads what others
 * have written; a lock whose process is gone is broken. A line that a crash cut off is cut away by the next to write.
 *
 * @throws StateError only: `denied` in a folder that cannot be written to or on a full disk, `unavailable` where the lock
 * is held for more than 5 seconds.
 * @example
 * const state = createFileState({ root: '.bucketwatch', name: 'local', now: Date.now })
 */
export function createFileState(options: {
  readonly root: string
  readonly name: string
  readonly now: () => number
}): StateStore {
  const { now } = options
  const folder = path.join(options.root, 'state')
  const file = path.join(folder, `${options.name}.jsonl`)
  const lock = path.join(folder, `${options.name}.lock`)

  const items = new Map<string, KeptItem>()
  /** The file that was read so far, and how far. */
  let inode = -1
  let offset = 0
  let lines = 0
  /** One at a time in this process. */
  let last: Promise<unknown> = Promise.resolve()

  function exclusively<T>(work: (descriptor: number) => T): Promise<T> {
    const next = last.then(
      () => locked(work),
      () => locked(work),
    )
    last = next
    return next
  }

  async function locked<T>(work: (descriptor: number) => T): Promise<T> {
    let release: () => void
    try {
      makeFolder(folder)
      release = await takeLock(lock)
    } catch (error) {
      throw toStateError(error)
    }
    let descriptor: number | undefined
    try {
      descriptor = openSync(file, 'a+')
      catchUp(descriptor)
      const result = work(descriptor)
      if (offset > COMPACT_BYTES && lines > 2 * items.size) compact()
      return result
    } catch (error) {
      throw toStateError(error)
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
      release()
    }
  }

  /** Reads what was appended since; a torn last line is cut off. */
  function catchUp(descriptor: number): void {
    const { ino, size } = fstatSync(descriptor)
    if (ino !== inode || size < offset) {
      items.clear()
      inode = ino
      offset = 0
      lines = 0
    }
    if (size === offset) return
    const bytes = Buffer.allocUnsafe(size - offset)
    const read = readSync(descriptor, bytes, 0, bytes.length, offset)
    const end = bytes.subarray(0, read).lastIndexOf(10) + 1
    for (const text of bytes.toString('utf8', 0, end).split('\n')) {
      const line = parseLine(text)
      if (line === undefined) continue
      lines += 1
      keep(line)
    }
    offset += end
    if (offset < size) ftruncateSync(descriptor, offset)
  }

  function keep({ key, item, expiresAt }: Line): void {
    if (item === undefined || expiresAt <= now()) items.delete(key)
    else items.set(key, { attributes: item, expiresAt })
  }

  function append(descriptor: number, added: readonly Line[]): void {
    const text = Buffer.from(added.map((line) => `${JSON.stringify(line)}\n`).join(''))
    try {
      for (let at = 0; at < text.length; ) at += writeSync(descriptor, text, at)
    } catch (error) {
      ftruncateSync(descriptor, offset)
      throw error
    }
    offset += text.length
    lines += added.length
    for (const line of added) keep(line)
  }

  function compact(): void {
    const aside = `${file}.${process.pid}`
    const kept = [...items].filter(([, { expiresAt }]) => expiresAt > now())
    writeFileSync(
      aside,
      kept
        .map(([key, { attributes, expiresAt }]) => `${JSON.stringify({ key, item: attributes, expiresAt })}\n`)
        .join(''),
    )
    renameSync(aside, file)
    // The next to come reads the new file from its beginning.
    inode = -1
  }

  function live(key: string): StateItem | undefined {
    const item = items.get(key)
    return item !== undefined && item.expiresAt > now() ? item.attributes : undefined
  }

  function check({ key, when }: Pick<StateWrite, 'key' | 'when'>): void {
    const item = live(key)
    if (!holds(item, when)) throw new StateError('condition', `The condition does not hold of ${key}.`, { item })
  }

  function lineOf(write: StateWrite): Line & { readonly item: StateItem } {
    return { key: write.key, item: changed(live(write.key), write), expiresAt: write.expiresAt }
  }

  return {
    get: (key) => exclusively(() => live(key)),
    write: (write) =>
      exclusively((descriptor) => {
        check(write)
        const line = lineOf(write)
        append(descriptor, [line])
        return line.item
      }),
    writeAll: (writes) =>
      exclusively((descriptor) => {
        for (const write of writes) check(write)
        append(descriptor, writes.map(lineOf))
      }),
    remove: (key, when) =>
      exclusively((descriptor) => {
        if (live(key) === undefined) return
        check({ key, when })
        append(descriptor, [{ key, expiresAt: 0 }])
      }),
  }
}

/** Forgets everything that stands under names that fit. */
export async function removeFileStates(root: string, isWanted: (name: string) => boolean): Promise<void> {
  const folder = path.join(root, 'state')
  const names = await readdir(folder).catch(() => [])
  for (const file of names) if (isWanted(file.replace(/\..*$/, ''))) await rm(path.join(folder, file), { force: true })
}

/**
 * Whether an instance of a local run, whose name begins with its process id, is gone.
 *
 * @example
 * isGoneProcess(`${process.pid}-3f9c`) // false
 */
export function isGoneProcess(instanceId: string): boolean {
  const pid = Number.parseInt(instanceId, 10)
  return Number.isInteger(pid) && pid > 0 && !isRunning(pid)
}

async function takeLock(file: string): Promise<() => void> {
  const end = Date.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const lock = tryLock(file)
    if (lock.isOurs) return lock.release
    if (Date.now() > end) throw new StateError('unavailable', `${file} is held by another process.`)
    await sleep(2 + Math.random() * 10)
  }
}

function parseLine(text: string): Line | undefined {
  if (text === '') return undefined
  try {
    const line = JSON.parse(text) as Line
    return typeof line.key === 'string' && typeof line.expiresAt === 'number' ? line : undefined
  } catch {
    return undefined
  }
}

function toStateError(error: unknown): StateError {
  if (error instanceof StateError) return error
  return new StateError(isLastingFault(error) ? 'denied' : 'unavailable', fileProblem(error), { cause: error })
}
