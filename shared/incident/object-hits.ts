/** What one object's records say of the rules: counted as records are settled, made hits before the ledger knows. */
import { hash } from 'node:crypto'
import type { RecordView } from '../contracts/record.ts'
import type { EntityField } from '../detection/schema.ts'
import { allowancesOf } from './allowances.ts'
import type { Contribution, CountRule, Reached } from './count-windows.ts'
import type { Counters } from './counters.ts'
import { deletesOf, mayListDeletes } from './deletes.ts'
import { addAmount, type Digest } from './digest.ts'
import { type Counter, createEntities, type Entities, type Entity, newCounter } from './entities.ts'
import { entityValue } from './entity.ts'
import { type EventFacts, readFacts } from './facts.ts'
import type { Hit, Entity as HitEntity } from './hit.ts'
import type { ReadyRule } from './hit-rules.ts'
import { addKey, dropPlaces, hashKey } from './key-sample.ts'
import { type Batch, makeHits } from './make-hits.ts'
import { createMatcher, type Matcher } from './matcher.ts'
import { addMessage, addSeen, type Message } from './matches.ts'
import { type Apply, createPending } from './pending.ts'
import type { HitSink } from './ports.ts'
import { createSeenValues, type Seen } from './seen.ts'

/** The rules of one kind of logs, for one function instance. */
export interface KindRules {
  readonly matcher: Matcher<ReadyRule>
  readonly counts: ReadonlyMap<ReadyRule, CountRule>
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
  return { matcher: createMatcher(wanted), counts: new Map(counts) }
}

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

/** Matches of an entity that is far from its threshold which are kept to be read. */
const MAX_UNREAD = 3
/** So many matches of an entity are read one after another, then as many among twice as many, and so on. */
const READ_AT_FIRST = 10
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
  readonly isPending: boolean
  /** Hits handed over. */
  readonly hits: number
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
  readonly onCounted?: ((batch: Batch, read: (message: Message) => EventFacts) => void) | undefined
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
  const { matcher, counts } = rules
  const objectId = hash('sha256', options.objectId, 'base64url').slice(0, 12)
  const entitiesOf = new Map<ReadyRule, Entities>()
  const seenValues = createSeenValues()
  const pending = createPending()
  let settled: Counter[] = []
  /** Closed, and not handed over yet. */
  const parts: Part[] = []
  let from = options.from
  let made = 0
  let working: Promise<void> = Promise.resolve()

  /** What the record at hand says, read where it is asked for. */
  let reading: EventFacts | undefined
  let readingOf = { timestamp: 0, message: '', logGroupName }
  function facts(): EventFacts {
    reading ??= readFacts(matcher.record, readingOf)
    return reading
  }

  /** Matching records of the rules that watch for silence. */
  const heard = new Map<ReadyRule, number>()
  function isNeeded(ready: ReadyRule): boolean {
    const { atMost } = ready.rule
    if (atMost === undefined) return true
    const before = heard.get(ready) ?? 0
    heard.set(ready, before + 1)
    return before < atMost
  }

  function entityOf(ready: ReadyRule, by: string, rest: string): Entity {
    let entities = entitiesOf.get(ready)
    if (entities === undefined) {
      entities = createEntities(ready, () => {
        settled = settled.filter(({ entity }) => !entity.isForgotten)
      })
      entitiesOf.set(ready, entities)
    }
    return entities.of(by, rest)
  }

  function partOf(field: EntityField, view: RecordView): string {
    return (field === 'principal' ? seenValues.of(view).principal : undefined) ?? entityValue(field, view, facts)
  }

  /** The other values that a record is counted by. */
  function restOf(by: readonly EntityField[], view: RecordView): string {
    if (by.length === 2) return partOf(by[1]!, view)
    return by.length === 1
      ? ''
      : by
          .slice(1)
          .map((field) => partOf(field, view))
          .join('\n')
  }

  function takeMatch(ready: ReadyRule, view: RecordView, message: string, position: number, time: number): void {
    const { by, count, threshold, window } = ready.rule.counting!
    const entity = entityOf(ready, partOf(by[0]!, view), restOf(by, view))
    const amount = amountOf(ready, count, view, message, matcher)
    entity.waiting += amount
    let isKept = window === 0 || ((entity.counter?.total ?? 0) + entity.waiting) * NEAR >= threshold
    let seen: Seen | undefined
    if (isKept) {
      entity.looked += 1
      if (!isRead(entity.looked, view)) seen = seenValues.of(view)
      isKept = seen?.principal === undefined
    } else {
      entity.kept += 1
      isKept = entity.kept <= MAX_UNREAD
    }
    const key = seen !== undefined || count === 'keys' ? view.key : undefined
    pending.add(position, entity, time, amount, isKept ? message : undefined, isKept ? undefined : seen, key)
  }

  const apply: Apply = (given, time, amount, message, seen, key) => {
    const entity = given.isForgotten ? entityOf(given.ready, given.by, given.rest) : given
    let { counter } = entity
    if (counter === undefined) {
      counter = newCounter(entity)
      entity.counter = counter
      settled.push(counter)
    }
    given.waiting = Math.max(0, given.waiting - amount)
    counter.count += 1
    if (time < counter.first) counter.first = time
    if (time > counter.last) counter.last = time
    const second = Math.floor(time / 1000)
    if (counter.keys === undefined) {
      counter.total += amount
      if (entity.ready.rule.counting!.window > 0) addSecond(counter, second, amount)
    } else {
      if (key !== undefined) addKey(counter.keys, hashKey(key, entity.salt), second)
      counter.total = counter.keys.hashes.length
    }
    if (message !== undefined) addMessage(counter.matches, message, time)
    else if (seen !== undefined) addSeen(counter.matches, seen, key, time)
  }

  /** Whether the rule hits: known at once of nearly all. */
  function reachedBy(counter: Counter, part: Part): ReturnType<Counters['count']> {
    const { ready, name } = counter.entity
    if (ready.rule.counting!.window === 0) return { amount: counter.total, isAtLeast: false, at: counter.first }
    const amounts: Digest = new Map()
    for (let at = 0; at < counter.seconds.length; at += 1)
      addAmount(amounts, counter.seconds[at]!, counter.amounts[at]!)
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

  const parsed = new Map<string, EventFacts>()
  /** Several rules match the same records. */
  function factsOf({ message, time }: Message): EventFacts {
    let facts = parsed.get(message)
    if (facts === undefined) {
      facts = readFacts(parse(message), { timestamp: time, message, logGroupName })
      if (parsed.size >= MAX_PARSED) parsed.clear()
      parsed.set(message, facts)
    }
    return facts
  }

  function batchOf({ entity, matches, count, first, last }: Counter, { from }: Part): Batch {
    const { ready, fields, name } = entity
    const { isShort } = entitiesOf.get(ready)!
    const { object } = options
    const of = { objectId: options.objectId, from, object, logGroupName }
    return { ...of, rule: ready.rule, entity: fields as HitEntity, name, matches, count, first, last, isShort }
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
      parts.shift()
    }
  }

  return {
    get isPending() {
      return settled.length > 0 || parts.length > 0
    },
    get hits() {
      return made
    },
    take(view, message, position, isCopy) {
      const found = matcher.match(view, message)
      if (found.length === 0) return false
      const isWanted = found.some(isNeeded)
      if (sink === undefined) return isWanted
      const time = view.eventTimeMs ?? now()
      reading = undefined
      readingOf = { timestamp: time, message, logGroupName }
      for (const ready of found) {
        const { counting } = ready.rule
        if (counting === undefined || (isCopy && counting.window > 0)) continue
        takeMatch(ready, view, message, position, time)
      }
      return isWanted
    },
    settle(upTo) {
      pending.settle(upTo, apply)
    },
    async commit(upTo) {
      if (settled.length > 0) parts.push({ counters: settled, from, upTo })
      for (const { entity } of settled) {
        entity.counter = undefined
        entity.kept = 0
        entity.looked = 0
      }
      settled = []
      from = Math.max(from, upTo)
      // One after the other; what failed is tried again with the next.
      working = working.catch(() => {}).then(handOverParts)
      await working
    },
  }
}

