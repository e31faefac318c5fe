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
  /** Of what was brought near, so that it is not left undone. */
  const near = new Int32Array(1)

  /** The young ones become those before. */
  function turn(): void {
    const spare = old ?? createTable(size, size)
    old = young
    young = spare
    young.words.fill(0)
    young.count = 0
  }

  // By itself, since it is made fast when it has been called often: of a loop that goes through a whole list V8 makes code for
  // where it stands, and throws it away at each end.
  function addSome(pairs: Uint32Array, from: number, to: number, onKnown: (a: number, b: number) => void): void {
    near[0]! ^= bringNear(young, pairs, from, to)
    if (old !== undefined) near[0]! ^= bringNear(old, pairs, from, to)
    for (let at = from; at < to; at += 2) {
      const a = pairs[at]! | 0
      // 0, 0 is taken for 0, 1.
      const b = (a | pairs[at + 1]!) === 0 ? 1 : pairs[at + 1]! | 0
      if ((old !== undefined && has(old, a, b)) || !add(young, a, b)) onKnown(pairs[at]!, pairs[at + 1]!)
      else if (young.count >= size) turn()
    }
  }

  return {
    addAll(pairs, onKnown) {
      for (let from = 0; from < pairs.length; from += 2 * AT_ONCE)
        addSome(pairs, from, Math.min(pairs.length, from + 2 * AT_ONCE), onKnown)
    },
  }
}

/** Pairs by open addressing, each in its place; what is free is 0, 0. */
interface PairTable {
  words: Int32Array<ArrayBuffer>
  count: number
  /** It never holds more. */
  readonly most: number
}

/** @param expected room for so many at first. */
const createTable = (expected: number, most: number): PairTable => ({
  words: new Int32Array(2 * placesFor(expected)),
  count: 0,
  most,
})

/** Where a pair is, or is to be. */
function find(words: Int32Array, a: number, b: number): number {
  const last = words.length - 2
  for (let at = (2 * a) & last; ; at = (at + 2) & last) {
    const first = words[at]!
    const second = words[at + 1]!
    if ((first === a && second === b) || (first | second) === 0) return at
  }
}

function has({ words }: PairTable, a: number, b: number): boolean {
  const at = find(words, a, b)
  return (words[at]! | words[at + 1]!) !== 0
}

/** False: it was there. */
function add(table: PairTable, a: number, b: number): boolean {
  if (4 * (table.count + 1) > table.words.length) grow(table)
  const { words } = table
  const at = find(words, a, b)
  if ((words[at]! | words[at + 1]!) !== 0) return false
  words[at] = a
  words[at + 1] = b
  table.count += 1
  return true
}

function grow(table: PairTable): void {
  const before = table.words
  table.words = new Int32Array(Math.min(GROWTH * before.length, 2 * placesFor(table.most)))
  for (let from = 0; from < before.length; from += 2 * AT_ONCE)
    addAgain(table.words, before, from, Math.min(before.length, from + 2 * AT_ONCE))
  giveBack(before)
}

function addAgain(words: Int32Array, before: Int32Array, from: number, to: number): void {
  for (let at = from; at < to; at += 2) {
    const a = before[at]!
    const b = before[at + 1]!
    if ((a | b) === 0) continue
    const place = find(words, a, b)
    words[place] = a
    words[place + 1] = b
  }
}

/** Memory that is asked for many things one after another, none of which waits for another, answers them at once. */
function bringNear({ words }: PairTable, pairs: Uint32Array, from: number, to: number): number {
  const last = words.length - 2
  let near = 0
  for (let at = from; at < to; at += 2) near ^= words[(2 * pairs[at]!) & last]!
  return near
}

/** At most half of the places are taken. */
const placesFor = (pairs: number): number => 2 ** Math.ceil(Math.log2(Math.max(8, 2 * pairs)))
