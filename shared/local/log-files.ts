/** Which files a path stands for. */
import { realpathSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** What lies below a folder: the files to read, and what is not read, with the reason. */
export interface LogFiles {
  /** In the order of their paths. */
  readonly files: readonly string[]
  readonly unread: readonly { readonly file: string; readonly reason: string }[]
}

/**
 * The files below a folder, links to files among them; of a file (or `-`) itself. Hidden folders and files are left out:
 * they are nobody's logs (.git, and our own .bucketwatch).
 *
 * @throws what the file system throws where there is nothing, or it cannot be read.
 * @example
 * const { files, unread } = await listLogFiles('logs')
 */
export async function listLogFiles(given: string): Promise<LogFiles> {
  if (given === '-' || !(await stat(given)).isDirectory()) return { files: [given], unread: [] }
  const isHidden = (file: string) => /(?:^|[\\/])\./.test(path.relative(given, file))
  const entries = (await readdir(given, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ file: path.join(entry.parentPath, entry.name), isFile: entry.isFile() }))
    .filter(({ file }) => !isHidden(file))
  const files = new Set<string>()
  const seen = new Set<string>()
  const unread: { file: string; reason: string }[] = []
  for (const { file } of entries.filter(({ isFile }) => isFile)) {
    const target = targetOf(file)
    // Node has put U+FFFD for what it could not decode: there is no file of that name.
    if (target === undefined && file.includes('\ufffd')) unread.push({ file, reason: 'its name is not UTF-8' })
    else files.add(file)
    seen.add(target ?? file)
  }
  for (const { file } of entries.filter(({ isFile }) => !isFile)) {
    const found = await stat(file).catch(() => undefined)
    if (found?.isFile() === true) {
      const target = targetOf(file) ?? file
      if (!seen.has(target)) files.add(file)
      seen.add(target)
    } else {
      const reason = found === undefined ? 'a link to nothing' : found.isDirectory() ? 'a link to a folder' : 'no file'
      unread.push({ file, reason: `it is ${reason}` })
    }
  }
  return { files: [...files].sort(), unread }
}

/** Where a file really is; undefined: there is none. In one go: of many files a promise each takes longer than to look. */
function targetOf(file: string): string | undefined {
  try {
    return realpathSync.native(file)
  } catch {
    return undefined
  }
}
