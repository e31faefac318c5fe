/** Who came before, as far as 32 KB can tell: most values of a large log come once, and need not be remembered. */

/** Bits; with a quarter of them set, one new value in four is taken for one that came before. */
const BITS = 2 ** 18

export interface Doorkeeper {
  /** Whether a value of this hash (a whole number of 48 bits) came before; notes it. */
  isSecond(hash: number): boolean
  /** How often all was forgotten. */
  readonly generation: number
  /** As new. */
  clear(): void
}

/**
 * As the doorkeeper of Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy" (2017), with one
 * bit a value.
 *
 * @example
 * const doorkeeper = createDoorkeeper(); doorkeeper.isSecond(hash) // false
 */
export function createDoorkeeper(): Doorkeeper {
  const words = new Int32Array(BITS / 32)
  let noted = 0
  const keeper = {
    generation: 0,
    isSecond(hash: number): boolean {
      const bit = (hash >>> 0) & (BITS - 1)
      const word = bit >>> 5
      const mask = 1 << (bit & 31)
      if ((words[word]! & mask) !== 0) return true
      if (noted >= BITS / 4) {
        words.fill(0)
        noted = 0
        keeper.generation += 1
      }
      words[word]! |= mask
      noted += 1
      return false
    },
    clear(): void {
      words.fill(0)
      noted = 0
      keeper.generation = 0
    },
  }
  return keeper
}
