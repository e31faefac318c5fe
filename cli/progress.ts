/** How far a long run is, told in bytes: one large object must not look still. */
import type { ObjectStore } from '../shared/contracts/ports.ts'
import type { Io } from './io.ts'
import { bytes, duration } from './render.ts'

/** The line is drawn so often, and no oftener. */
const EVERY_MS = 100
/** What is left can be told after so long. */
const SURE_AFTER_MS = 1000

export interface Progress {
  /** A store whose reading is counted. */
  count(store: ObjectStore): ObjectStore
  /** What is being read now. */
  at(name: string): void
  end(): void
}

/**
 * A line on the terminal: how much of how much, at what rate, how long it will take, and what is being read. Nothing
 * where nobody looks.
 *
 * @param total bytes to read
 * @param clock milliseconds, never going back
 */
export function createProgress(total: number, io: Io, clock: () => number = () => performance.now()): Progress {
  const start = clock()
  let done = 0
  let shown = Number.NEGATIVE_INFINITY
  let name = ''

  function draw(): void {
    const now = clock()
    if (!io.errIsTerminal || now - shown < EVERY_MS) return
    shown = now
    io.progress(progressLine({ done, total, ms: now - start, name }))
  }

  return {
    count: (store) => ({
      async open(address) {
        const opened = await store.open(address)
        return { ...opened, body: counted(opened.body) }
      },
    }),
    at(next) {
      name = next
      draw()
    },
    end: () => io.progress(''),
  }

  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      done += chunk.length
      draw()
      yield chunk
    }
  }
}

/** `12 MB of 300 MB, 4 %, 24 MB/s, 12 s left  trail.json.gz` */
export function progressLine(state: { done: number; total: number; ms: number; name: string }): string {
  const { done, total, ms, name } = state
  const parts = [`${bytes(done)} of ${bytes(total)}`]
  if (total > 0) parts.push(`${Math.min(100, Math.floor((100 * done) / total))} %`)
  if (ms >= SURE_AFTER_MS && done > 0) {
    parts.push(`${bytes((1000 * done) / ms)}/s`)
    if (total > done) parts.push(`${duration((ms * (total - done)) / done / 1000)} left`)
  }
  return `${parts.join(', ')}  ${name}`
}
