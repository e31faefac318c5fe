/** Where a message is put together, in bytes. */
export interface Output {
  /** Begins anew. */
  clear(): void
  /** How long it is. */
  length(): number
  /** Takes back all from `length` on. */
  rewind(length: number): void
  /** Adds bytes that were made beforehand. */
  put(chunk: Uint8Array): void
  /** Adds a piece of a record. */
  copy(bytes: Uint8Array, from: number, to: number): void
  /** Adds one byte. */
  byte(byte: number): void
  /** Adds a text. */
  text(text: string): void
  /** Adds a whole number that is not negative. */
  number(value: number): void
  /** @param isAscii no byte of it is beyond ASCII. */
  toString(isAscii: boolean): string
}

/** Up to this many bytes, a loop is faster than a call. */
const LOOP_BYTES = 96

/** Makes an output; it grows as it must. */
export function createOutput(): Output {
  let buffer = Buffer.allocUnsafeSlow(64 * 1024)
  let end = 0

  function reserve(bytes: number): void {
    if (end + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(end + bytes, buffer.length * 2))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }

  function copy(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (end + length > buffer.length) reserve(length)
    if (length <= LOOP_BYTES) {
      const out = buffer
      let at = end
      for (let i = from; i < to; i++) out[at++] = bytes[i]!
      end = at
    } else {
      ;(bytes as Buffer).copy(buffer, end, from, to)
      end += length
    }
  }

  return {
    clear() {
      end = 0
    },
    length: () => end,
    rewind(length) {
      end = length
    },
    put: (chunk) => copy(chunk, 0, chunk.length),
    copy,
    byte(byte) {
      if (end === buffer.length) reserve(1)
      buffer[end++] = byte
    },
    text(text) {
      reserve(text.length * 3)
      end += buffer.write(text, end)
    },
    number(value) {
      let digits = 1
      for (let power = 10; power <= value; power *= 10) digits++
      reserve(digits)
      let rest = value
      for (let at = end + digits - 1; at >= end; at--) {
        const next = Math.floor(rest / 10)
        buffer[at] = 0x30 + rest - next * 10
        rest = next
      }
      end += digits
    },
    toString: (isAscii) => (isAscii ? buffer.toString('latin1', 0, end) : buffer.toString('utf8', 0, end)),
  }
}
