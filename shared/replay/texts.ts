/** Messages that may be wanted when all is read: most of them once, as bytes one after another. */
import { giveBack } from '../basics/give-back.ts'

/** The texts of one unit. */
export interface Texts {
  /** @returns the text's number. */
  add(text: string): number
  /** All of them, each as its length and its UTF-8; none where there is no text. Afterwards there are none. */
  pack(): Uint8Array<ArrayBuffer>
}

/** Before each text its length in bytes, as a number of four bytes. */
const HEAD = 4
const FIRST_BYTES = 64 * 1024
/** Texts that are known when they come again: several rules keep the same messages, one after the other. */
const RECENT = 16

/**
 * Texts are written at once and not packed: what waits lives as long as a unit does and is copied by every collection, and
 * to pack all of them takes ten times the CPU of writing them to a file, of which hardly one is read.
 *
 * @example
 * const texts = createTexts(); texts.add('{}') // 0
 */
export function createTexts(): Texts {
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let length = 0
  const recent: string[] = []
  const numbers: number[] = []
  let next = 0

  /** A character takes three bytes at the most. */
  function makeRoom(characters: number): void {
    const wanted = length + HEAD + 3 * characters
    if (wanted <= bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * bytes.length))
    bytes.copy(larger, 0, 0, length)
    giveBack(bytes)
    bytes = larger
  }

  return {
    add(text) {
      const known = recent.indexOf(text)
      if (known !== -1) return numbers[known]!
      makeRoom(text.length)
      const written = bytes.write(text, length + HEAD)
      bytes.writeUInt32LE(written, length)
      length += HEAD + written
      recent[next % RECENT] = text
      numbers[next % RECENT] = next
      next += 1
      return next - 1
    },
    pack() {
      // A copy of its own can be handed to another thread.
      const packed = new Uint8Array(bytes.subarray(0, length))
      giveBack(bytes)
      bytes = Buffer.allocUnsafeSlow(0)
      length = 0
      recent.length = 0
      next = 0
      return packed
    },
  }
}

/** What `pack` gave. */
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
