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
  let held: Held[] = []
  let hits: Hit[] = []
  let kept = new Map<string, Kept>()

  return {
    counters: {
      writes: 0,
      failures: 0,
      count(rule, entity, contribution) {
        const total = totalOf(contribution)
        const [first, last] = secondsOf(contribution)
        held.push(heldOf(rule, entity, contribution, { total, first, last }))
        return total * WORTH >= rule.threshold ? NOT_YET(last * 1000) : undefined
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
      kept.set(nameOfCount(rule.id, name), {
        count,
        first,
        last,
        ...(isShort ? { isShort } : {}),
        ...object,
        messages: texts.slice(0, messages).map((text, at) => [text, times[at]!] as const),
      })
    },
    take() {
      const counted = new Map(held.map((one) => [nameOfCount(one.rule, one.entity), { ...one, hits: [] as Hit[] }]))
      const told: Told[] = []
      for (const hit of hits) {
        const of = hit.window === 0 ? undefined : counted.get(nameOfCount(hit.rule, JSON.stringify(hit.entity)))
        if (of === undefined) told.push({ time: timeOf(hit.last), hits: [hit] })
        else of.hits.push(hit)
      }
      for (const [name, { hits: its, ...one }] of counted) {
        const rest = kept.get(name)
        told.push({ time: timeOf(one.last), held: one, hits: its, ...(rest === undefined ? {} : { kept: rest }) })
      }
      held = []
      hits = []
      kept = new Map()
      return told
    },
  }
}

function heldOf(
  rule: CountRule,
  entity: string,
  { object, from, upTo, amounts, keys }: Contribution,
  { total, first, last }: { readonly total: number; readonly first: number; readonly last: number },
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

function totalOf({ amounts, keys }: Contribution): number {
  let total = keys === undefined ? 0 : keysIn(keys)
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
  for (const [at, from] of keys?.first.entries() ?? []) take(from, keys!.last[at]!)
  return [first, last]
}
