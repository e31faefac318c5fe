/** Sets of texts of which only 64 bits each are kept. */
import { giveBack } from './give-back.ts'
import { mixed, mixText } from './mix-text.ts'

/** What {@link hashText} found last: two whole numbers of 32 bits, without an object for them. */
export const hashed = { high: 0, low: 0 }

/**
 * 64 bits of a text, into `hashed`. Not for whoever may want two texts to be taken for one.
 *
 * @example
 * hashText('a'); index.add(hashed.high, hashed.low)
 */
export function hashText(text: string): void {
  mixText(text, 0x1b873593, 0x38495ab5)
  let { a, b } = mixed
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  b = Math.imul(b ^ (a >>> 9), 0x27d4eb2f)
  hashed.high = (a ^ (a >>> 16)) >>> 0
  hashed.low = (b ^ (b >>> 15)) >>> 0
}

/** A set of pairs of whole numbers of 32 bits. */
export interface PairIndex {
  size(): number
  has(a: number, b: number): boolean
  /** Which of the pairs it is, as they came, from 1; 0: it is not there. */
  numberOf(a: number, b: number): number
  /** False: it was there. */
  add(a: number, b: number): boolean
  /** All of them, in the order they came. */
  pairs(): Uint32Array<ArrayBuffer>
  /** All of them, by the last bits of their first numbers: as they lie in a larger index of that kind. */
  pairsByPlace(): Uint32Array<ArrayBuffer>
  /** Its room stays. */
  clear(): void
}

/**
 * Grows with what it holds, with open addressing: 16 to 32 bytes a pair, none of them an object.
 *
 * @param expected so many at first.
 * @example
 * const index = createPairIndex(1024); index.add(1, 2) // true
 */
export function createPairIndex(expected: number): PairIndex {
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
    size: () => size,
    has: (a, b) => places[find(a, b)] !== 0,
    numberOf: (a, b) => places[find(a, b)]!,
    add(a, b) {
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
    pairsByPlace() {
      const pairs = new Uint32Array(2 * size)
      let to = 0
      for (const number of places) {
        if (number === 0) continue
        pairs[to] = words[2 * number - 2]!
        pairs[to + 1] = words[2 * number - 1]!
        to += 2
      }
      return pairs
    },
    clear() {
      size = 0
      places.fill(0)
    },
  }
}
