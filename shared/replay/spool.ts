/** Where lines wait until all are there, and come back in the order of their times. */

/** Takes lines in any order. Memory stays bounded where the spool is one of files (shared/local/file-spool.ts). */
export interface Spool {
  /** Numbered from 0, in the order they are added. */
  add(time: number, line: string): void | Promise<void>
  /** By time; of equals, as they were added. What is added meanwhile comes with the next call. */
  sorted(): AsyncIterable<{ readonly id: number; readonly time: number; readonly line: string }>
  /** Gives back what it took. */
  remove(): Promise<void>
}

/** A spool in memory. */
export function createMemorySpool(): Spool {
  const lines: { id: number; time: number; line: string }[] = []
  return {
    add(time, line) {
      lines.push({ id: lines.length, time, line })
    },
    async *sorted() {
      yield* lines.toSorted((a, b) => a.time - b.time || a.id - b.id)
    },
    async remove() {
      lines.length = 0
    },
  }
}
