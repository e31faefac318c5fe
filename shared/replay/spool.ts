/** Where lines wait until all are there, and come back in the order of their times. */

export interface SpooledLine {
  readonly id: number
  readonly time: number
  readonly line: string
}

/** Lines one after another, as they are handed over. */
export interface SpoolLines {
  /** Their UTF-8 bytes, and where each of them ends. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
  readonly times: Float64Array<ArrayBuffer>
}

/** Takes lines in any order. Memory stays bounded where the spool is one of files (shared/local/file-spool.ts). */
export interface Spool {
  /**
   * Numbered from 0, in the order they are added. The bytes are the spool's from then on.
   *
   * @param tags one a line: tells which lines are wanted again, see `sorted`; absent: 0.
   */
  add(lines: SpoolLines, tags?: Float64Array): void | Promise<void>
  /** Lines that were added. */
  readonly length: number
  /**
   * By time; of equals, as they were added. What is added meanwhile comes with the next call.
   *
   * @param isWanted by the tag; the other lines are not read.
   */
  sorted(isWanted?: (tag: number) => boolean): AsyncIterable<SpooledLine>
  /** These lines, by their numbers, in this order. */
  lines(ids: readonly number[]): AsyncIterable<SpooledLine>
  /** Takes bytes, which are the spool's from then on; returns what `kept` finds them by. */
  keep(bytes: Uint8Array): Promise<number>
  kept(place: number): Promise<Uint8Array>
  /** Gives back what it took. */
  remove(): Promise<void>
}

export interface LineWriter {
  add(time: number, line: string): void
  /** What was added since the last call. */
  lines(): SpoolLines
}

const FIRST_BYTES = 16 * 1024

/**
 * Gathers lines for a spool.
 *
 * @example
 * const writer = createLineWriter(); writer.add(Date.now(), 'a line'); await spool.add(writer.lines())
 */
export function createLineWriter(): LineWriter {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES)
  let length = 0
  let ends: number[] = []
  let times: number[] = []

  /** A character takes three bytes at the most. */
  function makeRoom(characters: number): void {
    const wanted = length + 3 * characters
    if (wanted <= bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * bytes.length))
    bytes.copy(larger, 0, 0, length)
    bytes = larger
  }

  return {
    add(time, line) {
      makeRoom(line.length)
      length += bytes.write(line, length)
      ends.push(length)
      times.push(time)
    },
    lines() {
      const lines = {
        bytes: new Uint8Array(bytes.subarray(0, length)),
        ends: Uint32Array.from(ends),
        times: Float64Array.from(times),
      }
      length = 0
      ends = []
      times = []
      return lines
    },
  }
}

/** A spool in memory. */
export function createMemorySpool(): Spool {
  const all: (SpooledLine & { readonly tag: number })[] = []
  const kept: Uint8Array[] = []
  return {
    add({ bytes, ends, times }, tags) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (const [at, end] of ends.entries()) {
        const line = text.toString('utf8', ends[at - 1] ?? 0, end)
        all.push({ id: all.length, time: times[at]!, line, tag: tags?.[at] ?? 0 })
      }
    },
    get length() {
      return all.length
    },
    async *sorted(isWanted = () => true) {
      const wanted = all.filter(({ tag }) => isWanted(tag))
      for (const { id, time, line } of wanted.sort((a, b) => a.time - b.time || a.id - b.id)) yield { id, time, line }
    },
    async *lines(ids) {
      for (const id of ids) {
        const { time, line } = all[id]!
        yield { id, time, line }
      }
    },
    async keep(more) {
      return kept.push(more) - 1
    },
    kept: async (place) => kept[place]!,
    async remove() {
      all.length = 0
      kept.length = 0
    },
  }
}
