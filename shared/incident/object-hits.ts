/** What one object's records say of the rules: counted as records are settled, made hits before the ledger knows. */
import { hash } from 'node:crypto'
import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { EntityField } from '../detection/schema.ts'
import type { Contribution, Counters, CountRule, Reached } from './counters.ts'
import { allowancesOf } from './counters.ts'
import { deletesOf } from './deletes.ts'
import { addAmount, type Digest } from './digest.ts'
import { entityValue, principalIn } from './entity.ts'
import { createFactsTally, type FactsTally, type SeenFacts } from './evidence.ts'
import { cleanText, type EventFacts, readFacts } from './facts.ts'
import { type Entity, type Hit, MAX_CALLS } from './hit.ts'
import type { HitRule, ReadyRule } from './hit-rules.ts'
import { addKey, emptySample, hashKey, type KeySample } from './key-sample.ts'
import { createMatcher, type Matcher } from './matcher.ts'
import type { HitSink } from './ports.ts'
import { principalInView } from './principal.ts'

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
    const { threshold, window } = counting
    return [[ready, { id, threshold, window, ...allowancesOf(threshold, options.instances, sources.length) }] as const]
  })
  const wanted = options.isMatchingOnly ? rules : rules.filter(({ rule }) => rule.counting !== undefined)
  return { matcher: createMatcher(wanted), counts: new Map(counts) }
}

/** Matches of one entity since the last commit. */
interface Counter {
  readonly entity: Readonly<Record<string, string>>
  /** The same in one text. */
  readonly name: string
  readonly salt: number
  readonly amounts: Digest
  readonly keys: KeySample | undefined
  total: number
  matches: number
  first: number
  last: number
  /** The first matches, unread, until there are enough of them to matter. */
  unread: Match[]
  /** What is not settled yet, and how many of those matches were kept to be read. */
  waiting: number
  kept: number
  /** Matches that were looked at, most of them read where they are few. */
  looked: number
  readonly groups: Map<string, Group>
}

/** What the matches of one principal say. */
interface Group {
  readonly tally: FactsTally
  readonly calls: Set<string>
  matches: number
  first: number
  last: number
}

interface Match {
  readonly view: RecordView
  readonly message: string
  /** ms since the epoch. */
  readonly time: number
}

interface Pending {
  /** Undefined: there are enough to read of its entity. What is held on to until it is settled has its price. */
  readonly match: Match | undefined
  readonly time: number
  /** Of a rule that counts keys. */
  readonly key: string | undefined
  readonly position: number
  readonly ready: ReadyRule
  /** What it is counted by: the first value, and the others in one text. */
  readonly by: string
  readonly rest: string
  readonly amount: number
  /** Where it is known already, in the book of the time. */
  readonly counter: Counter | undefined
  readonly book: Book
}

/** The entities of one rule. */
interface Entities {
  /** By the first value, then by the others: they are the same few texts again and again. */
  readonly counters: Map<string, Map<string, Counter>>
  size: number
  /** Some were forgotten: what is counted is less than there was. */
  isShort: boolean
}

type Book = Map<ReadyRule, Entities>

/** An entity that the table is asked about. */
interface Asked {
  readonly ready: ReadyRule
  readonly counter: Counter
  readonly isShort: boolean
  readonly reached: Promise<Reached | undefined>
}

/** What was settled up to a commit. */
interface Part {
  readonly book: Book
  readonly from: number
  readonly upTo: number
}

