/**
 * What a command is given to read, and what is said where there is nothing: one rule for all commands, as
 * docs/exit-codes.md has it. What is not there is an error; what is there and holds no record is said.
 */
import { fileProblem } from '../shared/basics/file-problem.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { listLogFiles } from '../shared/local/log-files.ts'
import { unpackArchives } from '../shared/local/unpack.ts'
import type { Io } from './io.ts'
import { plural } from './render.ts'

/** The files that paths stand for. */
export interface Inputs {
  readonly files: readonly string[]
  /** What is not read, with the reason, a line each. */
  readonly unread: readonly string[]
}

/** For commands that read on: what is not there stands in `unread`, and the other paths count. */
export async function listInputs(paths: readonly string[]): Promise<Inputs> {
  const found = await Promise.all(paths.map((given) => inputsOf(given).catch((error) => unreadPath(given, error))))
  return { files: [...new Set(found.flatMap(({ files }) => files))], unread: found.flatMap(({ unread }) => unread) }
}

/**
 * For commands whose answer is about the whole: a path that is not there is a slip, and not worth an hour of reading
 * the others.
 *
 * @throws BucketwatchError INPUT_UNREAD for a path that cannot be read.
 */
export async function requireInputs(paths: readonly string[]): Promise<Inputs> {
  const found = await Promise.all(
    paths.map((given) =>
      inputsOf(given).catch((error) => {
        throw new BucketwatchError('INPUT_UNREAD', `${problemOf(given, error)}.`, { path: given }, { cause: error })
      }),
    ),
  )
  return { files: [...new Set(found.flatMap(({ files }) => files))], unread: found.flatMap(({ unread }) => unread) }
}

/**
 * The files, those of archives in place of the archives; what of an archive could not be unpacked stands in `unread`.
 *
 * @throws what {@link unpackArchives} throws.
 */
export async function unpackInputs({ files, unread }: Inputs, signal?: AbortSignal) {
  const unpacked = await unpackArchives(files, signal)
  const lines = unpacked.damaged.map(({ file, error }) => `${file}: ${error.code}: ${error.message}`)
  return { files: unpacked.files, unread: [...unread, ...lines], remove: unpacked.remove }
}

async function inputsOf(given: string): Promise<Inputs> {
  const { files, unread } = await listLogFiles(given)
  const named = unread.map(({ file, reason }) => `${file}: not read: ${reason}.`)
  return { files, unread: files.length + unread.length === 0 ? [nothingIn(given)] : named }
}

const unreadPath = (given: string, error: unknown): Inputs => ({ files: [], unread: [`${problemOf(given, error)}.`] })

function problemOf(given: string, error: unknown): string {
  // Node decodes arguments, and puts U+FFFD for what is no UTF-8.
  const hint = given.includes('\ufffd') ? ' (its name is not UTF-8: rename it, or give the folder’s other files)' : ''
  return `${given} cannot be read: ${fileProblem(error)}${hint}`
}

/** The line about a folder or prefix that is empty beside others that are not. */
export const nothingIn = (given: string): string => `${given}: there is nothing to read in it.`

/** Where nothing that was given holds an object: what is not there is no quiet month. */
export function nothingToRead(paths: readonly string[]): BucketwatchError {
  return new BucketwatchError('INPUT_NONE', `There is nothing to read in ${paths.join(', ')}.`, { paths })
}

/** The line where objects were read and hold nothing. */
export const noRecordLine = (objects: number): string => `No record was found in ${plural(objects, 'object')}.`

export function tellUnread(unread: readonly string[], io: Pick<Io, 'err'>): void {
  for (const line of unread) io.err(line)
}
