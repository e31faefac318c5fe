/** What one object's records match, by entity: taken record by record, counted as the records are settled. */
import type { RecordView } from '../contracts/record.ts'
import type { EntityField } from '../detection/schema.ts'
import type { CounterPool } from './counter-pool.ts'
import { deletesOf, mayListDeletes } from './deletes.ts'
import { type Counter, createEntities, type Entity } from './entities.ts'
import { entityValue } from './entity.ts'
import { type EventFacts, readFacts } from './facts.ts'
import type { ReadyRule } from './hit-rules.ts'
import { addKey, hashKey } from './key-sample.ts'
import type { Matcher } from './matcher.ts'
import { addMessage, addSeen } from './matches.ts'
import { type Apply, createPending, NONE } from './pending.ts'
import { createSeenValues, type Seen } from './seen.ts'
import type { Texts } from './texts.ts'

/** Matches of an entity that is far from its threshold which are kept to be read. */
const MAX_UNREAD = 3
/** So many matches of an entity are read one after another, then as many among twice as many, and so on. */
const READ_AT_FIRST = 10

export interface ObjectMatches {
  /**
   * Takes a record; true where a rule's filter matches it. (Of rules that watch for silence, an object's first matches are
   * enough.)
   *
   * @param position which of the object's records it is, from 1.
   * @param isCopy the same call was logged before: it is not counted again.
   */
  take(view: RecordView, message: string, position: number, isCopy: boolean): boolean
  /** The records up to this one are settled: only they count. */
  settle(upTo: number): void
  /** Something was settled since the last `close`. */
  isSettled(): boolean
  /** What was settled since the last call. */
  close(): readonly Counter[]
  /** Entities of a rule were forgotten: there may have been more. */
  isShort(ready: ReadyRule): boolean
  /** The first text that is kept of what is not closed yet; undefined: there is none. */
  firstText(): number | undefined
}

/**
 * @param options.isCounting false: it is only told what matches.
 * @example
 * const matches = createObjectMatches(options)
 * matches.take(view, message, 1, false)
 * matches.settle(1)
 * for (const counter of matches.close()) count(counter)
 */