/** Messages whose facts are kept for the next rule. */
const MAX_PARSED = 256
/** One NEARth of the threshold is so near that more is kept of matches. */
const NEAR = 16

/** Within one second records come one after another. */
function addSecond({ seconds, amounts }: Counter, second: number, amount: number): void {
  const last = seconds.length - 1
  if (seconds[last] === second) amounts[last]! += amount
  else {
    seconds.push(second)
    amounts.push(amount)
  }
}

/**
 * All of the first; of what follows one in two, then one in four … Which ones the record itself says, so that rules that
 * match the same records read the same.
 */
function isRead(looked: number, { identity = '' }: RecordView): boolean {
  if (looked <= READ_AT_FIRST) return true
  let mix = looked
  if (identity !== '') {
    mix = 0x811c9dc5
    for (let i = 0; i < identity.length; i += 1) mix = Math.imul(mix ^ identity.charCodeAt(i), 0x01000193)
    mix ^= mix >>> 15
  }
  return (mix & ((1 << Math.floor(Math.log2(looked / READ_AT_FIRST))) - 1)) === 0
}

function amountOf(
  ready: ReadyRule,
  count: 'events' | 'keys' | 'bytes' | 'deletes',
  view: RecordView,
  message: string,
  matcher: Matcher<ReadyRule>,
): number {
  if (count === 'bytes')
    return Math.round(ready.amountOf === undefined ? (view.bytesOut ?? 0) : ready.amountOf(matcher.record))
  // In access logs each deleted object has a line of its own.
  if (count === 'deletes' && (view.eventName === 'DeleteObjects' || view.eventName === 'DeleteVectors'))
    return view.source === 's3access' ? 0 : mayListDeletes(message) ? deletesOf(matcher.record) : 1
  return 1
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
