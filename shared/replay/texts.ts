/** Messages that may be wanted when all is read: each once, packed. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** The texts of one unit. */
export interface Texts {
  /** @returns the text's number. */
  add(text: string): number
  /** All of them in few bytes; none where there is no text. */
  pack(): Uint8Array<ArrayBuffer>
}

/**
 * @example
 * const texts = createTexts(); texts.add('{}') // 0
 */
export function createTexts(): Texts {
  const numbers = new Map<string, number>()
  return {
    add(text) {
      const known = numbers.get(text)
      if (known !== undefined) return known
      const number = numbers.size
      numbers.set(text, number)
      return number
    },
    pack() {
      if (numbers.size === 0) return new Uint8Array(0)
      const packed = deflateRawSync(JSON.stringify([...numbers.keys()]), { level: 1 })
      // A copy of its own can be handed to another thread.
      return new Uint8Array(packed)
    },
  }
}

/** What `pack` gave. */
export function unpackTexts(bytes: Uint8Array): readonly string[] {
  return bytes.length === 0 ? [] : (JSON.parse(inflateRawSync(bytes).toString('utf8')) as string[])
}
