/** What the table says, and what is held, together. Pure. */
import type { Known } from './count-item.ts'
import { type Contribution, type CountRule, newestOf } from './count-windows.ts'
import { addDigest, compress, type Digest, type Room } from './digest.ts'
import { copyOf, emptySample, forgetBefore, joinSample, type KeySample } from './key-sample.ts'
import { addToDays, type Days, daysOfKeys, forgetDays, raiseDays } from './usual.ts'

/** Contributions of many objects, which are done. */
export const MANY = ''
/** Objects that an item remembers to have counted: more than can be under way, or come again, at once. */
const MAX_SEEN = 96
/** Access logs come hours late. Seconds. */
export const LATE = 86_400

/** A sample to which what is held can be joined. */
function keysOf(known: Known | undefined, held: readonly Contribution[]): KeySample | undefined {
  if (known?.keys !== undefined) return copyOf(known.keys)
  return held.some(({ keys }) => keys !== undefined) ? emptySample() : undefined
}

/** Takes what is held over into the item, unless it is there already. */
export function joined(rule: CountRule, known: Known | undefined, held: readonly Contribution[], room: Room): Known {
  const amounts: Digest = new Map(known?.amounts)
  const added = new Set<number>()
  const keys = keysOf(known, held)
  const seen = new Map(known?.seen)
  const days: Days = new Map(known?.days)
  for (const { object, from, upTo, ...counted } of held) {
    if (object !== MANY && (seen.get(object) ?? 0) > from) continue
    if (object !== MANY) {
      seen.delete(object)
      seen.set(object, upTo)
    }
    addDigest(amounts, counted.amounts)
    for (const node of counted.amounts.keys()) added.add(node)
    if (rule.aboveUsual !== undefined) addToDays(days, counted.amounts)
    if (keys !== undefined && counted.keys !== undefined) joinSample(keys, counted.keys)
  }
  for (const object of [...seen.keys()].slice(0, Math.max(0, seen.size - MAX_SEEN))) seen.delete(object)
  const oldest = newestOf(amounts, keys) - rule.window - LATE
  compress(amounts, rule.window, rule.threshold, oldest, room, known === undefined ? undefined : added)
  if (keys !== undefined && rule.aboveUsual !== undefined) raiseDays(days, daysOfKeys(keys))
  if (keys !== undefined) forgetBefore(keys, oldest)
  forgetDays(days)
  return { rev: (known?.rev ?? 0) + 1, amounts, keys, seen, days }
}