export function createObjectMatches(options: {
  readonly matcher: Matcher<ReadyRule>
  readonly isCounting: boolean
  readonly logGroupName: string
  /** Where counters come from, and messages go that may be read. */
  readonly pool: CounterPool
  readonly texts: Texts
  /** For records without a time; ms since the epoch. */
  readonly now: () => number
}): ObjectMatches {
  const { matcher, isCounting, logGroupName, pool, texts, now } = options
  const entities = createEntities(valueIn, () => {
    settled = settled.filter(({ entity }) => !entity.isForgotten)
  })
  const seenValues = createSeenValues()
  const pending = createPending()
  let settled: Counter[] = []

  /** The record at hand, and what its message says: read where it is asked for. */
  let message = ''
  let time = 0
  let reading: EventFacts | undefined
  function facts(): EventFacts {
    reading ??= readFacts(matcher.record, { timestamp: time, message, logGroupName })
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

  function valueIn(field: EntityField, view: RecordView): string {
    return (field === 'principal' ? seenValues.of(view).principal : undefined) ?? entityValue(field, view, facts)
  }

  function takeMatch(ready: ReadyRule, view: RecordView, position: number): void {
    const { count } = ready.rule.counting!
    const entity = entities.of(ready, view)
    const amount = count === 'keys' || count === 'events' ? 1 : amountOf(ready, view, message, matcher)
    entity.waiting += amount
    const hash = entity.isOfKeys && view.key !== undefined ? hashKey(view.key, entity.salt) : NONE
    const seen = seenOf(entity, view)
    if (seen !== undefined) pending.add(position, entity, time, amount, hash, NONE, seen, view.key)
    else pending.add(position, entity, time, amount, hash, isToRead ? textNumber() : NONE, undefined, undefined)
  }

  /** Of the record at hand: several rules keep the same text. */
  let ownText = NONE
  function textNumber(): number {
    if (ownText === NONE) ownText = texts.add(message)
    return ownText
  }

  /** Where a match is not counted by what is seen of it: whether it is to be read. */
  let isToRead = false

  /** What is kept of a match: near the threshold something of each, otherwise the first messages. */
  function seenOf(entity: Entity, view: RecordView): Seen | undefined {
    if (entity.total + entity.waiting < entity.near) {
      entity.kept += 1
      isToRead = entity.kept <= MAX_UNREAD
      return undefined
    }
    entity.looked += 1
    isToRead = true
    const seen: Seen | undefined = isRead(entity.looked, view) ? undefined : seenValues.of(view)
    return seen?.principal === undefined ? undefined : seen
  }

  const apply: Apply = (given, time, amount, hash, text, seen, key) => {
    const entity = given.isForgotten ? entities.again(given) : given
    let { counter } = entity
    if (counter === undefined) {
      counter = pool.take(entity)
      entity.counter = counter
      settled.push(counter)
    }
    given.waiting = Math.max(0, given.waiting - amount)
    counter.count += 1
    if (time < counter.first) counter.first = time
    if (time > counter.last) counter.last = time
    if (counter.keys === undefined) {
      entity.total += amount
      if (entity.isWindowed) addSecond(counter, Math.floor(time / 1000), amount)
    } else {
      if (hash !== NONE) addKey(counter.keys, hash, Math.floor(time / 1000))
      entity.total = counter.keys.hashes.length
    }
    if (text !== NONE) addMessage(counter.matches, text, time)
    else if (seen !== undefined) addSeen(counter.matches, seen, key, time)
  }

  return {
    isSettled: () => settled.length > 0,
    isShort: entities.isShort,
    firstText() {
      let first = pending.firstText()
      for (const { matches } of settled)
        if (matches.messages > 0) first = Math.min(first ?? Number.POSITIVE_INFINITY, matches.texts[0]!)
      return first
    },
    take(view, text, position, isCopy) {
      const found = matcher.match(view, text)
      if (found.length === 0) return false
      let isWanted = false
      for (let at = 0; at < found.length && !isWanted; at += 1) isWanted = isNeeded(found[at]!)
      if (!isCounting) return isWanted
      message = text
      time = view.eventTimeMs ?? now()
      reading = undefined
      ownText = NONE
      entities.next()
      for (let at = 0; at < found.length; at += 1) {
        const ready = found[at]!
        const { counting } = ready.rule
        if (counting !== undefined && !(isCopy && counting.window > 0)) takeMatch(ready, view, position)
      }
      return isWanted
    },
    settle(upTo) {
      pending.settle(upTo, apply)
    },
    close() {
      const closed = settled
      for (const counter of closed) {
        const { entity } = counter
        counter.total = entity.total
        entity.total = 0
        entity.counter = undefined
        entity.kept = 0
        entity.looked = 0
      }
      settled = []
      return closed
    },
  }
}

/** Within one second records come one after another. */
function addSecond(counter: Counter, second: number, amount: number): void {
  const { seconds, amounts, spans } = counter
  if (spans > 0 && seconds[spans - 1] === second) {
    amounts[spans - 1]! += amount
    return
  }
  seconds[spans] = second
  amounts[spans] = amount
  counter.spans = spans + 1
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

/** Bytes or deletes. */
function amountOf(ready: ReadyRule, view: RecordView, message: string, matcher: Matcher<ReadyRule>): number {
  if (ready.rule.counting!.count === 'bytes')
    return Math.round(ready.amountOf === undefined ? (view.bytesOut ?? 0) : ready.amountOf(matcher.record))
  if (view.eventName !== 'DeleteObjects' && view.eventName !== 'DeleteVectors') return 1
  // In access logs each deleted object has a line of its own.
  return view.source === 's3access' ? 0 : mayListDeletes(message) ? deletesOf(matcher.record) : 1
}
