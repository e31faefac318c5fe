/** A set of (number, text) pairs that keeps 64 bits of each text instead of the text. */
export interface KeySet {
  /** True where the pair is new. */
  add(owner: number, key: string): boolean
  readonly size: number
}

/** Owner and two hashes. */
const WORDS = 3
const FIRST_SLOTS = 256

/** Of this process only, so that nobody can choose names of objects that count as one. */
const SEED_A = Math.trunc(Math.random() * 2 ** 31)
const SEED_B = Math.trunc(Math.random() * 2 ** 31)

/**
 * Counts distinct keys without keeping them: a text would stay in memory, 12 bytes do not weigh. Two of 50,000 keys are
 * taken for one with a probability below 10⁻⁹.
 *
 * @example
 * const keys = createKeySet()
 * keys.add(1, 'a.txt') // true
 * keys.add(1, 'a.txt') // false
 */
export function createKeySet(): KeySet {
  let slots = FIRST_SLOTS
  let words = new Int32Array(slots * WORDS)
  let size = 0

  /** Puts the three words where they belong; false where they are there already. An owner is never 0. */
  function put(owner: number, a: number, b: number): boolean {
    for (let slot = (a ^ Math.imul(owner, 0x9e3779b1)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * WORDS
      if (words[at] === 0) {
        words[at] = owner
        words[at + 1] = a
        words[at + 2] = b
        return true
      }
      if (words[at] === owner && words[at + 1] === a && words[at + 2] === b) return false
    }
  }

  function grow(): void {
    const old = words
    slots *= 2
    words = new Int32Array(slots * WORDS)
    for (let at = 0; at < old.length; at += WORDS) if (old[at] !== 0) put(old[at]!, old[at + 1]!, old[at + 2]!)
  }

  return {
    add(owner, key) {
      let a = SEED_A
      let b = SEED_B
      for (let i = 0; i < key.length; i++) {
        const c = key.charCodeAt(i)
        a = Math.imul(a ^ c, 0x9e3779b1)
        b = Math.imul(b ^ c, 0x85ebca6b)
        a ^= a >>> 15
        b ^= b >>> 13
      }
      if (!put(owner, a, b)) return false
      size++
      if (size * 4 > slots * 3) grow()
      return true
    },
    get size() {
      return size
    },
  }
}
