import { type Kept, nameMutations, type Outcome, sourcesOf } from './kept.ts'
import type { Mutation } from './operators.ts'
import type { Worker } from './pool.ts'
import { helpings, type Related } from './related.ts'
import type { Sources } from './sources.ts'
import type { Verdict } from './worker.ts'

/** An outcome, and whether an earlier run found it. */
export interface Tried extends Outcome {
  readonly mutation: Mutation
  readonly kept: boolean
}

export interface Trial {
  readonly list: readonly Mutation[]
  readonly workers: readonly Worker[]
  readonly related: Related
  readonly sources: Sources
  /** Outcomes of earlier runs; new ones are added. */
  readonly kept: Kept
  save(): void
  /** Called after each mutation that was tried, and not for those that were kept. */
  tell(tried: Tried, count: number): void
}

/**
 * A loop without an end must not be waited for: a helping that takes many times what it took unchanged hangs. On a
 * machine that others use too everything takes longer; what then seems to hang is tried once more, alone.
 */
const limitMs = (tests: readonly string[], kept: Kept): number =>
  60_000 + 4 * tests.reduce((sum, test) => sum + (kept.tests[test]?.ms ?? 10_000), 0)

/** Runs the tests as they are, those that were not green before for the same sources: what is red notices nothing. */
export async function checkUnchanged({ list, workers, related, sources, kept, save }: Trial): Promise<string> {
  const all = [...new Set(list.flatMap(({ file }) => helpings(file, related).flat()))].sort()
  const tests = all.filter((test) => kept.tests[test]?.sources !== sources.hash([test]))
  const queue = [...tests]
  await Promise.all(
    workers.map(async (worker) => {
      for (let some = queue.splice(0, 4); some.length > 0; some = queue.splice(0, 4)) {
        const { noticed, by, took = {} } = await worker.run({ tests: some }, 3_600_000)
        if (noticed) throw new Error(`the tests are red before anything is changed: ${by}`)
        for (const test of some) kept.tests[test] = { sources: sources.hash([test]), ms: took[test] ?? 10_000 }
        save()
      }
    }),
  )
  return `${all.length} test files: ${tests.length} run as they are, ${all.length - tests.length} known to be green`
}

/** Tries each mutation whose outcome is not known for the same sources. */
export async function tryAll(trial: Trial): Promise<Tried[]> {
  const { list, workers, kept } = trial
  const names = nameMutations(list)
  const results = new Map<Mutation, Tried>()
  for (const mutation of list) {
    const outcome = kept.outcomes[names.get(mutation)!]
    if (outcome !== undefined && outcome.sources === sourcesNow(trial, mutation, outcome)) {
      results.set(mutation, { ...outcome, mutation, kept: true })
    }
  }
  const queue = list.filter((mutation) => !results.has(mutation))
  const again: Mutation[] = []
  let count = 0
  const settle = (mutation: Mutation, outcome: Outcome) => {
    kept.outcomes[names.get(mutation)!] = { ...outcome, sources: sourcesNow(trial, mutation, outcome) }
    trial.save()
    const tried = { ...outcome, mutation, kept: false }
    results.set(mutation, tried)
    count += 1
    trial.tell(tried, count)
  }
  await Promise.all(
    workers.map(async (worker) => {
      let last: string[] = []
      for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
        const outcome = await tryOne(trial, worker, mutation, kept.outcomes[names.get(mutation)!]?.test)
        if (outcome === undefined) again.push(mutation)
        else settle(mutation, outcome)
        if (outcome?.noticed) last = outcome.test === undefined ? [] : [outcome.test]
      }
      await checkPutBack(worker, last)
    }),
  )
  for (const mutation of again) settle(mutation, await tryAlone(trial, mutation))
  return list.map((mutation) => results.get(mutation)!)
}

/** The tests of a mutation, in the order in which they are asked; `first` noticed it in an earlier run. */
function stepsOf(file: string, related: Related, first: string | undefined): string[][] {
  const [near, far] = helpings(file, related)
  const known = [...near, ...far].filter((test) => test === first)
  return [known, ...[near, far].map((tests) => tests.filter((test) => test !== first))]
}

/** Undefined where the tests did not come to an end. */
async function tryOne(
  { related, kept }: Trial,
  worker: Worker,
  mutation: Mutation,
  first: string | undefined,
): Promise<Outcome | undefined> {
  const begun = Date.now()
  let verdict: Verdict = { noticed: false }
  for (const tests of stepsOf(mutation.file, related, first)) {
    verdict = await worker.run({ mutation, tests }, limitMs(tests, kept))
    if (verdict.broken) return undefined
    if (verdict.noticed) break
  }
  return outcomeOf(verdict, begun)
}

/** Once more, with the machine to itself and twice the time. Not to come to an end is to be noticed. */
async function tryAlone({ related, kept, workers }: Trial, mutation: Mutation): Promise<Outcome> {
  const begun = Date.now()
  let verdict: Verdict = { noticed: false }
  for (const tests of stepsOf(mutation.file, related, undefined)) {
    verdict = await workers[0]!.run({ mutation, tests }, 2 * limitMs(tests, kept))
    if (verdict.noticed) break
  }
  return outcomeOf(verdict, begun)
}

const outcomeOf = ({ noticed, by, test }: Verdict, begun: number): Outcome => ({
  noticed,
  seconds: Math.round((Date.now() - begun) / 100) / 10,
  ...(by === undefined ? {} : { by }),
  ...(test === undefined ? {} : { test }),
})

/** What failed with a change must pass without it: else all that was said to be noticed means nothing. */
async function checkPutBack(worker: Worker, tests: readonly string[]): Promise<void> {
  const { noticed, by } = await worker.run({ tests }, 3_600_000)
  if (noticed) throw new Error(`the tests are red after everything was put back: ${by}`)
}

const sourcesNow = ({ related, sources }: Trial, { file }: Mutation, outcome: Outcome): string =>
  sourcesOf(outcome, file, helpings(file, related).flat(), sources)
