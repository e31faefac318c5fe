/**
 * A replay that many machines read for: what is asked and which units there are lie in a bucket, each unit's part is
 * written there by whoever reads it, and the parts are merged as those of threads are. Units, names of parts and the
 * order of merging are those of a replay on one machine, so that both come to the same.
 *
 * ```text
 * jobs/<id>/question.json   what a part depends on, besides its objects
 * jobs/<id>/job.json        what the whole is made of, see cli/replay-distributed.ts
 * jobs/<id>/units-0.jsonl … the objects of each unit, a line a unit
 * jobs/<id>/items.jsonl     where the units are that are to be read: the items of the Distributed Map
 * parts/<name>.json.gz      what a unit said
 * parts/<name>.partly.json.gz   the same, where some of its objects could not be read
 * ```
 */
import { createHash } from 'node:crypto'
import { isObject } from '../basics/is-object.ts'
import { PRICES } from '../basics/prices.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { fileOf, getPart, type PartStore, partName } from './parts.ts'
import type { UnitReader } from './run.ts'
import { createSum } from './sum.ts'
import { NOTHING_TOLD } from './told.ts'
import type { Collected, CollectOptions, ReplayObject } from './unit.ts'

/** A bucket, below a prefix, that jobs and parts lie in. */
export interface ResultStore extends PartStore {
  /** @param range bytes. */
  get(name: string, range?: { readonly from: number; readonly length: number }): Promise<Uint8Array | undefined>
  /** False also where it may not be known. */
  has(name: string): Promise<boolean>
  /** Names that begin so. */
  names(prefix: string): AsyncIterable<string>
}

/** What a part depends on, besides its objects. */
export interface Question {
  readonly kind: 'replay-question'
  readonly version: 1
  /** The version of bucketwatch that asks: another one's records may differ. */
  readonly madeBy: string
  readonly collect: CollectOptions
}

/** A unit that is to be read: the name of its part, and where its line is. */
export interface PartItem {
  readonly name: string
  readonly file: string
  readonly from: number
  readonly length: number
}

/** Names below the prefix. */
export const partFile = (name: string): string => `parts/${fileOf(name)}`
export const partlyFile = (name: string): string => `parts/${fileOf(`${name}.partly`)}`
export const jobFolder = (id: string): string => `jobs/${id}`

/** A file of units is not longer than this and one line more, bytes. */
const UNITS_BYTES = 64 * 1024 * 1024

export interface Plan {
  /** The same for the same objects and the same question. */
  readonly id: string
  /** By their names in the job's folder. */
  readonly files: readonly { readonly name: string; readonly text: string }[]
  readonly items: readonly PartItem[]
}

/**
 * Which parts there are to be.
 *
 * @param asked see {@link partName}.
 * @example
 * const { id, items } = planParts(unitsOf(objects), asked)
 */
export function planParts(units: readonly (readonly ReplayObject[])[], asked: string): Plan {
  const id = createHash('sha256').update(asked)
  const files: { name: string; lines: string[]; bytes: number }[] = []
  const items = units.map((unit): PartItem => {
    const line = JSON.stringify(unit.map(({ bucket, key, size, version }) => ({ bucket, key, size, version })))
    const length = Buffer.byteLength(line)
    let file = files.at(-1)
    if (file === undefined || file.bytes > UNITS_BYTES) {
      file = { name: `units-${files.length}.jsonl`, lines: [], bytes: 0 }
      files.push(file)
    }
    const item = { name: partName(unit, asked), file: file.name, from: file.bytes, length }
    file.lines.push(line)
    file.bytes += length + 1
    id.update(item.name)
    return item
  })
  return {
    id: id.digest('hex').slice(0, 24),
    files: files.map(({ name, lines }) => ({ name, text: `${lines.join('\n')}\n` })),
    items,
  }
}

/**
 * The objects of a unit.
 *
 * @throws BucketwatchError REPLAY_PARTIAL where it is no such line.
 */
