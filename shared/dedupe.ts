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
 * @param size how many identities a generation holds (about 100 bytes each).
 * @example
 * const scope = createDedupeWindow(50_000).scope()
 * scope.isDuplicate('a') // false
 * scope.isDuplicate('a') // true
 */
export function createDedupeWindow(size: number): DedupeWindow {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    scope() {
      const underWay = new Set<string>()
      return {
        isDuplicate(identity) {
          if (identity === undefined) return false
          if (young.has(identity) || old.has(identity) || underWay.has(identity)) return true
          underWay.add(identity)
          return false
        },
        delivered(identities) {
          for (const identity of identities) {
            if (identity === undefined) continue
            underWay.delete(identity)
            // A copy, because a string cut out of a log line would keep the whole line alive.
            young.add(Buffer.from(identity, 'utf8').toString('utf8'))
            if (young.size >= size) {
              old = young
              young = new Set()
            }
          }
        },
      }
    },
  }
}
