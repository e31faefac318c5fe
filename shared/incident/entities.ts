/** The entities that one object's records are counted by. */
import { hash } from 'node:crypto'
import type { RecordView } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import type { EntityField } from '../detection/schema.ts'
import type { ReadyRule } from './hit-rules.ts'
import type { KeySample } from './key-sample.ts'
import type { Matches } from './matches.ts'

/** Matches of one entity since the last commit. */
export interface Counter {
  entity: Entity
  /** Seconds and what came in them, as it came: the first `spans` of each. The same second may come again. */
  readonly seconds: number[]
  readonly amounts: number[]
  spans: number
  keys: KeySample | undefined
  readonly matches: Matches
  /** Known when it is closed: until then it stands beside what else is asked of an entity. */
  total: number
  count: number
  /** ms since the epoch. */
  first: number
  last: number
}

export interface Entity {
  readonly ready: ReadyRule
  readonly by: string
  readonly rest: string
  readonly fields: Readonly<Record<string, string>>
  /** The same in one text. */
  readonly name: string
  readonly salt: number
  /** From which total on more is kept of matches. */
  readonly near: number
  readonly isOfKeys: boolean
  /** It does not hit at once. */
  readonly isWindowed: boolean
  /** What is settled; undefined: nothing since the last commit. */
  counter: Counter | undefined
  /** What is settled since then, and what is not settled yet. */
  total: number
  waiting: number
  /** Since the last commit: matches kept to be read while it is far from the threshold; and those looked at since. */
  kept: number
  looked: number
  isForgotten: boolean
}

/** The entities of all rules. */
export interface Entities {
  /** The next record is asked for its values anew. */
  next(): void
  /** The entity of the record at hand. */
  of(ready: ReadyRule, view: RecordView): Entity
  /** The one that stands for an entity that was forgotten. */
  again(forgotten: Entity): Entity
  /** Some of a rule were forgotten: what is counted is less than there was. */
  isShort(ready: ReadyRule): boolean
}

/** What rules have in common that begin with the same field: one value of it. */
interface First {
  readonly value: string
  /** By the rules' places. */
  readonly slots: (Slot | undefined)[]
  /** The entity that was made last: of the next rule it is often called the same. */
  made: Entity | undefined
}

/** The entities of one rule that begin with the same value. */
interface Slot {
  last: Entity
  /** Undefined: there is only one. */
  all: Map<string, Entity> | undefined
}

/** The values of one field. */
interface Values {
  readonly known: Map<string, First>
  /** Of the last record that was asked, and which one that was. */
  last: First | undefined
  record: number
}

/** A rule, and what it has. */
interface Followed {
  readonly ready: ReadyRule
  readonly by: readonly EntityField[]
  readonly place: number
  /** In the order in which they came. */
  readonly slots: Set<Slot>
  size: number
  forgetAt: number
  isShort: boolean
}

/** One NEARth of the threshold is so near that more is kept of matches. */
const NEAR = 16
/** Followed at once for one rule; those with least go. */
const MAX_ENTITIES = 4_096

/**
 * Rules that begin with the same field find an entity together: its value is looked for once a record, and each rule has
 * a place beside it.
 *
 * @param valueIn the value of a record's field.
 * @param onForgotten some are: what was counted of them goes, too.
 * @example
 * const entities = createEntities((field, view) => view[field] ?? 'unknown', () => {}); entities.next(); entities.of(ready, view)
 */
