import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { readColumn, writeColumn } from './columns.ts'
import { PARTIAL_VERSION } from './partial.ts'
import type { Collected } from './unit.ts'

/**
 * A unit's result as text: what a file of a state folder, and an object of a distributed replay, hold. Its messages are
 * packed by themselves: as base64, which columns are, they would not get small any more.
 */
export const writeCollected = (collected: Collected): string =>
  JSON.stringify({ ...collected, texts: new Uint8Array(deflateRawSync(collected.texts, { level: 1 })) }, writeColumn)

/**
 * @throws BucketwatchError REPLAY_PARTIAL where it is no such text, or another version's.
 * @example
 * readCollected(writeCollected(collected)).partial
 */
export function readCollected(text: string): Collected {
  try {
    const collected = JSON.parse(text, readColumn) as Collected
    const { version } = collected.partial
    if (version !== PARTIAL_VERSION) throw new Error(`its version is ${String(version)}`)
    return { ...collected, texts: new Uint8Array(inflateRawSync(collected.texts)) }
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', errorMessage(error), {}, { cause: error })
  }
}
