/** What a replay costs beside normalizing alone, whether its memory is flat, and what a second core can bring. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { bundleCommand } from '../infra/bundle-command.ts'
import { writeAccessLogObject, writeCloudTrailObject } from '../test/support/generate.ts'
import type { ReplayMeasurement } from './replay-once.ts'

/** Times the CPU of normalizing alone; events a second and core; MB, whatever the number of records; times one core. */
const MOST = 2.5
const EVENTS = 60_000
const MOST_RSS_MB = 300
const SECOND_CORE = 1.8
/** Of each in turn: a shared machine is half as fast again from one minute to the next. */
const RUNS = Number(process.env.BENCH_REPLAY_RUNS ?? 5)
/** Ordinary objects of a large trail. */
const RECORDS_AN_OBJECT = 10_000
const START = Date.parse('2026-03-17T06:00:00Z')
const STEP_MS = 300_000
/** Below the package, whose rules it finds from where it lies. */
const BUNDLES = path.join(import.meta.dirname, '../dist/bench')

/**
 * @param sizes records of the smaller and of the larger replay. The figures of docs/performance.md are of 200,000 and
 * 1,000,000; BENCH_REPLAY_RECORDS=20000,100000 is a quick look, with BENCH_REPLAY_RUNS=1 a quicker one.
 */
export async function benchReplay(folder: string): Promise<void> {
  // What is installed is bundled: nobody else has types stripped when a command starts.
  await bundleCommand(BUNDLES, {
    'replay-once': path.join(import.meta.dirname, 'replay-once.ts'),
    'replay-worker': path.join(import.meta.dirname, '../cli/replay-worker.ts'),
  })
  const sizes = (process.env.BENCH_REPLAY_RECORDS ?? '200000,1000000').split(',').map(Number)
  for (const kind of ['cloudtrail', 'access-log'] as const) {
    console.log(`\nReplay, ${kind}: all default rules, one thread, beside inflating and normalizing alone`)
    const rss: number[] = []
    for (const records of sizes) {
      const at = path.join(folder, `replay-${kind}-${records}`)
      await write(at, kind, records)
      const { normalize, one, two, secondCore } = inTurn(at)
      rmSync(at, { recursive: true })
      rss.push(one.rssMb)
      const ratio = one.cpuMs / normalize.cpuMs
      const rate = one.records / (one.cpuMs / 1000)
      console.log(
        `  ${records} records: ${verdict(ratio <= MOST)} ${ratio.toFixed(2)} × normalizing alone (target ≤ ${MOST}); ` +
          `${Math.round(rate)} records/s/core here (quiet machine: ≥ ${EVENTS}), normalizing ${Math.round(normalize.records / (normalize.cpuMs / 1000))}; ` +
          `RSS ${Math.round(one.rssMb)} MB, with two threads ${Math.round(two.rssMb)} MB`,
      )
      tellSecondCore(one, two, secondCore)
    }
    const growth = rss.at(-1)! / rss[0]!
    console.log(
      `  ${verdict(Math.max(...rss) <= MOST_RSS_MB)} RSS at most ${Math.round(Math.max(...rss))} MB (target ≤ ${MOST_RSS_MB}), ` +
        `${growth.toFixed(2)} × from ${sizes[0]} to ${sizes.at(-1)} records`,
    )
  }
}

/** In the middle: what else a shared machine does moves each pair of runs by a tenth. */
function tellSecondCore(one: ReplayMeasurement, two: ReplayMeasurement, ratios: readonly number[]): void {
  const sorted = ratios.toSorted((a, b) => a - b)
  const second = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
  console.log(
    `    ${verdict(second >= SECOND_CORE)} two threads on two cores ${second.toFixed(2)} × one on one, by the clock (target ≥ ${SECOND_CORE}): ` +
      `in the middle of ${sorted.map((ratio) => ratio.toFixed(2)).join(', ')}; the first thread has ${Math.round(two.firstMs)} ms of ${Math.round(two.cpuMs)}; ` +
      `one thread that may use both cores ${(one.wallMs / two.wallMs).toFixed(2)} ×`,
  )
}

const verdict = (ok: boolean): string => (ok ? 'reached ' : 'MISSED  ')

async function write(at: string, kind: 'cloudtrail' | 'access-log', records: number): Promise<void> {
  mkdirSync(at)
  for (let object = 0; object * RECORDS_AN_OBJECT < records; object += 1) {
    const startTime = START + object * STEP_MS
    const stamp = new Date(startTime).toISOString()
    const count = Math.min(RECORDS_AN_OBJECT, records - object * RECORDS_AN_OBJECT)
    const unique = object.toString(16).toUpperCase().padStart(16, '0')
    if (kind === 'cloudtrail') {
      const name = `111122223333_CloudTrail_eu-central-1_${stamp.replace(/[-:]/g, '').slice(0, 13)}Z_${unique}.json.gz`
      await writeCloudTrailObject(path.join(at, name), count, { seed: object, startTime })
    } else {
      const name = `${stamp.slice(0, 19).replace(/[T:]/g, '-')}-${unique}`
      await writeAccessLogObject(path.join(at, name), count, { seed: object, startTime })
    }
  }
}

interface Measured {
  readonly normalize: ReplayMeasurement
  readonly one: ReplayMeasurement
  readonly two: ReplayMeasurement
  /** Of each run: how long one thread takes on one core, in parts of how long two take on two. */
  readonly secondCore: readonly number[]
}

/** Normalizing, a replay with one thread, one with two, and one with one thread on one core: each once, and again. */
function inTurn(folder: string): Measured {
  const [normalize, one, two]: ReplayMeasurement[][] = [[], [], []]
  const secondCore: number[] = []
  const canBind = spawnSync('taskset', ['-c', '0', 'true']).status === 0
  for (let run = 0; run < RUNS; run += 1) {
    normalize!.push(once('normalize', 1, folder))
    const free = once('replay', 1, folder)
    const divided = once('replay', 2, folder)
    one!.push(free)
    two!.push(divided)
    // Neither core is always the quieter one. Where no process can be bound to one, the CPU of all threads is how long that takes.
    const bound = canBind ? once('replay', 1, folder, String(run % 2)).wallMs : free.cpuMs
    secondCore.push(bound / divided.wallMs)
  }
  return { normalize: best(normalize!), one: best(one!), two: best(two!), secondCore }
}

/** @param core the only one that it may use */
function once(what: 'normalize' | 'replay', threads: number, folder: string, core?: string): ReplayMeasurement {
  const script = path.join(BUNDLES, 'replay-once.js')
  const command = [process.execPath, script, what, String(threads), folder]
  const [file, ...given] = core === undefined ? command : ['taskset', '-c', core, ...command]
  return JSON.parse(execFileSync(file!, given, { encoding: 'utf8' })) as ReplayMeasurement
}

/** The least CPU, the most memory. */
const best = (all: readonly ReplayMeasurement[]): ReplayMeasurement => ({
  records: all[0]!.records,
  cpuMs: Math.min(...all.map(({ cpuMs }) => cpuMs)),
  firstMs: Math.min(...all.map(({ firstMs }) => firstMs)),
  wallMs: Math.min(...all.map(({ wallMs }) => wallMs)),
  rssMb: Math.max(...all.map(({ rssMb }) => rssMb)),
})
