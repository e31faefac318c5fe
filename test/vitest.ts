import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * Runs vitest and prints, as the last line, `N passed, N failed` from its own JSON report. Returns the exit code: 1
 * when anything failed, and when nothing passed, since a run that tested nothing is not a green one. Where
 * CI_TEST_COUNTS names a file, a line `<passed> <failed>` is added to it: .ci/run sums them up.
 */
export function runVitest(args: readonly string[]): number {
  // Of this run alone: another one may be going on in the same checkout.
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-report-'))
  const reportFile = path.join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
    stdio: 'inherit',
  })
  let passed = 0
  let failed = 0
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as { numPassedTests: number; numFailedTests: number }
    passed = report.numPassedTests
    failed = report.numFailedTests
  } catch {
    console.error('vitest left no report')
  }
  rmSync(folder, { recursive: true })
  // A file that cannot be loaded fails the run without failing a single test.
  if (run.status !== 0 && failed === 0) failed = 1
  const { CI_TEST_COUNTS: counts = '' } = process.env
  if (counts !== '') appendFileSync(counts, `${passed} ${failed}\n`)
  console.log(`${passed} passed, ${failed} failed`)
  return run.status === 0 && passed > 0 ? 0 : 1
}
