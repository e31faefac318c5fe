/** What one object's records say of the rules: counted as records are settled, made hits before the ledger knows. */
import { hash } from 'node:crypto'
import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { Contribution, Counters, CountRule, Reached } from './counters.ts'
import { allowanceOf } from './counters.ts'
import { deletesOf } from './deletes.ts'
import { addAmount, type Digest } from './digest.ts'
import { entityValue, principalIn } from './entity.ts'
import { createFactsTally, type FactsTally } from './evidence.ts'
import { type EventFacts, readFacts } from './facts.ts'
import { type Entity, type Hit, MAX_CALLS } from './hit.ts'
import type { HitRule, ReadyRule } from './hit-rules.ts'
import { addKey, emptySample, hashKey, type KeySample } from './key-sample.ts'
import { createMatcher, type Matcher } from './matcher.ts'
import type { HitSink } from './ports.ts'

/** The rules of one kind of logs, for one function instance. */
export interface KindRules {
  readonly matcher: Matcher<ReadyRule>
  readonly counts: ReadonlyMap<ReadyRule, CountRule>
}

/**
 * @param instances how many function instances count at once, at the most.
 */
export function createKindRules(rules: readonly ReadyRule[], instances: number): KindRules {
  const counts = rules.flatMap((ready) => {
    const { counting, id, sources } = ready.rule
    if (counting === undefined) return []
    const { threshold, window } = counting
    const allowance = allowanceOf(threshold, instances * sources.length)
    return [[ready, { id, threshold, window, allowance }] as const]
  })
  return { matcher: createMatcher(rules), counts: new Map(counts) }
}

/** Matches of one entity since the last commit. */
interface Counter {
  readonly entity: Readonly<Record<string, string>>
  readonly salt: number
  readonly amounts: Digest
  readonly keys: KeySample | undefined
  total: number
  matches: number
  first: number
  last: number
  /** The first matches, unread, until there are enough of them to matter. */
  unread: Match[]
  /** Matches that were read. */
  read: number
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

interface Pending extends Match {
  readonly position: number
  readonly ready: ReadyRule
  readonly values: readonly string[]
  readonly amount: number
}

type Book = Map<ReadyRule, Map<string, Counter>>

/** What was settled up to a commit. */
interface Part {
  readonly book: Book
  readonly from: number
  readonly upTo: number
}

/** Followed at once for one rule; those with least go. */
const MAX_ENTITIES = 4_096
/** Matches of an entity that wait unread, and those that are read at the most between two commits. */
const MAX_UNREAD = 8
const MAX_READ = 2_000
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

  /** Matching records of the rules that watch for silence. */
  const heard = new Map<ReadyRule, number>()
  function isNeeded(ready: ReadyRule): boolean {
    const { atMost } = ready.rule
    if (atMost === undefined) return true
    const before = heard.get(ready) ?? 0
    heard.set(ready, before + 1)
    return before < atMost
  }

  function counterOf(ready: ReadyRule, values: readonly string[]): Counter {
    let known = book.get(ready)
    if (known === undefined) {
      known = new Map()
      book.set(ready, known)
    }
    const id = values.length === 1 ? values[0]! : values.join('\n')
    let counter = known.get(id)
    if (counter === undefined) {
      const { by, count } = ready.rule.counting!
      const entity = Object.fromEntries(by.map((field, index) => [field, detach(values[index]!)]))
      counter = newCounter(entity, count === 'keys')
      known.set(detach(id), counter)
      if (known.size > MAX_ENTITIES) forgetSmallest(known)
    }
    return counter
  }

  function apply({ ready, values, view, message, time, amount }: Pending): void {
    const counting = ready.rule.counting!
    const counter = counterOf(ready, values)
    const second = Math.floor(time / 1000)
    counter.matches += 1
    if (time < counter.first) counter.first = time
    if (time > counter.last) counter.last = time
    if (counter.keys === undefined) {
      counter.total += amount
      if (counting.window > 0) addAmount(counter.amounts, second, amount)
    } else {
      if (view.key !== undefined) addKey(counter.keys, hashKey(view.key, counter.salt), second)
      counter.total = counter.keys.times.size
    }
    const matters = counting.window === 0 || counter.total * 16 >= counting.threshold
    if (!matters) {
      if (counter.unread.length < MAX_UNREAD) counter.unread.push({ view, message, time })
      return
    }
    readUnread(counter)
    if (counter.read < MAX_READ) readMatch(counter, { view, message, time })
  }

  function readUnread(counter: Counter): void {
    if (counter.unread.length === 0) return
    for (const match of counter.unread) readMatch(counter, match)
    counter.unread = []
  }

  function readMatch(counter: Counter, { view, message, time }: Match): void {
    const facts = readFacts(parse(message), { timestamp: time, message, logGroupName })
    const principal = principalIn(view, () => facts)
    let group = counter.groups.get(principal)
    if (group === undefined) {
      group = { tally: createFactsTally(LIMITS), calls: new Set(), matches: 0, first: time, last: time }
      counter.groups.set(principal, group)
    }
    counter.read += 1
    group.matches += 1
    group.first = Math.min(group.first, time)
    group.last = Math.max(group.last, time)
    group.tally.add(facts, time)
    const call = facts.requestID ?? facts.eventID
    if (call !== undefined && group.calls.size < MAX_CALLS) group.calls.add(call)
  }

  async function hitsOf(ready: ReadyRule, counter: Counter, part: Part): Promise<Hit[]> {
    const { rule } = ready
    const counting = rule.counting!
    let reached: Reached | undefined
    if (counting.window === 0) reached = { amount: counter.total, isAtLeast: false, at: counter.first }
    else {
      const contribution: Contribution = {
        object: objectId,
        from: part.from,
        upTo: part.upTo,
        amounts: counter.amounts,
        keys: counter.keys,
      }
      reached = await counters.count(counts.get(ready)!, entityId(counter.entity), contribution)
    }
    if (reached === undefined) return []
    readUnread(counter)
    return [...counter.groups].map(([principal, group]) => {
      const about = [options.objectId, part.from, rule.id, principal, entityId(counter.entity)].join('\n')
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

  async function handOver(part: Part): Promise<void> {
    const hits: Hit[] = []
    const all = [...part.book].flatMap(([ready, known]) => [...known.values()].map((counter) => ({ ready, counter })))
    await inParallel(all, async ({ ready, counter }) => void hits.push(...(await hitsOf(ready, counter, part))))
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
      let read: EventFacts | undefined
      const facts = (): EventFacts => {
        read ??= readFacts(matcher.record, { timestamp: time, message, logGroupName })
        return read
      }
      for (const ready of found) {
        const { counting } = ready.rule
        if (counting === undefined || (isCopy && counting.window > 0)) continue
        const values = counting.by.map((field) => entityValue(field, view, facts))
        const amount = amountOf(ready, counting.count, view, matcher)
        pending.push({ position, ready, values, view, message, time, amount })
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
  return {
    entity,
    salt: isOfKeys ? Number.parseInt(hash('sha256', entityId(entity), 'hex').slice(0, 7), 16) : 0,
    amounts: new Map(),
    keys: isOfKeys ? emptySample() : undefined,
    total: 0,
    matches: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    unread: [],
    read: 0,
    groups: new Map(),
  }
}

/** Half of the entities stay: those with most. */
function forgetSmallest(known: Map<string, Counter>): void {
  const byTotal = [...known].sort(([, a], [, b]) => b.total - a.total)
  for (const [id] of byTotal.slice(MAX_ENTITIES / 2)) known.delete(id)
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

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, run))
}
