/** How many different values there were, in 2 KB: the same whatever the order, and whatever came twice. */

const BITS = 11
const REGISTERS = 2 ** BITS

export interface Distinct {
  /** Takes a value's hash: a whole number of 48 bits, evenly spread. */
  addHash(hash: number): void
  /** Takes in what `text` of another gave. */
  merge(text: string): void
  text(): string
  /** About so many: off by some 2 %. */
  estimate(): number
  /** As new. */
  clear(): void
}

/**
 * HyperLogLog with 2,048 registers: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm" (2007), with its correction for small numbers; hashes of 48 bits need none for large.
 *
 * @example
 * const distinct = createDistinct(); distinct.addHash(hashKey('a', 0)); distinct.estimate() // 1
 */
export function createDistinct(): Distinct {
  const registers = new Uint8Array(REGISTERS)
  return {
    addHash(hash) {
      const index = (hash >>> 0) & (REGISTERS - 1)
      // The rank of the first set bit of the 37 bits that are left: nearly always it is in the upper 32.
      const upper = Math.floor(hash / 2 ** (48 - 32)) >>> 0
      const rank = upper > 0 ? 1 + Math.clz32(upper) : rankOfLow(Math.floor(hash / REGISTERS))
      if (rank > registers[index]!) registers[index] = rank
    },
    merge(text) {
      for (const [index, rank] of Buffer.from(text, 'base64').entries())
        if (rank > registers[index]!) registers[index] = rank
    },
    clear() {
      registers.fill(0)
    },
    text: () => Buffer.from(registers).toString('base64'),
    estimate() {
      let sum = 0
      let empty = 0
      for (const rank of registers) {
        sum += 2 ** -rank
        if (rank === 0) empty += 1
      }
      const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum
      return Math.round(raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw)
    },
  }
}

/** Of a number whose first 32 bits of 37 are 0. */
const rankOfLow = (rest: number): number => (rest === 0 ? 48 - BITS + 1 : 48 - BITS - Math.floor(Math.log2(rest)))
