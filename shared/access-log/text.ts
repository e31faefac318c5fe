import { detach } from './scan.ts'

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

/** Remembers what was computed of a text, and detaches the text; long ones are computed each time. */
export function remember<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const own = detach(text)
    const value = compute(own)
    if (own.length <= MAX_REMEMBERED) {
      if (known.size >= LIMIT) known.clear()
      known.set(own, value)
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
