/** How much of a count each function instance may keep to itself, and what a count has to come to then. Pure. */
import { capOf } from './digest.ts'

/** What of an entity's count may be known to single instances only, in any window. */
export interface Allowances {
  /** So much any instance may keep to itself. */
  readonly allowance: number
  /** And its part of this: see createLease. */
  readonly pool: number
  /** So much all instances may keep to themselves together; absent: nothing. */
  readonly kept?: number | undefined
  /** Instances that count it at once, at the most; absent: one. */
  readonly holders?: number | undefined
}

/** A rule's threshold within its window, in seconds. */
export interface Limit {
  readonly threshold: number
  readonly window: number
}

/** What surely hits, and what surely does not, in thresholds. */
const SURE = 1.25
const NEVER = 0.8
/** Of what may be kept, what is divided among all instances; the rest is for those that have a lease. */
const DIVIDED = 0.25

/**
 * How much of an entity instances may keep to themselves, so that one that is 1.25 times the threshold hits all the same:
 * each its allowance, and those that have a lease their part of the pool. That is a quarter of the threshold. Of a count
 * that is known to the second (thresholds of some fifty and less) it is more: what lies between 0.8 and 1.25 times the
 * threshold, since none of that is needed for what is not so exact.
 *
 * @param instances that count at once, at the most.
 * @param kinds of logs that the rule watches: leases are given for each.
 * @example
 * allowancesOf({ threshold: 400, window: 300 }, 10) // { allowance: 2, pool: 80, kept: 100, holders: 10 }
 * allowancesOf({ threshold: 20, window: 300 }, 10) // { allowance: 0, pool: 8, kept: 8, holders: 10 }
 */
export function allowancesOf(limit: Limit, instances: number, kinds = 1): Required<Allowances> {
  const { threshold, window } = limit
  const holders = Math.max(1, instances * kinds)
  const isExact = capOf(window, threshold) < 1
  const kept = Math.max(
    0,
    isExact ? leastSure(threshold) - (Math.floor(NEVER * threshold) + 1) : Math.floor((SURE - 1) * threshold),
  )
  const allowance = Math.floor((kept * DIVIDED) / holders)
  return { allowance, pool: (kept - allowance * holders) / kinds, kept, holders }
}

const leastSure = (threshold: number): number => Math.ceil(SURE * threshold)

/**
 * From which known amount on an entity hits: the threshold, or as much less as the others may know of by themselves.
 *
 * @param own what this instance may keep: nobody else does.
 * @example
 * hitAt({ threshold: 20, window: 300, ...allowancesOf({ threshold: 20, window: 300 }, 10) }, 1) // 18
 */
export function hitAt({ threshold, kept = 0 }: Limit & Allowances, own: number): number {
  return Math.min(threshold, leastSure(threshold) - Math.max(0, kept - own))
}

/** The allowances of a threshold that is so many times as high. */
export function scaled(
  { threshold, allowance, pool, kept = 0, holders }: Limit & Allowances,
  times: number,
): Allowances {
  // A higher threshold may not be exact any more.
  const most = kept === 0 ? 0 : Math.min(times, ((SURE - 1) * threshold * times) / kept)
  return { allowance: Math.floor(allowance * most), pool: pool * most, kept: kept * most, holders }
}
