import { detach } from '../detach.ts'
import { mixOf } from './scan.ts'

/** Entries of each memory; the texts in it are no longer than MAX_REMEMBERED. */
export const LIMIT = 8192
export const MAX_REMEMBERED = 2048

/** A JSON string. For short plain texts a loop is cheaper than JSON.stringify, for longer ones it is not. */
export function quote(text: string): string {
  if (text.length > 24) return JSON.stringify(text)
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c === 34 || c === 92 || c > 126) return JSON.stringify(text)
  }
  return `"${text}"`
}

interface Known<T> {
  readonly text: string
  readonly value: T
}

/**
 * Remembers what was computed of a text, and detaches the text; long ones are computed each time. Two places for each
 * mix of letters, the older one is replaced: a Map would have to hash every text, which costs more than all the rest.
 */
export function remember<T>(compute: (text: string) => T): (text: string) => T {
  const places: (Known<T> | undefined)[] = []
  let mask = 0
  function resize(slots: number): void {
    places.length = 0
    for (let i = 0; i < slots * 2; i++) places.push(undefined)
    mask = slots - 1
  }
  resize(64)
  let kept = 0
  return (text) => {
    const at = (mixOf(text, 0, text.length) & mask) * 2
    const newer = places[at]
    // Comparing is a memory compare.
    if (newer !== undefined && newer.text === text) return newer.value
    const older = places[at + 1]
    if (older !== undefined && older.text === text) return older.value
    const own = detach(text)
    const value = compute(own)
    if (own.length > MAX_REMEMBERED) return value
    places[at + 1] = newer
    places[at] = { text: own, value }
    // Most functions see a few objects only: their memory stays small.
    if (++kept > mask && mask + 1 < LIMIT / 2) {
      resize((mask + 1) * 4)
      kept = 0
    }
    return value
  }
}

/** 53 bits of a text, as base 36: short, and good enough to tell the keys of one request apart. Not cryptographic. */
export function hash(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return ((b >>> 0) * 2 ** 21 + ((a >>> 0) & 0x1f_ffff)).toString(36)
}
