/** What one object's records say of the rules: counted as records are settled, made hits before the ledger knows. */
import { hash } from 'node:crypto'
import type { RecordView } from '../contracts/record.ts'
import type { Contribution, Reached } from './count-windows.ts'
import type { Counters } from './counters.ts'
import { addAmount, type Digest } from './digest.ts'
import type { Counter } from './entities.ts'
import { type EventFacts, readFacts } from './facts.ts'
import type { Hit, Entity as HitEntity } from './hit.ts'
import { dropPlaces } from './key-sample.ts'
import type { KindRules } from './kind-rules.ts'
import { type Batch, makeHits } from './make-hits.ts'
import type { Read } from './matches.ts'
import { createObjectMatches } from './object-matches.ts'
import type { HitSink } from './ports.ts'
import { createTexts, type Texts } from './texts.ts'

/** An entity that the table is asked about. */
interface Asked {
  readonly counter: Counter
  readonly reached: Promise<Reached | undefined>
}

/** What was settled up to a commit. */
interface Part {
  readonly counters: readonly Counter[]
  readonly from: number
  readonly upTo: number
}

/** Calls to the table at once. */
const PARALLEL = 8

/** How hits of one object are made. */
export interface ObjectHits {
  /**
   * Matches a record that is to be delivered; true where a rule's filter matches it. (Of rules that watch for silence, an
   * object's first matches are enough.)
   *
   * @param position which of the object's records it is, from 1.
   * @param isCopy the same call was logged before: it is not counted again.
   */
  take(view: RecordView, message: string, position: number, isCopy: boolean): boolean
  /** The records up to this one are settled: only they count. */
  settle(upTo: number): void
  /**
   * Counts what was settled since the last commit, and hands the hits over. Once it is done, the ledger may say so.
   *
   * Errors: those of the HitSink.
   */
  commit(upTo: number): Promise<void>
  /** Something was settled and is not committed. */
  isPending(): boolean
  /** Hits handed over. */
  hits(): number
}

export interface ObjectHitsOptions {
  readonly rules: KindRules
  readonly counters: Counters
  readonly sink: HitSink | undefined
  readonly object: Hit['object']
  /** The object in the ledger: tells its parts from those of others. */
  readonly objectId: string
  readonly logGroupName: string
  /** Records up to here were committed by earlier attempts. */
  readonly from: number
  /** For records without a time: when they were forwarded, ms since the epoch. */
  readonly now: () => number
  /** Told of what was counted and is no hit: who counts on may make hits of it later. */
  readonly onCounted?: ((batch: Batch, read: Read) => void) | undefined
  /** Where messages wait that may be read; absent: they are forgotten as soon as may be. */
  readonly texts?: Texts | undefined
}

/**
 * Follows one object's matches. Memory is bounded: an entity is a few numbers, a text is read only of entities that come
 * near their threshold.
 *
 * @example
 * const hits = createObjectHits(options)
 * if (hits.take(view, message, 1, false)) send(message)
 * hits.settle(1)
 * await hits.commit(1)
 */
export function createObjectHits(options: ObjectHitsOptions): ObjectHits {
  const { rules, counters, sink, logGroupName, now } = options
  const { matcher, counts, pool } = rules
  const texts = options.texts ?? createTexts()
  const objectId = hash('sha256', options.objectId, 'base64url').slice(0, 12)
  const matches = createObjectMatches({ matcher, isCounting: sink !== undefined, logGroupName, pool, texts, now })
  /** Closed, and not handed over yet. */
  const parts: Part[] = []
  let from = options.from
  let made = 0
  let working: Promise<void> = Promise.resolve()

  /** Whether the rule hits: known at once of nearly all. */
  function reachedBy(counter: Counter, part: Part): ReturnType<Counters['count']> {
    const { ready, name } = counter.entity
    if (!counter.entity.isWindowed) return { amount: counter.total, isAtLeast: false, at: counter.first }
    const amounts: Digest = new Map()
    for (let at = 0; at < counter.spans; at += 1) addAmount(amounts, counter.seconds[at]!, counter.amounts[at]!)
    if (counter.keys !== undefined) dropPlaces(counter.keys)
    const contribution: Contribution = {
      object: objectId,
      from: part.from,
      upTo: part.upTo,
      amounts,
      keys: counter.keys,
    }
    return counters.count(counts.get(ready)!, name, contribution)
  }

  /** By the numbers of their messages. */
  const parsed = new Map<number, EventFacts>()
  /** Several rules match the same records. */
  const factsOf: Read = (text, time) => {
    let facts = parsed.get(text)
    if (facts === undefined) {
      const message = texts.text(text)
      facts = readFacts(parse(message), { timestamp: time, message, logGroupName })
      if (parsed.size >= MAX_PARSED) parsed.clear()
      parsed.set(text, facts)
    }
    return facts
  }

  function batchOf(counter: Counter, { from }: Part): Batch {
    const { entity, count, first, last } = counter
    const { ready, fields, name } = entity
    const isShort = matches.isShort(ready)
    const { object } = options
    const of = { objectId: options.objectId, from, object, logGroupName }
    return {
      ...of,
      rule: ready.rule,
      entity: fields as HitEntity,
      name,
      matches: counter.matches,
      count,
      first,
      last,
      isShort,
    }
  }

  function addHits(hits: Hit[], counter: Counter, part: Part, reached: Reached | undefined): void {
    if (reached !== undefined) hits.push(...makeHits(batchOf(counter, part), reached, factsOf))
    else options.onCounted?.(batchOf(counter, part), factsOf)
  }

  async function answer(asked: readonly Asked[], part: Part, hits: Hit[]): Promise<void> {
    const answers = await Promise.all(asked.map(({ reached }) => reached))
    for (const [index, { counter }] of asked.entries()) addHits(hits, counter, part, answers[index])
  }

  async function handOver(part: Part): Promise<void> {
    const hits: Hit[] = []
    const asked: Asked[] = []
    for (const counter of part.counters) {
      const reached = reachedBy(counter, part)
      if (reached instanceof Promise) asked.push({ counter, reached })
      else addHits(hits, counter, part, reached)
      if (asked.length >= PARALLEL) await answer(asked.splice(0), part, hits)
    }
    await answer(asked, part, hits)
    parsed.clear()
    hits.sort((a, b) => a.at - b.at)
    if (hits.length > 0) await sink?.put(hits)
    made += hits.length
  }

  async function handOverParts(): Promise<void> {
    while (parts.length > 0) {
      await handOver(parts[0]!)
      pool.giveBack(parts.shift()!.counters)
    }
    if (options.texts === undefined) texts.forget(matches.firstText())
  }

  return {
    isPending: () => matches.isSettled() || parts.length > 0,
    hits: () => made,
    take: matches.take,
    settle: matches.settle,
    async commit(upTo) {
      const settled = matches.close()
      if (settled.length > 0) parts.push({ counters: settled, from, upTo })
      from = Math.max(from, upTo)
      // One after the other; what failed is tried again with the next.
      working = working.catch(() => {}).then(handOverParts)
      await working
    },
  }
}

/** Messages whose facts are kept for the next rule. */
const MAX_PARSED = 256

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
