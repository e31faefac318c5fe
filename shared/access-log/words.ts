import { detach } from '../derive/detach.ts'

/** Operations and error codes are few: the very same text each time saves the copy, and later the hashing. */
const WORD_SLOTS = 128
export const operations: string[] = emptyWords()
export const errorCodes: string[] = emptyWords()

function emptyWords(): string[] {
  return Array.from({ length: WORD_SLOTS }, () => '')
}

/** Where a word is kept, told by its length, its end and the letters where operations differ. */
function wordSlot(line: string, start: number, end: number): number {
  const mix = (end - start) * 31 + line.charCodeAt(end - 1) + line.charCodeAt(start + 5) * 5 + line.charCodeAt(end - 6)
  return mix & (WORD_SLOTS - 1)
}

/** Whether the word is one of a line before. */
export function isKept(words: readonly string[], line: string, start: number, end: number): boolean {
  const known = words[wordSlot(line, start, end)]!
  return known !== '' && known.length === end - start && line.startsWith(known, start)
}

/** A copy of a word of the line, or the very same text as in a line before. */
export function kept(words: string[], line: string, start: number, end: number): string {
  const slot = wordSlot(line, start, end)
  const known = words[slot]!
  if (known.length === end - start && line.startsWith(known, start)) return known
  const text = detach(line.slice(start, end))
  words[slot] = text
  return text
}
