/**
 * `npm run mutate`: do the tests notice when a line changes? Several hundred one-line mutations of `shared/` and
 * `functions/`, always the same ones, each tried in a copy of the project against the tests that reach the file. Ends
 * with 1 when less than 90 % are noticed in all or in a room, or an explanation in survivors.json is stale.
 *
 * `--only PATH…` files or folders, `--sample N` so many of the list, `--list` says what would be tried, `--seed N`
 * draws other mutations, `--jobs N` processes (2), `--trusted` does not run the tests unchanged first, `--verbose` says
 * which test noticed.
 */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Explanation, explains, readExplanations, staleExplanations } from './accepted.ts'
import { type Mutation, mutationsOf } from './operators.ts'
import { Worker } from './pool.ts'
import { helpings, type Related, relatedTests } from './related.ts'
import { sampleMutations, selectMutations } from './select.ts'
import type { Verdict } from './worker.ts'

const SEED = 20_260_317
const SHARE = 0.9
const MUTATED = ['shared/**/*.ts', 'functions/*.ts']
const READ = [...MUTATED, 'cli/**/*.ts', 'infra/**/*.ts', 'events/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts']
const NOT_RUN = ['test/e2e/', 'test/package/', 'test/pages/', 'test/mutate/']
const NOT_COPIED = ['node_modules', '.git', 'dist', 'coverage', '.bucketwatch', '.serverless']

const root = path.resolve(import.meta.dirname, '../..')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string', default: String(SEED) },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    trusted: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const find = (patterns: readonly string[]): string[] =>
  globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort()

const seed = Number(options.seed)
const isWanted = (file: string) =>
  options.only.length === 0 ||
  options.only.some((only) => file === only || file.startsWith(`${only.replace(/\/$/, '')}/`))
const possible: Mutation[] = []
let list: Mutation[] = []
for (const file of find(MUTATED)) {
  const source = readFileSync(path.join(root, file), 'utf8')
  const all = mutationsOf(file, source)
  possible.push(...all)
  if (isWanted(file)) list.push(...selectMutations(all, source.split('\n').length, seed))
}
if (options.sample !== undefined) list = sampleMutations(list, Number(options.sample), seed)
if (list.length === 0) {
  console.error(`nothing to mutate in ${options.only.join(', ') || root}`)
  process.exit(2)
}

const difference = ({ file, line, operator, before, after }: Mutation): string =>
  `  ${file}:${line} (${operator})\n    - ${before}\n    + ${after}`

if (options.list) {
  for (const mutation of list) console.log(difference(mutation))
  console.log(`${list.length} of ${possible.length} possible mutations`)
}

const roomOf = (file: string): string => file.split('/').slice(0, -1).join('/')
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

interface Outcome extends Verdict {
  readonly mutation: Mutation
}

