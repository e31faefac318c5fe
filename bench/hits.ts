import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { PRICES } from '../shared/basics/prices.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import type { StateStore } from '../shared/contracts/state.ts'
import { compileDetections } from '../shared/detection/compile.ts'
import { loadDetections } from '../shared/files/detections.ts'
import { createPipeline } from '../shared/forward/pipeline.ts'
import { compileHitRules, type HitRules } from '../shared/incident/hit-rules.ts'
import { readConfig } from '../shared/settings/config.ts'
import { createMemoryState } from '../shared/state/memory.ts'
import { generateCloudTrailText, writeAccessLogObject, writeCloudTrailObject } from '../test/support/generate.ts'
import type { Measurement } from './measure.ts'
import { NOWHERE, QUIET } from './nowhere.ts'

/** Of the pipeline's CPU for a record. */
const MOST_SHARE = 0.25
const MOST_WRITES = 0.2
const RUNS = 3
const WARM_OBJECTS = 8

type Measure = (kind: string, file: string, runs: number, more?: readonly string[]) => Measurement

/** What matching and counting cost beside all the rest: CPU of a record, table writes of an object. */
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
    const matched = measure('matched', first, RUNS, more)
    rmSync(to, { recursive: true })
    const share = (key: 'cpuMs' | 'warmCpuMs') => {
      const [a, b] = [without[key], matched[key]]
      if (a === undefined || b === undefined) return 'not measured'
      const part = (b - a) / a
      const each = ((b - a) * 1000) / matched.records
      return `${part <= MOST_SHARE ? 'reached ' : 'MISSED  '} ${Math.round(part * 100)} % (${each.toFixed(2)} µs a record)`
    }
    console.log(
      `  ${name}: fresh ${share('cpuMs')}, warm ${share('warmCpuMs')} (target ≤ 25 %); RSS ${Math.round(matched.rssMb)} MB`,
    )
  }
  await benchWrites(rules)
}

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

/**
 * Ordinary traffic of an hour or more, object after object: as it comes to one function instance, which is what an
 * ordinary account has at work, and to ten in turn, the most that there are.
 */
async function benchWrites({ rules }: HitRules): Promise<void> {
  console.log('\nCounts that are shared: writes to the state table, ordinary CloudTrail traffic (3 % errors)')
  for (const instances of [1, 10])
    for (const records of [10, 100, 1_000]) {
      const objects = Math.max(36, 4_000 / records)
      let clock = START
      const now = () => clock
      let writes = 0
      let units = 0
      let hits = 0
      const byRule = new Map<string, number>()
      const memory = createMemoryState({ now })
      const state: StateStore = {
        ...memory,
        async write(write) {
          if (write.key.startsWith('count#')) {
            const rule = write.key.split('#')[1]!
            writes += 1
            units += Math.ceil(JSON.stringify(write.set).length / 1024)
            byRule.set(rule, (byRule.get(rule) ?? 0) + 1)
          }
          return await memory.write(write)
        },
      }
      const bodies = Array.from({ length: objects }, (_, seed) => {
        const options = { records, seed, startTime: START + seed * EVERY_MS }
        return gzipSync(`{"Records":[${[...generateCloudTrailText(options)].join(',')}]}`)
      })
      const pipelines = Array.from({ length: instances }, (_, id) =>
        createPipeline({
          functionName: 'bench',
          instanceId: `bench-${id}`,
          config: readConfig({}),
          environment: EMPTY_ENVIRONMENT,
          store: {
            open: async ({ key }) => ({
              body: (async function* () {
                yield bodies[Number.parseInt(key, 10)]!
              })(),
            }),
          },
          logs: NOWHERE,
          state,
          rules,
          hits: {
            async put(more) {
              hits += more.length
            },
          },
          now,
          sleep: async () => {},
          random: Math.random,
          log: QUIET,
        }),
      )
      for (let i = 0; i < objects; i += 1) {
        clock = START + (i + 2) * EVERY_MS
        await pipelines[i % instances]!.process({ bucket: 'amzn-s3-demo-bucket', key: `${i}.json.gz`, eTag: String(i) })
      }
      const each = writes / objects
      const dollars = ((units * (PRICES.tableWrite / 1e6)) / (objects * records)) * 1e6
      const most = [...byRule].sort((a, b) => b[1] - a[1]).map(([rule, count]) => `${rule} ${count}`)
      const verdict = instances > 1 ? '         ' : each <= MOST_WRITES ? 'reached  ' : 'MISSED   '
      console.log(
        `  ${verdict}${instances} ${instances === 1 ? 'instance' : 'instances'}, objects of ${records} records: ` +
          `${each.toFixed(2)} writes an object (target ≤ ${MOST_WRITES} of one), $${dollars.toFixed(4)} a million records, ` +
          `${hits} hits; ${most.join(', ')}`,
      )
    }
}
