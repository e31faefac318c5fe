/** What one object's records match, by entity: taken record by record, counted as the records are settled. */
import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { EntityField } from '../detection/schema.ts'
import { deletesOf, mayListDeletes } from './deletes.ts'
import { type Counter, createEntities, type Entities, type Entity, newCounter } from './entities.ts'
import { entityValue } from './entity.ts'
import { type EventFacts, readFacts } from './facts.ts'
import type { ReadyRule } from './hit-rules.ts'
import { addKey, hashKey } from './key-sample.ts'
import type { Matcher } from './matcher.ts'
import { addMessage, addSeen } from './matches.ts'
import { type Apply, createPending, type Detail, NO_KEY } from './pending.ts'
import { createSeenValues, type Seen } from './seen.ts'

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
  readonly isSettled: boolean
  /** What was settled since the last call. */
  close(): readonly Counter[]
  /** Entities of a rule were forgotten: there may have been more. */
  isShort(ready: ReadyRule): boolean
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
  /** For records without a time; ms since the epoch. */
  readonly now: () => number
}): ObjectMatches {
  const { matcher, isCounting, logGroupName, now } = options
  const entitiesOf = new Map<ReadyRule, Entities>()
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
    if (by.length === 1) return ''
    let rest = partOf(by[1]!, view)
    for (let at = 2; at < by.length; at += 1) rest += `\n${partOf(by[at]!, view)}`
    return rest
  }

  function takeMatch(ready: ReadyRule, view: RecordView, position: number): void {
    const { by, count } = ready.rule.counting!
    const entity = entityOf(ready, partOf(by[0]!, view), restOf(by, view))
    const amount = count === 'keys' || count === 'events' ? 1 : amountOf(ready, view, message, matcher)
    entity.waiting += amount
    const hash = entity.isOfKeys && view.key !== undefined ? hashKey(view.key, entity.salt) : NO_KEY
    pending.add(position, entity, time, amount, hash, detailOf(entity, view))
  }

  /** Put together of pieces, a message keeps alive what they were cut from; several rules keep the same one. */
  let own = { of: '', text: '' }
  function toRead(): Detail {
    if (own.of !== message) own = { of: message, text: detach(message) }
    return { message: own.text, seen: undefined, key: undefined }
  }

  /** What is kept of a match: near the threshold something of each, otherwise the first messages. */
  function detailOf(entity: Entity, view: RecordView): Detail | undefined {
    const total = entity.counter === undefined ? 0 : entity.counter.total
    if (total + entity.waiting < entity.near) {
      entity.kept += 1
      return entity.kept <= MAX_UNREAD ? toRead() : undefined
    }
    entity.looked += 1
    const seen: Seen | undefined = isRead(entity.looked, view) ? undefined : seenValues.of(view)
    return seen?.principal === undefined ? toRead() : { message: undefined, seen, key: view.key }
  }

  const apply: Apply = (given, time, amount, hash, detail) => {
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
    if (counter.keys === undefined) {
      counter.total += amount
      if (entity.isWindowed) addSecond(counter, Math.floor(time / 1000), amount)
    } else {
      if (hash !== NO_KEY) addKey(counter.keys, hash, Math.floor(time / 1000))
      counter.total = counter.keys.hashes.length
    }
    if (detail === undefined) return
    if (detail.message !== undefined) addMessage(counter.matches, detail.message, time)
    else addSeen(counter.matches, detail.seen!, detail.key, time)
  }

  return {
    get isSettled() {
      return settled.length > 0
    },
    isShort: (ready) => entitiesOf.get(ready)?.isShort === true,
    take(view, text, position, isCopy) {
      const found = matcher.match(view, text)
      if (found.length === 0) return false
      let isWanted = false
      for (let at = 0; at < found.length && !isWanted; at += 1) isWanted = isNeeded(found[at]!)
      if (!isCounting) return isWanted
      message = text
      time = view.eventTimeMs ?? now()
      reading = undefined
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
      for (const { entity } of closed) {
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

/** Bytes or deletes. */
function amountOf(ready: ReadyRule, view: RecordView, message: string, matcher: Matcher<ReadyRule>): number {
  if (ready.rule.counting!.count === 'bytes')
    return Math.round(ready.amountOf === undefined ? (view.bytesOut ?? 0) : ready.amountOf(matcher.record))
  if (view.eventName !== 'DeleteObjects' && view.eventName !== 'DeleteVectors') return 1
  // In access logs each deleted object has a line of its own.
  return view.source === 's3access' ? 0 : mayListDeletes(message) ? deletesOf(matcher.record) : 1
}
