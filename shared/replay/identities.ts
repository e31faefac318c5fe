/** Which records were read before: within a unit all, across units most of the recent ones. */
import { hashKey } from '../incident/key-sample.ts'

/** Two independent 48-bit hashes: of a billion records two are taken for one with a chance of 10⁻¹¹. */
const SALTS = [0x1b873593, 0x38495ab5] as const

/** Identities as pairs of numbers. */
export interface IdentityTable {
  /** Notes an identity; false: it was there. */
  add(identity: string): boolean
  readonly size: number
  /** The pairs, in the order they came. */
  pairs(): Float64Array<ArrayBuffer>
}

/**
 * Grows with what it holds: 32 bytes an identity.
 *
 * @example
 * const table = createIdentityTable(); table.add('a') // true
 */
export function createIdentityTable(): IdentityTable {
  const index = createPairIndex(1024)
  return {
    add: (identity) => index.add(hashKey(identity, SALTS[0]), hashKey(identity, SALTS[1])),
    get size() {
      return index.size
    },
    pairs: index.pairs,
  }
}

/** The identities of the units before. */
export interface IdentityWindow {
  /** Notes a unit's identities, and returns those that were there, as pairs. */
  take(pairs: Float64Array): Float64Array<ArrayBuffer>
}

/**
 * Remembers the last `size` to `2 * size` identities; up to 64 bytes for each of `size`.
 *
 * @example
 * const known = createIdentityWindow(2 ** 19).take(table.pairs())
 */
export function createIdentityWindow(size: number): IdentityWindow {
  let young = createPairIndex(1024)
  let old = createPairIndex(1)
  return {
    take(pairs) {
      const known: number[] = []
      for (let at = 0; at < pairs.length; at += 2) {
        const [a, b] = [pairs[at]!, pairs[at + 1]!]
        if (old.has(a, b) || !young.add(a, b)) known.push(a, b)
        else if (young.size >= size) {
          old = young
          young = createPairIndex(1024)
        }
      }
      return Float64Array.from(known)
    },
  }
}

/** Whether an identity is among pairs. */
export function createIdentityTest(pairs: Float64Array): (identity: string) => boolean {
  if (pairs.length === 0) return () => false
  const index = createPairIndex(pairs.length / 2)
  for (let at = 0; at < pairs.length; at += 2) index.add(pairs[at]!, pairs[at + 1]!)
  return (identity) => index.has(hashKey(identity, SALTS[0]), hashKey(identity, SALTS[1]))
}

/** A set of pairs of numbers, with open addressing. */
function createPairIndex(expected: number) {
  let capacity = 2 ** Math.ceil(Math.log2(Math.max(8, expected * 2)))
  let places = new Uint32Array(capacity)
  let words = new Float64Array(capacity)
  let size = 0

  /** The place of a pair, or the free one for it. */
  function find(a: number, b: number): number {
    for (let place = a % capacity; ; place = (place + 1) % capacity) {
      const number = places[place]!
      if (number === 0) return place
      if (words[2 * number - 2] === a && words[2 * number - 1] === b) return place
    }
  }

  function grow(): void {
    capacity *= 2
    places = new Uint32Array(capacity)
    const larger = new Float64Array(capacity)
    larger.set(words)
    words = larger
    for (let number = 1; number <= size; number += 1)
      places[find(words[2 * number - 2]!, words[2 * number - 1]!)] = number
  }

  return {
    get size() {
      return size
    },
    has: (a: number, b: number) => places[find(a, b)] !== 0,
    add(a: number, b: number) {
      if (2 * (size + 1) > capacity) grow()
      const place = find(a, b)
      if (places[place] !== 0) return false
      size += 1
      places[place] = size
      words[2 * size - 2] = a
      words[2 * size - 1] = b
      return true
    },
    pairs: () => words.slice(0, 2 * size),
  }
}
