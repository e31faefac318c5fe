/** Watches a folder for files that are complete. */

import { watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileProblem } from '../basics/file-problem.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'

export interface WatchedFile {
  /** Where it is. */
  readonly path: string
  /** Its path relative to the folder, with `/`. */
  readonly name: string
  readonly size: number
}

export interface WatchOptions {
  /** Stops watching; the promise then resolves. */
  readonly signal: AbortSignal
  /** Also the files that are there at the start, default false. */
  readonly existing?: boolean | undefined
  /** Called when the watch has begun: files that come from now on are reported. */
  readonly onReady?: (() => void) | undefined
  /** A file is complete when its size and times have stayed the same for so long, default 300 ms. */
  readonly stableMs?: number | undefined
  /** Look at least so often, default 1,000 ms; less often where looking itself takes long. */
  readonly pollMs?: number | undefined
  readonly log?: OperatorLog | undefined
}

interface Seen {
  /** Size, times and inode: changes when the file does, or when another takes its place. */
  readonly state: string
  readonly since: number
  readonly reported: boolean
}

/**
 * Calls `onFile` once for each new complete file below `folder`, and again when one has been rewritten; one call at a
 * time, awaited. Files whose name, or a folder's name above them, begins with a dot are left out: that is where writers
 * keep what they will rename into place.
 *
 * It looks at the whole tree at intervals, which works on every system and file system; `fs.watch` only makes it look
 * sooner, since by itself it misses files in folders that have just been made.
 *
 * @throws BucketwatchError INPUT_UNREAD if the folder cannot be read at the start. What `onFile` throws is logged; the watch
 * goes on, and that file is not tried again until it changes.
 * @example
 * await watchFolder('buckets', ({ name }) => ingest(name), { signal: AbortSignal.timeout(60_000) })
 */
export async function watchFolder(
  folder: string,
  onFile: (file: WatchedFile) => void | Promise<void>,
  options: WatchOptions,
): Promise<void> {
  const { signal, existing = false, stableMs = 300, pollMs = 1_000, log } = options
  const seen = new Map<string, Seen>()
  let wake = new AbortController()
  const stopHints = hintChanges(folder, () => wake.abort(), log)

  try {
    await readdir(folder).catch((error: unknown) => {
      throw new BucketwatchError('INPUT_UNREAD', `Cannot watch ${folder}: ${fileProblem(error)}.`, { folder })
    })
    for (let firstLook = true; !signal.aborted; firstLook = false) {
      wake = new AbortController()
      const began = Date.now()
      let unsettled = false
      const present = new Set<string>()

      for await (const file of walk(folder, '')) {
        if (signal.aborted) return
        present.add(file.name)
        const before = seen.get(file.name)
        if (before?.state !== file.state) {
          const old = firstLook && !existing
          seen.set(file.name, { state: file.state, since: Date.now(), reported: old })
          unsettled ||= !old
        } else if (!before.reported) {
          if (Date.now() - before.since < stableMs) {
            unsettled = true
            continue
          }
          seen.set(file.name, { ...before, reported: true })
          try {
            await onFile({ path: file.path, name: file.name, size: file.size })
          } catch (error) {
            log?.error('A file could not be handled.', { file: file.path, error: errorMessage(error) })
          }
        }
      }
      for (const name of seen.keys()) if (!present.has(name)) seen.delete(name)
      if (firstLook) options.onReady?.()

      const pause = unsettled ? stableMs : Math.max(pollMs, 10 * (Date.now() - began))
      // A file that is still changing hints all the time; its settling is what we wait for.
      await rest(pause, unsettled ? [signal] : [signal, wake.signal])
    }
  } finally {
    stopHints()
  }
}

interface Found {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly state: string
}

async function* walk(folder: string, prefix: string): AsyncGenerator<Found> {
  // A folder may go away between two looks.
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) {
      yield* walk(folder, name)
    } else {
      const file = path.join(folder, name)
      const found = await stat(file).catch(() => undefined)
      if (found?.isFile() !== true) continue
      const { size, mtimeMs, ctimeMs, ino } = found
      yield { path: file, name, size, state: `${ino}:${size}:${mtimeMs}:${ctimeMs}` }
    }
  }
}

function hintChanges(folder: string, onChange: () => void, log: OperatorLog | undefined): () => void {
  try {
    const watcher = watch(folder, { recursive: true }, onChange)
    watcher.on('error', (error) => {
      log?.debug('Watching by notifications ended; looking at intervals only.', { error: errorMessage(error) })
      watcher.close()
    })
    return () => watcher.close()
  } catch (error) {
    log?.debug('No notifications for this folder; looking at intervals only.', { error: errorMessage(error) })
    return () => {}
  }
}

async function rest(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals])
  // An abort ends the wait early; it is what the caller looks at, not an error.
  await wait(ms, undefined, { signal }).catch(() => {})
}
