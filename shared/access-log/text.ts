import { digits36 } from '../basics/digits.ts'
import { detach } from '../derive/detach.ts'
import { mixOf } from './scan.ts'

/** Entries of a memory, if it does not say otherwise; the texts in it are no longer than MAX_REMEMBERED. */
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

/** As {@link quote}, without the quotes. */
export function escaped(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c === 34 || c === 92 || c > 126) return JSON.stringify(text).slice(1, -1)
  }
  return text
}

interface Known<T> {
  readonly text: string
  readonly value: T
}

/**
 * Remembers what was computed of up to `limit` texts (a power of two), and detaches the text; long ones are computed each
 * time. Two places for each mix of letters, the older one is replaced: a Map would have to hash every text, which costs
 * more than all the rest.
 */
export function remember<T>(compute: (text: string) => T, limit = LIMIT): (text: string) => T {
  let places: (Known<T> | undefined)[] = emptyPlaces(FIRST_PLACES)
  let kept = 0

  function keep(known: Known<T>): void {
    const at = placeOf(known.text, places)
    places[at + 1] = places[at]
    places[at] = known
  }

  function grow(): void {
    // Most functions see a few objects only: their memory stays small.
    const old = places
    places = emptyPlaces(old.length * 4)
    for (const known of old) if (known !== undefined) keep(known)
  }

  return (text) => {
    const at = placeOf(text, places)
    const newer = places[at]
    // Comparing is a memory compare.
    if (newer !== undefined && newer.text === text) return newer.value
    const older = places[at + 1]
    if (older !== undefined && older.text === text) return older.value
    const own = detach(text)
    const value = compute(own)
    if (own.length > MAX_REMEMBERED) return value
    keep({ text: own, value })
    if (++kept * 2 > places.length && places.length < limit) grow()
    return value
  }
}

const FIRST_PLACES = 128

function emptyPlaces(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}

function placeOf(text: string, places: readonly unknown[]): number {
  return mixOf(text, 0, text.length) & (places.length - 2)
}

/** Mixes a text into a number: 32 bits of all its characters. */
export function mixText(start: number, text: string): number {
  let mix = start
  for (let i = 0; i < text.length; i++) mix = Math.imul(mix ^ text.charCodeAt(i), 0x9e3779b1) ^ (mix >>> 15)
  return mix
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
  return digits36((b >>> 0) * 2 ** 21 + ((a >>> 0) & 0x1f_ffff))
}