/** Followed at once for one rule; those with least go. */
const MAX_ENTITIES = 4_096
/** Matches of an entity that wait unread. */
const MAX_UNREAD = 3
/** So many matches of an entity are read one after another, then as many among twice as many, and so on. */
const READ_AT_FIRST = 10
const LIMITS = { top: 10, records: 5, values: 1_000 }

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
  let book: Book = new Map()
  /** Closed, and not handed over yet. */
  const parts: Part[] = []
  let pending: Pending[] = []
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

  function counterOf(ready: ReadyRule, by: string, rest: string): Counter {
    let known = book.get(ready)
    if (known === undefined) {
      known = { counters: new Map(), size: 0, isShort: false }
      book.set(ready, known)
    }
    const counter = known.counters.get(by)?.get(rest)
    if (counter !== undefined) return counter
    if (known.size >= MAX_ENTITIES) forgetSmallest(known)
    const fields = ready.rule.counting!.by
    const values = (fields.length > 2 ? [by, ...rest.split('\n')] : [by, rest].slice(0, fields.length)).map(detach)
    const entity = Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']))
    const made = newCounter(entity, ready.rule.counting!.count === 'keys')
    const ofFirst = known.counters.get(by)
    if (ofFirst === undefined) known.counters.set(values[0]!, new Map([[values.slice(1).join('\n'), made]]))
    else ofFirst.set(values.slice(1).join('\n'), made)
    known.size += 1
    return made
  }

  /** Whether a match may have to be read. */
  function isWorthKeeping({ rule: { counting } }: ReadyRule, counter: Counter | undefined, amount: number): boolean {
    if (counter === undefined || counting!.window === 0) return true
    counter.waiting += amount
    if (isNear(counting!, counter.total + counter.waiting)) return true
    counter.kept += 1
    return counter.kept <= MAX_UNREAD
  }

  function apply(pending: Pending): void {
    const { ready, match, time, key, amount } = pending
    const counting = ready.rule.counting!
    const isAtHand = pending.counter !== undefined && pending.book === book
    const counter = isAtHand ? pending.counter : counterOf(ready, pending.by, pending.rest)
    const second = Math.floor(time / 1000)
    counter.matches += 1
    if (time < counter.first) counter.first = time
    if (time > counter.last) counter.last = time
    if (counter.keys === undefined) {
      counter.total += amount
      if (counting.window > 0) addAmount(counter.amounts, second, amount)
    } else {
      if (key !== undefined) addKey(counter.keys, hashKey(key, counter.salt), second)
      counter.total = counter.keys.times.size
    }
    counter.waiting = Math.max(0, counter.waiting - amount)
    if (match === undefined) return
    if (counting.window > 0 && !isNear(counting, counter.total)) {
      if (counter.unread.length < MAX_UNREAD) counter.unread.push(match)
      return
    }
    readUnread(counter)
    lookAt(counter, match)
  }

  /** Reads a match, or counts it by what its view says. */
  function lookAt(counter: Counter, match: Match): void {
    counter.looked += 1
    const principal = isRead(counter.looked, match.view) ? undefined : principalInView(match.view)
    if (principal === undefined) readMatch(counter, match)
    else {
      const group = groupOf(counter, principal, match.time)
      group.tally.addSeen(seenIn(match.view))
    }
  }

  function readUnread(counter: Counter): void {
    if (counter.unread.length === 0) return
    for (const match of counter.unread) lookAt(counter, match)
    counter.unread = []
  }

  function readMatch(counter: Counter, { view, message, time }: Match): void {
    const facts = readFacts(parse(message), { timestamp: time, message, logGroupName })
    const group = groupOf(
      counter,
      principalIn(view, () => facts),
      time,
    )
    group.tally.add(facts, time)
    const call = facts.requestID ?? facts.eventID
    if (call !== undefined && group.calls.size < MAX_CALLS) group.calls.add(call)
  }

  function groupOf(counter: Counter, principal: string, time: number): Group {
    let group = counter.groups.get(principal)
    if (group === undefined) {
      group = { tally: createFactsTally(LIMITS), calls: new Set(), matches: 0, first: time, last: time }
      counter.groups.set(detach(principal), group)
    }
    group.matches += 1
    group.first = Math.min(group.first, time)
    group.last = Math.max(group.last, time)
    return group
  }

  /** Whether the rule hits: known at once of nearly all. */
  function reachedBy(ready: ReadyRule, counter: Counter, part: Part): ReturnType<Counters['count']> {
    if (ready.rule.counting!.window === 0) return { amount: counter.total, isAtLeast: false, at: counter.first }
    const { amounts, keys } = counter
    const contribution: Contribution = { object: objectId, from: part.from, upTo: part.upTo, amounts, keys }
    return counters.count(counts.get(ready)!, counter.name, contribution)
  }

  function hitsOf({ rule }: ReadyRule, counter: Counter, part: Part, reached: Reached): Hit[] {
    readUnread(counter)
    return [...counter.groups].map(([principal, group]) => {
      const about = [options.objectId, part.from, rule.id, principal, counter.name].join('\n')
      const id = hash('sha256', about, 'base64url').slice(0, 24)
      return { id, ...toHit(rule, counter, principal, group, reached) }
    })
  }

  function toHit(rule: HitRule, counter: Counter, principal: string, group: Group, reached: Reached): Omit<Hit, 'id'> {
    const counting = rule.counting!
    const isOnly = counter.groups.size === 1
    const entity = counter.entity as Entity
    return {
      version: 1,
      rule: rule.id,
      severity: rule.severity,
      principal,
      entity,
      first: isOnly ? counter.first : group.first,
      last: isOnly ? counter.last : group.last,
      at: counting.window === 0 ? group.first : reached.at,
      matches: isOnly ? counter.matches : group.matches,
      count: counting.count,
      amount: reached.amount,
      ...(reached.isAtLeast ? { isAtLeast: true } : {}),
      threshold: counting.threshold,
      window: counting.window,
      evidence: group.tally.result(),
      calls: [...group.calls],
      object: options.object,
      logGroupName,
    }
  }

  async function answer(asked: readonly Asked[], part: Part, hits: Hit[]): Promise<void> {
    const answers = await Promise.all(asked.map(({ reached }) => reached))
    for (const [index, { ready, counter, isShort }] of asked.entries()) {
      const reached = answers[index]
      if (reached === undefined) continue
      hits.push(...hitsOf(ready, counter, part, isShort ? { ...reached, isAtLeast: true } : reached))
    }
  }

  async function handOver(part: Part): Promise<void> {
    const hits: Hit[] = []
    const asked: Asked[] = []
    for (const [ready, { counters: byFirst, isShort }] of part.book) {
      for (const [, of] of byFirst) {
        for (const [, counter] of of) {
          const reached = reachedBy(ready, counter, part)
          if (reached === undefined) continue
          if (reached instanceof Promise) asked.push({ ready, counter, isShort, reached })
          else hits.push(...hitsOf(ready, counter, part, isShort ? { ...reached, isAtLeast: true } : reached))
          if (asked.length >= PARALLEL) await answer(asked.splice(0), part, hits)
        }
      }
    }
    await answer(asked, part, hits)
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
      return book.size > 0 || parts.length > 0
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
        const by = entityValue(counting.by[0]!, view, facts)
        const rest = counting.by.length === 1 ? '' : restOf(counting.by, view, facts)
        const amount = amountOf(ready, counting.count, view, matcher)
        const counter = book.get(ready)?.counters.get(by)?.get(rest)
        const match = isWorthKeeping(ready, counter, amount) ? { view, message, time } : undefined
        const key = counting.count === 'keys' ? view.key : undefined
        pending.push({ match, time, key, position, ready, by, rest, amount, counter, book })
      }
      return isWanted
    },
    settle(upTo) {
      let settled = 0
      while (settled < pending.length && pending[settled]!.position <= upTo) apply(pending[settled++]!)
      pending = settled === pending.length ? [] : pending.slice(settled)
    },
    async commit(upTo) {
      if (book.size > 0) parts.push({ book, from, upTo })
      book = new Map()
      from = Math.max(from, upTo)
      // One after the other; what failed is tried again with the next.
      working = working.catch(() => {}).then(handOverParts)
      await working
    },
  }
}