async function main(): Promise<number> {
  const files = find(READ).filter((file) => !NOT_RUN.some((folder) => file.startsWith(folder)))
  const related = relatedTests(root, files)
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-mutate-'))
  const workers = Array.from({ length: Number(options.jobs) }, (_, index) => new Worker(copyProject(folder, index)))
  const stopAll = () => {
    for (const worker of workers) worker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('SIGINT', () => {
    stopAll()
    process.exit(130)
  })
  try {
    const baselineMs = options.trusted ? 240_000 : await checkUnchanged(workers, related)
    return report(await tryAll(workers, related, baselineMs))
  } finally {
    stopAll()
  }
}

function copyProject(folder: string, index: number): string {
  const copy = path.join(folder, String(index))
  const isCopied = (source: string) => !NOT_COPIED.includes(path.relative(root, source).split(path.sep)[0]!)
  cpSync(root, copy, { recursive: true, filter: isCopied })
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir')
  return copy
}

/** Runs the tests as they are: what is red already notices nothing. Returns how long they took. */
async function checkUnchanged(workers: readonly Worker[], related: Related): Promise<number> {
  const tests = [...new Set(list.flatMap(({ file }) => helpings(file, related).flat()))].sort()
  const begun = Date.now()
  const parts = workers.map((_, index) => tests.filter((_, at) => at % workers.length === index))
  const verdicts = await Promise.all(workers.map((worker, index) => worker.run({ tests: parts[index]! }, 3_600_000)))
  const red = verdicts.find(({ noticed }) => noticed)
  if (red !== undefined) throw new Error(`the tests are red before anything is changed: ${red.by}`)
  const took = Date.now() - begun
  console.log(
    `${list.length} mutations, ${tests.length} test files, which take ${Math.round(took / 1000)} s as they are`,
  )
  return took
}

/** A loop without an end must not be waited for. On a busy machine everything takes as much longer as the first run did. */
const limitMs = (baselineMs: number) => 120_000 + 2 * baselineMs

async function tryMutation(
  worker: Worker,
  mutation: Mutation,
  [near, far]: readonly [string[], string[]],
  baselineMs: number,
): Promise<Verdict> {
  const verdict = await worker.run({ mutation, tests: near }, limitMs(baselineMs))
  return verdict.noticed ? verdict : worker.run({ mutation, tests: far }, limitMs(baselineMs))
}

async function tryAll(workers: readonly Worker[], related: Related, baselineMs: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const queue = [...list]
  const begun = Date.now()
  await Promise.all(
    workers.map(async (worker) => {
      let last: string[] = []
      for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
        const at = Date.now()
        const verdict = await tryMutation(worker, mutation, helpings(mutation.file, related), baselineMs)
        outcomes.push({ mutation, ...verdict })
        if (verdict.noticed) last = helpings(mutation.file, related)[0]
        const seconds = ((Date.now() - at) / 1000).toFixed(1)
        if (!verdict.noticed) console.log(`survived after ${seconds} s\n${difference(mutation)}`)
        else if (options.verbose) console.log(`noticed after ${seconds} s by ${verdict.by}\n${difference(mutation)}`)
        if (outcomes.length % 25 === 0) {
          console.log(`… ${outcomes.length} of ${list.length} after ${Math.round((Date.now() - begun) / 1000)} s`)
        }
      }
      // What failed with the change must pass without it: else all that was said to be noticed means nothing.
      const { noticed, by } = await worker.run({ tests: last }, limitMs(baselineMs))
      if (noticed) throw new Error(`the tests are red after everything was put back: ${by}`)
    }),
  )
  return outcomes
}

function report(outcomes: readonly Outcome[]): number {
  const explanations = readExplanations()
  const explanationOf = (mutation: Mutation) => explanations.find((explanation) => explains(explanation, mutation))
  const counted = outcomes.filter(
    ({ mutation, noticed }) => noticed || explanationOf(mutation)?.verdict !== 'equivalent',
  )
  const rooms = Map.groupBy(counted, ({ mutation }) => roomOf(mutation.file))
  console.log('\nroom                     tried  noticed')
  let low = false
  for (const [room, all] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1))) {
    low = row(room, all) < SHARE || low
  }
  low = row('all', counted) < SHARE || low
  const equivalent = outcomes.length - counted.length
  if (equivalent > 0) console.log(`${equivalent} that change nothing are not counted`)
  for (const { mutation } of outcomes.filter(({ noticed }) => !noticed)) {
    const known = explanationOf(mutation)
    console.log(`\n${difference(mutation)}${known === undefined ? '' : `\n    ${known.verdict}: ${known.why}`}`)
  }
  return tellStale(explanations, outcomes) || low ? 1 : 0
}

function row(room: string, outcomes: readonly Outcome[]): number {
  const noticed = outcomes.filter((outcome) => outcome.noticed).length
  const share = noticed / outcomes.length
  const cells = [
    room.padEnd(24),
    String(outcomes.length).padStart(5),
    String(noticed).padStart(8),
    percent(share).padStart(9),
  ]
  console.log(`${cells.join(' ')}${share < SHARE ? '   under 90 %' : ''}`)
  return share
}

/** An explanation whose line is gone, or whose mutation is noticed, explains nothing. */
function tellStale(explanations: readonly Explanation[], outcomes: readonly Outcome[]): boolean {
  const noticed = explanations.filter((explanation) =>
    outcomes.some((outcome) => outcome.noticed && explains(explanation, outcome.mutation)),
  )
  for (const [what, stale] of [
    ['there is no such line', staleExplanations(explanations, possible)],
    ['the tests notice it', noticed],
  ] as const) {
    for (const { file, before } of stale) console.log(`\nstale explanation, ${what}: ${file}\n    - ${before}`)
  }
  return noticed.length > 0 || staleExplanations(explanations, possible).length > 0
}

if (!options.list) process.exitCode = await main()
