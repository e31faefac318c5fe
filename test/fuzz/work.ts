/**
 * Bounds the work of a parser: CPU time a byte, as a multiple of what merely looking at every byte costs in the same
 * process. The clock on the wall, and how busy or slow the machine is, do not matter.
 */

/** Large enough that work which grows with the square of it is a thousand times over every limit. */
export const WORK_BYTES = 256 * 1024

/** µs of CPU, the least of three runs: other threads inflate and collect garbage, now more and now less. */
async function cpu(run: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, user + system)
  }
  return least
}

const ROUNDS = 8 * 1024

function look(text: string, rounds: number): number {
  let sum = 0
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < text.length; at++) sum = (sum + text.charCodeAt(at)) | 0
  }
  return sum
}

let baseline: number | undefined

/** µs for one look at a character. */
async function measureBaseline(): Promise<number> {
  const text = 'x'.repeat(1024)
  const took = await cpu(() => look(text, ROUNDS))
  return Math.max(took, 1) / (ROUNDS * text.length)
}

/**
 * How many times the CPU of the baseline `run` takes for `length` characters. Runs it three times.
 *
 * @example
 * expect(await workOf(text.length, () => parse(text))).toBeLessThan(MOST_WORK)
 */
export async function workOf(length: number, run: () => unknown): Promise<number> {
  const took = await cpu(run)
  baseline ??= await measureBaseline()
  const times = took / (baseline * length)
  console.log(
    `${length} characters: ${times.toFixed(0)} times the baseline, which is ${(baseline * 1e6).toFixed(0)} µs/MB`,
  )
  return times
}

/**
 * The most that linear work may take. The slowest of the parsers takes less than a hundred times the baseline for the
 * worst of the inputs; work that grows with the square takes more than ten thousand times at {@link WORK_BYTES}.
 */
export const MOST_WORK = 500