export function readUnit(line: string): ReplayObject[] {
  try {
    const parsed: unknown = JSON.parse(line)
    if (!Array.isArray(parsed) || !parsed.every(isAddress)) throw new Error('a line is no list of objects')
    return parsed.map((object) => ({ ...object, name: `s3://${object.bucket}/${object.key}` }))
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', `The units: ${errorMessage(error)}.`, {}, { cause: error })
  }
}

const isAddress = (value: unknown): value is { bucket: string; key: string; size: number; version?: string } =>
  isObject(value) &&
  typeof value.bucket === 'string' &&
  typeof value.key === 'string' &&
  typeof value.size === 'number' &&
  (value.version === undefined || typeof value.version === 'string')

/**
 * Reads units from what others have read. A part that is not there is told as a problem that names its objects: they were
 * not read.
 *
 * @param given.again reads what only the whole shows to be wanted: units with records that came before.
 * @example
 * const reader = createPartReader({ results, asked, again: threads })
 */
export function createPartReader(given: {
  readonly results: Pick<ResultStore, 'get'>
  readonly asked: string
  readonly again: UnitReader
  /** Parts that are fetched at once; default: as many as `again` reads. */
  readonly parallel?: number
}): UnitReader & { readonly found: number } {
  const { results, asked, again, parallel = again.parallel } = given
  let found = 0
  return {
    parallel,
    get found() {
      return found
    },
    async collect(unit, options) {
      if (options.known !== undefined) return again.collect(unit, options)
      const name = partName(unit, asked)
      const part = (await getPart(results, partFile(name))) ?? (await getPart(results, partlyFile(name)))
      if (part === undefined) return missing(unit)
      found += 1
      return part
    },
  }
}

function missing(unit: readonly ReplayObject[]): Collected {
  const sum = createSum(0)
  for (const { name } of unit) sum.problem('REPLAY_PART_MISSING', `${name}: its part was not read`)
  return { partial: sum.part(), told: NOTHING_TOLD, texts: new Uint8Array(0), identities: new Uint32Array(0) }
}

/** Memory of the function that reads parts, MB: one vCPU (aws: Lambda Developer Guide, "Configure function memory"). */
export const PART_MEMORY_MB = 1_769
/** Bytes that it inflates, reads, matches and counts a second, and seconds that an object takes to be opened; cautious. */
const BYTES_A_SECOND = 20_000_000
const SECONDS_AN_OBJECT = 0.02
/** Of gzipped CloudTrail; access logs are not compressed. */
const INFLATED = 8
/** Units of a batch, which one invocation reads. */
export const BATCH_UNITS = 4
/** State transitions of a batch: its start, the task, its end. */
const TRANSITIONS = 3

export interface DistributedEstimate {
  readonly lambda: number
  readonly requests: number
  readonly steps: number
  readonly total: number
}

/**
 * About what it costs to read units, dollars, by {@link PRICES}.
 *
 * @example
 * estimateDistributed(unitsOf(objects)).total
 */
export function estimateDistributed(units: readonly (readonly ReplayObject[])[]): DistributedEstimate {
  let seconds = 0
  let objects = 0
  for (const unit of units) {
    objects += unit.length
    for (const { key, size } of unit)
      seconds += (size * (key.endsWith('.gz') ? INFLATED : 1)) / BYTES_A_SECOND + SECONDS_AN_OBJECT
  }
  const lambda = seconds * (PART_MEMORY_MB / 1024) * PRICES.lambdaGbSecond
  // A part is looked for, its line read and it is written, and read once more at the merge.
  const requests = ((objects + 3 * units.length) * PRICES.s3Get + units.length * PRICES.s3Put) / 1e6
  const steps = (Math.ceil(units.length / BATCH_UNITS) * TRANSITIONS * PRICES.stateTransitions) / 1e6
  return { lambda, requests, steps, total: lambda + requests + steps }
}
