import { limitMs, testSources } from './baseline.ts'
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

/** What a test may take, alone and unchanged, to be asked where only the quick ones are. */
const QUICK_MS = 5_000

export interface Trial {
  /** All mutations, and those of them that are asked for. */
  readonly all: readonly Mutation[]
  readonly list: readonly Mutation[]
  readonly workers: readonly Worker[]
  readonly related: Related
  readonly sources: Sources
  readonly seed: number
  /** Only the tests of its own room are asked. */
  readonly near: boolean
  /** Of the others only those that take no longer than {@link QUICK_MS}. */
  readonly quick: boolean
  /** Outcomes of earlier runs; new ones are added. */
  readonly kept: Kept
  save(): void
  /** Called after each mutation that was tried, and not for those that were kept. */
  tell(tried: Tried): void
  /** The tests of its own room do not notice it; the others are asked later. */
  tellUnnoticed(mutation: Mutation): void
}

/**
 * The tests that come by a mutation, in two helpings: first those of its room (where there are none, those that import
 * the file), then the others; the quick ones first. What a test has not come by it cannot notice.
 */
export function testsOf(trial: Trial, { file }: Mutation, name: string): [near: string[], far: string[]] {
  const { related, kept } = trial
  const comesBy = (test: string) => {
    const known = kept.tests[test]
    return known?.ran === undefined || known.sources !== testSources(trial, test) || known.ran.includes(name)
  }
  const msOf = (test: string) => kept.tests[test]?.ms ?? 3_000
  const [near, far] = helpings(file, related).map((tests) =>
    tests.filter(comesBy).sort((a, b) => msOf(a) - msOf(b)),
  ) as [string[], string[]]
  return [near, trial.quick ? far.filter((test) => msOf(test) <= QUICK_MS) : far]
}

/**
 * Tries each mutation whose outcome is not known for the same sources. First against the tests of its own room: most are
 * noticed there. Then against all others that reach it, some together, since these tests take long and rarely notice
 * one: where a test is red, it is asked for each of them alone. Two that hide each other would pass for survivors.
 */
export async function tryAll(trial: Trial): Promise<Tried[]> {
  const { all, list, workers, kept } = trial
  const names = nameMutations(all)
  const helpingsOf = (mutation: Mutation) => testsOf(trial, mutation, names.get(mutation)!)
  const results = new Map<Mutation, Tried>()
  for (const mutation of list) {
    const outcome = kept.outcomes[names.get(mutation)!]
    if (outcome !== undefined && outcome.sources === sourcesNow(trial, mutation, outcome)) {
      results.set(mutation, { ...outcome, mutation, kept: true })
    }
  }
  const settle = (mutation: Mutation, outcome: Outcome) => {
    kept.outcomes[names.get(mutation)!] = { ...outcome, sources: sourcesNow(trial, mutation, outcome) }
    trial.save()
    const tried = { ...outcome, mutation, kept: false }
    results.set(mutation, tried)
    trial.tell(tried)
  }

  const queue = list.filter((mutation) => !results.has(mutation))
  const unnoticed: Mutation[] = []
  const broken: Mutation[] = []
  await Promise.all(
    workers.map(async (worker) => {
      let last: string[] = []
      for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
        const begun = Date.now()
        const verdict = await tryNear(
          trial,
          worker,
          mutation,
          helpingsOf(mutation),
          kept.outcomes[names.get(mutation)!]?.test,
        )
        if (verdict.broken) broken.push(mutation)
        else if (verdict.noticed) settle(mutation, outcomeOf(verdict, begun))
        else {
          unnoticed.push(mutation)
          trial.tellUnnoticed(mutation)
        }
        if (verdict.test !== undefined) last = [verdict.test]
      }
      await checkPutBack(worker, last)
    }),
  )

  // Not kept: the others may notice them.
  if (trial.near || trial.quick) {
    for (const mutation of unnoticed) results.set(mutation, { noticed: false, seconds: 0, mutation, kept: false })
  }
  const batches = chunksOf(
    list.filter((mutation) => !trial.near && !trial.quick && unnoticed.includes(mutation)),
    TOGETHER,
  )
  await Promise.all(
    workers.map(async (worker) => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        broken.push(...(await tryFar(trial, worker, batch, helpingsOf, settle)))
      }
    }),
  )
  for (const mutation of broken) {
    settle(mutation, await tryAlone(trial, mutation, helpingsOf(mutation)))
  }
  return list.map((mutation) => results.get(mutation)!)
}

