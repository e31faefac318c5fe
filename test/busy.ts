/**
 * `npm run test:busy`: are the tests green whatever else the machine does? Runs `npm test` three times, the last time
 * beside eight processes that compute without end, and says what it found. `--once` runs it beside them only, `--list`
 * says what would be run.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'

const OTHERS = 8
const RUNS = process.argv.includes('--once') ? [OTHERS] : [0, 0, OTHERS]

const compute = (): ChildProcess => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })

function runTests(others: number): { green: boolean; said: string } {
  const busy = Array.from({ length: others }, compute)
  const stop = () => {
    for (const child of busy) child.kill('SIGKILL')
  }
  process.once('exit', stop)
  const begun = Date.now()
  const { status, stdout } = spawnSync(process.execPath, ['test/run.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  stop()
  process.off('exit', stop)
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  if (status !== 0) console.log(stdout)
  const seconds = Math.round((Date.now() - begun) / 1000)
  const beside = others === 0 ? 'beside nothing of ours' : `beside ${others} busy processes`
  const load = loadavg()[0]!.toFixed(1)
  return {
    green: status === 0,
    said: `${last} ${beside}, in ${seconds} s (${availableParallelism()} cores, load ${load})`,
  }
}

if (process.argv.includes('--list')) {
  for (const others of RUNS) console.log(`npm test beside ${others} busy processes`)
  process.exit(0)
}

let green = true
for (const others of RUNS) {
  const run = runTests(others)
  console.log(run.said)
  green &&= run.green
}
console.log(green ? 'green each time' : 'not green each time')
process.exitCode = green ? 0 : 1
