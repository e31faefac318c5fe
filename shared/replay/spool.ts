/** Where lines wait until all are there, and come back in the order of their times. */

export interface SpooledLine {
  readonly id: number
  readonly time: number
  readonly line: string
}

/** Takes lines in any order. Memory stays bounded where the spool is one of files (shared/local/file-spool.ts). */
export interface Spool {
  /**
   * Numbered from 0, in the order they are added.
   *
   * @param tag tells which lines are wanted again, see `sorted`.
   */
  add(time: number, line: string, tag?: number): void | Promise<void>
  /**
   * By time; of equals, as they were added. What is added meanwhile comes with the next call.
   *
   * @param isWanted by the tag (0: none was given); the other lines are not read.
   */
  sorted(isWanted?: (tag: number) => boolean): AsyncIterable<SpooledLine>
  /** These lines, by their numbers, in this order. */
  lines(ids: readonly number[]): AsyncIterable<SpooledLine>
  /** Takes bytes; returns what `kept` finds them by. */
  keep(bytes: Uint8Array): Promise<number>
  kept(place: number): Promise<Uint8Array>
  /** Gives back what it took. */
  remove(): Promise<void>
}

/** A spool in memory. */
export function createMemorySpool(): Spool {
  const all: (SpooledLine & { readonly tag: number })[] = []
  const bytes: Uint8Array[] = []
  return {
    add(time, line, tag = 0) {
      all.push({ id: all.length, time, line, tag })
    },
    async *sorted(isWanted = () => true) {
      const wanted = all.filter(({ tag }) => isWanted(tag))
      for (const { id, time, line } of wanted.sort((a, b) => a.time - b.time || a.id - b.id)) yield { id, time, line }
    },
    async *lines(ids) {
      for (const id of ids) yield all[id]!
    },
    async keep(more) {
      return bytes.push(more) - 1
    },
    kept: async (place) => bytes[place]!,
    async remove() {
      all.length = 0
      bytes.length = 0
    },
  }
}
