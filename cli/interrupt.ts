import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { ObjectStore } from '../shared/contracts/ports.ts'
import type { Io } from './io.ts'
import { plural } from './render.ts'

/** What a shell calls a command that Ctrl-C has ended. */
export const INTERRUPTED_EXIT = 130

/**
 * Says what an interrupted replay leaves.
 *
 * @param state where what was read is kept; undefined: nowhere
 * @returns the exit code
 */
export function interruptedReplay(state: string | undefined, io: Pick<Io, 'err'>): number {
  io.err(
    state === undefined
      ? 'Interrupted: nothing is kept. With --state FOLDER the same command goes on where it was.'
      : `Interrupted: what was read is kept in ${state}, and the same command goes on from there.`,
  )
  return INTERRUPTED_EXIT
}

/** So many files are named; the others are counted. */
const MAX_NAMED = 20

/**
 * A store whose objects end where the signal is given: what was read until then is delivered, and the ledger knows how
 * far that is.
 */
export function interruptible(store: ObjectStore, signal: AbortSignal): ObjectStore {
  return {
    async open(address) {
      const opened = await store.open(address)
      return { ...opened, body: untilInterrupted(opened.body, signal) }
    },
  }
}

/** @throws BucketwatchError INTERRUPTED before the first chunk after the signal. */
export async function* untilInterrupted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (signal.aborted) throw new BucketwatchError('INTERRUPTED')
    yield chunk
  }
}

/** Says which files a run that has ended early did not read. */
export function unreadLines(given: {
  readonly why: string
  /** The file that was being read, where it was not read to its end. */
  readonly partly: string | undefined
  readonly unread: readonly string[]
}): string[] {
  const { why, partly, unread } = given
  const lines = [
    `${why}: ${plural(unread.length, 'file')} not read${partly === undefined ? '' : ', one read in part'}.`,
  ]
  if (partly !== undefined) lines.push(`  read in part: ${partly}`)
  for (const file of unread.slice(0, MAX_NAMED)) lines.push(`  not read: ${file}`)
  if (unread.length > MAX_NAMED) lines.push(`  not read: ${plural(unread.length - MAX_NAMED, 'more file')}`)
  lines.push('  The same command goes on from there.')
  return lines
}
