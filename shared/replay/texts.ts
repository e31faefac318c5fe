/** Messages that may be wanted when all is read: most of them once, packed. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { giveBack } from '../basics/give-back.ts'

/** The texts of one unit. */
export interface Texts {
  /** @returns the text's number. */
  add(text: string): number
  /** All of them in few bytes; none where there is no text. */
  pack(): Uint8Array<ArrayBuffer>
}

/** So many characters are packed at once: texts that wait live as long as a unit does, and are copied by every collection. */
const PACKED_LENGTH = 1024 * 1024
/** Before each pack its length, of four bytes. */
const HEAD = 4

/**
 * A text that comes again while it waits is the same one.
 *
 * @example
 * const texts = createTexts(); texts.add('{}') // 0
 */
export function createTexts(): Texts {
  const waiting = new Map<string, number>()
  const packs: Buffer[] = []
  let length = 0
  let next = 0

  function packWaiting(): void {
    const json = Buffer.from(JSON.stringify([...waiting.keys()]))
    const packed = deflateRawSync(json, { level: 1 })
    giveBack(json)
    const head = Buffer.alloc(HEAD)
    head.writeUInt32LE(packed.length)
    packs.push(head, packed)
    waiting.clear()
    length = 0
  }

  return {
    add(text) {
      const known = waiting.get(text)
      if (known !== undefined) return known
      const number = next
      next += 1
      waiting.set(text, number)
      length += text.length
      if (length >= PACKED_LENGTH) packWaiting()
      return number
    },
    pack() {
      if (waiting.size > 0) packWaiting()
      // A copy of its own can be handed to another thread.
      return new Uint8Array(Buffer.concat(packs))
    },
  }
}

/** What `pack` gave. */
export function unpackTexts(bytes: Uint8Array): readonly string[] {
  const packs = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: string[] = []
  for (let at = 0; at < packs.length; ) {
    const from = at + HEAD
    at = from + packs.readUInt32LE(at)
    for (const text of JSON.parse(inflateRawSync(packs.subarray(from, at)).toString('utf8')) as string[])
      texts.push(text)
  }
  return texts
}
