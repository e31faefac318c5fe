/** Whether an entity has too few different keys to come to a threshold of them, in any window. */
import { emptySample, joinText, type KeySample, keysIn } from '../incident/key-sample.ts'
import type { Held } from './held.ts'

/** What a sample of so many keys tells is off by some 2 %. */
const SURELY = 0.8

export interface DistinctKeys {
  add(held: Pick<Held, 'keys'>, threshold: number): void
  /** Enough, perhaps, for the threshold. From then on nothing needs to be added. */
  areMany(): boolean
}

/**
 * The same keys come again in object after object, so that their sums tell little. All keys of an entity together are at
 * least as many as those of any window.
 *
 * @example
 * const distinct = createDistinctKeys(); distinct.add(held, 4000); distinct.areMany()
 */
export function createDistinctKeys(): DistinctKeys {
  /** Undefined: there are many. */
  let sample: KeySample | undefined = emptySample()
  return {
    add({ keys = '' }, threshold) {
      if (sample === undefined) return
      joinText(sample, keys)
      if (keysIn(sample) >= SURELY * threshold) sample = undefined
    },
    areMany: () => sample === undefined,
  }
}
