/**
 * Measures one path over one file in a process of its own, so that CPU time and peak memory are its own:
 * `node bench/measure.ts <path> <file> [iterations]` prints one JSON object. bench/main.ts runs it.
 *
 * paths: `gunzip` (inflate and throw away) · `split` (inflate and split lines) · `pipeline` (object → batches, through
 * the pipeline that runs in Lambda) · `naive` (whole object in memory, one JSON.parse, one big array).
 */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { createGunzip, gunzipSync } from 'node:zlib'
import { createCloudTrailNormalizer } from '../shared/cloudtrail/normalize.ts'
import type { LogsPort } from '../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { createBatcher, createStamp } from '../shared/forward/batch.ts'
import { createPipeline } from '../shared/forward/pipeline.ts'
import type { Receipt } from '../shared/forward/receipt.ts'
import { isGzip } from '../shared/object/inflate.ts'
import { readConfig } from '../shared/settings/config.ts'

export interface Measurement {
  readonly path: string
  /** The first time in this process: loading and compiling the code included, as after a cold start. */
  readonly cpuMs: number
  /** The median of the later iterations, from the fourth on; only where there were so many. */
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

const NOWHERE: LogsPort = {
  putLogEvents: async () => ({}),
  getLogEvents: async () => ({ events: [] }),
  createLogGroup: async () => {},
  createLogStream: async () => {},
}
const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

function isGzipFile(file: string): boolean {
  const head = Buffer.alloc(2)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, head)
  closeSync(descriptor)
  return isGzip(head)
}

function open(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: 256 * 1024 })
}

function plain(file: string): AsyncIterable<Buffer> {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 })
  return isGzipFile(file) ? source.pipe(createGunzip({ chunkSize: 256 * 1024 })) : source
}

type Totals = Pick<Measurement, 'records' | 'bytesIn' | 'bytesOut' | 'fault'>

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
    let receipt: Receipt | undefined
    const pipeline = createPipeline({
      functionName: 'bench',
      instanceId: 'bench',
      config: readConfig({}),
      environment: EMPTY_ENVIRONMENT,
      store: { open: async () => ({ body: open(file) }) },
      logs: NOWHERE,
      now: Date.now,
      sleep: async () => {},
      random: Math.random,
      log: QUIET,
      onReceipt(given) {
        receipt = given
      },
    })
    await pipeline.process({ bucket: 'bench', key: file })
    if (receipt === undefined || receipt.status === 'failed') throw new Error(`not read: ${JSON.stringify(receipt)}`)
    const { bytesInflated, bytesOut, error, recordsIn } = receipt
    return { records: recordsIn, bytesIn: bytesInflated, bytesOut, fault: error?.message }
  },

  async naive(file) {
    const data = readFileSync(file)
    const text = (isGzipFile(file) ? gunzipSync(data) : data).toString('utf8')
    const { Records } = JSON.parse(text) as { Records: unknown[] }
    const normalize = createCloudTrailNormalizer({
      environment: EMPTY_ENVIRONMENT,
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

/** The iterations that warm up: what comes after them counts as warm. */
const WARM_UP = 3

async function timed(run: () => Promise<Totals>): Promise<{ readonly cpuMs: number; readonly totals: Totals }> {
  const before = process.cpuUsage()
  const totals = await run()
  const used = process.cpuUsage(before)
  return { cpuMs: (used.user + used.system) / 1000, totals }
}

const [, , path = '', file = '', iterations = '1'] = process.argv
const run = PATHS[path]
if (run === undefined) throw new Error(`no such path: ${path}`)
const { cpuMs, totals } = await timed(() => run(file))
const rssMb = process.resourceUsage().maxRSS / 1024
const later: number[] = []
while (later.length + 1 < Number(iterations)) later.push((await timed(() => run(file))).cpuMs)
const warm = later.slice(WARM_UP - 1).sort((a, b) => a - b)
const measurement: Measurement = {
  path,
  cpuMs,
  ...(warm.length === 0 ? {} : { warmCpuMs: warm[warm.length >> 1] }),
  ...totals,
  bytesStored: statSync(file).size,
  rssMb: Math.max(rssMb, process.resourceUsage().maxRSS / 1024),
}
console.log(JSON.stringify(measurement))
