/** What is counted of entities between two commits, in lists that are used again for others. */
import type { Counter, Entity } from './entities.ts'
import { emptySample } from './key-sample.ts'
import { clearMatches, noMatches } from './matches.ts'

/** Counters of which nobody needs anything any more. */
export interface CounterPool {
  take(entity: Entity): Counter
  /** What it counts keys with is left to whoever has it. */
  giveBack(counters: readonly Counter[]): void
}

/** Counters that are kept for the next object; those with longer lists go. */
const MAX_SPARE = 4_096
const MAX_LENGTH = 1_024

/**
 * An object counts hundreds of entities, nearly all of them a few times, and until it is read: made anew for each object,
 * their lists live just long enough to be copied by every collection of garbage, and are half of what is.
 *
 * @example
 * const pool = createCounterPool(); pool.giveBack([pool.take(entity)])
 */
export function createCounterPool(): CounterPool {
  const spare: Counter[] = []
  return {
    take(entity) {
      const counter = spare.pop() ?? newCounter(entity)
      counter.entity = entity
      counter.keys = entity.isOfKeys ? emptySample() : undefined
      return counter
    },
    giveBack(counters) {
      for (const counter of counters) {
        if (spare.length >= MAX_SPARE) return
        if (counter.seconds.length > MAX_LENGTH) continue
        clear(counter)
        spare.push(counter)
      }
    },
  }
}

const NOBODY = {} as Entity

function newCounter(entity: Entity): Counter {
  return {
    entity,
    seconds: [],
    amounts: [],
    spans: 0,
    keys: undefined,
    matches: noMatches(),
    total: 0,
    count: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
  }
}

/** Lists keep what is in them, and are written over: one whose length is set to 0 loses its room. */
function clear(counter: Counter): void {
  counter.entity = NOBODY
  counter.spans = 0
  counter.keys = undefined
  clearMatches(counter.matches)
  counter.total = 0
  counter.count = 0
  counter.first = Number.POSITIVE_INFINITY
  counter.last = Number.NEGATIVE_INFINITY
}
