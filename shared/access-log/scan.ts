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

/** A copy that shares no memory with its line: a slice keeps the whole line alive. */
export function detach(text: string): string {
  return Buffer.from(text).toString()
}

/** A number that tells texts apart by their length, their end and some letters inside; cheap, and only ever a hint. */
export function mixOf(line: string, start: number, end: number): number {
  const length = end - start
  const step = (length >> 5) | 1
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

const SEEN_SLOTS = 4096
const MAX_SEEN = 1024
const seen: string[] = Array.from({ length: SEEN_SLOTS }, () => '')

/**
 * As a slice, for requesters and user agents, which are long and come back: a text that was seen before is given again
 * instead of a copy, so that whoever looks it up need not hash it once more, which costs more than anything else here.
 */
export function seenBefore(line: string, start: number, end: number): string {
  const text = line.slice(start, end)
  const length = end - start
  const slot = mixOf(line, start, end) & (SEEN_SLOTS - 1)
  const before = seen[slot]!
  // Comparing a slice is a memory compare; startsWith goes character by character.
  if (before === text) return before
  if (length <= MAX_SEEN && isWorthKeeping(before)) seen[slot] = detach(text)
  return text
}
