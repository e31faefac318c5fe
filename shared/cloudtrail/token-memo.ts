/** Remembers what was made of tokens: see {@link createTokenMemo}. */
export interface TokenMemo<T> {
  /** Begins a key. `bits` are a part of it. */
  begin(bits: number): void
  /** The next token of the key. */
  add(bytes: Uint8Array, from: number, to: number): void
  /** In the place of a token that is not there. */
  skip(): void
  /** What is known under the key. */
  find(): T | undefined
  /** Remembers a value under the key, where that is not too long. Returns it. */
  keep(value: T): T
  readonly counts: { readonly found: number; readonly made: number }
}

interface Generation<T> {
  /** By hash: the number of an entry and one, 0 where there is none. */
  readonly table: Int32Array
  readonly hashes: Int32Array
  readonly offsets: Int32Array
  readonly keys: Uint8Array
  readonly values: T[]
  used: number
}

/** A client chooses some of the tokens, and must not fill the memory with long ones. */
const MAX_KEY_BYTES = 1024
const SEPARATOR = 0
const ABSENT = 1

/**
 * Makes a memory for what is made of a few tokens of a record: their raw bytes are the key, so nothing has to be decoded
 * to look it up. Two generations of `limit` values each: when the younger is full, the elder is forgotten, and what is
 * still asked for has moved on. One key at a time.
 *
 * @param keyBytes how long a key is as a rule; so much is set aside for each.
 */
export function createTokenMemo<T>(limit: number, keyBytes: number): TokenMemo<T> {
  const key = new Uint8Array(MAX_KEY_BYTES)
  const size = 1 << Math.ceil(Math.log2(limit * 2))
  const mask = size - 1
  let length = 0
  let hash = 0
  let young = generation()
  let old = generation()
  const counts = { found: 0, made: 0 }

  function generation(): Generation<T> {
    return {
      table: new Int32Array(size),
      hashes: new Int32Array(limit),
      offsets: new Int32Array(limit + 1),
      keys: new Uint8Array(limit * keyBytes),
      values: [],
      used: 0,
    }
  }

  function look({ hashes, keys, offsets, table, values }: Generation<T>): T | undefined {
    const wanted = hash
    const bytes = length
    for (let at = wanted & mask; ; at = (at + 1) & mask) {
      const entry = table[at]! - 1
      if (entry === -1) return undefined
      if (hashes[entry] !== wanted) continue
      const from = offsets[entry]!
      if (offsets[entry + 1]! - from !== bytes) continue
      let same = 0
      while (same < bytes && keys[from + same] === key[same]) same++
      if (same === bytes) return values[entry]
    }
  }

  function insert(value: T): void {
    if (young.used === limit || young.offsets[young.used]! + length > young.keys.length) {
      const spare = old
      old = young
      young = spare
      spare.table.fill(0)
      spare.values.length = 0
      spare.used = 0
    }
    const { hashes, keys, offsets, table, values } = young
    const entry = young.used++
    const from = offsets[entry]!
    for (let i = 0; i < length; i++) keys[from + i] = key[i]!
    offsets[entry + 1] = from + length
    hashes[entry] = hash
    values[entry] = value
    let at = hash & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = entry + 1
  }

  return {
    counts,
    begin(bits) {
      length = 0
      hash = bits | 0
      key[length++] = bits & 0xff
      key[length++] = (bits >> 8) & 0xff
    },
    add(bytes, from, to) {
      if (length + to - from >= MAX_KEY_BYTES) {
        length = MAX_KEY_BYTES
        return
      }
      let sum = hash
      let end = length
      for (let i = from; i < to; i++) {
        const byte = bytes[i]!
        key[end++] = byte
        sum = Math.imul(sum ^ byte, 0x01000193)
      }
      key[end++] = SEPARATOR
      hash = sum
      length = end
    },
    skip() {
      if (length >= MAX_KEY_BYTES - 1) {
        length = MAX_KEY_BYTES
        return
      }
      key[length++] = ABSENT
      hash = Math.imul(hash ^ ABSENT, 0x01000193)
    },
    find() {
      if (length >= MAX_KEY_BYTES) return undefined
      hash ^= hash >>> 15
      const recent = look(young)
      if (recent !== undefined) {
        counts.found++
        return recent
      }
      const former = look(old)
      if (former !== undefined) {
        counts.found++
        insert(former)
      }
      return former
    },
    keep(value) {
      counts.made++
      if (length < MAX_KEY_BYTES) insert(value)
      return value
    },
  }
}
