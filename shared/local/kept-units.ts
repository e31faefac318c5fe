import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Collected, ReplayObject } from '../replay/collect.ts'
import { readCollected, writeCollected } from '../replay/collected-text.ts'
import type { UnitReader } from '../replay/run.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/**
 * Keeps what units said in files of a folder, so that a replay goes on where it was interrupted, and one over more
 * objects reads only those. A file is found by the unit's objects, their versions, and what the replay was asked for; one
 * that is damaged is made anew.
 *
 * @param asked everything that a unit's result depends on, besides its objects.
 * @throws what the file system throws, where the folder cannot be written to.
 * @example
 * createKeptReader(reader, { folder: '.bucketwatch/replay', asked: JSON.stringify(options) })
 */
export function createKeptReader(
  reader: UnitReader,
  { folder, asked }: { readonly folder: string; readonly asked: string },
): UnitReader & { readonly found: number } {
  let found = 0
  return {
    parallel: reader.parallel,
    get found() {
      return found
    },
    async collect(unit, options) {
      if (options.wanted !== undefined) return reader.collect(unit, options)
      const file = path.join(folder, `${nameOf(unit, asked, options.known)}.json.gz`)
      const kept = await read(file)
      if (kept !== undefined) {
        found += 1
        return kept
      }
      const collected = await reader.collect(unit, options)
      await mkdir(folder, { recursive: true })
      const aside = path.join(folder, `.${randomUUID()}`)
      await writeFile(aside, await pack(writeCollected(collected), { level: 1 }))
      await rename(aside, file)
      return collected
    },
  }
}

function nameOf(unit: readonly ReplayObject[], asked: string, known: Float64Array | undefined): string {
  const hash = createHash('sha256').update(asked)
  for (const { bucket, key, size, version } of unit) hash.update(JSON.stringify([bucket, key, size, version]))
  if (known !== undefined) hash.update(Buffer.from(known.buffer, known.byteOffset, known.byteLength))
  return hash.digest('base64url').slice(0, 32)
}

async function read(file: string): Promise<Collected | undefined> {
  try {
    return readCollected((await unpack(await readFile(file))).toString('utf8'))
  } catch {
    return undefined
  }
}
