/** Matches that wait until their records are settled: nothing is made for one but a place in some lists. */
import type { Entity } from './entities.ts'
import type { Seen } from './seen.ts'

export type Apply = (
  entity: Entity,
  time: number,
  amount: number,
  message: string | undefined,
  seen: Seen | undefined,
  key: string | undefined,
) => void

export interface Pending {
  /**
   * @param message where it is kept to be read.
   * @param seen what is counted where it is not.
   */
  add(position: number, entity: Entity, ...rest: Parameters<Apply> extends [Entity, ...infer Rest] ? Rest : never): void
  /** Hands over what belongs to records up to this one. */
  settle(upTo: number, apply: Apply): void
}

/** Places that are given back at once. */
const MANY = 4096

/** In the order of their records. */
export function createPending(): Pending {
  const positions: number[] = []
  const entities: Entity[] = []
  const times: number[] = []
  const amounts: number[] = []
  const messages: (string | undefined)[] = []
  const seen: (Seen | undefined)[] = []
  const keys: (string | undefined)[] = []
  const all = [positions, entities, times, amounts, messages, seen, keys]
  let next = 0
  return {
    add(position, entity, time, amount, message, combination, key) {
      positions.push(position)
      entities.push(entity)
      times.push(time)
      amounts.push(amount)
      messages.push(message)
      seen.push(combination)
      keys.push(key)
    },
    settle(upTo, apply) {
      while (next < positions.length && positions[next]! <= upTo) {
        apply(entities[next]!, times[next]!, amounts[next]!, messages[next], seen[next], keys[next])
        next += 1
      }
      if (next < positions.length && next < MANY) return
      for (const list of all) list.splice(0, next)
      next = 0
    },
  }
}
