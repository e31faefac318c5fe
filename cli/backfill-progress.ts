/** How far a backfill is, in a file: written whole or not at all, so that it goes on after it was stopped. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../shared/files/make-folder.ts'

/** What was written last. Undefined: none, or one that is damaged; then all is sent again, and adds nothing. */
export function readProgress<Progress>(file: string): Progress | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Progress
  } catch {
    return undefined
  }
}

/** Replaces what was written before. */
export function writeProgress(file: string, progress: object): void {
  makeFolder(dirname(file))
  writeFileSync(`${file}.new`, `${JSON.stringify(progress)}\n`)
  renameSync(`${file}.new`, file)
}
