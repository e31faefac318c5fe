/** Parts of a replay: what single units said, each kept under a name of its own, in a folder or in a bucket. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { ERROR_CODES } from '../contracts/errors.ts'
import { readCollected, writeCollected } from './collected-text.ts'
import type { Partial } from './partial.ts'
import type { UnitReader } from './run.ts'
import type { Collected, ReplayObject } from './unit.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** Where parts are kept. */
export interface PartStore {
  /** Undefined: there is none of this name. */
  get(name: string): Promise<Uint8Array | undefined>
  /** Takes the place of what has the name. */
  put(name: string, bytes: Uint8Array): Promise<void>
}

/**
 * Keeps what units said, so that a replay goes on where it was interrupted, and one over more objects reads only those. A
 * part is found by the unit's objects, their versions, and what the replay was asked for; one that is damaged is made
 * anew, and one of objects that could not be read is not kept: another time they may be.
 *
 * @param asked everything that a unit's result depends on, besides its objects.
 * @throws what the store throws.
 * @example
 * createKeptReader(reader, { store: createPartFolder('.bucketwatch/replay'), asked: JSON.stringify(options) })
 */
export function createKeptReader(
  reader: UnitReader,
  { store, asked }: { readonly store: PartStore; readonly asked: string },
): UnitReader & { readonly found: number } {
  let found = 0
  return {
    parallel: reader.parallel,
    get found() {
      return found
    },
    async collect(unit, options) {
      const name = fileOf(partName(unit, asked, options.known))
      const kept = await getPart(store, name)
      if (kept !== undefined) {
        found += 1
        return kept
      }
      const collected = await reader.collect(unit, options)
      if (isWhole(collected.partial)) await store.put(name, await packPart(collected))
      return collected
    },
  }
}

/**
 * The name of a unit's part: the same for the same objects and the same question.
 *
 * @param known of what was read before with units before, see UnitOptions.
 */
export function partName(unit: readonly ReplayObject[], asked: string, known?: Uint32Array): string {
  const hash = createHash('sha256').update(asked)
  for (const { bucket, key, size, version, part } of unit)
    hash.update(JSON.stringify([bucket, key, size, version, part]))
  if (known !== undefined) hash.update(Buffer.from(known.buffer, known.byteOffset, known.byteLength))
  return hash.digest('base64url').slice(0, 32)
}

/** The file, or the object, of a part. */
export const fileOf = (name: string): string => `${name}.json.gz`

/** False where objects could not be read for a reason that may pass: refused, archived, a connection. */
export const isWhole = ({ problems }: Pick<Partial, 'problems'>): boolean =>
  !problems.some(([code]) => ERROR_CODES[code].retryable)

export const packPart = async (collected: Collected): Promise<Uint8Array> =>
  pack(writeCollected(collected), { level: 1 })

/** Undefined for a part that there is none of, or that is damaged, or another version's. */
export async function getPart(store: Pick<PartStore, 'get'>, name: string): Promise<Collected | undefined> {
  const bytes = await store.get(name)
  if (bytes === undefined) return undefined
  try {
    return readCollected((await unpack(bytes)).toString('utf8'))
  } catch {
    return undefined
  }
}
