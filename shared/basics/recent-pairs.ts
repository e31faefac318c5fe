import { giveBack } from './give-back.ts'

/** The pairs of whole numbers of 32 bits that were added last. */
export interface RecentPairs {
  /**
   * Adds pairs that lie in a list one after another.
   *
   * @param onKnown told of each that was there.
   */
  addAll(pairs: Uint32Array, onKnown: (a: number, b: number) => void): void
}

/** So many are looked for at once: what that brings near stays near until all of them are added. */
const AT_ONCE = 1024
/** Room for so many at first, and so many times as much whenever there is none left. */
const FIRST = 2 ** 14
const GROWTH = 4

/**
 * Remembers the last `size` to `2 * size` different pairs: 32 to 64 bytes for each of `size`, none of them an object. What
 * each of very many costs is that memory is waited for; so a pair is looked for in one place, and many at once.
 *
 * @example
 * const recent = createRecentPairs(2 ** 19); recent.addAll(Uint32Array.of(1, 2), () => {})
 */
export function createRecentPairs(size: number): RecentPairs {
  let young = createTable(Math.min(size, FIRST), size)
  let old: PairTable | undefined

  /** The young ones become those before. */
  function turn(): void {
    const spare = old ?? createTable(size, size)
    old = young
    young = spare
    young.clear()
  }

  return {
    addAll(pairs, onKnown) {
      for (let from = 0; from < pairs.length; from += 2 * AT_ONCE) {
        const to = Math.min(pairs.length, from + 2 * AT_ONCE)
        young.bringNear(pairs, from, to)
        old?.bringNear(pairs, from, to)
        for (let at = from; at < to; at += 2) {
          const a = pairs[at]! | 0
          // 0, 0 is taken for 0, 1.
          const b = (a | pairs[at + 1]!) === 0 ? 1 : pairs[at + 1]! | 0
          if (old?.has(a, b) === true || !young.add(a, b)) onKnown(pairs[at]!, pairs[at + 1]!)
          else if (young.count() >= size) turn()
        }
      }
    },
  }
}

type PairTable = ReturnType<typeof createTable>

/**
 * Pairs by open addressing, each in its place; what is free is 0, 0.
 *
 * @param expected room for so many at first.
 * @param most it never holds more.
 */
function createTable(expected: number, most: number) {
  let capacity = placesFor(expected)
  let words = new Int32Array(2 * capacity)
  let count = 0
  /** Of what was brought near, so that it is not left undone. */
  const near = new Int32Array(1)

  /** Where a pair is, or is to be. */
  function find(a: number, b: number): number {
    const mask = capacity - 1
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const at = 2 * place
      const first = words[at]!
      const second = words[at + 1]!
      if ((first === a && second === b) || (first | second) === 0) return at
    }
  }

  function grow(): void {
    const before = words
    capacity = Math.min(GROWTH * capacity, placesFor(most))
    words = new Int32Array(2 * capacity)
    for (let from = 0; from < before.length; from += 2) {
      const a = before[from]!
      const b = before[from + 1]!
      if ((a | b) === 0) continue
      const at = find(a, b)
      words[at] = a
      words[at + 1] = b
    }
    giveBack(before)
  }

  return {
    count: () => count,
    has(a: number, b: number): boolean {
      const at = find(a, b)
      return (words[at]! | words[at + 1]!) !== 0
    },
    /** False: it was there. */
    add(a: number, b: number): boolean {
      if (2 * (count + 1) > capacity) grow()
      const at = find(a, b)
      if ((words[at]! | words[at + 1]!) !== 0) return false
      words[at] = a
      words[at + 1] = b
      count += 1
      return true
    },
    /** Memory that is asked for many things one after another, none of which waits for another, answers them at once. */
    bringNear(pairs: Uint32Array, from: number, to: number): void {
      const mask = capacity - 1
      for (let at = from; at < to; at += 2) near[0]! ^= words[2 * (pairs[at]! & mask)]!
    },
    clear(): void {
      words.fill(0)
      count = 0
    },
  }
}

/** At most half of the places are taken. */
const placesFor = (pairs: number): number => 2 ** Math.ceil(Math.log2(Math.max(8, 2 * pairs)))
