/** Which entities may come to a rule's threshold: nearly all surely do not, and need not be counted closely. */
import { hashKey } from '../incident/key-sample.ts'
import type { Held } from './held.ts'

/** Sums that entities share by their hashes: 8 MB. */
const SUMS = 2 ** 21
/** They are rounded to 24 bits. */
const ROUNDED = 1.0001
/** Bits by hash: 1 MB. */
const BITS = 2 ** 23
/** A contribution that spans more slots is not looked at more closely. */
const MAX_SLOTS = 64

export interface Near {
  /** Takes in what was held of an entity; returns the number by which it is asked for. */
  add(held: Held, rule: { readonly threshold: number; readonly window: number }): number
  /** False: however it is counted, it stays below the threshold. Ask when all was added. */
  mayReach(entity: number): boolean
}

/**
 * Adds up amounts in slots of twice the window, so that any window, and the spans that a digest joins at its ends, lies in
 * two neighbours. Entities that share a sum only make it larger: nothing that reaches a threshold is missed.
 *
 * @example
 * const near = createNear(); const entity = near.add(held, rule); near.mayReach(entity)
 */
export function createNear(): Near {
  const sums = new Float32Array(SUMS)
  const marks = new Int32Array(BITS / 32)
  const salts = new Map<string, number>()

  function hashOf({ rule, entity }: Held): number {
    let salt = salts.get(rule)
    if (salt === undefined) {
      salt = hashKey(rule, 0x7feb352d)
      salts.set(rule, salt)
    }
    return hashKey(entity, salt)
  }

  const placeOf = (hash: number, slot: number): number => (hash + Math.imul(slot, 0x9e3779b1)) & (SUMS - 1)

  function mark(hash: number): void {
    const bit = hash % BITS
    marks[bit >>> 5]! |= 1 << (bit & 31)
  }

  return {
    add(held, { threshold, window }) {
      const hash = hashOf(held)
      const slotMs = 2000 * window
      const first = Math.floor(held.first / slotMs)
      const last = Math.floor(held.last / slotMs)
      if (held.total >= threshold || last - first > MAX_SLOTS) {
        mark(hash)
        return hash
      }
      for (let slot = first; slot <= last; slot += 1) sums[placeOf(hash, slot)]! += held.total * ROUNDED
      for (let slot = first - 1; slot <= last; slot += 1)
        if (sums[placeOf(hash, slot)]! + sums[placeOf(hash, slot + 1)]! >= threshold) mark(hash)
      return hash
    },
    mayReach(hash) {
      const bit = hash % BITS
      return (marks[bit >>> 5]! & (1 << (bit & 31))) !== 0
    },
  }
}
