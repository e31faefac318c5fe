/** How much memory a command takes that runs for long, in threads of its own. */
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (how: Readonly<Record<'type' | 'execution', string> & { flavor?: string }>) => void

/** Room for the young objects of a thread that only puts together what others read, bytes; Node lets it grow to 96 MB. */
const YOUNG_BYTES = 8 * 1024 * 1024
/** As much as a command has by the time its work begins, which has read no YAML. */
const LITTLE_BYTES = 24 * 1024 * 1024
/** So many times as large each time it grows. */
const GROWTH = 2
/** Collections that V8 makes while a thread waits: each takes the room for young objects away, which would not grow again. */
const REDUCING = 2
/** Of threads that begin, half of their room, MB: it would grow to that anyway. */
const YOUNG_MB_OF_OTHERS = 16

/**
 * V8 puts the code of called functions into that of their callers up to so many bytes of bytecode, all together and one by one,
 * and waits for so many calls after a new kind of value has come. Its own numbers are for programs with one thread: ours compile
 * all that they run for themselves, and with a fifth of it put together compiling takes two thirds.
 */
const COMPILING = [
  ['max-inlined-bytecode-size-cumulative', 200, 920],
  ['max-inlined-bytecode-size', 100, 460],
  ['minimum-invocations-after-ic-update', 1500, 500],
] as const

/**
 * Gives back what a command has left behind by the time its work begins (reading some hundred rules from YAML leaves 100 MB
 * of garbage, and Node keeps the room for it as long as the process lasts), and keeps the room for this thread's young objects
 * as it is: small, and not taken away while it waits for others; threads that begin after that have all of theirs at once. No
 * object is taken for one that lives for ever: V8 takes views of records for such, since some hundred are read ahead, and finds
 * them again only by looking through all that is old. And each thread collects its young objects and compiles its code alone:
 * helpers cost more than they bring where all cores are at work, and 20 MB of what they needed stays theirs. Nothing is
 * interpreted for long: each thread runs what it reads with for the first time, and all of it is called again and again.
 *
 * @returns undoes that for what comes after.
 * @see Node.js documentation, "v8.setFlagsFromString"; `gc` is what V8's `--expose-gc` puts into new contexts.
 * @example
 * const restore = saveMemory(); try { await work() } finally { restore() }
 */
export function saveMemory(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect === 'function') {
    if (getHeapStatistics().used_heap_size > LITTLE_BYTES)
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    growYoung(collect as Collect)
  }
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB_OF_OTHERS}`)
  setFlagsFromString('--memory-reducer-gc-count=0')
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--no-concurrent-recompilation')
  setFlagsFromString('--always-sparkplug')
  for (const [name, ours] of COMPILING) setFlagsFromString(`--${name}=${ours}`)
  return () => {
    setFlagsFromString(`--semi-space-growth-factor=${GROWTH}`)
    setFlagsFromString('--min-semi-space-size=0')
    setFlagsFromString(`--memory-reducer-gc-count=${REDUCING}`)
    setFlagsFromString('--allocation-site-pretenuring')
    setFlagsFromString('--parallel-scavenge')
    setFlagsFromString('--concurrent-recompilation')
    setFlagsFromString('--no-always-sparkplug')
    setFlagsFromString('--heap-growing-percent=0')
    compileAsV8Does()
  }
}

/** By so much more than what lives the heap grows before all of it is looked through, in %. */
const LITTLE_GARBAGE = 30

/**
 * For when the threads are gone, and what is left is done by this one: what little it needs would otherwise grow to the
 * threefold, and its code is compiled beside it.
 */
export function saveMoreMemory(): void {
  setFlagsFromString(`--heap-growing-percent=${LITTLE_GARBAGE}`)
  compileAsV8Does()
}

function compileAsV8Does(): void {
  for (const [name, , theirs] of COMPILING) setFlagsFromString(`--${name}=${theirs}`)
}

/** It grows where much has survived. */
function growYoung(collect: Collect): void {
  const size = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ??
    Number.POSITIVE_INFINITY
  let alive: number[][] = []
  for (let tries = 0; tries < 16 && size() < YOUNG_BYTES; tries += 1) {
    alive = Array.from({ length: 16_384 }, (_, n) => [n, tries, alive.length, n])
    collect({ type: 'minor', execution: 'sync' })
  }
}
