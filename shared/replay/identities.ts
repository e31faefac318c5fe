/**
 * Which records were read before: within a unit all, across units most of the recent ones. An identity is 64 bits of its
 * text: of a billion records, each compared with the million before it, two are taken for one with a chance of 1 in 18,000.
 */
import { createPairIndex, hashed, hashText } from '../basics/pair-index.ts'
import { createRecentPairs } from '../basics/recent-pairs.ts'

/** Identities as pairs of numbers. */
export interface IdentityTable {
  /** Notes an identity; false: it was there. */
  add(identity: string): boolean
  size(): number
  /** The pairs, in an order that a window takes them sooner in than as they came. */
  pairs(): Uint32Array<ArrayBuffer>
}

/**
 * Grows with what it holds: 24 bytes an identity.
 *
 * @example
 * const table = createIdentityTable(); table.add('a') // true
 */
export function createIdentityTable(): IdentityTable {
  const index = createPairIndex(1024)
  return {
    add(identity) {
      hashText(identity)
      return index.add(hashed.high, hashed.low)
    },
    size: index.size,
    pairs: index.pairsByPlace,
  }
}

/** The identities of the units before. */
export interface IdentityWindow {
  /** Notes a unit's identities, and returns those that were there, as pairs. */
  take(pairs: Uint32Array): Uint32Array<ArrayBuffer>
}

/**
 * Remembers the last `size` to `2 * size` identities; 32 to 64 bytes for each of `size`.
 *
 * @example
 * const known = createIdentityWindow(2 ** 19).take(table.pairs())
 */
export function createIdentityWindow(size: number): IdentityWindow {
  const recent = createRecentPairs(size)
  return {
    take(pairs) {
      const known: number[] = []
      recent.addAll(pairs, (a, b) => known.push(a, b))
      return Uint32Array.from(known)
    },
  }
}

/** Whether an identity is among pairs. */
export function createIdentityTest(pairs: Uint32Array): (identity: string) => boolean {
  if (pairs.length === 0) return () => false
  const index = createPairIndex(pairs.length / 2)
  for (let at = 0; at < pairs.length; at += 2) index.add(pairs[at]!, pairs[at + 1]!)
  return (identity) => {
    hashText(identity)
    return index.has(hashed.high, hashed.low)
  }
}
