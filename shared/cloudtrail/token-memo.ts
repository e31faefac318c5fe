import { NONE } from './slots.ts'

/** Where the tokens are: see RecordScanner. */
export interface Tokens {
  /** The bytes that hold the record. */
  readonly view: DataView
  readonly values: Int32Array
  readonly ends: Int32Array
  readonly at: Int32Array
}

/** Remembers what was made of tokens: see {@link createTokenMemo}. */
export interface TokenMemo<T> {
  /** What is known of the tokens at the memo's slots, and of the bits. */
  find(tokens: Tokens, bits: number): T | undefined
  /** Remembers a value for the tokens that were looked for last, where they are not too long. Returns it. */
  keep(value: T): T
  readonly counts: { readonly found: number; readonly made: number }
}

interface Generation<T> {
  /** By hash: the number of an entry and one, 0 where there is none. */
  readonly table: Int32Array
  readonly hashes: Int32Array
  /** Where the key of an entry begins in `keys`, in words. */
  readonly offsets: Int32Array
  readonly keys: Int32Array
  readonly values: T[]
  used: number
}

/** A client chooses some of the tokens, and must not fill the memory with long ones. */
const MAX_KEY_BYTES = 1024
/** Room that is there from the beginning; it grows as it must. */
const FIRST_ENTRIES = 32
/** No token holds these bytes. */
const SEPARATOR = 0
const ABSENT = 1

/**
 * Makes a memory for what is made of a few tokens of a record: their raw bytes are the key, so nothing has to be decoded
 * to look it up. Two generations of `limit` values each: when the younger is full, the elder is forgotten, and what is
 * still asked for has moved on.
 *
 * @param slots which tokens.
 * @param keyBytes how long they are together as a rule; so much is set aside for each.
 */
export function createTokenMemo<T>(slots: Int16Array, limit: number, keyBytes: number): TokenMemo<T> {
  const key = new Int32Array(MAX_KEY_BYTES / 4)
  const keyBytesOf = new Uint8Array(key.buffer)
  const keyView = new DataView(key.buffer)
  /** Of the key, in words; 0 where it is too long. */
  let length = 0
  let hash = 0
  let young = generation<T>(Math.min(FIRST_ENTRIES, limit), keyBytes)
  let old: Generation<T> | undefined
  const counts = { found: 0, made: 0 }

  /** Puts the tokens into one key: each as it is, and what parts them. */
  function gather({ at, ends, values, view }: Tokens, bits: number): void {
    const out = keyView
    let end = 4
    let sum = bits
    out.setInt32(0, bits, true)
    for (let i = 0; i < slots.length; i++) {
      const entry = at[slots[i]!]!
      if (entry === NONE) {
        keyBytesOf[end++] = ABSENT
        sum = Math.imul(sum ^ ABSENT, 0x01000193)
        continue
      }
      const to = ends[entry]!
      let from = values[entry]!
      if (end + to - from + slots.length + 4 > MAX_KEY_BYTES) {
        length = 0
        return
      }
      for (; from + 4 <= to; from += 4, end += 4) {
        const four = view.getInt32(from, true)
        out.setInt32(end, four, true)
        sum = Math.imul(sum ^ four, 0x5bd1e995)
        sum ^= sum >>> 15
      }
      for (; from < to; from++) {
        const byte = view.getUint8(from)
        keyBytesOf[end++] = byte
        sum = Math.imul(sum ^ byte, 0x01000193)
      }
      keyBytesOf[end++] = SEPARATOR
    }
    out.setInt32(end, 0, true)
    length = (end + 3) >> 2
    sum = Math.imul(sum ^ (sum >>> 13), 0x5bd1e995)
    hash = sum ^ (sum >>> 15)
  }

  function look({ hashes, keys, offsets, table, values }: Generation<T>): T | undefined {
    const wanted = hash
    const words = length
    const mask = table.length - 1
    for (let at = wanted & mask; ; at = (at + 1) & mask) {
      const entry = table[at]! - 1
      if (entry === -1) return undefined
      if (hashes[entry] !== wanted) continue
      const from = offsets[entry]!
      if (offsets[entry + 1]! - from !== words) continue
      let same = 0
      while (same < words && keys[from + same] === key[same]) same++
      if (same === words) return values[entry]
    }
  }

  function insert(value: T): void {
    if (isFull(young, length)) {
      if (young.hashes.length < limit) {
        young = larger(young, limit, keyBytes)
      } else {
        const spare = old ?? generation<T>(limit, keyBytes)
        old = young
        young = spare
        spare.table.fill(0)
        spare.values.length = 0
        spare.used = 0
      }
    }
    const { offsets, keys } = young
    const from = offsets[young.used]!
    for (let i = 0; i < length; i++) keys[from + i] = key[i]!
    enter(young, hash, length, value)
  }

  return {
    counts,
    find(tokens, bits) {
      gather(tokens, bits)
      if (length === 0) return undefined
      const recent = look(young)
      if (recent !== undefined) {
        counts.found++
        return recent
      }
      if (old === undefined) return undefined
      const former = look(old)
      if (former !== undefined) {
        counts.found++
        insert(former)
      }
      return former
    },
    keep(value) {
      counts.made++
      if (length !== 0) insert(value)
      return value
    },
  }
}

function generation<T>(entries: number, keyBytes: number): Generation<T> {
  return {
    table: new Int32Array(1 << Math.ceil(Math.log2(entries * 2))),
    hashes: new Int32Array(entries),
    offsets: new Int32Array(entries + 1),
    keys: new Int32Array(Math.max((entries * keyBytes) >> 2, MAX_KEY_BYTES >> 2)),
    values: [],
    used: 0,
  }
}

function isFull<T>({ hashes, keys, offsets, used }: Generation<T>, words: number): boolean {
  return used === hashes.length || offsets[used]! + words > keys.length
}

/** The same with more room. Most instances see few objects: they need not pay for the largest. */
function larger<T>(from: Generation<T>, limit: number, keyBytes: number): Generation<T> {
  const to = generation<T>(Math.min(limit, from.hashes.length * 4), keyBytes)
  to.keys.set(from.keys.subarray(0, from.offsets[from.used]))
  for (let entry = 0; entry < from.used; entry++) {
    enter(to, from.hashes[entry]!, from.offsets[entry + 1]! - from.offsets[entry]!, from.values[entry]!)
  }
  return to
}

/** Makes an entry of a key that stands in its place already. */
function enter<T>(into: Generation<T>, hash: number, words: number, value: T): void {
  const { hashes, offsets, table, values } = into
  const entry = into.used++
  offsets[entry + 1] = offsets[entry]! + words
  hashes[entry] = hash
  values[entry] = value
  const mask = table.length - 1
  let at = hash & mask
  while (table[at] !== 0) at = (at + 1) & mask
  table[at] = entry + 1
}
