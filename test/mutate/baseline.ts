import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Kept, nameMutations } from './kept.ts'
import { applyMutations, type Edit, probesOf } from './operators.ts'
import type { Worker } from './pool.ts'
import { helpings } from './related.ts'
import type { Trial } from './try.ts'

/** So many test files are run at once. */
const AT_ONCE = 6

/**
 * A loop without an end must not be waited for: tests that take many times what they took unchanged hang. On a machine
 * that others use too everything takes longer; what then seems to hang is tried once more, alone.
 */
export const limitMs = (tests: readonly string[], kept: Kept): number =>
  60_000 + 4 * tests.reduce((sum, test) => sum + (kept.tests[test]?.ms ?? 3_000), 0)

/**
 * Runs the tests as they are, those that were not green before for the same sources: what is red notices nothing. With
 * probes in the code, which tell what mutations each test file comes by. Returns what it did, as a sentence.
 *
 * @throws Error where a test is red.
 */
export async function checkUnchanged(trial: Trial): Promise<string> {
  const { all, list, kept } = trial
  const sourcesOf = (test: string) => testSources(trial, test)
  const tests = [...new Set(list.flatMap((mutation) => askedTests(trial, mutation.file)))].sort()
  const queue = tests.filter((test) => kept.tests[test]?.sources !== sourcesOf(test))
  const count = queue.length
  const names = nameMutations(all)
  const red: string[] = []
  const keep = (test: string, ms: number, ran?: readonly number[]) => {
    kept.tests[test] = {
      sources: sourcesOf(test),
      ms,
      // What other processes come by is not known.
      ...(ran === undefined || trial.sources.startsProcesses(test)
        ? {}
        : { ran: ran.map((at) => names.get(all[at]!)!) }),
    }
    trial.save()
  }
  await withProbes(trial, async (worker) => {
    for (let some = queue.splice(0, AT_ONCE); some.length > 0; some = queue.splice(0, AT_ONCE)) {
      const { noticed, test, took = {} } = await worker.run({ edits: [], tests: some }, 3_600_000)
      for (const [file, { ms, ran }] of Object.entries(took)) keep(file, ms, ran)
      if (!noticed) continue
      // Where a probe itself is in the way, the test counts as one that comes by everything.
      red.push(test ?? some[0]!)
      queue.push(...some.filter((file) => took[file] === undefined && !red.includes(file)))
    }
  })
  for (const test of red) {
    const { noticed, by, took = {} } = await trial.workers[0]!.run({ edits: [], tests: [test] }, 3_600_000)
    if (noticed) throw new Error(`the tests are red before anything is changed: ${by}`)
    keep(test, took[test]!.ms)
  }
  return `${tests.length} test files: ${count} run as they are, ${tests.length - count} known to be green`
}

const askedTests = ({ related, near }: Trial, file: string): string[] => {
  const [own, others] = helpings(file, related)
  return near ? own : [...own, ...others]
}

/** What the outcome of a test file as it is holds for. */
export const testSources = ({ sources, seed }: Pick<Trial, 'sources' | 'seed'>, test: string): string =>
  `${sources.hash([test])} ${seed}`

/** Each worker with probes in its copy; then they are taken out, and the worker begins anew. */
async function withProbes({ all, workers }: Trial, run: (worker: Worker) => Promise<void>): Promise<void> {
  const probes = Map.groupBy(probesOf(all), ({ file }) => file)
  await Promise.all(
    workers.map(async (worker) => {
      const sources = [...probes].map(([file, edits]) => putIn(path.join(worker.copy, file), edits))
      try {
        await run(worker)
      } finally {
        worker.stop()
        for (const [file, source] of sources) writeFileSync(file, source)
      }
    }),
  )
}

function putIn(file: string, edits: readonly Edit[]): [file: string, source: string] {
  const source = readFileSync(file, 'utf8')
  writeFileSync(file, applyMutations(source, edits))
  return [file, source]
}
