import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeFolder } from '../files/make-folder.ts'
import { outputFault } from '../files/outputs.ts'
import type { PartStore } from '../replay/parts.ts'

/**
 * Keeps parts of a replay as files of a folder, which is made where there is none.
 *
 * @throws BucketwatchError OUTPUT_WRITE where the folder cannot be written to.
 * @example
 * await createPartFolder('.bucketwatch/replay').put('1.json.gz', bytes)
 */
export function createPartFolder(folder: string): PartStore {
  return {
    async get(name) {
      try {
        return await readFile(path.join(folder, name))
      } catch {
        // What cannot be read is made anew.
        return undefined
      }
    },
    async put(name, bytes) {
      const aside = path.join(folder, `.${randomUUID()}`)
      try {
        makeFolder(folder)
        await writeFile(aside, bytes)
        await rename(aside, path.join(folder, name))
      } catch (error) {
        await rm(aside, { force: true }).catch(() => {})
        throw outputFault(folder, error)
      }
    },
  }
}
