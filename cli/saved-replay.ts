/** What `bucketwatch replay --json` has printed into a file. */
import { open, readFile, stat } from 'node:fs/promises'
import type { ReplayModel } from '../shared/replay/model.ts'
import { usage, withoutMark } from './io.ts'

/**
 * What a replay printed; undefined where the path is something else: logs.
 *
 * @throws BucketwatchError USAGE where it is cut off, or another version's.
 */
export async function readSaved(file: string): Promise<ReplayModel | undefined> {
  if (!SAVED.test(await beginningOf(file))) return undefined
  const text = withoutMark(await readFile(file, 'utf8'))
  let model: ReplayModel
  try {
    model = JSON.parse(text) as ReplayModel
  } catch {
    throw usage(`${file} is cut off: it is no whole JSON.`)
  }
  if (model.version !== 1)
    throw usage(`${file} was made by another version of bucketwatch (its form is ${model.version}, not 1).`)
  return model
}

const SAVED = /^\ufeff?\s*\{\s*"kind"\s*:\s*"replay"/

/** Enough of a file to tell what it is; nothing of what is no file here. */
async function beginningOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) return ''
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256))
  return buffer.toString('utf8', 0, bytesRead)
}
