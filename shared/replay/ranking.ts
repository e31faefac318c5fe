/** Which values are most frequent, in bounded memory, and in parts that can be put together. */
import { createHashIndex } from '../basics/hash-index.ts'
import { detach } from '../derive/detach.ts'
import { hashKey } from '../incident/key-sample.ts'
import { type TextColumn, textColumn, textsOf } from './columns.ts'
import { createDistinct, type Distinct } from './distinct.ts'
import { createDoorkeeper, type Doorkeeper } from './doorkeeper.ts'
import type { Ranked, Ranking } from './model.ts'

/** A part of a ranking as plain data. */
export interface RankingPart {
  readonly values: TextColumn
  /** Of each value; empty: none. Absent: no value has one. */
  readonly types?: TextColumn
  readonly counts: Float64Array<ArrayBuffer>
  readonly bytes: Float64Array<ArrayBuffer>
  /** What is not listed came at most so often in this part, and what is listed at most so much oftener. */
  readonly slack: number
  /** Which different values there were, where they are not all listed. */
  readonly distinct?: string
}

/** Counts values. */
export interface RankingCounter {
  add(value: string, type?: string, bytes?: number, count?: number): void
  /** As `add('group/value')`, without making that text for each record. The group holds no slash. */
  addIn(group: string, value: string, bytes: number): void
  /** Takes another part in. */
  merge(part: RankingPart): void
  part(): RankingPart
  /** The most frequent `limit` values. */
  rank(limit: number): Ranking
  /** Begins anew: what it says afterwards does not depend on what was counted before. */
  clear(): void
}

interface Entry {
  readonly value: string
  readonly group: Group
  type: string
  /** 0: it is remembered from a sum before. */
  count: number
  bytes: number
}

/** Values by what stands before their first slash; of rankings without groups all are in one. */
interface Group {
  readonly name: string
  readonly salt: number
}

const isEntry = (entry: Entry, value: string, group: unknown): boolean => entry.value === value && entry.group === group

const SALT = 0x5bd1e995
const saltOf = (group: string): number => (group === '' ? SALT : hashKey(group, SALT))

/**
 * Up to `capacity` different values are counted exactly, however parts are split and merged. Where there are more, the
 * rarest go, and a new one is followed from its second time on: then counts are lower bounds, off by no more than `slack`,
 * and which values are listed depends on the order of the merges; a replay merges in the order of its objects, so that it
 * comes to the same with any number of threads.
 *
 * @param isGrouped values are `group/value`, such as `bucket/key`.
 * @param room so many are followed until they are put in order: with little more than the capacity, what is rare would come
 * and go all the time.
 * @example
 * const counter = createRanking(1000); counter.add('192.0.2.1', 'public'); counter.rank(10).top[0]?.count // 1
 */