export function createEntities(
  valueIn: (field: EntityField, view: RecordView) => string,
  onForgotten: () => void,
): Entities {
  const values = new Map<EntityField, Values>()
  const rules = new Map<ReadyRule, Followed>()
  let record = 0

  function ruleOf(ready: ReadyRule): Followed {
    let rule = rules.get(ready)
    if (rule === undefined) {
      const { by } = ready.rule.counting!
      const place = rules.size
      rule = { ready, by, place, slots: new Set(), size: 0, forgetAt: MAX_ENTITIES, isShort: false }
      rules.set(ready, rule)
    }
    return rule
  }

  function valuesOf(field: EntityField): Values {
    let of = values.get(field)
    if (of === undefined) {
      of = { known: new Map(), last: undefined, record: -1 }
      values.set(field, of)
    }
    return of
  }

  function firstOf({ known }: Values, value: string): First {
    let first = known.get(value)
    if (first === undefined) {
      first = { value: detach(value), slots: [], made: undefined }
      known.set(first.value, first)
    }
    return first
  }

  /** The first value of the record at hand. */
  function firstIn(field: EntityField, view: RecordView): First {
    const of = valuesOf(field)
    if (of.last !== undefined && of.record === record) return of.last
    of.record = record
    const value = valueIn(field, view)
    if (of.last === undefined || of.last.value !== value) of.last = firstOf(of, value)
    return of.last
  }

  /** The other values that a record is counted by. */
  function restIn(by: readonly EntityField[], view: RecordView): string {
    if (by.length === 1) return ''
    let rest = valueIn(by[1]!, view)
    for (let at = 2; at < by.length; at += 1) rest += `\n${valueIn(by[at]!, view)}`
    return rest
  }

  function find(rule: Followed, first: First, rest: string): Entity {
    const slot = first.slots[rule.place]
    if (slot === undefined) return make(rule, first, rest)
    if (slot.last.rest === rest) return slot.last
    const found = slot.all?.get(rest)
    if (found === undefined) return make(rule, first, rest)
    slot.last = found
    return found
  }

  function make(rule: Followed, beside: First, rest: string): Entity {
    let first = beside
    if (rule.size >= rule.forgetAt) {
      forgetSmallest(rule)
      rule.forgetAt = Math.max(MAX_ENTITIES, 2 * rule.size)
      // It may have had nothing else, and went.
      first = firstOf(valuesOf(rule.by[0]!), beside.value)
    }
    const entity = newEntity(rule, first, rest)
    const slot = first.slots[rule.place]
    if (slot === undefined) {
      const made = { last: entity, all: undefined }
      first.slots[rule.place] = made
      rule.slots.add(made)
    } else {
      slot.all ??= new Map([[slot.last.rest, slot.last]])
      slot.all.set(entity.rest, entity)
      slot.last = entity
    }
    first.made = entity
    rule.size += 1
    return entity
  }

  /** Half of the entities stay: those with most, and all that have hit. */
  function forgetSmallest(rule: Followed): void {
    const hitsAtOnce = rule.ready.rule.counting!.window === 0
    const all = [...rule.slots].flatMap(({ last, all }) => (all === undefined ? [last] : [...all.values()]))
    const most = ({ total, waiting }: Entity): number => total + waiting
    const isHit = (entity: Entity): boolean => hitsAtOnce && most(entity) > 0
    all.sort((a, b) => most(b) - most(a))
    for (const entity of all.slice(MAX_ENTITIES / 2)) {
      if (isHit(entity)) continue
      forget(rule, entity)
      rule.isShort ||= most(entity) > 0
    }
    onForgotten()
  }

  function forget(rule: Followed, entity: Entity): void {
    const of = valuesOf(rule.by[0]!)
    const first = of.known.get(entity.by)!
    const slot = first.slots[rule.place]!
    slot.all?.delete(entity.rest)
    const [left] = slot.all?.values() ?? []
    if (left !== undefined) slot.last = left
    else {
      rule.slots.delete(slot)
      first.slots[rule.place] = undefined
      if (first.slots.every((one) => one === undefined)) of.known.delete(first.value)
    }
    if (first.made === entity) first.made = undefined
    of.last = undefined
    rule.size -= 1
    entity.isForgotten = true
  }

  return {
    next() {
      record += 1
    },
    of(ready, view) {
      const rule = ruleOf(ready)
      return find(rule, firstIn(rule.by[0]!, view), restIn(rule.by, view))
    },
    again({ ready, by, rest }) {
      const rule = ruleOf(ready)
      return find(rule, firstOf(valuesOf(rule.by[0]!), by), rest)
    },
    isShort: (ready) => rules.get(ready)?.isShort === true,
  }
}

function newEntity({ ready, by }: Followed, { value, made }: First, rest: string): Entity {
  const { count, threshold, window } = ready.rule.counting!
  const isOfKeys = count === 'keys'
  const called = made !== undefined && made.rest === rest && isSame(made.ready.rule.counting!.by, by)
  const names = called ? made : namesOf(by, value, detach(rest))
  return {
    ready,
    by: value,
    rest: names.rest,
    fields: names.fields,
    name: names.name,
    salt: isOfKeys ? Number.parseInt(hash('sha256', names.name, 'hex').slice(0, 7), 16) : 0,
    near: window === 0 ? 0 : threshold / NEAR,
    isOfKeys,
    isWindowed: window > 0,
    counter: undefined,
    total: 0,
    waiting: 0,
    kept: 0,
    looked: 0,
    isForgotten: false,
  }
}

function namesOf(by: readonly EntityField[], first: string, rest: string): Pick<Entity, 'rest' | 'fields' | 'name'> {
  const values = by.length > 2 ? [first, ...rest.split('\n')] : [first, rest]
  const fields = Object.fromEntries(by.map((field, index) => [field, values[index] ?? '']))
  return { rest, fields, name: JSON.stringify(fields) }
}

function isSame(some: readonly EntityField[], others: readonly EntityField[]): boolean {
  return some.length === others.length && some.every((field, at) => field === others[at])
}
