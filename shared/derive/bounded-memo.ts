import type { Buffer } from 'node:buffer'

/**
 * Remembers the results of a pure function of one string, up to `limit` of them; when full it forgets everything and
 * starts again. Log records repeat their user agents, ARNs and addresses thousands of times, and clearing costs less
 * per record than keeping an LRU order.
 *
 * @param compute a pure function.
 * @param limit how many results to keep; also the memory bound.
 * @param maxLength longer inputs are computed every time, so that a client cannot fill the memory with long texts.
 * @example
 * const upper = memoize((text) => text.toUpperCase(), 1000)
 */
export function memoize<T>(compute: (text: string) => T, limit = 4096, maxLength = 1024): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const value = compute(text)
    if (text.length > maxLength) return value
    if (known.size >= limit) known.clear()
    known.set(text, value)
    return value
  }
}

/** How many bytes of a text go into its hash. */
const SAMPLES = 32
/** Texts that look alike in those bytes; more of them are forgotten, or whoever makes such texts could slow us down. */
const MAX_ALIKE = 8

interface Entry<T> {
  readonly text: string
  readonly value: T
  readonly next: Entry<T> | undefined
  readonly alike: number
}

/**
 * As {@link memoize}, for a piece of a larger ASCII text whose bytes are at hand. A piece of 500 bytes, the identity in a
 * CloudTrail record, is found in a fifth of the time that hashing all of it takes.
 *
 * @returns a function of the larger text, its bytes, and the indices where the piece begins and ends.
 * @example
 * const lengths = memoizePieces((text) => text.length)
 * lengths('"abc"', Buffer.from('"abc"'), 1, 4) // 3
 */
export function memoizePieces<T>(
  compute: (text: string) => T,
  limit = 4096,
  maxLength = 1024,
): (text: string, bytes: Buffer, from: number, to: number) => T {
  const known = new Map<number, Entry<T>>()
  let size = 0
  return (text, bytes, from, to) => {
    const hash = sample(bytes, from, to)
    const first = known.get(hash)
    if (first !== undefined) {
      const piece = text.slice(from, to)
      let entry: Entry<T> | undefined = first
      do {
        if (entry.text === piece) return entry.value
        entry = entry.next
      } while (entry !== undefined)
    }
    // A copy of its own: a slice that is kept would keep the whole text alive.
    const copy = bytes.toString('latin1', from, to)
    const value = compute(copy)
    if (copy.length > maxLength) return value
    if (size >= limit) {
      known.clear()
      size = 0
    }
    const next = first !== undefined && first.alike < MAX_ALIKE && size > 0 ? first : undefined
    known.set(hash, { text: copy, value, next, alike: next === undefined ? 1 : next.alike + 1 })
    size++
    return value
  }
}

/** 30 bits, so that it stays a small integer. */
function sample(bytes: Uint8Array, from: number, to: number): number {
  const step = to - from <= SAMPLES ? 1 : Math.floor((to - from) / SAMPLES)
  let hash = to - from
  for (let i = from; i < to; i += step) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash & 0x3fffffff
}
