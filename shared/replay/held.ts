/**
 * What one unit's records add to the counts that all of them share. Whether it comes to a threshold is known when all
 * units are there; until then it is held, in the very form in which function instances share it.
 */
import type { Contribution, CountRule } from '../incident/count-windows.ts'
import type { Counters } from '../incident/counters.ts'
import { firstOf, readDigest, writeDigest } from '../incident/digest.ts'
import type { Hit } from '../incident/hit.ts'
import { readSample, writeSample } from '../incident/key-sample.ts'
import type { HitSink } from '../incident/ports.ts'

/** A rule's count of one entity in one part of an object. */
export interface Held {
  readonly rule: string
  readonly entity: string
  readonly object: string
  readonly from: number
  readonly upTo: number
  /** Digest and sample as texts; a rule counts one or the other. */
  readonly amounts?: string
  readonly keys?: string
  /** What it comes to at the most, in any window. */
  readonly total: number
  /** ms since the epoch, of events. */
  readonly first: number
  readonly last: number
}

/** One line of what a unit tells: a hit of a rule that hits at once, or a count and what would be its hits. */
export interface Told {
  /** When it is told, by the clock of the replay; ms since the epoch. */
  readonly time: number
  readonly held?: Held
  /** Where a count has none, they are read when it turns out that they are wanted. */
  readonly hits: readonly Hit[]
}

/** What is worth reading before it is known whether it is wanted: a share of the threshold in one part of an object. */
const WORTH = 16

/** Names a count of an entity. */
export const nameOfCount = (rule: string, entity: string): string => `${rule}\n${entity}`

/** Takes the place of the counters and of the sink while a unit is read. */
export interface Holder {
  readonly counters: Counters
  readonly sink: HitSink
  /** What was told since the last call. */
  take(): Told[]
}

/**
 * @param wanted names of counts whose hits are wanted, whatever they come to.
 * @param timeOf when a hit, or a count, is told: of its last event (ms since the epoch).
 */
export function createHolder(wanted: ReadonlySet<string>, timeOf: (last: number) => number): Holder {
  let held: Held[] = []
  let hits: Hit[] = []

  function isWorth(rule: CountRule, entity: string, total: number): boolean {
    return wanted.has(nameOfCount(rule.id, entity)) || total * WORTH >= rule.threshold
  }

  return {
    counters: {
      writes: 0,
      failures: 0,
      async count(rule, entity, contribution) {
        const { object, from, upTo, amounts, keys } = contribution
        const [first, last] = secondsOf(contribution)
        const total = totalOf(contribution)
        held.push({
          rule: rule.id,
          entity,
          object,
          from,
          upTo,
          ...(keys === undefined ? { amounts: writeDigest(amounts) } : { keys: writeSample(keys) }),
          // Of samples that are joined more may be estimated than of each.
          total: (keys?.level ?? 0) === 0 ? total : Math.max(total, rule.threshold),
          first: first * 1000,
          last: last * 1000 + 999,
        })
        // The amount is put in where it is known.
        return isWorth(rule, entity, total) ? { amount: 0, isAtLeast: false, at: last * 1000 } : undefined
      },
    },
    sink: {
      async put(more) {
        hits.push(...more)
      },
    },
    take() {
      const counted = new Map(held.map((one) => [nameOfCount(one.rule, one.entity), { ...one, hits: [] as Hit[] }]))
      const told: Told[] = []
      for (const hit of hits) {
        const of = hit.window === 0 ? undefined : counted.get(nameOfCount(hit.rule, JSON.stringify(hit.entity)))
        if (of === undefined) told.push({ time: timeOf(hit.last), hits: [hit] })
        else of.hits.push(hit)
      }
      for (const { hits: its, ...one } of counted.values()) told.push({ time: timeOf(one.last), held: one, hits: its })
      held = []
      hits = []
      return told
    },
  }
}

/** What was held, as the counters take it. */
export function contributionOf({ object, from, upTo, amounts, keys }: Held): Contribution {
  return {
    object,
    from,
    upTo,
    amounts: readDigest(amounts ?? ''),
    keys: keys === undefined ? undefined : readSample(keys),
  }
}

function totalOf({ amounts, keys }: Contribution): number {
  let total = (keys?.times.size ?? 0) * 2 ** (keys?.level ?? 0)
  for (const amount of amounts.values()) total += amount
  return total
}

/** The first and the last second of a contribution. */
function secondsOf({ amounts, keys }: Contribution): readonly [number, number] {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  const take = (from: number, to: number) => {
    first = Math.min(first, from)
    last = Math.max(last, to)
  }
  for (const node of amounts.keys()) take(firstOf(node), firstOf(node))
  for (const [from, to] of keys?.times.values() ?? []) take(from, to)
  return [first, last]
}
