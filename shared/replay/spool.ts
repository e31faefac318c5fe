/** Where lines wait until all are there, and are found again in the order of their times. */

/**
 * Lines one after another, as they are handed over. A line has a head, which tells whether it is wanted, and a body; either
 * may be empty.
 */
export interface SpoolLines {
  /** UTF-8: all heads, and then all bodies. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each head ends, and then where each body ends: twice as many as there are lines. */
  readonly ends: Uint32Array<ArrayBuffer>
  /** Any numbers that lines are ordered by. */
  readonly times: Float64Array<ArrayBuffer>
}

/** Bytes one after another, of which pieces are found again. */
export interface SpoolBytes {
  readonly length: number
  /** A promise where there is something to wait for. The bytes are the spool's from then on. */
  add(bytes: Uint8Array): Promise<void> | undefined
  /** A piece of what was added at once; good until the next call. */
  read(place: number, length: number): Buffer
  /** Gives back what it took. */
  remove(): Promise<void>
}

/** Takes lines in any order. Memory stays bounded where the bytes are in a file (shared/local/file-spool.ts). */
export interface Spool {
  /**
   * Numbered from 0, in the order they are added. All of it is the spool's from then on.
   *
   * @param tags one a line: tells which lines are wanted again, see `inOrder`; absent: 0.
   */
  add(lines: SpoolLines, tags?: Float64Array): Promise<void> | undefined
  /** Lines that were added. */
  readonly length: number
  /** The numbers of the lines that are wanted: by time; of equals, as they were added. */
  inOrder(isWanted?: (tag: number, line: number) => boolean): Uint32Array
  /** Of one line, by its number. */
  time(line: number): number
  tag(line: number): number
  head(line: number): string
  body(line: number): string
  /** Takes bytes, which are the spool's from then on; returns what `kept` finds them by. */
  keep(bytes: Uint8Array): Promise<number>
  /** Good until something else is read. */
  kept(place: number): Uint8Array
  /** Gives back what it took. */
  remove(): Promise<void>
}

/** Lines that were added at once: the number of the first, where their bytes begin, and what came with them. */
interface Piece {
  readonly first: number
  readonly place: number
  readonly ends: Uint32Array
  readonly times: Float64Array
  readonly tags: Float64Array | undefined
}

/**
 * Of lines numbers only are kept in memory, 24 bytes each.
 *
 * @example
 * const spool = createSpool(bytes); await spool.add(writer.lines()); for (const line of spool.inOrder()) spool.head(line)
 */
export function createSpool(store: SpoolBytes): Spool {
  const pieces: Piece[] = []
  const kept: (readonly [place: number, length: number])[] = []
  let count = 0

  /** The piece that a line is of. */
  const pieceOf = (line: number): Piece => pieces[lastUpTo(pieces, line, ({ first }) => first)]!

  function read({ place, ends }: Piece, text: number): string {
    const from = text === 0 ? 0 : ends[text - 1]!
    const length = ends[text]! - from
    return length === 0 ? '' : store.read(place + from, length).toString('utf8')
  }

  return {
    add({ bytes, ends, times }, tags) {
      pieces.push({ first: count, place: store.length, ends, times, tags })
      count += times.length
      return store.add(bytes)
    },
    get length() {
      return count
    },
    inOrder(isWanted = () => true) {
      const lines = new Uint32Array(count)
      const at = new Float64Array(count)
      let wanted = 0
      for (const { first, times, tags } of pieces)
        for (let index = 0; index < times.length; index += 1) {
          if (!isWanted(tags === undefined ? 0 : tags[index]!, first + index)) continue
          lines[wanted] = first + index
          at[wanted] = times[index]!
          wanted += 1
        }
      const order = new Uint32Array(wanted)
      for (let index = 0; index < wanted; index += 1) order[index] = index
      order.sort((a, b) => at[a]! - at[b]! || a - b)
      return order.map((index) => lines[index]!)
    },
    time(line) {
      const { first, times } = pieceOf(line)
      return times[line - first]!
    },
    tag(line) {
      const { first, tags } = pieceOf(line)
      return tags === undefined ? 0 : tags[line - first]!
    },
    head(line) {
      const piece = pieceOf(line)
      return read(piece, line - piece.first)
    },
    body(line) {
      const piece = pieceOf(line)
      return read(piece, piece.times.length + line - piece.first)
    },
    async keep(bytes) {
      kept.push([store.length, bytes.length])
      await store.add(bytes)
      return kept.length - 1
    },
    kept(place) {
      const [from, length] = kept[place]!
      return length === 0 ? new Uint8Array(0) : store.read(from, length)
    },
    remove() {
      pieces.length = kept.length = count = 0
      return store.remove()
    },
  }
}

