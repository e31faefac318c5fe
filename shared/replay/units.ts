/** Which objects are read together, and in which order. */
import { classifyKey } from '../object/key.ts'
import type { ReplayObject } from './unit.ts'

/** Small objects are read together up to so many plain bytes, and so many of them; a large one is alone. */
const UNIT_BYTES = 48 * 1024 * 1024
const UNIT_OBJECTS = 256
/** Logs are packed to a tenth of their size. */
const PACKED = 10
/** A large file of lines is read in parts of so many bytes. */
export const PART_BYTES = 32 * 1024 * 1024

/**
 * Objects in the order of the times in their names (those without last, by name), in units. The same objects make the
 * same units; one more of another day changes none of the others: a unit never goes beyond a day.
 *
 * @example
 * for (const unit of unitsOf(objects)) await reader.collect(unit, {})
 */
export function unitsOf(objects: readonly ReplayObject[]): ReplayObject[][] {
  const timed = objects.map((object) => ({ object, time: classifyKey(object.key).time ?? '' }))
  timed.sort(
    (a, b) =>
      Number(a.time === '') - Number(b.time === '') ||
      compare(a.time, b.time) ||
      compare(a.object.bucket, b.object.bucket) ||
      compare(a.object.key, b.object.key),
  )
  const units: ReplayObject[][] = []
  let bytes = 0
  let day: string | undefined
  for (const { object, time } of timed.flatMap(partsOf)) {
    const plain = roomOf(object)
    const unit = units.at(-1)
    const isFull = unit === undefined || unit.length >= UNIT_OBJECTS || bytes + plain > UNIT_BYTES
    if (isFull || day !== time.slice(0, 10)) {
      units.push([object])
      bytes = plain
      day = time.slice(0, 10)
    } else {
      unit.push(object)
      bytes += plain
    }
  }
  return units
}

/** A part of a file is a unit by itself: there are parts so that several are read at once. */
const roomOf = (object: ReplayObject): number => (object.part === undefined ? plainBytes(object) : UNIT_BYTES)

/** About what an object comes to when it is inflated. */
export function plainBytes({ key, size }: ReplayObject): number {
  return /\.(?:gz|zst)$/.test(key) ? size * PACKED : size
}

/** The parts of a large file of lines: always the same, however many threads there are. */
function partsOf<Timed extends { readonly object: ReplayObject }>(timed: Timed): Timed[] {
  const { object } = timed
  const { lines: kind, size } = object
  if (kind === undefined || size < 2 * PART_BYTES) return [timed]
  const count = Math.ceil(size / PART_BYTES)
  return Array.from({ length: count }, (_, index) => {
    const from = index * PART_BYTES
    const to = Math.min(size, from + PART_BYTES)
    return { ...timed, object: { ...object, size: to - from, part: { kind, from, to } } }
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