/** Mutations that are tried together, and test files that are run at once. */
const TOGETHER = 12
const AT_ONCE = 8

const chunksOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size))

/** Asks the test that noticed it in an earlier run, then those of its own room. */
async function tryNear(
  { kept, quick }: Trial,
  worker: Worker,
  mutation: Mutation,
  [near, far]: readonly [string[], string[]],
  first: string | undefined,
): Promise<Verdict> {
  const known = [...near, ...far].filter((test) => test === first)
  const others = (tests: readonly string[]) => tests.filter((test) => test !== first)
  for (const tests of [known, others(near), ...(quick ? [others(far)] : [])]) {
    const verdict = await worker.run({ edits: [mutation], tests }, limitMs(tests, kept))
    if (verdict.noticed) return verdict
  }
  return { noticed: false }
}

/** Returns those with which something broke: they are to be tried alone. */
async function tryFar(
  { kept }: Trial,
  worker: Worker,
  batch: readonly Mutation[],
  helpingsOf: (mutation: Mutation) => readonly [string[], string[]],
  settle: (mutation: Mutation, outcome: Outcome) => void,
): Promise<Mutation[]> {
  const begun = Date.now()
  const tests = [...new Set(batch.flatMap((mutation) => helpingsOf(mutation)[1]))]
  const broken: Mutation[] = []
  let rest = [...batch]
  for (const some of chunksOf(tests, AT_ONCE)) {
    while (rest.length > 0) {
      const together = await worker.run({ edits: rest, tests: some }, limitMs(some, kept))
      if (!together.noticed) break
      if (together.broken) return [...broken, ...rest]
      const noticed = await whichOf(worker, rest, together.test === undefined ? some : [together.test], kept)
      // Only together do they break it.
      if (noticed.size === 0) return [...broken, ...rest]
      for (const [mutation, verdict] of noticed) {
        if (verdict.broken) broken.push(mutation)
        else settle(mutation, outcomeOf(verdict, begun))
      }
      rest = rest.filter((mutation) => !noticed.has(mutation))
    }
  }
  for (const mutation of rest) settle(mutation, outcomeOf({ noticed: false }, begun))
  return broken
}

async function whichOf(
  worker: Worker,
  batch: readonly Mutation[],
  tests: readonly string[],
  kept: Kept,
): Promise<Map<Mutation, Verdict>> {
  const noticed = new Map<Mutation, Verdict>()
  for (const mutation of batch) {
    const verdict = await worker.run({ edits: [mutation], tests }, limitMs(tests, kept))
    if (verdict.noticed) noticed.set(mutation, verdict)
  }
  return noticed
}

/** With the machine to itself and twice the time. Not to come to an end is to be noticed. */
async function tryAlone({ kept, workers }: Trial, mutation: Mutation, helpings: readonly string[][]): Promise<Outcome> {
  const begun = Date.now()
  let verdict: Verdict = { noticed: false }
  for (const tests of helpings) {
    verdict = await workers[0]!.run({ edits: [mutation], tests }, 2 * limitMs(tests, kept))
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
  const { noticed, by } = await worker.run({ edits: [], tests }, 3_600_000)
  if (noticed) throw new Error(`the tests are red after everything was put back: ${by}`)
}

const sourcesNow = ({ related, sources }: Trial, { file }: Mutation, outcome: Outcome): string =>
  sourcesOf(outcome, file, helpings(file, related).flat(), sources)
