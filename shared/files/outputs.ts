/** Files and folders that a command is to write, looked at before it reads for an hour. */
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { fileProblem } from '../basics/file-problem.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { makeFolder, removeFolders } from './make-folder.ts'

/** OUTPUT_WRITE, with the reason in words. */
export function outputFault(place: string, cause: unknown): BucketwatchError {
  return new BucketwatchError('OUTPUT_WRITE', `${place}: ${fileProblem(cause)}.`, { place }, { cause })
}

/**
 * Whether a file can be written: tried, since rights alone do not tell. What was there stays as it is; what was not is
 * not there afterwards.
 *
 * @throws BucketwatchError OUTPUT_WRITE
 * @example
 * checkOutputFile('report.html')
 */
export function checkOutputFile(file: string): void {
  const before = find(file)
  // A pipe waits for its reader, a device is not tried.
  if (before !== undefined && !before.isFile() && !before.isDirectory()) return
  try {
    closeSync(openSync(file, 'a'))
    // A link stays: what it leads to was made.
    if (before === undefined) rmSync(realpathSync(file))
  } catch (error) {
    throw outputFault(file, error)
  }
}

/**
 * Whether files can be written into a folder, which may have to be made; afterwards all is as it was.
 *
 * @throws BucketwatchError OUTPUT_WRITE
 * @example
 * checkOutputFolder('.bucketwatch/replay')
 */
export function checkOutputFolder(folder: string): void {
  let made: readonly string[] = []
  try {
    made = makeFolder(folder)
    const file = path.join(folder, `.${randomUUID()}`)
    closeSync(openSync(file, 'wx'))
    rmSync(file)
  } catch (error) {
    throw outputFault(folder, error)
  } finally {
    removeFolders(made)
  }
}

function find(file: string): Stats | undefined {
  try {
    return statSync(file)
  } catch {
    return undefined
  }
}
