import { createIdentityTable } from './identity-table.ts'

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
  /** Opens the scope of one object, and ends the one before. What was not marked delivered is forgotten with it. */
  scope(): DedupeScope
}

/**
 * @param size how many identities a generation holds. Those of unusual shapes (see {@link createIdentityTable}) are kept
 * as the very texts: whoever makes them sees to it that they are not slices of something large.
 * @example
 * const scope = createDedupeWindow(50_000).scope()
 * scope.isDuplicate('a') // false
 * scope.isDuplicate('a') // true
 */
export function createDedupeWindow(size: number): DedupeWindow {
  // The number of an identity: odd for delivered, in which generation; even for under way, in which scope.
  let generation = 1
  let delivered = 0
  let lastScope = 0
  const isKnown = (mark: number) => (mark & 1) === 1 && mark >> 1 >= generation - 1
  const isKept = (mark: number) => ((mark & 1) === 1 ? isKnown(mark) : mark >> 1 === lastScope)

  const table = createIdentityTable(isKept)

  function beginGeneration(): void {
    generation += 1
    delivered = 0
    table.purge()
  }

  return {
    scope() {
      let scope = ++lastScope
      let underWay = 0
      const isNews = (mark: number) => !isKnown(mark) && mark !== scope * 2
      const isOld = (mark: number) => mark !== generation * 2 + 1
      return {
        isDuplicate(identity) {
          if (identity === undefined) return false
          if (!isNews(table.swap(identity, scope * 2, isNews))) return true
          underWay += 1
          // What was under way so long ago has been delivered, or the object fails; only memory is at stake.
          if (underWay >= size) {
            scope = ++lastScope
            underWay = 0
            table.purge()
          }
          return false
        },
        delivered(identities) {
          for (const identity of identities) {
            if (identity === undefined) continue
            const before = table.swap(identity, generation * 2 + 1, isOld)
            if (before === scope * 2) underWay -= 1
            if (isOld(before) && ++delivered >= size) beginGeneration()
          }
        },
      }
    },
  }
}
