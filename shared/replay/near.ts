/** Which entities may come to a rule's threshold: nearly all surely do not, and need not be counted closely. */
import type { ToldCount } from './told.ts'

/** Sums that entities share by their hashes: 8 MB. */
const SUMS = 2 ** 21
/** What a threshold is in them, whatever the rule counts. */
const THRESHOLD = 2 ** 24
/** They do not go beyond. */
const MOST = 2 ** 31
/** Bits by hash: 1 MB. */
const BITS = 2 ** 23
/** A contribution that spans more slots is not looked at more closely. */
const MAX_SLOTS = 64

export interface Near {
  /** Takes in what was held of an entity. */
  add(count: ToldCount, rule: { readonly threshold: number; readonly window: number }): void
  /** By its hash. False: however it is counted, it stays below the threshold. Ask when all was added. */
  mayReach(hash: number): boolean
}

/**
 * Adds up amounts in slots of twice the window, so that any window, and the spans that a digest joins at its ends, lies in
 * two neighbours: in parts of the rule's threshold, since some count bytes and others calls. Parts are rounded up, and
 * entities that share a sum only make it larger: nothing that reaches a threshold is missed.
 *
 * @example
 * const near = createNear(); near.add(count, rule); near.mayReach(count.hash)
 */
export function createNear(): Near {
  const sums = new Uint32Array(SUMS)
  const marks = new Int32Array(BITS / 32)

  const placeOf = (hash: number, slot: number): number => (hash + Math.imul(slot, 0x9e3779b1)) & (SUMS - 1)

  function mark(hash: number): void {
    const bit = (hash >>> 0) & (BITS - 1)
    marks[bit >>> 5]! |= 1 << (bit & 31)
  }

  return {
    add({ hash, total, first: from, last: to }, { threshold, window }) {
      const slotMs = 2000 * window
      const first = Math.floor(from / slotMs)
      const last = Math.floor(to / slotMs)
      if (total >= threshold || last - first > MAX_SLOTS) {
        mark(hash)
        return
      }
      const part = Math.ceil((total / threshold) * THRESHOLD)
      for (let slot = first; slot <= last; slot += 1) {
        const place = placeOf(hash, slot)
        sums[place] = Math.min(MOST, sums[place]! + part)
      }
      for (let slot = first - 1; slot <= last; slot += 1)
        if (sums[placeOf(hash, slot)]! + sums[placeOf(hash, slot + 1)]! >= THRESHOLD) mark(hash)
    },
    mayReach(hash) {
      const bit = (hash >>> 0) & (BITS - 1)
      return (marks[bit >>> 5]! & (1 << (bit & 31))) !== 0
    },
  }
}
