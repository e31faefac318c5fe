import { detach } from '../derive/detach.ts'

/** Whole numbers from 0 for texts, as they come. */
export interface TextNumbers {
  size(): number
  of(text: string): number
  text(number: number): string
  clear(): void
}

/**
 * For texts that are the same ones again and again: V8 finds such a text by its address, and has its hash with it, where
 * mixing its characters costs 2 ns each. Half of a surrogate pair is U+FFFD, as in all that is written.
 *
 * @example
 * const numbers = createTextNumbers(); numbers.of('a') // 0
 */
export function createTextNumbers(): TextNumbers {
  const numbers = new Map<string, number>()
  let texts: string[] = []
  return {
    size: () => texts.length,
    of(text) {
      const known = numbers.get(text)
      if (known !== undefined) return known
      const own = detach(text)
      const number = numbers.get(own) ?? texts.length
      if (number === texts.length) texts.push(own)
      numbers.set(own, number)
      return number
    },
    text: (number) => texts[number]!,
    clear() {
      numbers.clear()
      texts = []
    },
  }
}
