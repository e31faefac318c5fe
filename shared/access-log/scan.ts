export const SPACE = 32
export const QUOTE = 34
export const DASH = 45

/** The first position at or after `from` that is no space. */
export function skipSpaces(line: string, from: number): number {
  let at = from
  while (line.charCodeAt(at) === SPACE) at++
  return at
}

/** The end of the token that starts at `from`. */
export function tokenEnd(line: string, from: number): number {
  const at = line.indexOf(' ', from)
  return at === -1 ? line.length : at
}

/** A token, or undefined for a dash. */
export function dashed(line: string, start: number, end: number): string | undefined {
  return end - start === 1 && line.charCodeAt(start) === DASH ? undefined : line.slice(start, end)
}

/** A number that tells texts apart by their length, their end and some letters inside; cheap, and only ever a hint. */
export function mixOf(line: string, start: number, end: number): number {
  const length = end - start
  const step = (length >> 4) | 1
  let mix = length
  for (let at = end - 1; at >= start; at -= step) mix = (Math.imul(mix, 31) + line.charCodeAt(at)) | 0
  mix = Math.imul(mix, 31) + line.charCodeAt(end - 2)
  return mix ^ (mix >>> 13)
}

let misses = 0

/**
 * Whether to replace what a slot remembers. Keeping a text means copying it, so where texts never come back (every one
 * new), only each eighth is kept.
 */
export function isWorthKeeping(known: unknown): boolean {
  return known === undefined || known === '' || (++misses & 7) === 0
}
