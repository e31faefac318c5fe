import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { PARTIAL_VERSION } from './partial.ts'
import type { Collected } from './unit.ts'

/** A unit's result as text: what a file of a state folder, and an object of a distributed replay, hold. */
export function writeCollected({ partial, told, texts, identities }: Collected): string {
  const bytes = Buffer.from(identities.buffer, identities.byteOffset, identities.byteLength)
  return JSON.stringify({
    partial,
    told,
    texts: Buffer.from(texts).toString('base64'),
    identities: bytes.toString('base64'),
  })
}

/**
 * @throws BucketwatchError REPLAY_PARTIAL where it is no such text, or another version's.
 * @example
 * readCollected(writeCollected(collected)).partial
 */
export function readCollected(text: string): Collected {
  try {
    const { partial, told, texts, identities } = JSON.parse(text) as AsText
    if (partial.version !== PARTIAL_VERSION) throw new Error(`its version is ${String(partial.version)}`)
    return { partial, told, texts: bytesOf(texts), identities: new Float64Array(bytesOf(identities).buffer) }
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', errorMessage(error), {}, { cause: error })
  }
}

type AsText = Pick<Collected, 'partial' | 'told'> & { readonly texts: string; readonly identities: string }

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, 'base64'))
