import { createIdentitySet } from './identity-set.ts'

/**
 * Remembers which records this function instance has delivered, so that a redelivered notification or an object that
 * holds an event twice does not double it. Bounded: the most recent `size` to `2 × size` identities are known. What
 * has not been delivered is never remembered: a retry must send it.
 */
export interface DedupeScope {
  /** True when this identity was delivered before or is already under way in this scope; else notes it as under way. */
  isDuplicate(identity: string | undefined): boolean
  /** Call once the records with these identities are surely delivered. */
  delivered(identities: readonly (string | undefined)[]): void
}

export interface DedupeWindow {
  /** Opens the scope of one object. What was not marked delivered is forgotten with it. */
  scope(): DedupeScope
}

/**
 * @param size how many identities a generation holds. Those of unusual shapes (see {@link createIdentitySet}) are kept
 * as the very texts: whoever makes them sees to it that they are not slices of something large.
 * @example
 * const scope = createDedupeWindow(50_000).scope()
 * scope.isDuplicate('a') // false
 * scope.isDuplicate('a') // true
 */
export function createDedupeWindow(size: number): DedupeWindow {
  let young = createIdentitySet()
  let old = createIdentitySet()
  return {
    scope() {
      const underWay = createIdentitySet()
      return {
        isDuplicate(identity) {
          if (identity === undefined) return false
          if (young.has(identity) || old.has(identity)) return true
          // What was under way so long ago has been delivered, or the object fails; only memory is at stake.
          if (underWay.size >= size && !underWay.has(identity)) underWay.clear()
          return !underWay.add(identity)
        },
        delivered(identities) {
          for (const identity of identities) {
            if (identity === undefined) continue
            young.add(identity)
            if (young.size >= size) {
              const forgotten = old
              old = young
              young = forgotten
              young.clear()
            }
          }
        },
      }
    },
  }
}
