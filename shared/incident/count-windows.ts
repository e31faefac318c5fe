/** What a count comes to within its windows, of what the table says and what is held. Pure. */
import { type Allowances, type Limit, scaled } from './allowances.ts'
import type { Counted, Known } from './count-item.ts'
import { type Digest, firstOf, fullestWindow, lastOf, type Spans, type Stretch, spansOf, within } from './digest.ts'
import { emptySample, joinSample, type KeySample, keysIn, spansOfKeys } from './key-sample.ts'
import { addSlots, type Slots } from './slots.ts'
import { usualDay } from './usual.ts'

/** Part of an object: its records after `from`, up to `upTo`. A part is counted once, whoever brings it. */
export interface Contribution extends Counted {
  readonly object: string
  readonly from: number
  readonly upTo: number
}

/** The rule's side of a count. The window is of event time. */
export interface CountRule extends Limit, Allowances {
  readonly id: string
  /** An entity that did as much on earlier days hits with so many times that. */
  readonly aboveUsual?: number | undefined
}

/** The threshold was reached in a window that holds the contribution. */
export interface Reached {
  readonly amount: number
  readonly isAtLeast: boolean
  /** When, ms since the epoch. */
  readonly at: number
}

/** The rule as it is for one entity: by what that one usually does. */
export function ownRule(rule: CountRule, known: Known | undefined, { amounts, keys }: Counted): CountRule {
  if (rule.aboveUsual === undefined || known === undefined || known.days.size === 0) return rule
  const threshold = rule.aboveUsual * usualDay(known.days, newestOf(amounts, keys))
  return threshold <= rule.threshold ? rule : { ...rule, threshold, ...scaled(rule, threshold / rule.threshold) }
}

/** At a glance: what lies in which window's length of time. */
export function slotsOf({ window }: CountRule, { amounts, keys }: Counted): Slots {
  const slots: Slots = new Map()
  for (const [node, amount] of amounts) addSlots(slots, window, firstOf(node), lastOf(node), amount)
  if (keys !== undefined) addKeySlots(slots, window, keys)
  return slots
}

/** Each key, in both of the slots where it came in two. Most of them come one after another in the same. */
function addKeySlots(slots: Slots, window: number, { level, first, last }: KeySample): void {
  const each = 2 ** level
  let [slot, keys] = [0, 0]
  for (let at = 0; at < first.length; at += 1) {
    const from = Math.floor(first[at]! / window)
    const to = Math.floor(last[at]! / window)
    if (from !== slot && keys > 0) {
      addSlots(slots, 1, slot, slot, keys * each)
      keys = 0
    }
    slot = from
    keys += 1
    if (to !== from) addSlots(slots, 1, to, to, each)
  }
  if (keys > 0) addSlots(slots, 1, slot, slot, keys * each)
}

/** When something was counted, ascending. */
export function secondsOf({ amounts, keys }: Counted): Float64Array {
  const seconds = keys === undefined ? Array.from(amounts.keys(), firstOf) : [...keys.first, ...keys.last]
  return Float64Array.from(seconds).sort()
}

/** The last second of which something is known. */
export function newestOf(amounts: Digest, keys: KeySample | undefined): number {
  let newest = Number.NEGATIVE_INFINITY
  for (const node of amounts.keys()) newest = Math.max(newest, firstOf(node))
  if (keys !== undefined) for (const last of keys.last) if (last > newest) newest = last
  return newest
}

/** What all of these say together, of a stretch of time. */
function spansTogether(rule: CountRule, counted: readonly Counted[], stretch?: Stretch): Spans {
  const samples = counted.flatMap(({ keys }) => (keys === undefined ? [] : [keys]))
  const [sample, ...more] = samples
  if (sample === undefined)
    return spansOf(
      counted.map(({ amounts }) => amounts),
      stretch,
    )
  if (more.length === 0) return spansOfKeys(sample, rule.window, stretch)
  const keys = emptySample()
  for (const one of samples) joinSample(keys, one)
  return spansOfKeys(keys, rule.window, stretch)
}

/** What all of these come to at the most, whenever it was. */
function totalOf(counted: readonly Counted[]): number {
  let total = 0
  for (const one of counted) {
    for (const amount of one.amounts.values()) total += amount
    if (one.keys !== undefined) total += keysIn(one.keys)
  }
  return total
}

/** Whether all that was counted comes to less, whenever it was. Of keys samples say only about how many there are together. */
const isLessThan = (least: number, counted: readonly Counted[]): boolean =>
  counted.every(({ keys }) => keys === undefined) && totalOf(counted) < least * ROUNDING

/** In another order numbers add up to a little more or less. */
const ROUNDING = 1 - 1e-9

/** The most that is held of any window. */
export function fullestHeld(rule: CountRule, held: readonly Contribution[]): number {
  const total = totalOf(held)
  return total <= rule.allowance ? total : (fullestWindow(spansTogether(rule, held), rule.window)?.amount ?? 0)
}

/**
 * Whether a window that holds one of the seconds comes to the least that hits.
 *
 * @param seconds ascending.
 */
export function reachedIn(
  rule: CountRule,
  least: number,
  counted: readonly (Counted | undefined)[],
  seconds: ArrayLike<number>,
): Reached | undefined {
  const { allowance, pool, window } = rule
  const said = counted.filter((one) => one !== undefined)
  if (seconds.length === 0 || isLessThan(least, said)) return undefined
  // Nothing else lies in a window that holds one of them.
  const stretch = { from: seconds[0]! - window + 1, to: seconds[seconds.length - 1]! + window - 1 }
  const spans = spansTogether(rule, said, stretch)
  const fullest = fullestWindow(spans, window, seconds, least)
  if (fullest === undefined || fullest.amount < least) return undefined
  const { sure, reachedAt } = within(spans, window, fullest.from, least)
  return { amount: sure, isAtLeast: sure < fullest.amount || allowance > 0 || pool >= 1, at: reachedAt * 1000 }
}
