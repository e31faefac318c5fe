/** Messages that may be read later, as bytes one after another. */
import { giveBack } from '../basics/give-back.ts'

export interface Texts {
  /** @returns the text's number, higher than those before. */
  add(text: string): number
  /** A text by its number; of one that was forgotten, or never there, it is empty. */
  text(number: number): string
  /** Those before a number are not needed any more; absent: none is. */
  forget(before?: number): void
  /** All of them, each as its length and its UTF-8; none where there is no text. Afterwards there are none. */
  pack(): Uint8Array<ArrayBuffer>
}

/** Before each text its length in bytes, as a number of four bytes. */
const HEAD = 4
const FIRST_BYTES = 8 * 1024
/** Characters of which it is worth asking how many bytes they are. */
const LONG = 64 * 1024

/**
 * Texts that wait live just long enough to be copied by each collection of garbage; their bytes lie outside of the heap. They
 * are not packed: that takes ten times the CPU of writing them to a file, and of a replay's hardly one is read.
 *
 * @example
 * const texts = createTexts(); texts.text(texts.add('{}')) // '{}'
 */
export function createTexts(): Texts {
  let bytes = Buffer.alloc(0)
  let length = 0
  /** Where each of them begins, from the number `first` on. */
  let starts: number[] = []
  let first = 0

  /** A character takes three bytes at the most. */
  function makeRoom(text: string): void {
    const most = text.length > LONG ? Buffer.byteLength(text) : 3 * text.length
    const wanted = length + HEAD + most
    if (wanted <= bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * bytes.length, FIRST_BYTES))
    bytes.copy(larger, 0, 0, length)
    giveBack(bytes)
    bytes = larger
  }

  function clear(): void {
    giveBack(bytes)
    bytes = Buffer.alloc(0)
    length = 0
    first += starts.length
    starts = []
  }

  return {
    add(text) {
      makeRoom(text)
      const written = bytes.write(text, length + HEAD)
      bytes.writeUInt32LE(written, length)
      starts.push(length)
      length += HEAD + written
      return first + starts.length - 1
    },
    text(number) {
      const start = starts[number - first]
      if (start === undefined) return ''
      const from = start + HEAD
      return bytes.toString('utf8', from, from + bytes.readUInt32LE(start))
    },
    forget(before = Number.POSITIVE_INFINITY) {
      const from = before - first >= starts.length ? length : (starts[Math.max(0, before - first)] ?? 0)
      // What stays is moved where that is less than what goes.
      if (from === length) clear()
      else if (2 * from > length) {
        bytes.copyWithin(0, from, length)
        length -= from
        starts = starts.slice(before - first).map((start) => start - from)
        first = before
      }
    },
    pack() {
      // A copy of its own can be handed to another thread.
      const packed = new Uint8Array(bytes.subarray(0, length))
      clear()
      first = 0
      return packed
    },
  }
}

/** What `pack` gave: the texts by their numbers. */
export function unpackTexts(bytes: Uint8Array): readonly string[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: string[] = []
  for (let at = 0; at < all.length; ) {
    const from = at + HEAD
    at = from + all.readUInt32LE(at)
    texts.push(all.toString('utf8', from, at))
  }
  return texts
}
