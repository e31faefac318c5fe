/** Tells duplicate records by their identities: all within an object, and most of the recent ones across objects. */

/** What {@link DedupeScope.note} says of a record that was there before. */
export const DUPLICATE = -1
/** What it says of one without an identity, which is never a duplicate. */
export const NAMELESS = -2

/** The records of one object. */
export interface DedupeScope {
  /**
   * Notes a record. {@link DUPLICATE}: it stood in this object before, or was delivered with a recent one. Else a number
   * to give to `delivered`, or {@link NAMELESS}.
   */
  note(identity: string | undefined): number
  /** Call once the records with these numbers are surely delivered. */
  delivered(notes: readonly number[]): void
}

export interface DedupeWindow {
  /** Opens the scope of the next object, and ends the one before. What was not delivered is forgotten with it. */
  scope(): DedupeScope
}

/** An identity is kept as three 32-bit words: of a billion records two collide with a chance of 10⁻¹¹. */
const WORDS = 3
/** Identities that share a place in the window. */
const WAYS = 8
const FIRST_RECORDS = 1_024
/** Kept from one object to the next up to this size; larger tables are given back. */
const KEPT_RECORDS = 65_536
/** Beyond this many records (40 MB) an object's later ones are told from the window alone. */
const MOST_RECORDS = 2 ** 21

/**
 * Makes the window of one function instance.
 *
 * Within an object every duplicate is told, up to 2 million records. Across objects the window holds `size` identities
 * at places that their hash chooses; a new one displaces one of eight at random. So it forgets at a slope and not at a
 * cliff: of what was delivered `n` records ago, about e^(−n / size) is still known, in whatever order it comes again.
 *
 * @param size identities across objects; a power of two and at least 8. Each takes 12 bytes.
 * @example
 * const scope = createDedupeWindow(262_144).scope()
 * scope.note('a') // 0
 * scope.note('a') // DUPLICATE
 */
export function createDedupeWindow(size: number): DedupeWindow {
  const buckets = size / WAYS
  if (!Number.isInteger(Math.log2(buckets))) throw new RangeError(`${size} is no power of two of at least ${WAYS}`)
  const window = new Int32Array(size * WORDS)
  let turn = 0

  /** The words of the identities of the object, in order; and where each stands, by its hash: number + 1. */
  let words = new Int32Array(0)
  let places = new Uint32Array(0)
  let count = 0
  let a = 0
  let b = 0
  let c = 0

  /** Hashes an identity into a, b and c. */
  function read(identity: string): void {
    let x = 0x243f6a88
    let y = 0x85a308d3
    let z = identity.length
    for (let i = 0; i < identity.length; i++) {
      const code = identity.charCodeAt(i)
      x = Math.imul(x ^ code, 0x9e3779b1)
      x = (x << 13) | (x >>> 19)
      y = Math.imul(y + code, 0x85ebca77)
      y = (y << 17) | (y >>> 15)
      z = Math.imul(z ^ (code + x), 0xc2b2ae3d)
      z = (z << 11) | (z >>> 21)
    }
    // Never zero, which is a free place.
    a = finish(x ^ z) | 1
    b = finish(y ^ a)
    c = finish(z ^ b)
  }

  /** The place of the identity that was read, or the free one for it. */
  function find(): number {
    const mask = places.length - 1
    for (let place = c & mask; ; place = (place + 1) & mask) {
      const number = places[place]!
      if (number === 0) return place
      const at = (number - 1) * WORDS
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c) return place
    }
  }

  function grow(): void {
    const larger = new Int32Array(words.length * 2)
    larger.set(words)
    words = larger
    places = new Uint32Array(places.length * 2)
    for (let number = 0; number < count; number++) {
      a = words[number * WORDS]!
      b = words[number * WORDS + 1]!
      c = words[number * WORDS + 2]!
      places[find()] = number + 1
    }
  }

  /** The first words of eight identities lie side by side, then the second ones, then the third: one look at memory. */
  function isInWindow(): boolean {
    const from = (b & (buckets - 1)) * WAYS * WORDS
    for (let at = from; at < from + WAYS; at++) {
      if (window[at] === a && window[at + WAYS] === b && window[at + 2 * WAYS] === c) return true
    }
    return false
  }

  function remember(): void {
    if (isInWindow()) return
    const from = (b & (buckets - 1)) * WAYS * WORDS
    let at = from
    while (at < from + WAYS && window[at] !== 0) at++
    if (at === from + WAYS) {
      turn = (Math.imul(turn, 0x19660d) + 0x3c6ef35f) | 0
      at = from + ((turn >>> 16) % WAYS)
    }
    window[at] = a
    window[at + WAYS] = b
    window[at + 2 * WAYS] = c
  }

  function clear(): void {
    count = 0
    if (words.length === 0 || words.length > KEPT_RECORDS * WORDS) {
      words = new Int32Array(FIRST_RECORDS * WORDS)
      places = new Uint32Array(FIRST_RECORDS * 2)
    } else {
      places.fill(0)
    }
  }

  return {
    scope() {
      clear()
      return {
        note(identity) {
          if (identity === undefined) return NAMELESS
          read(identity)
          if (isInWindow()) return DUPLICATE
          if (count >= MOST_RECORDS) return places[find()] === 0 ? NAMELESS : DUPLICATE
          let place = find()
          if (places[place] !== 0) return DUPLICATE
          if (count * WORDS === words.length) {
            const [x, y, z] = [a, b, c]
            grow()
            a = x
            b = y
            c = z
            place = find()
          }
          words[count * WORDS] = a
          words[count * WORDS + 1] = b
          words[count * WORDS + 2] = c
          count += 1
          places[place] = count
          return count - 1
        },
        delivered(notes) {
          for (const number of notes) {
            if (number < 0) continue
            a = words[number * WORDS]!
            b = words[number * WORDS + 1]!
            c = words[number * WORDS + 2]!
            remember()
          }
        },
      }
    },
  }
}

function finish(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
