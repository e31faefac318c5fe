import { setImmediate } from 'node:timers/promises'

/**
 * For work that goes on beside other work of the same thread: call it in between. Now and then it has to be waited for, so that
 * what has come meanwhile (messages of threads, files, timers) has its turn.
 *
 * @param ms how long the work may go on before the others have theirs.
 * @example
 * const turn = createTurns(10); for (const line of lines) { await turn(); look(line) }
 */
export function createTurns(ms: number): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < ms) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