function newCounter(entity: Readonly<Record<string, string>>, isOfKeys: boolean): Counter {
  const name = entityId(entity)
  return {
    entity,
    name,
    salt: isOfKeys ? Number.parseInt(hash('sha256', name, 'hex').slice(0, 7), 16) : 0,
    amounts: new Map(),
    keys: isOfKeys ? emptySample() : undefined,
    total: 0,
    matches: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    unread: [],
    waiting: 0,
    kept: 0,
    looked: 0,
    groups: new Map(),
  }
}

/** Half of the entities stay: those with most. */
function forgetSmallest(known: Entities): void {
  const all = [...known.counters].flatMap(([by, of]) => [...of].map(([rest, { total }]) => ({ by, rest, total })))
  all.sort((a, b) => b.total - a.total)
  for (const { by, rest } of all.slice(MAX_ENTITIES / 2)) {
    const of = known.counters.get(by)!
    of.delete(rest)
    if (of.size === 0) known.counters.delete(by)
    known.size -= 1
  }
  known.isShort = true
}

/** So near to the threshold that its matches are read. */
const isNear = ({ threshold }: { readonly threshold: number }, total: number): boolean => total * 16 >= threshold

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

/** The other values that a record is counted by. */
function restOf(by: readonly EntityField[], view: RecordView, facts: () => EventFacts): string {
  if (by.length === 2) return entityValue(by[1]!, view, facts)
  return by
    .slice(1)
    .map((field) => entityValue(field, view, facts))
    .join('\n')
}

/** What a view says for a summary, as a mail may show it. */
function seenIn(view: RecordView): SeenFacts {
  const { eventName, errorCode, outcome, actor, actorType, sourceIPAddress, ipClass, tool, bucket, key } = view
  const seen = { eventName, errorCode, outcome, actor, sourceIPAddress, bucket, key }
  const clean = Object.entries(seen).flatMap(([name, value]) => {
    const text = cleanText(value)
    return text === undefined ? [] : [[name, detach(text)]]
  })
  return { ...(Object.fromEntries(clean) as SeenFacts), ...defined({ actorType, ipClass, tool }) }
}

function defined(values: Readonly<Record<string, string | undefined>>): SeenFacts {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

const entityId = (entity: Readonly<Record<string, string>>): string => JSON.stringify(entity)

function amountOf(
  ready: ReadyRule,
  count: 'events' | 'keys' | 'bytes' | 'deletes',
  view: RecordView,
  matcher: Matcher<ReadyRule>,
): number {
  if (count === 'bytes')
    return Math.round(ready.amountOf === undefined ? (view.bytesOut ?? 0) : ready.amountOf(matcher.record))
  // In access logs each deleted object has a line of its own.
  if (count === 'deletes' && view.eventName === 'DeleteObjects')
    return view.source === 's3access' ? 0 : deletesOf(matcher.record)
  return 1
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

/** Calls to the table at once. */
const PARALLEL = 8
