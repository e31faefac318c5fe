/**
 * Measures one path over one file in a process of its own, so that CPU time and peak memory are its own:
 * `node bench/measure.ts <path> <file> [more…]` prints one JSON object. bench/main.ts runs it, bundled as functions are.
 * `more` are files like it, read one after another by the same function instance: what one costs that is warm.
 *
 * paths: `gunzip` (inflate and throw away) · `split` (inflate and split lines) · `pipeline` (object → batches, through
 * the pipeline that runs in Lambda) · `matching` (so, and finds which rules of BENCH_HIT_RULES each record matches) ·
 * `matched` (so, counts the matches and hands hits over) · `naive` (whole object in memory, one JSON.parse, one big array).
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { createCloudTrailNormalizer } from '../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { createBatcher, createStamp } from '../shared/forward/batch.ts'
import type { PipelineOptions } from '../shared/forward/pipeline.ts'
import type { Receipt } from '../shared/forward/receipt.ts'
import type { HitRules } from '../shared/incident/hit-rules.ts'
import { parseHitRules } from '../shared/incident/hit-rules-file.ts'
import { tuneEngine } from '../shared/lambda/engine.ts'
import { isGzip } from '../shared/object/inflate.ts'
import { readConfig } from '../shared/settings/config.ts'
import { benchInstance } from './instance.ts'

export interface Measurement {
  readonly path: string
  /** The first file: compiling the code included, as after a cold start. */
  readonly cpuMs: number
  /** A file of those that the second half of the work was with, the median; only where there were more files. */
  readonly warmCpuMs?: number | undefined
  readonly records: number
  /** Bytes as stored, bytes inflated, bytes of the messages. */
  readonly bytesStored: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly rssMb: number
  /** What was wrong with the file's content; the numbers are those of what could be read. */
  readonly fault?: string | undefined
}

function isGzipFile(file: string): boolean {
  const head = Buffer.alloc(2)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, head)
  closeSync(descriptor)
  return isGzip(head)
}

const PIECE_BYTES = 256 * 1024

