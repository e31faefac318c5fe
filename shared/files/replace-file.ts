import { randomUUID } from 'node:crypto'
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BucketwatchError } from '../contracts/errors.ts'

/**
 * Puts a text in the place of a file's, whole or not at all; who may read the file stays as it is. A link stays one.
 *
 * @param before what the file held when it was read; undefined: there was none
 * @throws BucketwatchError SETUP_RACE where it holds something else by now. What the file system says passes as it is.
 * @example
 * await replaceFile('settings.yml', { before: text, after: `${text}\nvpcs: []\n` })
 */
export async function replaceFile(
  file: string,
  { before, after }: { readonly before: string | undefined; readonly after: string },
): Promise<void> {
  const target = await orAbsent(realpath(file))
  const now = target === undefined ? undefined : await readFile(target, 'utf8')
  if (now !== before) throw new BucketwatchError('SETUP_RACE', `${file} is not what it was: repeat the command.`)
  const place = target ?? file
  const aside = path.join(path.dirname(place), `.${path.basename(place)}.${randomUUID()}`)
  try {
    const mode = target === undefined ? undefined : (await stat(target)).mode
    await writeFile(aside, after, { ...(mode !== undefined && { mode }), flag: 'wx' })
    await rename(aside, place)
  } catch (error) {
    await rm(aside, { force: true })
    // The name of the file beside it would tell nobody anything.
    throw Object.assign(error as NodeJS.ErrnoException, { path: file })
  }
}

async function orAbsent(found: Promise<string>): Promise<string | undefined> {
  try {
    return await found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