/** Where the last of them is that is not more; they are ascending, and the first is not. */
export function lastUpTo<T>(all: readonly T[], most: number, numberOf: (one: T) => number): number {
  let [from, to] = [0, all.length]
  while (to - from > 1) {
    const middle = (from + to) >> 1
    if (numberOf(all[middle]!) <= most) from = middle
    else to = middle
  }
  return from
}

export interface LineWriter {
  add(time: number, head: string, body: string): void
  /** What was added since the last call. */
  lines(): SpoolLines
}

const FIRST_BYTES = 16 * 1024

/**
 * Gathers lines for a spool.
 *
 * @example
 * const writer = createLineWriter(); writer.add(Date.now(), 'a head', 'a body'); await spool.add(writer.lines())
 */
export function createLineWriter(): LineWriter {
  const heads = createTextWriter()
  const bodies = createTextWriter()
  let times: number[] = []
  return {
    add(time, head, body) {
      heads.add(head)
      bodies.add(body)
      times.push(time)
    },
    lines() {
      const [of, more] = [heads.take(), bodies.take()]
      const bytes = new Uint8Array(of.bytes.length + more.bytes.length)
      bytes.set(of.bytes)
      bytes.set(more.bytes, of.bytes.length)
      const ends = new Uint32Array(2 * times.length)
      ends.set(of.ends)
      for (const [at, end] of more.ends.entries()) ends[times.length + at] = of.bytes.length + end
      const lines = { bytes, ends, times: Float64Array.from(times) }
      times = []
      return lines
    },
  }
}

function createTextWriter() {
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let length = 0
  let ends: number[] = []

  /** A character takes three bytes at the most. */
  function makeRoom(characters: number): void {
    const wanted = length + 3 * characters
    if (wanted <= bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * bytes.length))
    bytes.copy(larger, 0, 0, length)
    bytes = larger
  }

  return {
    add(text: string): void {
      makeRoom(text.length)
      length += bytes.write(text, length)
      ends.push(length)
    },
    /** What was added since the last call: good until the next. */
    take() {
      const taken = { bytes: bytes.subarray(0, length), ends }
      length = 0
      ends = []
      return taken
    },
  }
}

/** A spool in memory. */
export function createMemorySpool(): Spool {
  const all = createPieces()
  return createSpool({
    get length() {
      return all.end
    },
    add(bytes) {
      all.add(bytes)
      return undefined
    },
    read: all.read,
    async remove() {
      all.take(Number.POSITIVE_INFINITY)
    },
  })
}

/**
 * Pieces of bytes as they came, in memory.
 *
 * @example
 * const pieces = createPieces(); pieces.add(bytes); pieces.read(0, bytes.length)
 */
export function createPieces() {
  let pieces: Buffer[] = []
  let places: number[] = []
  let end = 0
  return {
    /** Where the next one begins. */
    get end() {
      return end
    },
    add({ buffer, byteOffset, byteLength }: Uint8Array): void {
      pieces.push(Buffer.from(buffer, byteOffset, byteLength))
      places.push(end)
      end += byteLength
    },
    /** A part of one piece. */
    read(place: number, length: number): Buffer {
      const piece = lastUpTo(places, place, (from) => from)
      const from = place - places[piece]!
      return pieces[piece]!.subarray(from, from + length)
    },
    /** All there are, in their order. */
    all: (): readonly Buffer[] => [...pieces],
    /** Takes out the first so many; nothing of them is found any more, and all others are where they were. */
    take(count: number): void {
      pieces = pieces.slice(count)
      places = places.slice(count)
    },
  }
}
