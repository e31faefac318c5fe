/** What is usual for one entity: how much it did on each of its last days. Pure. */
import { type Digest, firstOf } from './digest.ts'
import type { KeySample } from './key-sample.ts'

/** Day (UTC, since the epoch) → amount. Only days are known of which something was written: those with much. */
export type Days = Map<number, number>

const DAY = 86_400
/** Days before the one that is looked at. */
const REMEMBERED = 28
/** Those, and what may come late. */
export const REMEMBERED_MS = (REMEMBERED + 2) * DAY * 1000

const dayOf = (second: number): number => Math.floor(second / DAY)

/** Adds what a part of an object has to the days in which it happened. */
export function addToDays(days: Days, amounts: Digest): void {
  for (const [node, amount] of amounts) {
    const day = dayOf(firstOf(node))
    days.set(day, (days.get(day) ?? 0) + amount)
  }
}

/** How many keys came on each day, as far as the sample reaches back. */
export function daysOfKeys({ level, hashes, first, last }: KeySample): Days {
  const days: Days = new Map()
  const add = (day: number) => days.set(day, (days.get(day) ?? 0) + 2 ** level)
  for (let at = 0; at < hashes.length; at += 1) {
    const [from, to] = [dayOf(first[at]!), dayOf(last[at]!)]
    add(from)
    if (to !== from) add(to)
  }
  return days
}

/** A day that is known to have had more keeps it: a sample forgets. */
export function raiseDays(days: Days, more: Days): void {
  for (const [day, amount] of more) days.set(day, Math.max(amount, days.get(day) ?? 0))
}

/** Only the last days are kept. */
export function forgetDays(days: Days): void {
  const newest = Math.max(...days.keys())
  for (const day of days.keys()) if (day < newest - REMEMBERED) days.delete(day)
}

/**
 * What an entity usually does in a day: the second most that it did on one of the last 28 days, so that one day out of
 * the ordinary makes no rule; where only one of them is known, what that one had. 0: none is known. Yesterday is none of
 * them: a window of a day reaches into it, and whoever takes all night would be his own usual day.
 *
 * @param second of the day that is looked at, since the epoch.
 * @example
 * usualDay(new Map([[20_000, 500], [20_001, 9000], [20_002, 700]]), 20_004 * 86_400) // 700
 */
export function usualDay(days: Days, second: number): number {
  const today = dayOf(second)
  const before = [...days].filter(([day]) => day < today - 1 && day >= today - REMEMBERED).map(([, amount]) => amount)
  before.sort((a, b) => b - a)
  return before[1] ?? before[0] ?? 0
}
