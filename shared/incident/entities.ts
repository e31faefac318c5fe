/** The entities that one object's records are counted by. */
import { hash } from 'node:crypto'
import { detach } from '../derive/detach.ts'
import type { ReadyRule } from './hit-rules.ts'
import { emptySample, type KeySample } from './key-sample.ts'
import { type Matches, noMatches } from './matches.ts'

/** Matches of one entity since the last commit. */
export interface Counter {
  readonly entity: Entity
  /** Seconds and what came in them, as it came; the same second may come again. */
  readonly seconds: number[]
  readonly amounts: number[]
  readonly keys: KeySample | undefined
  readonly matches: Matches
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
  /** What is not settled yet. */
  waiting: number
  /** Since the last commit: matches kept to be read while it is far from the threshold; and those looked at since. */
  kept: number
  looked: number
  isForgotten: boolean
}

/** The entities of one rule. */
export interface Entities {
  of(by: string, rest: string): Entity
  /** Some were forgotten: what is counted is less than there was. */
  readonly isShort: boolean
}

/** One NEARth of the threshold is so near that more is kept of matches. */
const NEAR = 16
/** Followed at once for one rule; those with least go. */
const MAX_ENTITIES = 4_096

/**
 * @param onForgotten some are: what was counted of them goes, too.
 * @example createEntities(ready, () => {}).of('arn:aws:iam::111122223333:user/alice', 'amzn-s3-demo-bucket')
 */
export function createEntities(ready: ReadyRule, onForgotten: () => void): Entities {
  /** By the first value, then by the others: they are the same few texts again and again. */
  const known = new Map<string, Map<string, Entity>>()
  let size = 0
  let isShort = false
  let forgetAt = MAX_ENTITIES
  let last: Entity | undefined
  const hitsAtOnce = ready.rule.counting!.window === 0

  /** Half of the entities stay: those with most, and all that have hit. */
  function forgetSmallest(): void {
    const all = [...known.values()].flatMap((of) => [...of.values()])
    const most = (entity: Entity): number => (entity.counter?.total ?? 0) + entity.waiting
    const isHit = (entity: Entity): boolean => hitsAtOnce && most(entity) > 0
    all.sort((a, b) => most(b) - most(a))
    for (const entity of all.slice(MAX_ENTITIES / 2)) {
      if (isHit(entity)) continue
      const of = known.get(entity.by)!
      of.delete(entity.rest)
      if (of.size === 0) known.delete(entity.by)
      size -= 1
      entity.isForgotten = true
      isShort ||= most(entity) > 0
    }
    last = undefined
    onForgotten()
  }

  function make(by: string, rest: string): Entity {
    if (size >= forgetAt) {
      forgetSmallest()
      forgetAt = Math.max(MAX_ENTITIES, 2 * size)
    }
    const entity = newEntity(ready, detach(by), detach(rest))
    const of = known.get(by)
    if (of === undefined) known.set(entity.by, new Map([[entity.rest, entity]]))
    else of.set(entity.rest, entity)
    size += 1
    return entity
  }

  return {
    get isShort() {
      return isShort
    },
    of(by, rest) {
      if (last === undefined || last.by !== by || last.rest !== rest) last = known.get(by)?.get(rest) ?? make(by, rest)
      return last
    },
  }
}

function newEntity(ready: ReadyRule, by: string, rest: string): Entity {
  const { by: fields, count, threshold, window } = ready.rule.counting!
  const values = fields.length > 2 ? [by, ...rest.split('\n')] : [by, rest]
  const entity = Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']))
  const name = JSON.stringify(entity)
  const isOfKeys = count === 'keys'
  return {
    ready,
    by,
    rest,
    fields: entity,
    name,
    salt: isOfKeys ? Number.parseInt(hash('sha256', name, 'hex').slice(0, 7), 16) : 0,
    near: window === 0 ? 0 : threshold / NEAR,
    isOfKeys,
    isWindowed: window > 0,
    counter: undefined,
    waiting: 0,
    kept: 0,
    looked: 0,
    isForgotten: false,
  }
}

export function newCounter(entity: Entity): Counter {
  return {
    entity,
    seconds: [],
    amounts: [],
    keys: entity.isOfKeys ? emptySample() : undefined,
    matches: noMatches(),
    total: 0,
    count: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
  }
}
