/** Things by a hash of what tells them apart, with open addressing; none is taken out but all. */
export interface HashIndex<T, Key> {
  readonly size: number
  /** The thing of this hash that has the key; undefined: there is none. */
  find(hash: number, key: Key, group?: unknown): T | undefined
  /** Adds a thing that is not there. */
  add(hash: number, thing: T): void
  clear(): void
}

const FIRST_PLACES = 64

/**
 * For values that come by the million and are thousands: a Map looks at memory five times to find a text, a hash after the
 * other being as far away as the one before. Here all hashes lie side by side, and the thing itself is looked at once.
 *
 * @param has whether a thing is the one that is looked for.
 * @example
 * const index = createHashIndex<Entry, string>((entry, value) => entry.value === value)
 * index.find(hashKey(value, SALT), value)?.count
 */
export function createHashIndex<T extends object, Key>(
  has: (thing: T, key: Key, group: unknown) => boolean,
): HashIndex<T, Key> {
  let mask = FIRST_PLACES - 1
  let hashes = new Float64Array(FIRST_PLACES)
  let things: (T | undefined)[] = emptyPlaces(FIRST_PLACES)
  let size = 0

  function place(hash: number, thing: T): void {
    let at = placeOf(hash, mask)
    while (things[at] !== undefined) at = (at + 1) & mask
    hashes[at] = hash
    things[at] = thing
  }

  function grow(): void {
    const [oldHashes, oldThings] = [hashes, things]
    const places = 2 * oldThings.length
    mask = places - 1
    hashes = new Float64Array(places)
    things = emptyPlaces(places)
    for (let at = 0; at < oldThings.length; at += 1) {
      const thing = oldThings[at]
      if (thing !== undefined) place(oldHashes[at]!, thing)
    }
  }

  return {
    get size() {
      return size
    },
    find(hash, key, group) {
      for (let at = placeOf(hash, mask); ; at = (at + 1) & mask) {
        const thing = things[at]
        if (thing === undefined) return undefined
        if (hashes[at] === hash && has(thing, key, group)) return thing
      }
    },
    add(hash, thing) {
      size += 1
      if (2 * size > things.length) grow()
      place(hash, thing)
    },
    clear() {
      things.fill(undefined)
      size = 0
    },
  }
}

const emptyPlaces = <T>(places: number): (T | undefined)[] => new Array<T | undefined>(places).fill(undefined)

/** A hash has up to 53 bits: all of them say where the search begins. */
const placeOf = (hash: number, mask: number): number => (hash ^ (hash / 2 ** 32)) & mask
