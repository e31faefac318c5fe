/**
 * One measurement of bench/replay.ts in a process of its own: `node bench/replay-once.ts normalize|replay THREADS FOLDER`
 * prints one JSON object.
 */
import { createReadStream, readdirSync } from 'node:fs'
import path from 'node:path'
import { replay } from '../cli/commands/replay.ts'
import type { Io } from '../cli/io.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { readLog } from '../shared/object/read-log.ts'
import { createReaders } from '../shared/object/readers.ts'

export interface ReplayMeasurement {
  readonly records: number
  /** Since Node has started: of all threads, and of the first alone, which puts together and tells. */
  readonly cpuMs: number
  readonly firstMs: number
  readonly wallMs: number
  readonly rssMb: number
}

/** Inflated, split, normalized, and nothing else. */
async function normalize(folder: string): Promise<number> {
  const readers = createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: () => 0 })
  let records = 0
  for (const file of readdirSync(folder)) {
    await readLog(createReadStream(path.join(folder, file), { highWaterMark: 256 * 1024 }), {
      readers,
      maxInflatedBytes: Number.MAX_SAFE_INTEGER,
      maxRecordBytes: 8 * 1024 * 1024,
      onRecord() {
        records += 1
        return undefined
      },
      onUnreadable: () => undefined,
    })
  }
  return records
}

async function replayAll(folder: string, threads: string): Promise<number> {
  let text = ''
  const io: Io = {
    out(line) {
      text = line
      return undefined
    },
    err: (line) => process.stderr.write(`${line}\n`),
    progress() {},
    stdin: (async function* () {})(),
    env: {},
    now: Date.now,
    outIsTerminal: false,
    errIsTerminal: false,
    width: 80,
    signal: new AbortController().signal,
  }
  const code = await replay.run([folder, '--threads', threads, '--json'], io)
  if (code !== 0) throw new Error(`replay ended with ${code}`)
  // Not parsed: what that takes is not the command's.
  return Number(/"totals":\{.*?"records":(\d+)/.exec(text)?.[1])
}

const [, , what, threads = '1', folder = ''] = process.argv
const before = process.cpuUsage()
const firstBefore = process.threadCpuUsage()
const start = performance.now()
const records = what === 'normalize' ? await normalize(folder) : await replayAll(folder, threads)
const { user, system } = process.cpuUsage(before)
const first = process.threadCpuUsage(firstBefore)
const measured: ReplayMeasurement = {
  records,
  cpuMs: (user + system) / 1000,
  firstMs: (first.user + first.system) / 1000,
  wallMs: performance.now() - start,
  rssMb: process.resourceUsage().maxRSS / 1024,
}
console.log(JSON.stringify(measured))
