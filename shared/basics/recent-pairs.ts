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

const FIRST_PLACES = 2048

/**
 * Remembers the last `size` to `2 * size` different pairs, with open addressing: up to 36 bytes for each of `size`, none of
 * them an object. A pair is looked for in one place of memory: where there are more than a cache holds, that is what it costs.
 *
 * @example
 * const recent = createRecentPairs(2 ** 19); recent.addAll(Uint32Array.of(1, 2), () => {})
 */
export function createRecentPairs(size: number): RecentPairs {
  let capacity = FIRST_PLACES
  /** Pairs, each at its place; what is free is 0, 0. */
  let words = new Int32Array(2 * capacity)
  /** Of each place: whether the pair is one of the young ones, of which there are `size` at the most, or of those before. */
  let ages = new Uint8Array(capacity)
  let young = 1
  let count = 0
  let countYoung = 0
  /** Of what was brought near, so that it is not left undone. */
  const near = new Int32Array(1)

  const isFree = (place: number): boolean => (words[2 * place]! | words[2 * place + 1]!) === 0

  /** The place of a pair, or the free one for it. */
  function find(a: number, b: number): number {
    const mask = capacity - 1
    let place = a & mask
    while (!((words[2 * place] === a && words[2 * place + 1] === b) || isFree(place))) place = (place + 1) & mask
    return place
  }

  function put(a: number, b: number, place: number, age: number): void {
    words[2 * place] = a
    words[2 * place + 1] = b
    ages[place] = age
  }

  /** Puts those of the ages that stay into so many places. */
  function rebuild(places: number, isStaying: (age: number) => boolean): void {
    const pairs = new Int32Array(2 * count)
    const of = new Uint8Array(count)
    count = 0
    for (let place = 0; place < capacity; place += 1) {
      if (isFree(place) || !isStaying(ages[place]!)) continue
      pairs[2 * count] = words[2 * place]!
      pairs[2 * count + 1] = words[2 * place + 1]!
      of[count] = ages[place]!
      count += 1
    }
    if (places === capacity) words.fill(0)
    else {
      giveBack(words, ages)
      words = new Int32Array(2 * places)
      ages = new Uint8Array(places)
      capacity = places
    }
    for (let at = 0; at < count; at += 1) {
      const [a, b] = [pairs[2 * at]!, pairs[2 * at + 1]!]
      put(a, b, find(a, b), of[at]!)
    }
    giveBack(pairs, of)
  }

  /** False: it was there. */
  function add(a: number, b: number): boolean {
    const first = a | 0
    // 0, 0 is taken for 0, 1.
    const second = (a | b) === 0 ? 1 : b | 0
    if (2 * (count + 1) > capacity) rebuild(2 * capacity, () => true)
    const place = find(first, second)
    if (!isFree(place)) return false
    put(first, second, place, young)
    count += 1
    countYoung += 1
    if (countYoung === size) turn()
    return true
  }

  /** The young ones become those before. */
  function turn(): void {
    const stays = young
    rebuild(capacity, (age) => age === stays)
    young = 3 - young
    countYoung = 0
  }

  /** Memory that is asked for many things one after another, none of which waits for another, answers them at once. */
  function bringNear(pairs: Uint32Array, from: number, to: number): void {
    const mask = capacity - 1
    for (let at = from; at < to; at += 2) near[0]! ^= words[2 * (pairs[at]! & mask)]!
  }

  return {
    addAll(pairs, onKnown) {
      for (let from = 0; from < pairs.length; from += 2 * AT_ONCE) {
        const to = Math.min(pairs.length, from + 2 * AT_ONCE)
        bringNear(pairs, from, to)
        for (let at = from; at < to; at += 2) if (!add(pairs[at]!, pairs[at + 1]!)) onKnown(pairs[at]!, pairs[at + 1]!)
      }
    },
  }
}
