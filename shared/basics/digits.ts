/** Numbers as texts, where there are many of them: what the engine does for other bases than 10 it does digit by digit. */

const BASE = 36
/** Two digits at a time. */
const PAIRS: readonly string[] = Array.from({ length: BASE * BASE }, (_, n) => n.toString(BASE).padStart(2, '0'))

/**
 * As `number.toString(36)`, ten times as fast where the number is whole, not negative, and below 2 ** 53.
 *
 * @example
 * digits36(1_773_726_000) // 'tc13qo'
 */
export function digits36(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0) return number.toString(BASE)
  let rest = number
  let text = ''
  while (rest >= BASE) {
    const next = Math.floor(rest / (BASE * BASE))
    text = PAIRS[rest - next * (BASE * BASE)]! + text
    rest = next
  }
  if (rest > 0) return PAIRS[rest]!.slice(1) + text
  if (text === '') return '0'
  return text.startsWith('0') ? text.slice(1) : text
}

/** What a character stands for; of those that are no digits {@link BASE}. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), BASE)
  return Number.isNaN(value) ? BASE : value
})
const MINUS = 45

/** Where the text of the number ended that {@link readDigits36} read last. */
export const digitsRead = { end: 0 }

/**
 * The whole number that stands in a text from a place on, as {@link digits36} wrote it, up to the first character that is
 * no digit of it (see `digitsRead`); NaN: there is none. Many times as fast as to cut the text up for `Number.parseInt`.
 *
 * @example
 * readDigits36('tc13qo,1', 0) // 1_773_726_000; digitsRead.end is 6
 */
export function readDigits36(text: string, from: number): number {
  const first = text.charCodeAt(from) === MINUS ? from + 1 : from
  let number = 0
  let at = first
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const value = code < VALUES.length ? VALUES[code]! : BASE
    if (value === BASE) break
    number = number * BASE + value
  }
  digitsRead.end = at
  if (at === first) return Number.NaN
  return first === from ? number : -number
}
