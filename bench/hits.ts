import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
import { varyObject } from './vary.ts'

/** Of the pipeline's CPU for a record. */
const MOST_SHARE = 0.25
const MOST_WRITES = 0.2
const RUNS = 5
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
    ['CloudTrail', (file: string) => writeCloudTrailObject(file, 20_000)],
    [
      'CloudTrail, every second one refused',
      (file: string) => writeCloudTrailObject(file, 20_000, { errorShare: 0.5 }),
    ],
    ['access log', (file: string) => writeAccessLogObject(file, 60_000)],
    ['access log, every second line odd', (file: string) => writeAccessLogObject(file, 60_000, { oddShare: 0.5 })],
  ] as const
  for (const [name, write] of objects) {
    // Its name tells what it is, where odd lines stand at the beginning.
    const file = path.join(folder, name.startsWith('access') ? '2026-03-17-08-30-00-0123456789ABCDEF' : 'trail.json.gz')
    await write(file)
    const to = mkdtempSync(path.join(folder, 'like-'))
    // Odd lines have no place where an id surely stands: read again they would be duplicates, and cost nothing.
    const more = name.includes('odd') ? undefined : varyObject(file, WARM_OBJECTS, to)
    const without = measure('pipeline', file, RUNS, more)
    const matched = measure('matched', file, RUNS, more)
    rmSync(to, { recursive: true })
    rmSync(file)
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

/** Ordinary traffic of an hour or more, object after object, by one function instance. */
async function benchWrites({ rules }: HitRules): Promise<void> {
  console.log('\nCounts that are shared: writes to the state table, ordinary CloudTrail traffic (3 % errors)')
  for (const records of [10, 100, 1_000]) {
    const objects = Math.max(20, 4_000 / records)
    let writes = 0
    let units = 0
    let hits = 0
    const byRule = new Map<string, number>()
    const memory = createMemoryState({ now: Date.now })
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
    const start = Date.parse('2026-03-17T06:00:00Z')
    const bodies = Array.from({ length: objects }, (_, seed) => {
      const options = { records, seed, startTime: start + seed * 300_000 }
      return gzipSync(`{"Records":[${[...generateCloudTrailText(options)].join(',')}]}`)
    })
    const pipeline = createPipeline({
      functionName: 'bench',
      instanceId: 'bench',
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
      now: Date.now,
      sleep: async () => {},
      random: Math.random,
      log: QUIET,
    })
    for (let i = 0; i < objects; i += 1)
      await pipeline.process({ bucket: 'amzn-s3-demo-bucket', key: `${i}.json.gz`, eTag: String(i) })
    const each = writes / objects
    const dollars = ((units * (PRICES.tableWrite / 1e6)) / (objects * records)) * 1e6
    const most = [...byRule].sort((a, b) => b[1] - a[1]).map(([rule, count]) => `${rule} ${count}`)
    console.log(
      `  ${each <= MOST_WRITES ? 'reached ' : 'MISSED  '} objects of ${records} records: ${each.toFixed(2)} writes an object (target ≤ ${MOST_WRITES}), ` +
        `$${dollars.toFixed(4)} a million records, ${hits} hits; ${most.join(', ')}`,
    )
  }
}