export function createRanking(capacity: number, isGrouped = false, room = 2 * capacity): RankingCounter {
  /** Entries that were met, counted or not: a thread meets the same values in object after object. */
  const entries = createHashIndex(isEntry)
  const groups = new Map<string, Group>()
  let last: Group | undefined
  /** Those that are counted, as they came. */
  let live: Entry[] = []
  let slack = 0
  /** Both from when more values came than are followed. */
  let distinct: Distinct | undefined
  let doorkeeper: Doorkeeper | undefined

  function groupOf(name: string): Group {
    if (last?.name === name) return last
    let group = groups.get(name)
    if (group === undefined) {
      group = { name: detach(name), salt: saltOf(name) }
      groups.set(group.name, group)
    }
    last = group
    return group
  }

  function forget(): void {
    entries.clear()
    groups.clear()
    last = undefined
    for (const entry of live) {
      groups.set(entry.group.name, entry.group)
      entries.add(hashKey(entry.value, entry.group.salt), entry)
    }
  }

  function distinctNow(): Distinct {
    if (distinct === undefined) {
      distinct = createDistinct()
      for (const { group, value } of live) distinct.addHash(hashKey(value, group.salt))
    }
    return distinct
  }

  function prune(): void {
    distinctNow()
    const rarest = rarestOf(live, capacity)
    live = live.filter((entry) => !rarest.has(entry))
    let dropped = 0
    for (const entry of rarest) {
      dropped = Math.max(dropped, entry.count)
      entry.count = 0
      entry.bytes = 0
    }
    slack += dropped
  }

  function insert(hash: number, group: Group, known: Entry | undefined, value: string): Entry {
    if (live.length >= room) prune()
    let entry = known
    if (entry === undefined) {
      if (entries.size >= 4 * room) {
        forget()
        return insert(hash, groupOf(group.name), undefined, value)
      }
      entry = { value: detach(value), group, type: '', count: 0, bytes: 0 }
      entries.add(hash, entry)
    }
    live.push(entry)
    if (doorkeeper !== undefined) cameBefore(doorkeeper, hash)
    return entry
  }

  /** Whether a value came for the first time, and is not followed: only once there are too many. */
  function isNew(hash: number): boolean {
    if (slack === 0) return false
    doorkeeper ??= doorkeeperNow()
    return !cameBefore(doorkeeper, hash)
  }

  /** Notes a value, and what is followed too where all was forgotten for want of room, whoever noted the last one. */
  function cameBefore(keeper: Doorkeeper, hash: number): boolean {
    const { generation } = keeper
    const isSecond = keeper.isSecond(hash)
    if (keeper.generation !== generation) noteLive(keeper)
    return isSecond
  }

  function doorkeeperNow(): Doorkeeper {
    const made = createDoorkeeper()
    noteLive(made)
    return made
  }

  /** What is followed is known; of all else up to one was not counted. */
  function noteLive(keeper: Doorkeeper): void {
    for (const { group, value } of live) keeper.isSecond(hashKey(value, group.salt))
    slack += 1
  }

  function count(group: Group, value: string, type: string, bytes: number): void {
    const hash = hashKey(value, group.salt)
    // Most values of a large log come once: they are not even looked for.
    if (distinct !== undefined && isNew(hash)) {
      distinct.addHash(hash)
      return
    }
    let entry = entries.find(hash, value, group)
    if (entry === undefined || entry.count === 0) {
      distinct?.addHash(hash)
      entry = insert(hash, group, entry, value)
      entry.type = type
    }
    entry.count += 1
    entry.bytes += bytes
  }

  /** What is merged has been counted already: none of it is left to the doorkeeper. */
  function take(full: string, type: string, more: number, bytes: number): void {
    const slash = isGrouped ? full.indexOf('/') : -1
    const group = groupOf(slash < 0 ? '' : full.slice(0, slash))
    const value = slash < 0 ? full : full.slice(slash + 1)
    const hash = hashKey(value, group.salt)
    let entry = entries.find(hash, value, group)
    if (entry === undefined || entry.count === 0) {
      distinct?.addHash(hash)
      entry = insert(hash, group, entry, value)
      entry.type = type
    }
    entry.count += more
    entry.bytes += bytes
  }

  return {
    add(value, type = '', bytes = 0, more = 1) {
      if (isGrouped || more !== 1) take(value, type, more, bytes)
      else count(groupOf(''), value, type, bytes)
    },
    addIn: (group, value, bytes) => count(groupOf(group), value, '', bytes),
    merge(part) {
      if (part.distinct !== undefined) distinctNow().merge(part.distinct)
      slack += part.slack
      const types = part.types === undefined ? undefined : textsOf(part.types)
      for (const [at, value] of textsOf(part.values).entries())
        take(value, types?.[at] ?? '', part.counts[at]!, part.bytes[at]!)
    },
    part() {
      if (live.length > capacity) prune()
      return {
        values: textColumn(live.map(nameOf)),
        ...(live.some(({ type }) => type !== '') ? { types: textColumn(live.map(({ type }) => type)) } : {}),
        counts: Float64Array.from(live, ({ count: times }) => times),
        bytes: Float64Array.from(live, ({ bytes }) => bytes),
        slack,
        ...(distinct === undefined ? {} : { distinct: distinct.text() }),
      }
    },
    rank(limit) {
      const isAtLeast = slack > 0 ? ({ isAtLeast: true } as const) : {}
      const top = live
        .map((entry) => ({ ...entry, value: nameOf(entry) }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, limit)
        .map(
          ({ value, type, count: times, bytes }): Ranked => ({
            value,
            count: times,
            ...(bytes > 0 ? { bytes } : {}),
            ...(type === '' ? {} : { type }),
            ...isAtLeast,
          }),
        )
      const different = Math.max(live.length, distinct?.estimate() ?? 0)
      return {
        top,
        distinct: different,
        ...(distinct === undefined ? {} : { isEstimate: true as const }),
        ...isAtLeast,
      }
    },
    clear() {
      for (const entry of live) {
        entry.count = 0
        entry.bytes = 0
      }
      live = []
      slack = 0
      distinct = undefined
      doorkeeper = undefined
    },
  }
}

const nameOf = ({ group: { name }, value }: Entry): string => (name === '' ? value : `${name}/${value}`)

/**
 * All but `capacity` entries: the rarest, of equals those that came last; no text is compared, since most values of a large
 * log are rare.
 */
function rarestOf(entries: readonly Entry[], capacity: number): Set<Entry> {
  const counts = Float64Array.from(entries, ({ count }) => count).sort()
  const least = counts[counts.length - capacity]!
  let room = capacity
  for (const count of counts) if (count > least) room -= 1
  const rarest = new Set<Entry>()
  for (const entry of entries) {
    if (entry.count > least) continue
    if (entry.count === least && room > 0) room -= 1
    else rarest.add(entry)
  }
  return rarest
}
