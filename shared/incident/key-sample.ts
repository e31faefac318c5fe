import { digits36, digitsRead, readDigits36 } from '../basics/digits.ts'
import { mixed, mixText } from '../basics/mix-text.ts'
import { addSpan, noSpans, type Spans, type Stretch } from './digest.ts'

/**
 * Which keys came when: exact for some thousands, beyond that of a part of them, chosen by their hashes (distinct
 * sampling), so that samples of the same entity can be joined wherever they were taken. Lists of numbers: an instance
 * holds hundreds of thousands of keys, and what is no object is not looked at by the garbage collector.
 */
export interface KeySample {
  /** Keys are kept whose hash has so many zero bits at its end: each stands for 2^level keys. */
  level: number
  /** Of each key its hash, and the first and the last second in which it came. */
  readonly hashes: number[]
  readonly first: number[]
  readonly last: number[]
  /** Where a hash stands in the lists, and one more; 0: nowhere. Made where keys are added, and there are some. */
  places: number[]
}

/** Keys of one entity that are kept; twice that for a moment. */
export const MAX_SAMPLED = 2048
/** So many are looked through. */
const FEW = 16

export const emptySample = (): KeySample => ({ level: 0, hashes: [], first: [], last: [], places: [] })

/** How many keys a sample stands for. */
export const keysIn = ({ level, hashes }: KeySample): number => hashes.length * 2 ** level

/**
 * A number of 48 bits for a key of an entity. The same everywhere, so that instances agree.
 *
 * @param salt differs from entity to entity, so that no list of colliding names serves for all.
 */
export function hashKey(key: string, salt: number): number {
  mixText(key, salt | 0, ~salt)
  const { b } = mixed
  let { a } = mixed
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  a ^= a >>> 16
  return (b & 0xffff) * 2 ** 32 + (a >>> 0)
}

const isKept = (hash: number, level: number): boolean => level === 0 || hash % 2 ** level === 0

/** Where the search for a hash begins among so many places, a power of two. */
const placeFor = (hash: number, places: number): number =>
  (Math.imul(hash ^ (hash / 2 ** 32), 0x9e3779b1) >>> 16) & (places - 1)

/** Where a hash stands in the lists; -1: nowhere. */
function find(sample: KeySample, hash: number): number {
  const { hashes } = sample
  if (hashes.length <= FEW) return hashes.indexOf(hash)
  if (sample.places.length === 0) setPlaces(sample)
  const { places } = sample
  for (let place = placeFor(hash, places.length); ; place = (place + 1) & (places.length - 1)) {
    const at = places[place]! - 1
    if (at < 0 || hashes[at] === hash) return at
  }
}

function setPlace({ hashes, places }: KeySample, at: number): void {
  let place = placeFor(hashes[at]!, places.length)
  while (places[place] !== 0) place = (place + 1) & (places.length - 1)
  places[place] = at + 1
}

/** Finds the places anew: the lists have changed, or there is no room. */
function setPlaces(sample: KeySample): void {
  const { length } = sample.hashes
  sample.places = new Array<number>(4 * 2 ** Math.ceil(Math.log2(length))).fill(0)
  for (let at = 0; at < length; at += 1) setPlace(sample, at)
}

/** Nothing more is added, for now. */
export function dropPlaces(sample: KeySample): void {
  sample.places = []
}

/** Adds a key at a second, or from one to another. */
export function addKey(sample: KeySample, hash: number, first: number, last = first): void {
  if (!isKept(hash, sample.level)) return
  const at = find(sample, hash)
  if (at !== -1) {
    if (first < sample.first[at]!) sample.first[at] = first
    if (last > sample.last[at]!) sample.last[at] = last
    return
  }
  sample.hashes.push(hash)
  sample.first.push(first)
  sample.last.push(last)
  const { length } = sample.hashes
  if (length > MAX_SAMPLED) thin(sample)
  else if (2 * length <= sample.places.length) setPlace(sample, length - 1)
  else if (length > FEW) setPlaces(sample)
}

/** Only those keys stay of which this is so, by where they stand. */
function keep(sample: KeySample, isWanted: (at: number) => boolean): void {
  const { hashes, first, last } = sample
  let kept = 0
  for (let at = 0; at < hashes.length; at += 1) {
    if (!isWanted(at)) continue
    hashes[kept] = hashes[at]!
    first[kept] = first[at]!
    last[kept] = last[at]!
    kept += 1
  }
  if (kept === hashes.length) return
  hashes.length = first.length = last.length = kept
  dropPlaces(sample)
}

function raise(sample: KeySample, level: number): void {
  sample.level = level
  keep(sample, (at) => isKept(sample.hashes[at]!, level))
}

function thin(sample: KeySample): void {
  while (sample.hashes.length > MAX_SAMPLED) raise(sample, sample.level + 1)
}

/** Joins another sample of the same entity to this one. */
export function joinSample(sample: KeySample, { level, hashes, first, last }: KeySample): void {
  if (level > sample.level) raise(sample, level)
  for (let at = 0; at < hashes.length; at += 1) addKey(sample, hashes[at]!, first[at]!, last[at]!)
}

/** Forgets keys that were last seen before. */
export function forgetBefore(sample: KeySample, oldest: number): void {
  keep(sample, (at) => sample.last[at]! >= oldest)
}

/**
 * Each key once for every window that holds its first or its last second.
 *
 * @param stretch only what touches it; absent: all.
 */
export function spansOfKeys({ level, hashes, first, last }: KeySample, window: number, stretch?: Stretch): Spans {
  const amount = 2 ** level
  const spans = noSpans(stretch)
  for (let at = 0; at < hashes.length; at += 1) {
    const [from, to] = [first[at]!, last[at]!]
    // Windows that hold both would count it twice.
    if (to - from < window) addSpan(spans, from, to, amount)
    else {
      addSpan(spans, from, from, amount)
      addSpan(spans, to, to, amount)
    }
  }
  return spans
}

/** As text. */
export function writeSample({ level, hashes, first, last }: KeySample): string {
  let text = digits36(level)
  for (let at = 0; at < hashes.length; at += 1) {
    const [from, to] = [first[at]!, last[at]!]
    text += `,${digits36(hashes[at]!)}.${digits36(from)}`
    if (to !== from) text += `.${digits36(to - from)}`
  }
  return text
}

/** What `writeSample` wrote. */
export function readSample(text: string): KeySample {
  const sample = emptySample()
  joinText(sample, text)
  return sample
}

/** Joins to a sample of the same entity what `writeSample` wrote of another one. */
export function joinText(sample: KeySample, text: string): void {
  const level = readDigits36(text, 0) || 0
  if (level > sample.level) raise(sample, level)
  for (let at = digitsRead.end + 1; at < text.length; at = digitsRead.end + 1) {
    const hash = readDigits36(text, at)
    const first = readDigits36(text, digitsRead.end + 1)
    const last = text[digitsRead.end] === '.' ? first + readDigits36(text, digitsRead.end + 1) : first
    if (Number.isFinite(hash) && Number.isFinite(last)) addKey(sample, hash, first, last)
  }
}

/** Another one that says the same. */
export const copyOf = ({ level, hashes, first, last, places }: KeySample): KeySample => ({
  level,
  hashes: hashes.slice(),
  first: first.slice(),
  last: last.slice(),
  places: places.slice(),
})
