/** Matches that wait until their records are settled: nothing is made for one but a row of numbers. */
import type { Entity } from './entities.ts'
import type { Seen } from './seen.ts'

/** What is kept of a match that is not read: what it has in common with others, and its key. */
interface Detail {
  readonly seen: Seen
  readonly key: string | undefined
}

/**
 * @param hash of the key where the rule counts keys; {@link NONE} where there is none.
 * @param text the number of the message, which is to be read if the rule hits; {@link NONE}: it is not kept.
 * @param seen counted where it is not read, with the key.
 */
export type Apply = (
  entity: Entity,
  time: number,
  amount: number,
  hash: number,
  text: number,
  seen: Seen | undefined,
  key: string | undefined,
) => void

export const NONE = -1

export interface Pending {
  add(position: number, ...match: Parameters<Apply>): void
  /** Hands over what belongs to records up to this one. */
  settle(upTo: number, apply: Apply): void
  /** The first text that is kept of what waits; none: undefined. */
  firstText(): number | undefined
}

const NOTHING: { readonly seen?: Seen; readonly key?: string | undefined } = {}

/** Numbers of a row: position, time, amount, hash, text. */
const WIDTH = 5

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
    add(position, entity, time, amount, hash, text, seen, key) {
      const at = rows * WIDTH
      numbers[at] = position
      numbers[at + 1] = time
      numbers[at + 2] = amount
      numbers[at + 3] = hash
      numbers[at + 4] = text
      entities[rows] = entity
      if (seen !== undefined) {
        details.push({ seen, key })
        detailed.push(rows)
      }
      rows += 1
    },
    settle(upTo, apply) {
      while (next < rows && numbers[next * WIDTH]! <= upTo) {
        const at = next * WIDTH
        const detail = detailed[nextDetail] === next ? details[nextDetail] : undefined
        if (detail !== undefined) nextDetail += 1
        const text = numbers[at + 4]!
        const { seen, key } = detail ?? NOTHING
        apply(entities[next]!, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!, text, seen, key)
        next += 1
      }
      if (next > 0) makeRoom()
    },
    firstText() {
      for (let row = next; row < rows; row += 1) {
        const text = numbers[row * WIDTH + 4]!
        if (text !== NONE) return text
      }
      return undefined
    },
  }
}