/** A file in pieces. Read synchronously: a stream of small files costs more than all that is done with them. */
async function* open(file: string): AsyncGenerator<Buffer> {
  const descriptor = openSync(file, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES)
      const length = readSync(descriptor, piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

function plain(file: string): AsyncIterable<Buffer> {
  if (!isGzipFile(file)) return open(file)
  return Readable.from(open(file), { objectMode: false }).pipe(createGunzip({ chunkSize: PIECE_BYTES }))
}

type Totals = Pick<Measurement, 'records' | 'bytesIn' | 'bytesOut' | 'fault'>

/** A stack knows its Region and, here, nothing else. */
const ENVIRONMENT = { ...EMPTY_ENVIRONMENT, region: process.env.AWS_REGION }

/** The rules that count, which is what a forwarder asks records for. */
function givenRules(): HitRules['rules'] {
  const rulesFile = process.env.BENCH_HIT_RULES ?? ''
  return parseHitRules(readFileSync(rulesFile, 'utf8'), rulesFile).rules.filter(
    ({ counting }) => counting !== undefined,
  )
}

/** Matches every record, so that where only what matches is forwarded all is. */
const EVERYTHING: HitRules['rules'][number] = {
  id: 'bench-everything',
  severity: 'low',
  pattern: '{ $.outcome = "*" }',
  sources: ['cloudtrail', 'access-log'],
  metricValue: '1',
}

/** One function instance, as it runs in Lambda; the batches go nowhere. */
function startInstance(given: Partial<PipelineOptions> = {}): (file: string) => Promise<Receipt> {
  tuneEngine()
  let last: Receipt | undefined
  const pipeline = benchInstance({
    environment: ENVIRONMENT,
    store: { open: async ({ key }) => ({ body: open(key) }) },
    ...given,
    onReceipt(receipt) {
      last = receipt
    },
  })
  return async (file) => {
    await pipeline.process({ bucket: 'bench', key: file })
    return last!
  }
}
let instance: ReturnType<typeof startInstance> | undefined

async function totalsOf(read: (file: string) => Promise<Receipt>, file: string): Promise<Totals> {
  const receipt = await read(file)
  if (receipt.status === 'failed') throw new Error(`not read: ${JSON.stringify(receipt)}`)
  const { bytesInflated, bytesOut, duplicates, error, recordsIn } = receipt
  return { records: recordsIn - duplicates, bytesIn: bytesInflated, bytesOut, fault: error?.message }
}

const PATHS: Readonly<Record<string, (file: string) => Promise<Totals>>> = {
  async gunzip(file) {
    let bytesIn = 0
    for await (const chunk of plain(file)) bytesIn += chunk.length
    return { records: 0, bytesIn, bytesOut: 0 }
  },

  async split(file) {
    let bytesIn = 0
    let records = 0
    let rest: Buffer = Buffer.alloc(0)
    let bytesOut = 0
    for await (const chunk of plain(file)) {
      bytesIn += chunk.length
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, start)) {
        bytesOut += data.toString('utf8', start, end).length
        records += 1
        start = end + 1
      }
      rest = data.subarray(start)
    }
    return { records, bytesIn, bytesOut }
  },

  async pipeline(file) {
    instance ??= startInstance()
    return await totalsOf(instance, file)
  },

  async matching(file) {
    const config = readConfig({ BUCKETWATCH_FORWARD: 'matching' })
    instance ??= startInstance({ config, rules: [...givenRules(), EVERYTHING] })
    return await totalsOf(instance, file)
  },

  async matched(file) {
    instance ??= startInstance({ rules: givenRules(), hits: { put: async () => {} } })
    return await totalsOf(instance, file)
  },

  async naive(file) {
    const data = readFileSync(file)
    const text = (isGzipFile(file) ? gunzipSync(data) : data).toString('utf8')
    const { Records } = JSON.parse(text) as { Records: unknown[] }
    const normalize = createCloudTrailNormalizer({
      environment: ENVIRONMENT,
      detail: 'lean',
      capBytes: 8192,
      now: Date.now,
    })
    const messages = Records.map((record) => normalize(JSON.stringify(record)).message)
    const batcher = createBatcher({ stamp: createStamp(Date.now), shrink: (message) => message, onRefused() {} })
    let bytesOut = 0
    for (const message of messages) {
      bytesOut += Buffer.byteLength(message)
      batcher.add(message)
    }
    batcher.seal()
    return { records: Records.length, bytesIn: Buffer.byteLength(text), bytesOut }
  },
}

/** So many records make one measurement: of small objects, many. */
const RECORDS_A_TIME = 1000

async function timed(run: () => Promise<Totals>): Promise<{ readonly cpuMs: number; readonly totals: Totals }> {
  const before = process.cpuUsage()
  const totals = await run()
  const used = process.cpuUsage(before)
  return { cpuMs: (used.user + used.system) / 1000, totals }
}

/** CPU of one file, from groups of files. */
async function warm(
  run: (file: string) => Promise<Totals>,
  files: readonly string[],
  first: Totals,
): Promise<number[]> {
  const group = Math.max(1, Math.ceil(RECORDS_A_TIME / Math.max(1, first.records)))
  const each: number[] = []
  for (let from = 0; from + group <= files.length; from += group) {
    const { cpuMs } = await timed(async () => {
      for (const file of files.slice(from, from + group)) {
        const { records } = await run(file)
        // What is a duplicate costs less; a few odd lines may be the same in all.
        if (records < first.records * 0.99) throw new Error(`${file}: ${records} records instead of ${first.records}`)
      }
      return first
    })
    each.push(cpuMs / group)
  }
  return each
}

const [, , path = '', file = '', ...more] = process.argv
const run = PATHS[path]
if (run === undefined) throw new Error(`no such path: ${path}`)
const { cpuMs, totals } = await timed(() => run(file))
const groups = await warm(run, more, totals)
const later = groups.slice(groups.length >> 1).sort((a, b) => a - b)
const measurement: Measurement = {
  path,
  cpuMs,
  ...(later.length === 0 ? {} : { warmCpuMs: later[later.length >> 1] }),
  ...totals,
  bytesStored: statSync(file).size,
  rssMb: process.resourceUsage().maxRSS / 1024,
}
console.log(JSON.stringify(measurement))
