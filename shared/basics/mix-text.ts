/** What {@link mixText} found last: two whole numbers of 32 bits, without an object for them. */
export const mixed = { a: 0, b: 0 }

/**
 * Mixes each character of a text into two numbers, into `mixed`. What they are at the beginning tells hashes apart; whoever
 * takes bits of them mixes the two once more.
 *
 * @example
 * mixText('a', 1, 2); const { a, b } = mixed
 */
export function mixText(text: string, a: number, b: number): void {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x85ebca6b)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  mixed.a = a
  mixed.b = b
}
