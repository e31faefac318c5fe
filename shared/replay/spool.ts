/** Where lines wait until all are there, and come back in the order of their times. */

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
  sorted(
    isWanted?: (tag: number) => boolean,
  ): AsyncIterable<{ readonly id: number; readonly time: number; readonly line: string }>
  /** Gives back what it took. */
  remove(): Promise<void>
}

/** A spool in memory. */
export function createMemorySpool(): Spool {
  const lines: { id: number; time: number; line: string; tag: number }[] = []
  return {
    add(time, line, tag = 0) {
      lines.push({ id: lines.length, time, line, tag })
    },
    async *sorted(isWanted = () => true) {
      const wanted = lines.filter(({ tag }) => isWanted(tag))
      for (const { id, time, line } of wanted.sort((a, b) => a.time - b.time || a.id - b.id)) yield { id, time, line }
    },
    async remove() {
      lines.length = 0
    },
  }
}
