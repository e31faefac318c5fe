/** Which entities have too few different keys to come to a threshold of them, in any window. */
import { emptySample, joinSample, type KeySample, keysIn, readSample } from '../incident/key-sample.ts'
import { type Held, nameOfCount } from './held.ts'

/** Entities that are followed; of others it is not known. */
const MAX_ENTITIES = 2_048
/** What a sample of so many keys tells is off by some 2 %. */
const SURELY = 0.8

const MANY = 'many'

export interface DistinctKeys {
  add(held: Held, threshold: number): void
  /** Names of counts, see nameOfCount. */
  few(): ReadonlySet<string>
}

/**
 * The same keys come again in object after object, so that their sums tell little. All keys of an entity together are at
 * least as many as those of any window.
 *
 * @example
 * const distinct = createDistinctKeys(); distinct.add(held, 4000); distinct.few().has(nameOfCount(held.rule, held.entity))
 */
export function createDistinctKeys(): DistinctKeys {
  const samples = new Map<string, KeySample | typeof MANY>()
  return {
    add(held, threshold) {
      const name = nameOfCount(held.rule, held.entity)
      const known = samples.get(name) ?? (samples.size < MAX_ENTITIES ? emptySample() : MANY)
      if (known === MANY) return
      joinSample(known, readSample(held.keys ?? ''))
      samples.set(name, keysIn(known) < SURELY * threshold ? known : MANY)
    },
    few: () => new Set([...samples].flatMap(([name, sample]) => (sample === MANY ? [] : [name]))),
  }
}
