/** Rankings as an incident keeps them: small, and the same whatever the order in which hits come. */
import { shorten } from './facts.ts'
import type { Ranking } from './tally.ts'

/** A value, in how many matching records it stood, and its kind. */
export type Kept = readonly [value: string, count: number, type?: string]

export interface KeptRanking {
  /** By count, then by value. */
  readonly top: readonly Kept[]
  /** Records counted, those with other values among them. */
  readonly sum: number
  /** Different values at least. */
  readonly distinct: number
}

export const EMPTY_RANKING: KeptRanking = { top: [], sum: 0, distinct: 0 }

const MAX_VALUE = 256

/** A hit's ranking as an incident's. What its top leaves out has no value here, but counts. */
export function keep({ top, distinct }: Ranking, total: number, limit: number): KeptRanking {
  const values = top.map(({ value, count, type }): Kept => {
    const short = shorten(value, MAX_VALUE)
    return type === undefined ? [short, count] : [short, count, type]
  })
  const counted = values.reduce((sum, [, count]) => sum + count, 0)
  return cut({ top: values, distinct, sum: distinct > top.length ? Math.max(counted, total) : counted }, limit)
}

/** Two rankings in one, of at most `limit` values. */
export function merge(a: KeptRanking, b: KeptRanking, limit: number): KeptRanking {
  if (b.sum === 0 && b.top.length === 0) return a
  // A few dozen at the most.
  const top = [...a.top]
  for (const kept of b.top) {
    const at = top.findIndex((one) => one[0] === kept[0] && one[2] === kept[2])
    if (at === -1) top.push(kept)
    else top[at] = counted(kept, top[at]![1] + kept[1])
  }
  return cut({ top, sum: a.sum + b.sum, distinct: Math.max(top.length, a.distinct, b.distinct) }, limit)
}

const counted = ([value, , type]: Kept, count: number): Kept =>
  type === undefined ? [value, count] : [value, count, type]

/** At most `limit` values. */
export function cut({ top, sum, distinct }: KeptRanking, limit: number): KeptRanking {
  const sorted =
    top.length < 2 ? top : top.toSorted((a, b) => b[1] - a[1] || compare(a[0], b[0]) || compare(a[2] ?? '', b[2] ?? ''))
  return { top: sorted.slice(0, limit), sum, distinct: Math.max(distinct, top.length) }
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** So much of the records must say the same before it is said of all. */
const NEARLY_ALL = 0.9

/**
 * The value that (nearly) all records have, as a headline may say it; undefined where there is none.
 *
 * @example
 * nearlyAll({ top: [['alice', 96], ['bob', 3]], sum: 99, distinct: 2 }) // ['alice', 96]
 */
export function nearlyAll({ top, sum }: KeptRanking): Kept | undefined {
  const [first] = top
  return first !== undefined && first[1] >= NEARLY_ALL * sum ? first : undefined
}
