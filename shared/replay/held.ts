/**
 * What one unit's records add to the counts that all of them share. Whether it comes to a threshold is known when all
 * units are there; until then it is held, in the very form in which function instances share it.
 */
import type { Contribution, CountRule, Reached } from '../incident/count-windows.ts'
import type { Counters } from '../incident/counters.ts'
import { firstOf, readDigest, writeDigest } from '../incident/digest.ts'
import type { Hit } from '../incident/hit.ts'
import { keysIn, readSample, writeSample } from '../incident/key-sample.ts'
import { type Batch, makeHits } from '../incident/make-hits.ts'
import type { Read } from '../incident/matches.ts'
import type { HitSink } from '../incident/ports.ts'
import type { LogKind } from '../kinds/kinds.ts'

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

/** What hits of a count are made of, should it come to the threshold with what other units have counted. */
export interface Kept {
  readonly count: number
  /** ms since the epoch, of events. */
  readonly first: number
  readonly last: number
  readonly isShort?: true
  /** Which of the unit's objects it is of. */
  readonly index: number
  readonly kind: LogKind
  /** Its messages: their numbers among the unit's texts, and their times. */
  readonly messages: readonly (readonly [text: number, time: number])[]
}

/** One line of what a unit tells: a hit of a rule that hits at once, or a count and what would be its hits. */
export interface Told {
  /** When it is told, by the clock of the replay; ms since the epoch. */
  readonly time: number
  readonly held?: Held
  /** Of a count that is far from the threshold, in place of hits. */
  readonly kept?: Kept
  readonly hits: readonly Hit[]
}

/** A share of the threshold in one part of an object: of so much, hits are made at once. */
const WORTH = 16
/** Of more messages than this they are, too. */
const MAX_KEPT = 4

/** Names a count of an entity. */
export const nameOfCount = (rule: string, entity: string): string => `${rule}\n${entity}`

/** Takes the place of the counters and of the sink while an object is read. */
export interface Holder {
  readonly counters: Counters
  readonly sink: HitSink
  readonly onCounted: (batch: Batch, read: Read) => void
  /** What was told since the last call. */
  take(): Told[]
}

/** The amount of a hit is put in where it is known. */
const NOT_YET = (last: number): Reached => ({ amount: 0, isAtLeast: false, at: last })

/**
 * @param object which of the unit's objects it is, and of which kind.
 * @param timeOf when a hit, or a count, is told: of its last event (ms since the epoch).
 */
export function createHolder(object: Pick<Kept, 'index' | 'kind'>, timeOf: (last: number) => number): Holder {
  let counted: Counted[] = []
  let hits: Hit[] = []

  return {
    counters: {
      writes: 0,
      failures: 0,
      count(rule, entity, contribution) {
        const sums = sumsOf(contribution)
        counted.push({ held: heldOf(rule, entity, contribution, sums), hits: [], kept: undefined })
        return sums.total * WORTH >= rule.threshold ? NOT_YET(sums.last * 1000) : undefined
      },
    },
    sink: {
      async put(more) {
        hits.push(...more)
      },
    },
    onCounted(batch, read) {
      const { rule, name, matches, count, first, last, isShort } = batch
      const { texts, times, messages, counts } = matches
      if (counts !== undefined || messages > MAX_KEPT) {
        hits.push(...makeHits(batch, NOT_YET(Math.floor(last / 1000) * 1000), read))
        return
      }
      const of = counted.findLast(({ held }) => held.rule === rule.id && held.entity === name)
      if (of === undefined) return
      of.kept = {
        count,
        first,
        last,
        ...(isShort ? { isShort } : {}),
        ...object,
        messages: texts.slice(0, messages).map((text, at) => [text, times[at]!] as const),
      }
    },
    take() {
      const byName = new Map(counted.map((one) => [nameOfCount(one.held.rule, one.held.entity), one]))
      const told: Told[] = []
      for (const hit of hits) {
        const of = hit.window === 0 ? undefined : byName.get(nameOfCount(hit.rule, JSON.stringify(hit.entity)))
        if (of === undefined) told.push({ time: timeOf(hit.last), hits: [hit] })
        else of.hits.push(hit)
      }
      for (const { held, hits: its, kept } of counted)
        told.push({ time: timeOf(held.last), held, hits: its, ...(kept === undefined ? {} : { kept }) })
      counted = []
      hits = []
      return told
    },
  }
}

/** A count, its hits, and what hits would be made of. */
interface Counted {
  readonly held: Held
  readonly hits: Hit[]
  kept: Kept | undefined
}

function heldOf(
  rule: CountRule,
  entity: string,
  { object, from, upTo, amounts, keys }: Contribution,
  { total, first, last }: Sums,
): Held {
  return {
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

/** All of a contribution, and its first and last second. */
interface Sums {
  readonly total: number
  readonly first: number
  readonly last: number
}

function sumsOf({ amounts, keys }: Contribution): Sums {
  let total = keys === undefined ? 0 : keysIn(keys)
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const [node, amount] of amounts) {
    const second = firstOf(node)
    total += amount
    if (second < first) first = second
    if (second > last) last = second
  }
  if (keys === undefined) return { total, first, last }
  for (let at = 0; at < keys.first.length; at += 1) {
    if (keys.first[at]! < first) first = keys.first[at]!
    if (keys.last[at]! > last) last = keys.last[at]!
  }
  return { total, first, last }
}
