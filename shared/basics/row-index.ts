/** Rows of numbers by a hash of what tells them apart, with open addressing; none is taken out but all. */
export interface RowIndex<Key> {
  readonly size: number
  /** Row `r` begins at `r * width`, with its hash; the rest is its user's. Good until the next row is added. */
  readonly values: Float64Array
  /** The row of this hash that has the key, from 0; -1: there is none. */
  find(hash: number, key: Key): number
  /** A row that is not there, all of it 0 but its hash. Rows are numbered as they come. */
  add(hash: number): number
  clear(): void
}

const FIRST_ROWS = 32

/**
 * For values that come by the million and are thousands: a Map looks at memory five times to find a text, and an object's
 * numbers lie elsewhere again, each of them being as far away as the one before. Here a row's hash lies beside its numbers.
 * 8 bytes a number, and 8 to 16 a row.
 *
 * @param width numbers of a row, its hash with them.
 * @param has whether a row is the one that is looked for; always true where the hash is all that tells rows apart.
 * @example
 * const index = createRowIndex<string>(2, (row, text) => texts[row] === text)
 * const row = index.find(hash, text); if (row >= 0) index.values[2 * row + 1]! += 1
 */
export function createRowIndex<Key>(width: number, has: (row: number, key: Key) => boolean): RowIndex<Key> {
  /** A row's number and one more; 0: free. */
  let places = new Int32Array(2 * FIRST_ROWS)
  let mask = places.length - 1
  // Plain properties: an object with a getter of its own is one of a kind to V8, and each look at it a search.
  const index = { size: 0, values: new Float64Array(FIRST_ROWS * width), find, add, clear }

  function place(row: number): void {
    let at = placeOf(index.values[row * width]!, mask)
    while (places[at] !== 0) at = (at + 1) & mask
    places[at] = row + 1
  }

  function grow(): void {
    const larger = new Float64Array(2 * index.values.length)
    larger.set(index.values)
    index.values = larger
    places = new Int32Array(2 * places.length)
    mask = places.length - 1
    for (let row = 0; row < index.size; row += 1) place(row)
  }

  function find(hash: number, key: Key): number {
    const { values } = index
    for (let at = placeOf(hash, mask); ; at = (at + 1) & mask) {
      const row = places[at]! - 1
      if (row < 0 || (values[row * width] === hash && has(row, key))) return row
    }
  }

  function add(hash: number): number {
    if (2 * (index.size + 1) > places.length) grow()
    const row = index.size
    index.size += 1
    index.values.fill(0, row * width, (row + 1) * width)
    index.values[row * width] = hash
    place(row)
    return row
  }

  function clear(): void {
    places.fill(0)
    index.size = 0
  }

  return index
}

/** All of the 53 bits say where the search begins, also of numbers that are none's hash, and differ in a few bits. */
function placeOf(hash: number, mask: number): number {
  const mix = Math.imul(hash | 0, 0x9e3779b1) ^ Math.imul((hash / 2 ** 32) | 0, 0x85ebca6b)
  return (mix ^ (mix >>> 15)) & mask
}
