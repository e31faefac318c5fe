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
 * @param has whether a row is the one that is looked for.
 * @example
 * const index = createRowIndex<string>(2, (row, text) => texts[row] === text)
 * const row = index.find(hash, text); if (row >= 0) index.values[2 * row + 1]! += 1
 */
export function createRowIndex<Key>(width: number, has: (row: number, key: Key) => boolean): RowIndex<Key> {
  /** A row's number and one more; 0: free. */
  let places = new Int32Array(2 * FIRST_ROWS)
  let mask = places.length - 1
  let values = new Float64Array(FIRST_ROWS * width)
  let size = 0

  function place(row: number): void {
    let at = placeOf(values[row * width]!, mask)
    while (places[at] !== 0) at = (at + 1) & mask
    places[at] = row + 1
  }

  function grow(): void {
    const larger = new Float64Array(2 * values.length)
    larger.set(values)
    values = larger
    places = new Int32Array(2 * places.length)
    mask = places.length - 1
    for (let row = 0; row < size; row += 1) place(row)
  }

  return {
    get size() {
      return size
    },
    get values() {
      return values
    },
    find(hash, key) {
      for (let at = placeOf(hash, mask); ; at = (at + 1) & mask) {
        const row = places[at]! - 1
        if (row < 0 || (values[row * width] === hash && has(row, key))) return row
      }
    },
    add(hash) {
      if (2 * (size + 1) > places.length) grow()
      const row = size
      size += 1
      values.fill(0, row * width, (row + 1) * width)
      values[row * width] = hash
      place(row)
      return row
    },
    clear() {
      places.fill(0)
      size = 0
    },
  }
}

/** A hash has up to 53 bits: all of them say where the search begins. */
const placeOf = (hash: number, mask: number): number => (hash ^ (hash / 2 ** 32)) & mask
