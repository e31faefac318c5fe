/** A process with a copy of the project (its current folder) in which mutations are tried, one after the other. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { BaseSequencer, createVitest, type TestModule } from 'vitest/node'
import { applyMutations, type Edit } from './operators.ts'

export interface Job {
  /** All at once. None: the tests as they are, which must be green. */
  readonly edits: readonly Edit[]
  /** Run until one fails. */
  readonly tests: readonly string[]
}

export interface Verdict {
  readonly noticed: boolean
  /** The first test that failed. */
  readonly by?: string
  /** The file of that test. */
  readonly test?: string
  /** The tests did not come to an end, or took their process with them. */
  readonly broken?: true
  /** How long each test file took, ms, and the numbers of the probes that it came by. */
  readonly took?: Readonly<Record<string, { readonly ms: number; readonly ran: readonly number[] }>>
}

/** In the order in which they are asked for, the quick ones first, and not vitest's own: the slow ones first. */
class AsAsked extends BaseSequencer {
  override async sort<T>(files: T[]): Promise<T[]> {
    return files
  }
}

const vitest = await createVitest('test', {
  watch: false,
  bail: 1,
  maxWorkers: 1,
  reporters: [{}],
  sequence: { sequencer: AsAsked },
  silent: true,
  onConsoleLog: () => false,
  // In place of those of the configuration: a hanging test is ended from outside.
  setupFiles: [path.join(import.meta.dirname, 'ran.ts')],
})

async function runTests(tests: readonly string[]): Promise<Verdict> {
  if (tests.length === 0) return { noticed: false }
  const specifications = tests.map((test) => vitest.getRootProject().createSpecification(path.resolve(test)))
  // Vitest remembers what earlier runs gave.
  vitest.state.filesMap.clear()
  vitest.state.clearErrors()
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  if (testModules.length === 0) throw new Error('no test file was run')
  const failed = testModules.find((module) => module.state() === 'failed')
  if (failed !== undefined) return { noticed: true, by: failureOf(failed), test: failed.relativeModuleId }
  if (unhandledErrors.length > 0) return { noticed: true, by: String(unhandledErrors[0]) }
  return { noticed: false, took: Object.fromEntries(testModules.map((each) => [each.relativeModuleId, tookOf(each)])) }
}

function tookOf(module: TestModule): { ms: number; ran: number[] } {
  const name = `${module.relativeModuleId.replaceAll('/', '_')}.json`
  return {
    ms: msOf(module),
    ran: JSON.parse(readFileSync(path.join(process.env.MUTATE_RAN!, name), 'utf8')) as number[],
  }
}

function msOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic()
  return Math.round(environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration)
}

function failureOf(module: TestModule): string {
  for (const test of module.children.allTests('failed')) return `${module.relativeModuleId}: ${test.fullName}`
  return `${module.relativeModuleId}: ${module.errors()[0]?.message ?? 'failed'}`
}

function replace(file: string, text: string): void {
  writeFileSync(file, text)
  vitest.invalidateFile(path.resolve(file))
}

async function tryJob({ edits, tests }: Job): Promise<Verdict> {
  const sources = new Map(edits.map(({ file }) => [file, readFileSync(file, 'utf8')]))
  for (const [file, source] of sources) {
    replace(
      file,
      applyMutations(
        source,
        edits.filter((edit) => edit.file === file),
      ),
    )
  }
  try {
    return await runTests(tests)
  } finally {
    for (const [file, source] of sources) replace(file, source)
  }
}

process.on('message', (job: Job) => {
  tryJob(job).then(
    (verdict) => process.send!(verdict),
    (error) => process.send!({ noticed: true, by: String(error) } satisfies Verdict),
  )
})
process.on('disconnect', () => process.exit(0))
process.send!('ready')
