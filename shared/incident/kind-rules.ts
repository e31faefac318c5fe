/** The rules of one kind of logs, for one function instance. */
import { allowancesOf } from './allowances.ts'
import type { CountRule } from './count-windows.ts'
import { type CounterPool, createCounterPool } from './counter-pool.ts'
import type { ReadyRule } from './hit-rules.ts'
import { createMatcher, type Matcher } from './matcher.ts'

export interface KindRules {
  readonly matcher: Matcher<ReadyRule>
  readonly counts: ReadonlyMap<ReadyRule, CountRule>
  /** Of counters that the next object uses again. */
  readonly pool: CounterPool
}

/**
 * @param options.instances how many function instances count at once, at the most.
 * @param options.isMatchingOnly rules that count nothing matter, too: what they match is forwarded.
 */
export function createKindRules(
  rules: readonly ReadyRule[],
  options: { readonly instances: number; readonly isMatchingOnly: boolean },
): KindRules {
  const counts = rules.flatMap((ready) => {
    const { counting, id, sources } = ready.rule
    if (counting === undefined) return []
    const { threshold, window, aboveUsual } = counting
    const allowances = allowancesOf({ threshold, window }, options.instances, sources.length)
    return [[ready, { id, threshold, window, aboveUsual, ...allowances }] as const]
  })
  const wanted = options.isMatchingOnly ? rules : rules.filter(({ rule }) => rule.counting !== undefined)
  return { matcher: createMatcher(wanted), counts: new Map(counts), pool: createCounterPool() }
}
