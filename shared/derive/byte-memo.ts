import { Buffer } from 'node:buffer'

/** How many bytes of a text go into its hash. */
const SAMPLES = 64

interface Entry<T> {
  readonly text: string
  readonly value: T
  readonly next: Entry<T> | undefined
}

/**
 * As {@link memoize}, for texts that are still bytes: the text is looked up without hashing all of it, which for a text
 * of 500 bytes costs several times what reading it does.
 *
 * @param compute a pure function of the text.
 * @param limit how many results to keep; then it forgets everything and starts again.
 * @param maxLength longer texts are computed every time.
 * @returns the value for the UTF-8 text between two indices.
 * @example
 * const lengths = memoizeBytes((text) => text.length, 1000)
 * lengths(Buffer.from('"abc"'), 1, 4) // 3
 */
export function memoizeBytes<T>(
  compute: (text: string) => T,
  limit = 4096,
  maxLength = 1024,
): (bytes: Buffer, from: number, to: number) => T {
  const known = new Map<number, Entry<T>>()
  let size = 0
  return (bytes, from, to) => {
    // A copy: nothing that is kept refers to the buffer.
    const text = bytes.toString('utf8', from, to)
    const hash = sample(bytes, from, to)
    const first = known.get(hash)
    for (let entry = first; entry !== undefined; entry = entry.next) if (entry.text === text) return entry.value
    const value = compute(text)
    if (to - from > maxLength) return value
    if (size >= limit) {
      known.clear()
      size = 0
      known.set(hash, { text, value, next: undefined })
    } else {
      known.set(hash, { text, value, next: first })
    }
    size++
    return value
  }
}

/** 30 bits, so that it stays a small integer. */
function sample(bytes: Buffer, from: number, to: number): number {
  const length = to - from
  const step = length <= SAMPLES ? 1 : Math.floor(length / SAMPLES)
  let hash = length
  for (let i = from; i < to; i += step) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash & 0x3fffffff
}
