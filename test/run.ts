/**
 * Runs the tests, then prints one plain line `N passed, N failed` taken from vitest's own JSON report, and fails when
 * nothing passed: a run that tested nothing is not a green one. Arguments are passed on to vitest.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

const REPORT = '.vitest-report.json'
rmSync(REPORT, { force: true })
const run = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)

let passed = 0
let failed = 0
try {
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as { numPassedTests: number; numFailedTests: number }
  passed = report.numPassedTests
  failed = report.numFailedTests
} catch {
  console.error('vitest left no report')
}
rmSync(REPORT, { force: true })
// A file that cannot be loaded fails the run without failing a single test.
if (run.status !== 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = run.status === 0 && passed > 0 ? 0 : 1
