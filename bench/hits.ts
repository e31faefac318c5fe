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
import { weekObjects } from '../test/week/objects.ts'
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

/** What is to be written for the counts of objects that come to so many function instances in turn. */
interface Traffic {
  readonly instances: number
  readonly objects: Iterable<{
    readonly kind: string
    readonly key: string
    readonly body: Uint8Array
    readonly at: number
  }>
}

interface Written {
  readonly writes: number
  readonly units: number
  readonly hits: number
  readonly objects: number
  readonly records: number
  /** Rules whose counts were written, most first. */
  readonly rules: readonly string[]
}

async function writtenFor({ rules }: HitRules, { instances, objects }: Traffic): Promise<Written> {
  let clock = 0
  const now = () => clock
  const sum = { writes: 0, units: 0, hits: 0, objects: 0, records: 0 }
  const byRule = new Map<string, number>()
  const memory = createMemoryState({ now })
  const state: StateStore = {
    ...memory,
    async write(write) {
      if (write.key.startsWith('count#')) {
        const rule = write.key.startsWith('count#/') ? 'leases' : write.key.split('#')[1]!
        sum.writes += 1
        sum.units += Math.ceil(JSON.stringify(write.set).length / 1024)
        byRule.set(rule, (byRule.get(rule) ?? 0) + 1)
      }
      return await memory.write(write)
    },
  }
  let body: Uint8Array = new Uint8Array()
  const pipelineOf = (kind: string, id: number) =>
    createPipeline({
      functionName: kind,
      instanceId: `bench-${id}`,
      config: readConfig({}),
      environment: EMPTY_ENVIRONMENT,
      store: {
        open: async () => ({
          body: (async function* () {
            yield body
          })(),
        }),
      },
      logs: NOWHERE,
      state,
      rules,
      hits: {
        async put(more) {
          sum.hits += more.length
        },
      },
      now,
      sleep: async () => {},
      random: Math.random,
      log: QUIET,
      onReceipt({ recordsIn }) {
        sum.records += recordsIn
      },
    })
  const pipelines = new Map<string, ReturnType<typeof pipelineOf>[]>()
  for (const { kind, key, at, body: next } of objects) {
    const all = pipelines.get(kind) ?? Array.from({ length: instances }, (_, id) => pipelineOf(kind, id))
    pipelines.set(kind, all)
    clock = Math.max(clock, at)
    body = next
    await all[sum.objects % instances]!.process({ bucket: 'amzn-s3-demo-bucket', key, eTag: key })
    sum.objects += 1
  }
  const most = [...byRule].sort((one, other) => other[1] - one[1])
  return { ...sum, rules: most.slice(0, 4).map(([rule, count]) => `${rule} ${count}`) }
}

function sayWritten(
  name: string,
  { writes, units, hits, objects, records, rules }: Written,
  aim: number | undefined,
): void {
  const each = writes / objects
  const dollars = ((units * (PRICES.tableWrite / 1e6)) / records) * 1e6
  const verdict = aim === undefined ? '         ' : each <= aim ? 'reached  ' : 'MISSED   '
  const target = aim === undefined ? '' : ` (target ≤ ${aim})`
  console.log(
    `  ${verdict}${name}: ${each.toFixed(2)} writes an object${target}, $${dollars.toFixed(4)} a million records, ` +
      `${hits} hits of ${records} records in ${objects} objects; ${rules.join(', ')}`,
  )
}

const WEEK_DAYS = 2

/**
 * Ordinary is what the ordinary week of test/week is: its objects as AWS delivers them, to one function instance of each
 * kind of logs, which is what such an account keeps at work, and to ten in turn, the most that there are. The busy
 * traffic of the generator has callers refused fifty times an hour each, near to half of what a rule takes for a spike.
 */
async function benchWrites(rules: HitRules): Promise<void> {
  console.log('\nCounts that are shared: writes to the state table')
  for (const instances of [1, 10]) {
    const written = await writtenFor(rules, { instances, objects: ordinary() })
    sayWritten(`ordinary week, ${WEEK_DAYS} days, ${instancesText(instances)}`, written, MOST_WRITES)
  }
  for (const instances of [1, 10])
    for (const records of [10, 100, 1_000]) {
      const written = await writtenFor(rules, { instances, objects: busy(records) })
      sayWritten(`busy CloudTrail, objects of ${records} records, ${instancesText(instances)}`, written, undefined)
    }
}

const instancesText = (instances: number): string => (instances === 1 ? '1 instance' : `${instances} instances in turn`)

function* ordinary(): Traffic['objects'] {
  for (const { kind, key, body, deliveredAt } of weekObjects({ days: WEEK_DAYS }))
    yield { kind, key, body, at: deliveredAt }
}

/** Object after object for three hours or more. */
function* busy(records: number): Traffic['objects'] {
  for (let seed = 0; seed < Math.max(36, 4_000 / records); seed += 1) {
    const options = { records, seed, startTime: START + seed * EVERY_MS }
    const body = gzipSync(`{"Records":[${[...generateCloudTrailText(options)].join(',')}]}`)
    yield { kind: 'cloudtrail', key: `${seed}.json.gz`, body, at: START + (seed + 2) * EVERY_MS }
  }
}
