/** Which values are most frequent, in bounded memory, and in parts that can be put together. */
import { detach } from '../derive/detach.ts'
import { createDistinct, type Distinct } from './distinct.ts'
import type { Ranked, Ranking } from './model.ts'

/** A part of a ranking as plain data. */
export interface RankingPart {
  /** Value, type (empty: none), count, bytes; the most frequent first, of equals by value. */
  readonly values: readonly (readonly [value: string, type: string, count: number, bytes: number])[]
  /** What is not listed came at most so often in this part, and what is listed at most so much oftener. */
  readonly slack: number
  /** Which different values there were, where they are not all listed. */
  readonly distinct?: string
}

/** Counts values. */
export interface RankingCounter {
  add(value: string, type?: string, bytes?: number, count?: number): void
  /** Takes another part in. */
  merge(part: RankingPart): void
  part(): RankingPart
  /** The most frequent `limit` values. */
  rank(limit: number): Ranking
}

interface Entry {
  readonly value: string
  readonly type: string
  count: number
  bytes: number
}

/**
 * Up to `capacity` different values are counted exactly, however parts are split and merged. Where there are more, the
 * rarest go: then counts are lower bounds, off by no more than `slack`, and which values are listed depends on the order
 * of the merges; a replay merges in the order of its objects, so that it comes to the same with any number of threads.
 *
 * @example
 * const counter = createRanking(1000); counter.add('192.0.2.1', 'public'); counter.rank(10).top[0]?.count // 1
 */
export function createRanking(capacity: number): RankingCounter {
  const entries = new Map<string, Entry>()
  let slack = 0
  let distinct: Distinct | undefined

  function prune(): void {
    if (distinct === undefined) {
      distinct = createDistinct()
      for (const { value } of entries.values()) distinct.add(value)
    }
    slack += dropRarest(entries, capacity)
  }

  function sorted(): Entry[] {
    return [...entries.values()].sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  }

  function addEntry(value: string, type: string, bytes: number, count: number): void {
    const known = entries.get(value)
    if (known !== undefined) {
      known.count += count
      known.bytes += bytes
      return
    }
    const kept = detach(value)
    entries.set(kept, { value: kept, type, count, bytes })
    distinct?.add(kept)
    if (entries.size > 2 * capacity) prune()
  }

  return {
    add(value, type = '', bytes = 0, count = 1) {
      addEntry(value, type, bytes, count)
    },
    merge(part) {
      if (part.distinct !== undefined) {
        if (distinct === undefined) {
          distinct = createDistinct()
          for (const { value } of entries.values()) distinct.add(value)
        }
        distinct.merge(part.distinct)
      }
      slack += part.slack
      for (const [value, type, count, bytes] of part.values) addEntry(value, type, bytes, count)
    },
    part() {
      if (entries.size > capacity) prune()
      const values = sorted().map(({ value, type, count, bytes }) => [value, type, count, bytes] as const)
      return { values, slack, ...(distinct === undefined ? {} : { distinct: distinct.text() }) }
    },
    rank(limit) {
      const isAtLeast = slack > 0 ? ({ isAtLeast: true } as const) : {}
      const top = sorted()
        .slice(0, limit)
        .map(
          ({ value, type, count, bytes }): Ranked => ({
            value,
            count,
            ...(bytes > 0 ? { bytes } : {}),
            ...(type === '' ? {} : { type }),
            ...isAtLeast,
          }),
        )
      const count = Math.max(entries.size, distinct?.estimate() ?? 0)
      return { top, distinct: count, ...(distinct === undefined ? {} : { isEstimate: true as const }), ...isAtLeast }
    },
  }
}

/**
 * Drops the rarest, of equals those that came last; no text is compared, since most values of a large log are rare.
 *
 * @returns how often the most frequent of them came.
 */
function dropRarest(entries: Map<string, Entry>, capacity: number): number {
  const counts = Float64Array.from(entries.values(), ({ count }) => count).sort()
  const least = counts[counts.length - capacity]!
  let room = capacity - counts.filter((count) => count > least).length
  let dropped = 0
  for (const { value, count } of entries.values()) {
    if (count > least) continue
    if (count === least && room > 0) room -= 1
    else {
      dropped = Math.max(dropped, count)
      entries.delete(value)
    }
  }
  return dropped
}
