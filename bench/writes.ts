import { gzipSync } from 'node:zlib'
import { PRICES } from '../shared/basics/prices.ts'
import type { StateItem, StateStore } from '../shared/contracts/state.ts'
import { compileDetections } from '../shared/detection/compile.ts'
import { EMPTY_SETTINGS, type Settings } from '../shared/detection/settings.ts'
import { loadDetections } from '../shared/files/detections.ts'
import { compileHitRules, type HitRules } from '../shared/incident/hit-rules.ts'
import { createMemoryState } from '../shared/state/memory.ts'
import { generateCloudTrailText } from '../test/support/generate.ts'
import { weekObjects } from '../test/week/objects.ts'
import { weekSettings } from '../test/week/settings.ts'
import { benchInstance, storeOf } from './instance.ts'

/** Of an object of ordinary traffic. */
const MOST_WRITES = 0.2
const WEEK_DAYS = 2
const START = Date.parse('2026-03-17T06:00:00Z')
/** CloudTrail writes an object every five minutes or so. */
const EVERY_MS = 300_000
const HOUR_MS = 3_600_000
/** AWS replaces function instances every few hours, however busy they are. */
const REPLACED_MS = 3 * HOUR_MS
/** Bytes of a write unit, and of a read unit. */
const WRITE_UNIT = 1024
const READ_UNIT = 4096

/** Objects that come to so many function instances in turn. */
interface Traffic {
  readonly rules: HitRules
  readonly settings: Settings
  readonly instances: number
  /** Each is replaced after so long. */
  readonly replacedMs?: number
  readonly objects: Iterable<{
    readonly kind: string
    readonly key: string
    readonly body: Uint8Array
    readonly at: number
  }>
}

/** What was written and read for counts. */
interface Written {
  writes: number
  writeUnits: number
  reads: number
  readUnits: number
  hits: number
  objects: number
  records: number
  /** Rule → writes. */
  readonly byRule: Map<string, number>
}

/**
 * What counting writes to the state table. Ordinary is what the ordinary week of test/week is: its objects as AWS delivers
 * them, with the rules as they come and with the settings that such an account has; to one function instance of each
 * kind of logs, which is what such an account keeps at work, and to ten in turn, the most that there are. The busy
 * traffic of the generator has callers refused fifty times an hour each, near to half of what a rule takes for a spike.
 */
export async function benchWrites(): Promise<void> {
  const detections = await loadDetections('infra/detections')
  const rulesWith = (settings: Settings) => compileHitRules(compileDetections({ detections, settings, stage: 'bench' }))
  const plain = { rules: rulesWith(EMPTY_SETTINGS), settings: EMPTY_SETTINGS }
  const settings = weekSettings(detections)
  const tuned = { rules: rulesWith(settings), settings }
  console.log('\nCounts that are shared: writes to the state table, an object (DynamoDB on demand, us-east-1)')
  const instances = [{ instances: 1 }, { instances: 1, replacedMs: REPLACED_MS }, { instances: 10 }]
  for (const [name, account] of [['as the rules come', plain] as const, ['with its settings', tuned] as const])
    for (const given of instances) {
      const written = await writtenFor({ ...account, ...given, objects: ordinary() })
      say(`ordinary week, ${WEEK_DAYS} days, ${name}, ${textOf(given)}`, written, MOST_WRITES)
    }
  for (const records of [10, 100, 1_000])
    for (const given of instances.filter(({ replacedMs }) => replacedMs === undefined)) {
      const written = await writtenFor({ ...plain, ...given, objects: busy(records) })
      say(`busy CloudTrail, objects of ${records} records, ${textOf(given)}`, written, undefined)
    }
}

const textOf = ({ instances, replacedMs }: Pick<Traffic, 'instances' | 'replacedMs'>): string =>
  `${instances === 1 ? '1 instance' : `${instances} instances in turn`}${replacedMs === undefined ? '' : `, a new one every ${replacedMs / HOUR_MS} hours`}`

async function writtenFor({ rules, settings, instances, replacedMs, objects }: Traffic): Promise<Written> {
  let clock = 0
  const now = () => clock
  const sum = nothingWritten()
  const state = metered(createMemoryState({ now }), sum)
  let body: Uint8Array = new Uint8Array()
  const pipelineOf = (functionName: string, id: number) =>
    benchInstance({
      store: storeOf(() => body),
      functionName,
      instanceId: `bench-${id}`,
      environment: settings.environment,
      state,
      rules: rules.rules,
      hits: {
        async put(more) {
          sum.hits += more.length
        },
      },
      now,
      onReceipt({ recordsIn }) {
        sum.records += recordsIn
      },
    })
  const pipelines = new Map<string, { readonly since: number; readonly pipeline: ReturnType<typeof pipelineOf> }>()
  for (const { kind, key, at, body: next } of objects) {
    clock = Math.max(clock, at)
    body = next
    const name = `${kind} ${sum.objects % instances}`
    let found = pipelines.get(name)
    if (found === undefined || clock - found.since >= (replacedMs ?? Number.POSITIVE_INFINITY)) {
      found = { since: clock, pipeline: pipelineOf(kind, sum.objects) }
      pipelines.set(name, found)
    }
    await found.pipeline.process({ bucket: 'amzn-s3-demo-bucket', key, eTag: key })
    sum.objects += 1
  }
  return sum
}

const nothingWritten = (): Written => ({
  writes: 0,
  writeUnits: 0,
  reads: 0,
  readUnits: 0,
  hits: 0,
  objects: 0,
  records: 0,
  byRule: new Map(),
})

const unitsOf = (item: StateItem | undefined, unit: number): number =>
  Math.max(1, Math.ceil(JSON.stringify(item ?? {}).length / unit))

/** A state that adds up what is written and read of counts. A write whose condition fails costs as much. */
function metered(memory: StateStore, sum: Written): StateStore {
  const isCount = (key: string): boolean => key.startsWith('count#')
  return {
    ...memory,
    async get(key) {
      const item = await memory.get(key)
      if (!isCount(key)) return item
      sum.reads += 1
      sum.readUnits += unitsOf(item, READ_UNIT)
      return item
    },
    async write(write) {
      if (!isCount(write.key)) return await memory.write(write)
      const rule = write.key.startsWith('count#/') ? 'leases' : write.key.split('#')[1]!
      sum.writes += 1
      sum.writeUnits += unitsOf(write.set, WRITE_UNIT)
      sum.byRule.set(rule, (sum.byRule.get(rule) ?? 0) + 1)
      return await memory.write(write)
    },
  }
}

function say(name: string, sum: Written, aim: number | undefined): void {
  const { writes, writeUnits, reads, readUnits, hits, objects, records, byRule } = sum
  const each = writes / objects
  const dollars = writeUnits * (PRICES.tableWrite / 1e6) + readUnits * (PRICES.tableRead / 1e6)
  const verdict = aim === undefined ? '        ' : each <= aim ? 'reached ' : 'MISSED  '
  const most = [...byRule].sort((one, other) => other[1] - one[1]).slice(0, 4)
  console.log(
    `  ${verdict}${name}: ${each.toFixed(3)} writes${aim === undefined ? '' : ` (target ≤ ${aim})`}, ` +
      `${(reads / objects).toFixed(3)} reads; $${((dollars / objects) * 1e6).toFixed(2)} a million objects, ` +
      `$${((dollars / records) * 1e6).toFixed(3)} a million records; ${hits} hits of ${records} records in ${objects} objects; ` +
      most.map(([rule, count]) => `${rule} ${count}`).join(', '),
  )
}

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
