/** Which objects are read together, and in which order. */
import { classifyKey } from '../object/key.ts'
import type { ReplayObject } from './collect.ts'

/** Small objects are read together up to so many bytes, and so many of them; a large one is alone. */
const UNIT_BYTES = 4 * 1024 * 1024
const UNIT_OBJECTS = 256

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
  for (const { object, time } of timed) {
    const unit = units.at(-1)
    const isFull = unit === undefined || unit.length >= UNIT_OBJECTS || bytes + object.size > UNIT_BYTES
    if (isFull || day !== time.slice(0, 10)) {
      units.push([object])
      bytes = object.size
      day = time.slice(0, 10)
    } else {
      unit.push(object)
      bytes += object.size
    }
  }
  return units
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
