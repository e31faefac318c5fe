/** Bytes that are made beforehand: see {@link chunkOf}. */
export interface Chunk {
  readonly words: Int32Array
  readonly length: number
}

/** Where a message is put together, in bytes. */
export interface Output {
  /** Begins anew. */
  clear(): void
  /** How long it is. */
  length(): number
  /** Takes back all from `length` on. */
  rewind(length: number): void
  /** Adds bytes that were made beforehand. */
  put(chunk: Chunk): void
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
const LOOP_BYTES = 160
/** The loop writes four bytes at a time, the last ones too. */
const SLACK = 4

/** A text as bytes for {@link Output.put}. */
export function chunkOf(text: string): Chunk {
  if (text === '') return NOTHING
  const bytes = text.length <= scratch.length / 4 ? scratch : Buffer.alloc((text.length + 1) * 4)
  const length = bytes.write(text)
  bytes.fill(0, length, length + SLACK)
  const words = new Int32Array((length + 3) >> 2)
  // As the loop writes them, whatever the order of the machine's bytes.
  for (let i = 0; i < words.length; i++) words[i] = bytes.readInt32LE(i * 4)
  return { words, length }
}
const NOTHING: Chunk = { words: new Int32Array(0), length: 0 }
const scratch = Buffer.alloc(8192)

/** Makes an output; it grows as it must. */
export function createOutput(): Output {
  let buffer = Buffer.allocUnsafeSlow(64 * 1024)
  let view = new DataView(buffer.buffer)
  let room = buffer.length - SLACK
  let end = 0
  /** The bytes that pieces were copied from last. */
  let source: Uint8Array = buffer
  let sourceView: DataView = view

  function reserve(bytes: number): void {
    if (end + bytes <= room) return
    const larger = Buffer.allocUnsafeSlow(Math.max(end + bytes + SLACK, buffer.length * 2))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
    view = new DataView(buffer.buffer)
    room = buffer.length - SLACK
  }

  return {
    clear() {
      end = 0
    },
    length: () => end,
    rewind(length) {
      end = length
    },
    put({ words, length }) {
      if (end + length > room) reserve(length)
      const out = view
      let at = end
      end = at + length
      for (let i = 0; i < words.length; i++) {
        out.setInt32(at, words[i]!, true)
        at += 4
      }
    },
    copy(bytes, from, to) {
      const length = to - from
      if (end + length > room) reserve(length)
      if (length > LOOP_BYTES || to + SLACK > bytes.length) {
        ;(bytes as Buffer).copy(buffer, end, from, to)
        end += length
        return
      }
      if (bytes !== source) {
        source = bytes
        sourceView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      }
      const out = view
      const input = sourceView
      let at = end
      end = at + length
      for (let i = from; i < to; i += 4) {
        out.setInt32(at, input.getInt32(i, true), true)
        at += 4
      }
    },
    byte(byte) {
      if (end >= room) reserve(1)
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
    toString: (isAscii) => buffer.toString(isAscii ? 'latin1' : 'utf8', 0, end),
  }
}
