/** Which values are most frequent, in bounded memory, and in parts that can be put together. */
import { createRowIndex, type RowIndex } from '../basics/row-index.ts'
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

/** Values by what stands before their first slash; of rankings without groups all are in one. */
interface Group {
  readonly name: string
  readonly salt: number
  readonly number: number
}

/** Columns of a value's row, behind its hash; a count of 0: it is remembered from a sum before. */
const COUNT = 1
const BYTES = 2
const GROUP = 3
const WIDTH = 4

/** Values that were met are remembered up to so many times the room. */
const REMEMBERED = 2

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
  /** Values that were met, counted or not: a thread meets the same in object after object. */
  const rows: RowIndex<string> = createRowIndex(
    WIDTH,
    (row, value) => texts[row] === value && rows.values[row * WIDTH + GROUP] === asked,
  )
  let texts: string[] = []
  let types: string[] = []
  const groups = new Map<string, Group>()
  let names: string[] = []
  let last: Group | undefined
  /** The group of the value that is looked for. */
  let asked = 0
  /** Rows that are counted, as they came. */
  let live: number[] = []
  let slack = 0
  /** Both from when more values came than are followed. */
  let distinct: Distinct | undefined
  let doorkeeper: Doorkeeper | undefined
  // The same ones after each `clear`: code that V8 made for those that are gone would be made anew.
  const spare: { distinct: Distinct | undefined; doorkeeper: Doorkeeper | undefined } = {
    distinct: undefined,
    doorkeeper: undefined,
  }

  function groupOf(name: string): Group {
    if (last?.name === name) return last
    let group = groups.get(name)
    if (group === undefined) {
      group = { name: detach(name), salt: saltOf(name), number: names.length }
      names.push(group.name)
      groups.set(group.name, group)
    }
    last = group
    return group
  }

  const countOf = (row: number): number => rows.values[row * WIDTH + COUNT]!
  const bytesOf = (row: number): number => rows.values[row * WIDTH + BYTES]!
  const hashOf = (row: number): number => rows.values[row * WIDTH]!

  function nameOf(row: number): string {
    const name = names[rows.values[row * WIDTH + GROUP]!]!
    return name === '' ? texts[row]! : `${name}/${texts[row]!}`
  }

  /** Of the rows only the counted stay, with new numbers. */
  function forget(): void {
    const kept = live.map((row) => ({
      name: names[rows.values[row * WIDTH + GROUP]!]!,
      value: texts[row]!,
      type: types[row]!,
      numbers: rows.values.slice(row * WIDTH, (row + 1) * WIDTH),
    }))
    rows.clear()
    groups.clear()
    last = undefined
    texts = []
    types = []
    names = []
    live = kept.map(({ name, value, type, numbers }) => {
      const row = rows.add(numbers[0]!)
      rows.values.set(numbers, row * WIDTH)
      rows.values[row * WIDTH + GROUP] = groupOf(name).number
      texts[row] = value
      types[row] = type
      return row
    })
  }

  function distinctNow(): Distinct {
    if (distinct === undefined) {
      spare.distinct ??= createDistinct()
      distinct = spare.distinct
      distinct.clear()
      for (const row of live) distinct.addHash(hashOf(row))
    }
    return distinct
  }

  function zero(row: number): void {
    rows.values[row * WIDTH + COUNT] = 0
    rows.values[row * WIDTH + BYTES] = 0
  }

  function prune(): void {
    distinctNow()
    const { kept, rarest } = split(live, countOf, capacity)
    live = kept
    let dropped = 0
    for (const row of rarest) {
      dropped = Math.max(dropped, countOf(row))
      zero(row)
    }
    slack += dropped
  }

  function insert(hash: number, group: Group, known: number, value: string): number {
    if (live.length >= room) prune()
    let row = known
    if (row < 0) {
      if (rows.size >= REMEMBERED * room) {
        forget()
        return insert(hash, groupOf(group.name), -1, value)
      }
      row = rows.add(hash)
      rows.values[row * WIDTH + GROUP] = group.number
      texts[row] = detach(value)
    }
    live.push(row)
    if (doorkeeper !== undefined) cameBefore(doorkeeper, hash)
    return row
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
    spare.doorkeeper ??= createDoorkeeper()
    spare.doorkeeper.clear()
    noteLive(spare.doorkeeper)
    return spare.doorkeeper
  }

  /** What is followed is known; of all else up to one was not counted. */
  function noteLive(keeper: Doorkeeper): void {
    for (const row of live) keeper.isSecond(hashOf(row))
    slack += 1
  }

  function count(group: Group, value: string, type: string, bytes: number): void {
    const hash = hashKey(value, group.salt)
    // Most values of a large log come once: they are not even looked for.
    if (distinct !== undefined && isNew(hash)) {
      distinct.addHash(hash)
      return
    }
    addTo(hash, group, value, type, 1, bytes)
  }

  function addTo(hash: number, group: Group, value: string, type: string, more: number, bytes: number): void {
    asked = group.number
    let row = rows.find(hash, value)
    if (row < 0 || countOf(row) === 0) {
      distinct?.addHash(hash)
      row = insert(hash, group, row, value)
      types[row] = type
    }
    const { values } = rows
    values[row * WIDTH + COUNT]! += more
    values[row * WIDTH + BYTES]! += bytes
  }

  /** What is merged has been counted already: none of it is left to the doorkeeper. */
  function take(full: string, type: string, more: number, bytes: number): void {
    const slash = isGrouped ? full.indexOf('/') : -1
    const group = groupOf(slash < 0 ? '' : full.slice(0, slash))
    const value = slash < 0 ? full : full.slice(slash + 1)
    addTo(hashKey(value, group.salt), group, value, type, more, bytes)
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
      const itsTypes = live.map((row) => types[row]!)
      return {
        values: textColumn(live.map(nameOf)),
        ...(itsTypes.some((type) => type !== '') ? { types: textColumn(itsTypes) } : {}),
        counts: Float64Array.from(live, countOf),
        bytes: Float64Array.from(live, bytesOf),
        slack,
        ...(distinct === undefined ? {} : { distinct: distinct.text() }),
      }
    },
    rank(limit) {
      const isAtLeast = slack > 0 ? ({ isAtLeast: true } as const) : {}
      const top = live
        .map((row) => ({ value: nameOf(row), type: types[row]!, count: countOf(row), bytes: bytesOf(row) }))
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
      for (const row of live) zero(row)
      live = []
      slack = 0
      distinct = undefined
      doorkeeper = undefined
    },
  }
}

/**
 * All but `capacity` rows are the rarest, of equals those that came last; no text is compared, since most values of a large
 * log are rare.
 */
function split(rows: readonly number[], countOf: (row: number) => number, capacity: number) {
  const counts = Float64Array.from(rows, countOf)
  const sorted = counts.slice().sort()
  const least = sorted[sorted.length - capacity]!
  let room = capacity
  for (const count of counts) if (count > least) room -= 1
  const [kept, rarest]: [number[], number[]] = [[], []]
  for (const [at, row] of rows.entries()) {
    const count = counts[at]!
    if (count > least) kept.push(row)
    else if (count === least && room > 0) {
      room -= 1
      kept.push(row)
    } else rarest.push(row)
  }
  return { kept, rarest }
}
