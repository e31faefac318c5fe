/** What a count comes to within its windows, of what the table says and what is held. Pure. */
import { type Allowances, type Limit, scaled } from './allowances.ts'
import type { Counted, Known } from './count-item.ts'
import { type Digest, firstOf, fullestWindow, lastOf, type Span, spansOf, within } from './digest.ts'
import { emptySample, joinSample, type KeySample, spansOfKeys } from './key-sample.ts'
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
  const each = 2 ** (keys?.level ?? 0)
  for (const [first, last] of keys?.times.values() ?? []) {
    addSlots(slots, window, first, first, each)
    if (Math.floor(last / window) !== Math.floor(first / window)) addSlots(slots, window, last, last, each)
  }
  return slots
}

/** When something was counted, ascending. */
export function secondsOf({ amounts, keys }: Counted): number[] {
  const seconds = keys === undefined ? [...amounts.keys()].map(firstOf) : [...keys.times.values()].flat()
  return seconds.sort((a, b) => a - b)
}

/** The last second of which something is known. */
export function newestOf(amounts: Digest, keys: KeySample | undefined): number {
  let newest = Number.NEGATIVE_INFINITY
  for (const node of amounts.keys()) newest = Math.max(newest, firstOf(node))
  for (const [, last] of keys?.times.values() ?? []) newest = Math.max(newest, last)
  return newest
}

/** What all of these say together. */
function spansTogether(rule: CountRule, counted: readonly (Counted | undefined)[]): Span[] {
  const all = counted.filter((one) => one !== undefined)
  if (all.every(({ keys }) => keys === undefined)) return all.flatMap(({ amounts }) => spansOf(amounts))
  const keys = emptySample()
  for (const one of all) if (one.keys !== undefined) joinSample(keys, one.keys)
  return spansOfKeys(keys, rule.window)
}

/** The most that is held of any window. */
export function fullestHeld(rule: CountRule, held: readonly Contribution[]): number {
  let total = 0
  for (const { amounts, keys } of held) {
    for (const amount of amounts.values()) total += amount
    total += (keys?.times.size ?? 0) * 2 ** (keys?.level ?? 0)
  }
  if (total <= rule.allowance) return total
  const seconds = held.flatMap(secondsOf).sort((a, b) => a - b)
  return fullestWindow(spansTogether(rule, held), rule.window, seconds)?.amount ?? 0
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
  seconds: readonly number[],
): Reached | undefined {
  const { allowance, pool, window } = rule
  const spans = spansTogether(rule, counted)
  const fullest = fullestWindow(spans, window, seconds)
  if (fullest === undefined || fullest.amount < least) return undefined
  const { sure, reachedAt } = within(spans, window, fullest.from, least)
  return { amount: sure, isAtLeast: sure < fullest.amount || allowance > 0 || pool >= 1, at: reachedAt * 1000 }
}
