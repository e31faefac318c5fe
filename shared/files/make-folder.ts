import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs'
import path from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own recursive mkdir never returns where a file system takes no
 * folders and says ENOENT (/proc): it tries the parent, which is there, and begins anew.
 *
 * @returns the folders that were made, from the highest on; none where it was there.
 * @throws what the file system says; then nothing that was made is left.
 * @example
 * makeFolder('ours/rules') // ['/home/me/ours', '/home/me/ours/rules']
 */
export function makeFolder(folder: string): readonly string[] {
  const at = path.resolve(folder)
  if (isFolder(at)) return []
  const parent = path.dirname(at)
  const above = existsSync(parent) ? [] : makeFolder(parent)
  try {
    mkdirSync(at)
    return [...above, at]
  } catch (error) {
    // Somebody else made it meanwhile.
    if (isFolder(at)) return above
    removeFolders(above)
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' ? noPlace(parent, error) : code === 'EEXIST' ? noFolder(at, error) : error
  }
}

/** Removes folders that {@link makeFolder} has made, but for those in which there is something by now. */
export function removeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      rmdirSync(folder)
    } catch {
      return
    }
  }
}

/** False of what cannot be looked at: making it says why. */
function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}

/** A file lies in its place: that it exists already is not what is wrong. */
function noFolder(at: string, cause: unknown): Error {
  return Object.assign(new Error(`${at} is no folder`, { cause }), { code: 'ENOTDIR' })
}

/** The parent is there: that there is no such folder, as the system has it, would tell nobody anything. */
function noPlace(parent: string, cause: unknown): Error {
  return new Error(`no folder can be made in ${parent}`, { cause })
}
