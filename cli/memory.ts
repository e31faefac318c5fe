/** How much memory a command takes that runs for long, in threads of its own. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Where the young objects of a thread lie at first, MB: it would grow to that anyway. */
const YOUNG_MB = 16

/**
 * Gives back what a command has left behind by the time its work begins (reading some hundred rules leaves 100 MB of
 * garbage, and Node keeps the room for it as long as the process lasts), and keeps the room for this thread's young objects
 * as small as it is then: it only puts together what others read. Threads that begin after that are not concerned.
 *
 * @returns undoes the latter.
 * @see Node.js documentation, "v8.setFlagsFromString"; `gc` is what V8's `--expose-gc` puts into new contexts.
 * @example
 * const restore = saveMemory(); try { await work() } finally { restore() }
 */
export function saveMemory(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB}`)
  return () => {
    setFlagsFromString('--semi-space-growth-factor=2')
    setFlagsFromString('--min-semi-space-size=0')
  }
}
