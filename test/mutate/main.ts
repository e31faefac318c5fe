/**
 * `npm run mutate`: do the tests notice when a line changes? Several hundred one-line mutations of `shared/` and
 * `functions/`, always the same ones, each tried in a copy of the project against the tests that reach the file. Ends
 * with 1 when less than 90 % are noticed in all or in a room, or an explanation in survivors.json is stale.
 *
 * What was found is kept in `.mutate/` by the sources it holds for: the next run tries what has changed since, and says
 * how much it kept. An interrupted run goes on where it was. `.mutate/result.json` is the table and each outcome.
 *
 * `--only PATH…` files or folders, `--sample N` so many of the list, `--list` says what would be tried, `--seed N`
 * draws other mutations, `--jobs N` processes (2), `--near` asks only the tests of a mutation's own room and `--quick` leaves
 * out tests that take over 5 seconds, which both take a fraction of the time and notice no more than all do, `--trusted`
 * does not run the tests unchanged first, `--anew` keeps nothing of earlier runs, `--verbose` says which test noticed.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readExplanations } from './accepted.ts'
import { checkUnchanged } from './baseline.ts'
import { loadKept, saveKept } from './kept.ts'
import { filesOf, listMutations, MUTATED, SEED } from './list.ts'
import type { Mutation } from './operators.ts'
import { Worker } from './pool.ts'
import { relatedTests } from './related.ts'
import { difference, report } from './report.ts'
import { sampleMutations } from './select.ts'
import { createSources } from './sources.ts'
import { type Trial, type Tried, tryAll } from './try.ts'

const READ = [...MUTATED, 'cli/**/*.ts', 'infra/**/*.ts', 'events/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts']
const NOT_RUN = ['test/e2e/', 'test/package/', 'test/pages/', 'test/mutate/']
const NOT_COPIED = ['node_modules', '.git', 'dist', 'coverage', '.bucketwatch', '.serverless', '.mutate']

const root = path.resolve(import.meta.dirname, '../..')
const KEPT = path.join(root, '.mutate/kept.json')
const RESULT = path.join(root, '.mutate/result.json')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string', default: String(SEED) },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    trusted: { type: 'boolean', default: false },
    near: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    anew: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const seed = Number(options.seed)
const isWanted = (file: string) =>
  options.only.length === 0 ||
  options.only.some((only) => file === only || file.startsWith(`${only.replace(/\/$/, '')}/`))
const { possible, drawn: all } = listMutations(root, seed)
let list = all.filter(({ file }) => isWanted(file))
if (options.sample !== undefined) list = sampleMutations(list, Number(options.sample), seed)
if (list.length === 0) {
  console.error(`nothing to mutate in ${options.only.join(', ') || root}`)
  process.exit(2)
}

if (options.list) {
  for (const mutation of list) console.log(difference(mutation))
  console.log(`${list.length} of ${possible.length} possible mutations`)
}

async function main(): Promise<number> {
  const files = filesOf(root, READ).filter((file) => !NOT_RUN.some((folder) => file.startsWith(folder)))
  const related = relatedTests(root, files)
  const kept = options.anew ? { outcomes: {}, tests: {} } : loadKept(KEPT)
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
    const sources = createSources(path.join(folder, '0'), files)
    const trial: Trial = {
      all,
      seed,
      near: options.near,
      quick: options.quick,
      list,
      workers,
      related,
      sources,
      kept,
      save: () => saveKept(KEPT, kept),
      tell,
      tellUnnoticed,
    }
    if (!options.trusted) console.log(await checkUnchanged(trial))
    console.log(`${list.length} mutations`)
    const { text, ok, result } = report(await tryAll(trial), possible, readExplanations(), commit())
    console.log(text)
    writeFileSync(RESULT, `${JSON.stringify(result, undefined, 2)}\n`)
    return ok ? 0 : 1
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

function commit(): string {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' })
  return stdout.trim() || 'unknown'
}

let count = 0

function tell({ mutation, noticed, by, seconds }: Tried): void {
  if (!noticed) console.log(`survived after ${seconds} s\n${difference(mutation)}`)
  else if (options.verbose) console.log(`noticed after ${seconds} s by ${by}\n${difference(mutation)}`)
  count += 1
  if (count % 25 === 0) console.log(`… ${count} tried`)
}

function tellUnnoticed(mutation: Mutation): void {
  console.log(`not noticed ${options.quick ? 'by quick tests' : 'in its own room'}\n${difference(mutation)}`)
}

if (!options.list) process.exitCode = await main()
