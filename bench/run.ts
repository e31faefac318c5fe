/** Runs bench/measure.ts, bundled, in processes of its own. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import { parse as parseYaml } from 'yaml'
import { isGzip } from '../shared/object/inflate.ts'
import type { Measurement } from './measure.ts'
import { regionAmong } from './record.ts'
import { varyObject } from './vary.ts'

/** How often each path is run over a file; the least CPU counts, the most memory. */
const RUNS = 3

/** The heap options of the deployed functions, with which the pipeline is measured: serverless.yml's default. */
const NODE_OPTIONS = (
  parseYaml(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' }) as {
    params: { default: { nodeOptions: string } }
  }
).params.default.nodeOptions

/** Where what is warm is asked for, one function instance reads so many objects like the first, and so many records. */
const WARM_OBJECTS = 12
const WARM_RECORDS = 10_000
const MOST_WARM_OBJECTS = 2000

/** Made on first use, and removed at the end. */
let ownFolder: string | undefined
export function folder(): string {
  ownFolder ??= mkdtempSync(path.join(tmpdir(), 'bucketwatch-bench-'))
  return ownFolder
}

/** measure.ts, bundled as the functions are: what runs in Lambda is no TypeScript. */
let script: string | undefined
function measureScript(): string {
  if (script !== undefined) return script
  script = path.join(folder(), 'measure.mjs')
  buildSync({
    entryPoints: [path.join(import.meta.dirname, 'measure.ts')],
    outfile: script,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  return script
}

const BEGINNING = 65_536

/** The Region of an object's first record: the stack is taken to be in the same. */
function regionOf(file: string): string | undefined {
  const beginning = Buffer.alloc(BEGINNING)
  const opened = openSync(file, 'r')
  const bytes = beginning.subarray(0, readSync(opened, beginning, 0, BEGINNING, 0))
  closeSync(opened)
  return regionAmong(isGzip(bytes) ? inflated(bytes) : bytes)
}

/** As far as it can be inflated. */
function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return new Uint8Array()
  }
}

function measureOnce(kind: string, file: string, more: readonly string[] = []): Measurement {
  const region = regionOf(file)
  const env = {
    ...process.env,
    ...((kind === 'pipeline' || kind === 'matched') && { NODE_OPTIONS }),
    ...(region !== undefined && { AWS_REGION: region }),
  }
  return JSON.parse(
    execFileSync(process.execPath, [measureScript(), kind, file, ...more], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    }),
  ) as Measurement
}

/** A file that we made ourselves has to be read to its end. */
export function measure(kind: string, file: string, runs = RUNS): Measurement {
  const measured = measureBest(kind, file, runs)
  if (measured.fault !== undefined) throw new Error(`${file}: ${measured.fault}`)
  return measured
}

export function measureBest(kind: string, file: string, runs = RUNS, more: readonly string[] = []): Measurement {
  const all = Array.from({ length: runs }, () => measureOnce(kind, file, more))
  const best = all.reduce((a, b) => (b.cpuMs < a.cpuMs ? b : a))
  const warm = all.flatMap(({ warmCpuMs }) => (warmCpuMs === undefined ? [] : [warmCpuMs]))
  return {
    ...best,
    ...(warm.length > 0 && { warmCpuMs: Math.min(...warm) }),
    rssMb: Math.max(...all.map(({ rssMb }) => rssMb)),
  }
}

/** A measurement; undefined, said on standard error and in the exit code, where the path cannot get through the file. */
export function attempt(kind: string, file: string, more: readonly string[] = []): Measurement | undefined {
  try {
    return measureBest(kind, file, RUNS, more)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    console.error(`${file}: ${kind}: ${/^\w*Error: .*$/m.exec(text.slice(text.indexOf('\n')))?.[0] ?? text}`)
    process.exitCode = 1
    return undefined
  }
}

/** The same with what it costs a function instance that has read many such objects: see {@link varyObject}. */
export function measureWarm(file: string, fresh: Measurement): Measurement {
  const copies = Math.max(
    WARM_OBJECTS,
    Math.min(MOST_WARM_OBJECTS, Math.ceil(WARM_RECORDS / Math.max(1, fresh.records))),
  )
  const to = mkdtempSync(path.join(folder(), 'like-'))
  try {
    const more = varyObject(file, copies, to)
    const both = more.length === 0 ? undefined : attempt('pipeline', file, more)
    return both === undefined
      ? fresh
      : { ...fresh, warmCpuMs: both.warmCpuMs, rssMb: Math.max(fresh.rssMb, both.rssMb) }
  } finally {
    rmSync(to, { recursive: true })
  }
}

process.on('exit', () => {
  if (ownFolder !== undefined) rmSync(ownFolder, { recursive: true, force: true })
})
