/** The folder that local runs leave their log groups and their ledger in: one run of a stage at a time. */
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileProblem, isLastingFault } from '../basics/file-problem.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { type LogsPort, LogsPortError } from '../contracts/ports.ts'
import type { StateStore } from '../contracts/state.ts'
import { makeFolder } from '../files/make-folder.ts'
import { tryLock } from './lock.ts'
import { listLogGroups, logGroupFolder } from './logs.ts'

const LF = 10
/** A torn line is looked for in pieces of so many bytes, from the end. */
const PIECE_BYTES = 65_536

/**
 * Takes the folder for one run of a stage.
 *
 * @returns gives it back.
 * @throws BucketwatchError LOCAL_BUSY while another run of the stage uses it, LOCAL_WRITE where it cannot be written to.
 * @example
 * const release = takeRunFolder('.bucketwatch', 'local')
 */
export function takeRunFolder(root: string, stage: string): () => void {
  const file = path.join(root, `${stage}.lock`)
  try {
    makeFolder(root)
    const lock = tryLock(file)
    if (lock.isOurs) return lock.release
    const who = lock.pid === undefined ? '' : `process ${lock.pid}, `
    throw new BucketwatchError('LOCAL_BUSY', `${path.resolve(root)} (${who}${file}).`, { root, pid: lock.pid })
  } catch (error) {
    throw error instanceof BucketwatchError ? error : writeFault(root, error)
  }
}

/** LOCAL_WRITE, with the reason in words. */
export function writeFault(root: string, cause: unknown): BucketwatchError {
  return new BucketwatchError('LOCAL_WRITE', `${path.resolve(root)}: ${fileProblem(cause)}.`, { root }, { cause })
}

/**
 * Cuts off what a kill has left unfinished at the end of the log streams of a stage: half a line, whose record was not
 * accepted and is delivered again. Only while no run uses the folder.
 *
 * @returns the files that were cut.
 */
export async function healLogStreams(root: string, logGroupPrefix: string): Promise<string[]> {
  const cut: string[] = []
  for (const group of (await listLogGroups(root)).filter((name) => name.startsWith(`${logGroupPrefix}/`))) {
    const folder = logGroupFolder(root, group)
    for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.jsonl'))) {
      const file = path.join(folder, name)
      if (await cutTornLine(file)) cut.push(file)
    }
  }
  return cut
}

async function cutTornLine(file: string): Promise<boolean> {
  await using handle = await open(file, 'r+')
  const { size } = await handle.stat()
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - PIECE_BYTES)
    const { bytesRead } = await handle.read(piece, 0, end - start, start)
    const last = piece.subarray(0, bytesRead).lastIndexOf(LF)
    if (last !== -1 || start === 0) {
      const whole = last === -1 ? 0 : start + last + 1
      if (whole < size) await handle.truncate(whole)
      return whole < size
    }
    end = start
  }
  return false
}

export interface GuardedPorts {
  readonly logs: LogsPort
  readonly state: StateStore
  /** LOCAL_WRITE once the folder has refused to be written to. */
  readonly fault: () => BucketwatchError | undefined
}

/**
 * Ports of one folder that stop together: once either cannot be written to (a full disk), nothing more is put into log
 * groups, since nobody could note that it was.
 */
export function stopTogether(
  root: string,
  ports: { readonly logs: LogsPort; readonly state: StateStore },
): GuardedPorts {
  const { logs, state } = ports
  let fault: BucketwatchError | undefined

  async function seen<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      if (isLastingFault(cause)) fault ??= writeFault(root, cause)
      throw error
    }
  }

  function unlessStopped<T>(action: () => Promise<T>): Promise<T> {
    if (fault !== undefined) return Promise.reject(new LogsPortError('denied', fault.message, { cause: fault.cause }))
    return seen(action)
  }

  return {
    fault: () => fault,
    logs: {
      putLogEvents: (input) => unlessStopped(() => logs.putLogEvents(input)),
      getLogEvents: (input) => logs.getLogEvents(input),
      createLogGroup: (name) => unlessStopped(() => logs.createLogGroup(name)),
      createLogStream: (group, name) => unlessStopped(() => logs.createLogStream(group, name)),
    },
    state: {
      get: (key) => seen(() => state.get(key)),
      write: (write) => seen(() => state.write(write)),
      writeAll: (writes) => seen(() => state.writeAll(writes)),
      remove: (key, when) => seen(() => state.remove(key, when)),
    },
  }
}
