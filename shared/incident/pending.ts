/** Matches that wait until their records are settled: nothing is made for one but a row of numbers. */
import type { Entity } from './entities.ts'
import type { Seen } from './seen.ts'

/** What is kept of a match beside its numbers, of few of them. */
export interface Detail {
  /** To be read if the rule hits. */
  readonly message: string | undefined
  /** Counted where it is not read, with the key. */
  readonly seen: Seen | undefined
  readonly key: string | undefined
}

/** @param hash of the key where the rule counts keys; {@link NO_KEY} where there is none. */
export type Apply = (entity: Entity, time: number, amount: number, hash: number, detail: Detail | undefined) => void

export const NO_KEY = -1

export interface Pending {
  add(position: number, ...match: Parameters<Apply>): void
  /** Hands over what belongs to records up to this one. */
  settle(upTo: number, apply: Apply): void
}

/** Numbers of a row: position, time, amount, hash. */
const WIDTH = 4

/** In the order of their records. What was handed over is written over: lists that are made anew cost more than they hold. */
export function createPending(): Pending {
  const numbers: number[] = []
  const entities: Entity[] = []
  /** Those that there are, and in which row. */
  let details: Detail[] = []
  let detailed: number[] = []
  let rows = 0
  /** The first that waits; and of the details. */
  let next = 0
  let nextDetail = 0

  /** What waits is moved to the beginning where that is less than what was handed over. */
  function makeRoom(): void {
    if (2 * next < rows) return
    for (let at = next * WIDTH; at < rows * WIDTH; at += 1) numbers[at - next * WIDTH] = numbers[at]!
    for (let row = next; row < rows; row += 1) entities[row - next] = entities[row]!
    details = details.slice(nextDetail)
    detailed = detailed.slice(nextDetail).map((row) => row - next)
    rows -= next
    next = 0
    nextDetail = 0
  }

  return {
    add(position, entity, time, amount, hash, detail) {
      const at = rows * WIDTH
      numbers[at] = position
      numbers[at + 1] = time
      numbers[at + 2] = amount
      numbers[at + 3] = hash
      entities[rows] = entity
      if (detail !== undefined) {
        details.push(detail)
        detailed.push(rows)
      }
      rows += 1
    },
    settle(upTo, apply) {
      while (next < rows && numbers[next * WIDTH]! <= upTo) {
        const at = next * WIDTH
        const detail = detailed[nextDetail] === next ? details[nextDetail] : undefined
        if (detail !== undefined) nextDetail += 1
        apply(entities[next]!, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!, detail)
        next += 1
      }
      if (next > 0) makeRoom()
    },
  }
}
