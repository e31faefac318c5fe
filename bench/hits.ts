import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { compileDetections } from '../shared/detection/compile.ts'
import { loadDetections } from '../shared/files/detections.ts'
import { compileHitRules } from '../shared/incident/hit-rules.ts'
import { writeAccessLogObject, writeCloudTrailObject } from '../test/support/generate.ts'
import type { Measurement } from './measure.ts'
import { parseMicroseconds } from './yardstick.ts'

/** Of the pipeline's CPU for a record. */
const MOST_SHARE = 0.25
const RUNS = 3
/**
 * What the pipeline of version 0.1, which the aim was set for, takes of a record: in times of what JSON.parse takes of the
 * same one. Measured at cddd67d, the last commit of that version, by its own `bench/measure.ts pipeline FILE 8`, bundled,
 * over the second object of these, beside `parseMicroseconds` in the same minute, the least of three.
 */
const BEFORE = {
  CloudTrail: { cpuMs: 64.4 / 4.03, warmCpuMs: 29.4 / 4.03 },
  'access log': { cpuMs: 23.8 / 1.61, warmCpuMs: 12.1 / 1.61 },
} as const
const WARM_OBJECTS = 8

type Measure = (kind: string, file: string, runs: number, more?: readonly string[]) => Measurement

/** What matching and counting take of a record's CPU, beside all the rest. */
export async function benchHits(folder: string, measure: Measure): Promise<void> {
  const detections = await loadDetections('infra/detections')
  const rules = compileHitRules(compileDetections({ detections, stage: 'bench' }))
  const rulesFile = path.join(folder, 'hit-rules.json')
  writeFileSync(rulesFile, JSON.stringify(rules))
  process.env.BENCH_HIT_RULES = rulesFile
  console.log(`\nMatching and counting, ${rules.rules.length} rules: what they take of the pipeline's CPU`)
  const objects = [
    ['CloudTrail', writeTrail(10_000)],
    ['CloudTrail, every second one refused', writeTrail(10_000, { errorShare: 0.5 })],
    ['access log', writeLog(30_000)],
    ['access log, every second line odd', writeLog(30_000, { oddShare: 0.5 })],
  ] as const
  for (const [name, write] of objects) {
    const to = path.join(folder, 'like')
    mkdirSync(to)
    // Other records at other times in each: what one has left behind is of no use to the next.
    const files: string[] = []
    for (let seed = 0; seed <= WARM_OBJECTS; seed += 1) files.push(await write(to, seed))
    const [first, ...more] = files as [string, ...string[]]
    const without = measure('pipeline', first, RUNS, more)
    const matching = measure('matching', first, RUNS, more)
    const matched = measure('matched', first, RUNS, more)
    const parsing = parseMicroseconds(first)
    rmSync(to, { recursive: true })
    const before = BEFORE[name.startsWith('CloudTrail') ? 'CloudTrail' : 'access log']
    const share = (more: Measurement, key: 'cpuMs' | 'warmCpuMs') => {
      const [a, b] = [without[key], more[key]]
      if (a === undefined || b === undefined) return 'not measured'
      const each = ((b - a) * 1000) / more.records
      const ofBefore = `${percent(each / (before[key] * parsing))} of 0.1's`
      return `${(b - a) / a <= MOST_SHARE ? 'reached ' : 'MISSED  '} ${percent((b - a) / a)} (${each.toFixed(2)} µs a record, ${ofBefore})`
    }
    console.log(`  ${name}, RSS ${Math.round(matched.rssMb)} MB (target ≤ 25 %)`)
    for (const [what, more] of [
      ['finding the rules', matching],
      ['with counting and hits', matched],
    ] as const)
      console.log(`    ${what}: fresh ${share(more, 'cpuMs')}, warm ${share(more, 'warmCpuMs')}`)
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

const START = Date.parse('2026-03-17T06:00:00Z')
/** CloudTrail writes an object every five minutes or so. */
const EVERY_MS = 300_000

type Write = (folder: string, seed: number) => Promise<string>

const writeTrail =
  (records: number, options: { readonly errorShare?: number } = {}): Write =>
  async (folder, seed) => {
    const file = path.join(folder, `${seed}.json.gz`)
    await writeCloudTrailObject(file, records, { ...options, seed: seed + 1, startTime: START + seed * EVERY_MS })
    return file
  }

/** Its name tells what it is, where odd lines stand at the beginning. */
const writeLog =
  (lines: number, options: { readonly oddShare?: number } = {}): Write =>
  async (folder, seed) => {
    const file = path.join(folder, `2026-03-17-08-30-00-0123456789ABCDE${seed}`)
    await writeAccessLogObject(file, lines, { ...options, seed: seed + 1, startTime: START + seed * EVERY_MS })
    return file
  }
