/** One value, how often it came, and what its kind is or what it adds up to where that matters. */
export interface Counted {
  readonly value: string
  readonly count: number
  /** What kind of value it is: an actor's type, an address's class. */
  readonly type?: string
  /** The sum of the rule's metric over its records (bytes, say); only where the metric is no plain count. */
  readonly amount?: number
}

/** The most frequent values, and how many different ones there were. */
export interface Ranking {
  readonly top: readonly Counted[]
  readonly distinct: number
  /** There were more different values than were followed: `distinct` and the counts are lower bounds. */
  readonly capped?: true
}

/** Counts values in bounded memory. */
export interface Tally {
  add(value: string | undefined, type?: string, amount?: number, times?: number): void
  /** There were values that are not counted. */
  leaveOut(): void
  /** The `limit` values with the largest amount or count; equals in the order they first came. */
  rank(limit: number): Ranking
}

/**
 * @param maxValues different values followed; further ones are not counted, and the ranking says so.
 * @example
 * const tally = createTally(); tally.add('192.0.2.1', 'public'); tally.rank(10).top[0]?.count // 1
 */
export function createTally(maxValues = 5000): Tally {
  const counts = new Map<string, { value: string; type: string | undefined; count: number; amount: number }>()
  let capped = false
  let weighed = false
  return {
    add(value, type, amount, times = 1) {
      if (value === undefined) return
      if (amount !== undefined) weighed = true
      const id = type === undefined ? value : `${type} ${value}`
      const known = counts.get(id)
      if (known !== undefined) {
        known.count += times
        known.amount += amount ?? 0
      } else if (counts.size < maxValues) counts.set(id, { value, type, count: times, amount: amount ?? 0 })
      else capped = true
    },
    leaveOut() {
      capped = true
    },
    rank(limit) {
      const sorted = [...counts.values()].sort((a, b) => b.amount - a.amount || b.count - a.count)
      return {
        top: sorted.slice(0, limit).map(({ value, type, count, amount }) => ({
          value,
          ...(type === undefined ? {} : { type }),
          count,
          ...(weighed ? { amount } : {}),
        })),
        distinct: counts.size,
        ...(capped ? { capped } : {}),
      }
    },
  }
}
