/**
 * Which records were read before: within a unit all, across units most of the recent ones. An identity is 64 bits of its
 * text: of a billion records, each compared with the million before it, two are taken for one with a chance of 1 in 18,000.
 */
import { giveBack } from '../basics/give-back.ts'

/** Identities as pairs of numbers. */
export interface IdentityTable {
  /** Notes an identity; false: it was there. */
  add(identity: string): boolean
  readonly size: number
  /** The pairs, in the order they came. */
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
      hash(identity)
      return index.add(high, low)
    },
    get size() {
      return index.size
    },
    pairs: index.pairs,
  }
}

/** The identities of the units before. */
export interface IdentityWindow {
  /** Notes a unit's identities, and returns those that were there, as pairs. */
  take(pairs: Uint32Array): Uint32Array<ArrayBuffer>
}

/**
 * Remembers the last `size` to `2 * size` identities; up to 48 bytes for each of `size`.
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
        const a = pairs[at]!
        const b = pairs[at + 1]!
        if (old.has(a, b) || !young.add(a, b)) known.push(a, b)
        else if (young.size >= size) {
          const spare = old
          old = young
          young = spare
          young.clear()
        }
      }
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
    hash(identity)
    return index.has(high, low)
  }
}

/** What `hash` found last: two numbers of 32 bits, without an object for them. */
let high = 0
let low = 0

function hash(text: string): void {
  let a = 0x1b873593
  let b = 0x38495ab5
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x85ebca6b)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  b = Math.imul(b ^ (a >>> 9), 0x27d4eb2f)
  high = (a ^ (a >>> 16)) >>> 0
  low = (b ^ (b >>> 15)) >>> 0
}

/** A set of pairs of numbers, with open addressing. */
function createPairIndex(expected: number) {
  let capacity = 2 ** Math.ceil(Math.log2(Math.max(8, expected * 2)))
  let places = new Uint32Array(capacity)
  let words = new Uint32Array(capacity)
  let size = 0

  /** The place of a pair, or the free one for it. */
  function find(a: number, b: number): number {
    const mask = capacity - 1
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const number = places[place]!
      if (number === 0) return place
      if (words[2 * number - 2] === a && words[2 * number - 1] === b) return place
    }
  }

  function grow(): void {
    capacity *= 2
    giveBack(places)
    places = new Uint32Array(capacity)
    const larger = new Uint32Array(capacity)
    larger.set(words)
    giveBack(words)
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
    /** Its room stays. */
    clear() {
      size = 0
      places.fill(0)
    },
  }
}
