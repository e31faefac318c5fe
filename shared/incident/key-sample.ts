import type { Span } from './digest.ts'

/**
 * Which keys came when: exact for some thousands, beyond that of a part of them, chosen by their hashes (distinct
 * sampling), so that samples of the same entity can be joined wherever they were taken.
 */
export interface KeySample {
  /** Keys are kept whose hash has so many zero bits at its end: each stands for 2^level keys. */
  level: number
  /** Hash → first and last second. */
  readonly times: Map<number, readonly [number, number]>
}

/** Keys of one entity that are kept; twice that for a moment. */
export const MAX_SAMPLED = 2048

export const emptySample = (): KeySample => ({ level: 0, times: new Map() })

/**
 * A number of 48 bits for a key of an entity. The same everywhere, so that instances agree.
 *
 * @param salt differs from entity to entity, so that no list of colliding names serves for all.
 */
export function hashKey(key: string, salt: number): number {
  let a = salt | 0
  let b = ~salt
  for (let i = 0; i < key.length; i++) {
    const c = key.charCodeAt(i)
    a = Math.imul(a ^ c, 0x9e3779b1)
    b = Math.imul(b ^ c, 0x85ebca6b)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  a ^= a >>> 16
  return (b & 0xffff) * 2 ** 32 + (a >>> 0)
}

const isKept = (hash: number, level: number): boolean => hash % 2 ** level === 0

/** Adds a key at a second. */
export function addKey(sample: KeySample, hash: number, first: number, last = first): void {
  if (!isKept(hash, sample.level)) return
  const known = sample.times.get(hash)
  if (known !== undefined && known[0] <= first && known[1] >= last) return
  sample.times.set(hash, known === undefined ? [first, last] : [Math.min(first, known[0]), Math.max(last, known[1])])
  if (known === undefined && sample.times.size > MAX_SAMPLED) thin(sample)
}

function thin(sample: KeySample): void {
  while (sample.times.size > MAX_SAMPLED) {
    sample.level += 1
    for (const hash of sample.times.keys()) if (!isKept(hash, sample.level)) sample.times.delete(hash)
  }
}

/** Joins another sample of the same entity to this one. */
export function joinSample(sample: KeySample, other: KeySample): void {
  if (other.level > sample.level) {
    sample.level = other.level
    for (const hash of sample.times.keys()) if (!isKept(hash, sample.level)) sample.times.delete(hash)
  }
  for (const [hash, [first, last]] of other.times) addKey(sample, hash, first, last)
}

/** Forgets keys that were last seen before. */
export function forgetBefore(sample: KeySample, oldest: number): void {
  for (const [hash, [, last]] of sample.times) if (last < oldest) sample.times.delete(hash)
}

/** Each key once for every window that holds its first or its last second. */
export function spansOfKeys({ level, times }: KeySample, window: number): Span[] {
  const amount = 2 ** level
  const spans: Span[] = []
  for (const [first, last] of times.values()) {
    // Windows that hold both would count it twice.
    if (last - first < window) spans.push({ first, last, amount })
    else spans.push({ first, last: first, amount }, { first: last, last, amount })
  }
  return spans
}

/** As text. */
export function writeSample({ level, times }: KeySample): string {
  const parts = [...times].map(([hash, [first, last]]) => {
    const until = last === first ? '' : `.${(last - first).toString(36)}`
    return `${hash.toString(36)}.${first.toString(36)}${until}`
  })
  return [level, ...parts].join(',')
}

/** What `writeSample` wrote. */
export function readSample(text: string): KeySample {
  const [level = '0', ...parts] = text.split(',')
  const sample: KeySample = { level: Number.parseInt(level, 36) || 0, times: new Map() }
  for (const part of parts) {
    const [hash = 0, first = Number.NaN, more = 0] = part.split('.').map((digits) => Number.parseInt(digits, 36))
    if (Number.isFinite(hash) && Number.isFinite(first)) sample.times.set(hash, [first, first + more])
  }
  return sample
}
