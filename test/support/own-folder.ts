import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * Lets the process stand in a folder of its own that has links to the project's files, so that what a command writes
 * where it stands (`.bucketwatch/`) is nobody else's: another run of the tests in the same checkout, or `npm start`.
 * Returns how to go back.
 */
export function standInOwnFolder(): () => void {
  const project = process.cwd()
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-project-'))
  for (const name of readdirSync(project)) {
    if (!name.startsWith('.')) symlinkSync(path.join(project, name), path.join(folder, name))
  }
  process.chdir(folder)
  return () => {
    process.chdir(project)
    rmSync(folder, { recursive: true })
  }
}
