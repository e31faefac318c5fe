/** What is kept of the matches of one entity in a part of an object, and what they say: read only if the rule hits. */

import { detach } from '../derive/detach.ts'
import { createFactsTally, type FactsTally } from './evidence.ts'
import { cleanText, type EventFacts } from './facts.ts'
import { MAX_CALLS } from './hit.ts'
import { principalOf } from './principal.ts'
import type { Seen } from './seen.ts'

const LIMITS = { top: 10, records: 5, values: 1_000 }
/** Combinations of one entity that are followed, and keys. */
const MAX_COMBINATIONS = 1_000
const MAX_KEYS = 1_000
/** Messages of one entity: a million matches are sampled by less. */
const MAX_MESSAGES = 256

/** Matches that are not read. */
interface Count {
  times: number
  first: number
  last: number
  readonly keys: Map<string, number>
  /** Addresses or keys were left out. */
  isShort: boolean
}

/** Matches of one entity. Memory is bounded, whatever they are. */
export interface Matches {
  /** Those that are to be read: numbers of their messages among the texts, and when they were (ms); the first `messages` of each. */
  readonly texts: number[]
  readonly times: number[]
  messages: number
  /** Undefined: there are none, as of nearly all entities. */
  counts: Map<Seen, Count> | undefined
  keys: number
}

/** Reads what a message says, by its number among the texts; of messages without a time it is the given one, ms since the epoch. */
export type Read = (text: number, time: number) => EventFacts

export const noMatches = (): Matches => ({ texts: [], times: [], messages: 0, counts: undefined, keys: 0 })

/** As if there were none; lists are written over. */
export function clearMatches(matches: Matches): void {
  matches.messages = 0
  matches.counts = undefined
  matches.keys = 0
}

/** One more match that is to be read if the rule hits. */
export function addMessage(matches: Matches, text: number, time: number): void {
  const { messages } = matches
  if (messages >= MAX_MESSAGES) return
  matches.texts[messages] = text
  matches.times[messages] = time
  matches.messages = messages + 1
}

/** One more match that is not read; of a combination whose principal is known. */
export function addSeen(matches: Matches, seen: Seen, key: string | undefined, time: number): void {
  matches.counts ??= new Map()
  const { counts } = matches
  let count = counts.get(seen)
  if (count === undefined) {
    const isFull = counts.size >= MAX_COMBINATIONS
    const kept = isFull ? (seen.base() ?? seen) : seen
    count = counts.get(kept)
    if (count === undefined) {
      // Whoever has so many even without their addresses is told of by what is there.
      if (counts.size >= 2 * MAX_COMBINATIONS) return
      count = { times: 0, first: time, last: time, keys: new Map(), isShort: false }
      counts.set(kept, count)
    }
    if (kept !== seen) count.isShort = true
  }
  count.times += 1
  if (time < count.first) count.first = time
  if (time > count.last) count.last = time
  if (key === undefined) return
  const known = count.keys.get(key)
  if (known !== undefined) count.keys.set(key, known + 1)
  else if (matches.keys < MAX_KEYS) {
    matches.keys += 1
    count.keys.set(detach(key), 1)
  } else count.isShort = true
}

/** What the matches of one principal say. */
export interface Group {
  readonly tally: FactsTally
  readonly calls: Set<string>
  matches: number
  first: number
  last: number
}

/** Reads what was kept: by principal, in the order in which they first came. */
export function readMatches({ texts, times, messages, counts }: Matches, read: Read): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  function groupOf(principal: string, times: number, first: number, last: number): Group {
    let group = groups.get(principal)
    if (group === undefined) {
      group = { tally: createFactsTally(LIMITS), calls: new Set(), matches: 0, first, last }
      groups.set(principal, group)
    }
    group.matches += times
    group.first = Math.min(group.first, first)
    group.last = Math.max(group.last, last)
    return group
  }
  for (let at = 0; at < messages; at += 1) {
    const time = times[at]!
    const facts = read(texts[at]!, time)
    const group = groupOf(principalOf(facts), 1, time, time)
    group.tally.add(facts, time)
    const call = facts.requestID ?? facts.eventID
    if (call !== undefined && group.calls.size < MAX_CALLS) group.calls.add(call)
  }
  for (const [seen, { times, first, last, keys, isShort }] of counts ?? []) {
    const clean = [...keys].flatMap(([key, count]) => {
      const name = cleanText(key)
      return name === undefined ? [] : [[name, count] as const]
    })
    groupOf(seen.principal ?? '', times, first, last).tally.addSeen(seen.facts(), { times, keys: clean, isShort })
  }
  return groups
}
