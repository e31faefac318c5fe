import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { Collected } from './unit.ts'

/** A unit's result as text: what a file of a state folder, and an object of a distributed replay, hold. */
export function writeCollected({ partial, told, identities }: Collected): string {
  const bytes = Buffer.from(identities.buffer, identities.byteOffset, identities.byteLength)
  return JSON.stringify({ partial, told, identities: bytes.toString('base64') })
}

/**
 * @throws BucketwatchError REPLAY_PARTIAL where it is no such text, or another version's.
 * @example
 * readCollected(writeCollected(collected)).partial
 */
export function readCollected(text: string): Collected {
  try {
    const { partial, told, identities } = JSON.parse(text) as Omit<Collected, 'identities'> & { identities: string }
    if (partial.version !== 1) throw new Error(`its version is ${String(partial.version)}`)
    return { partial, told, identities: new Float64Array(Uint8Array.from(Buffer.from(identities, 'base64')).buffer) }
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', errorMessage(error), {}, { cause: error })
  }
}
