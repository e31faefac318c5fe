/**
 * Seeded randomness for generators: the same seed gives the same sequence on every machine. `Math.random` and the
 * clock are never used, so a failing property test or a bench can be run again on the very same input.
 */
export interface Random {
  /** A float in [0, 1). */
  next(): number
  /** An unsigned 32-bit integer. */
  u32(): number
  /** An integer from `low` to `high`, both inclusive. */
  int(low: number, high: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  pick<T>(items: readonly T[]): T
  /** Like pick, but the first items come far more often (as real traffic has it): skew 1 is uniform. */
  pickSkewed<T>(items: readonly T[], skew?: number): T
  /** `length` hexadecimal digits, lower case. */
  hex(length: number): string
  /** `length` characters of A–Z and 0–9: an S3 request id has 16 of them. */
  upper(length: number): string
  /** `length` characters of the base64 alphabet: an S3 host id has 75 and a `=`. */
  base64(length: number): string
  /** A version 4 UUID. */
  uuid(): string
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function pairs(alphabet: string): string[] {
  return [...alphabet].flatMap((first) => [...alphabet].map((second) => first + second))
}

// Two characters a look-up: ids are most of what the generators spend their time on.
const HEX_PAIRS = pairs('0123456789abcdef')
const UPPER_PAIRS = pairs(UPPER)
const BASE64_PAIRS = pairs(BASE64)

/**
 * Creates a generator (sfc32, 128 bits of state, seeded from one number).
 *
 * @example
 * createRandom(1).int(1, 6) // the same die every time
 */
export function createRandom(seed: number): Random {
  let a = seed | 0
  let b = 0x9e3779b9 | 0
  let c = 0x243f6a88 | 0
  let counter = 1
  const u32 = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // The first outputs still show the seed.
  for (let i = 0; i < 15; i++) u32()

  const next = (): number => u32() / 4294967296
  const fromPairs = (table: readonly string[], length: number): string => {
    let text = ''
    for (let i = 0; i < length; i += 2) text += table[Math.floor(next() * table.length)]!
    return text.length === length ? text : text.slice(0, length)
  }

  return {
    next,
    u32,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (p) => next() < p,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    pickSkewed: (items, skew = 2) => items[Math.floor(next() ** skew * items.length)]!,
    hex: (length) => fromPairs(HEX_PAIRS, length),
    upper: (length) => fromPairs(UPPER_PAIRS, length),
    base64: (length) => fromPairs(BASE64_PAIRS, length),
    uuid: () => {
      const hi = u32()
      const mid = u32()
      const low = u32()
      const end = u32()
      return `${hex32(hi)}-${hex32(mid).slice(0, 4)}-4${hex32(mid).slice(5)}-${'89ab'[low & 3]}${hex32(low).slice(1, 4)}-${hex32(low).slice(4)}${hex32(end)}`
    },
  }
}

function hex32(value: number): string {
  return (
    HEX_PAIRS[value >>> 24]! +
    HEX_PAIRS[(value >>> 16) & 255]! +
    HEX_PAIRS[(value >>> 8) & 255]! +
    HEX_PAIRS[value & 255]!
  )
}

/**
 * A picker that returns each item as often as its weight says.
 *
 * @example
 * const status = weighted([[200, 70], [206, 25], [404, 5]])
 * status(random) // 200, mostly
 */
export function weighted<T>(entries: readonly (readonly [T, number])[]): (random: Random) => T {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  return (random) => {
    let at = random.next() * total
    for (const [item, weight] of entries) {
      at -= weight
      if (at < 0) return item
    }
    return entries[entries.length - 1]![0]
  }
}
