/**
 * `npm run bench`: what the pipeline costs, as ratios measured in one run on one machine, each path in a process of its
 * own over the same file. `npm run bench -- --json FILE…` measures given log objects and prints one JSON object a file.
 * `npm run bench -- cloudtrail|access-log|stages|hostile|put-log-events|state|patterns|hits|writes|bundles|replay|report|record` runs one part;
 * `record` tells where the bytes of CloudTrail records are and how often what is remembered of them is found, and
 * `npm run bench -- --bytes FILE…` the same of given objects.
 */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeAccessLogObject, writeCloudTrailObject } from '../test/support/generate.ts'
import { benchAccessLogBytes } from './access-log-bytes.ts'
import { benchBundles } from './bundles.ts'
import { benchHits } from './hits.ts'
import { benchHostile } from './hostile.ts'
import { benchPatterns } from './patterns.ts'
import { benchPutLogEvents } from './put-log-events.ts'
import { recordReport } from './record.ts'
import { benchReplay } from './replay.ts'
import { benchReport } from './report.ts'
import { attempt, folder, measure, measureBest, measureWarm } from './run.ts'
import { benchStages } from './stages.ts'
import { benchState } from './state.ts'
import { benchWrites } from './writes.ts'

interface Row {
  readonly [column: string]: string | number
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`)
  const columns = Object.keys(rows[0] ?? {})
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)))
  for (const line of cells) console.log(`  ${line.map((cell, index) => cell.padStart(widths[index]!)).join('   ')}`)
}

const fixed = (value: number, digits = 2) => value.toFixed(digits)

/** One line of the verdict: what was to be reached, what was reached, and whether it was. */
function target(what: string, reached: number, limit: number, why?: string): void {
  const ok = reached <= limit
  console.log(
    `  ${ok ? 'reached ' : 'MISSED  '} ${what}: ${fixed(reached)} (target ≤ ${limit})${ok || why === undefined ? '' : `; ${why}`}`,
  )
}

async function benchCloudTrail(folder: string): Promise<void> {
  const rows: Row[] = []
  const perRecord = new Map<number, number>()
  const ratios = new Map<number, { gunzip: number; naive: number; rss: number; size: number }>()
  for (const records of [10, 1_000, 20_000, 200_000]) {
    const file = path.join(folder, `trail-${records}.json.gz`)
    await writeCloudTrailObject(file, records)
    const gunzip = measure('gunzip', file)
    const pipeline = measure('pipeline', file)
    const naive = measure('naive', file)
    perRecord.set(records, pipeline.cpuMs / records)
    ratios.set(records, {
      gunzip: pipeline.cpuMs / gunzip.cpuMs,
      naive: pipeline.cpuMs / naive.cpuMs,
      rss: pipeline.rssMb,
      size: pipeline.bytesOut / pipeline.bytesIn,
    })
    rows.push({
      records,
      'inflated MB': fixed(pipeline.bytesIn / 1e6, 1),
      'gunzip ms': fixed(gunzip.cpuMs, 0),
      'pipeline ms': fixed(pipeline.cpuMs, 0),
      'naive ms': fixed(naive.cpuMs, 0),
      '÷ gunzip': fixed(pipeline.cpuMs / gunzip.cpuMs),
      '÷ naive': fixed(pipeline.cpuMs / naive.cpuMs),
      'µs/record': fixed((1000 * pipeline.cpuMs) / records, 1),
      'RSS MB': fixed(pipeline.rssMb, 0),
      'naive RSS MB': fixed(naive.rssMb, 0),
      'bytes out/in': fixed(pipeline.bytesOut / pipeline.bytesIn),
    })
    rmSync(file)
  }
  print('CloudTrail: object → batches (CPU of the process, user + system)', rows)
  const file = path.join(folder, 'trail-huge.json.gz')
  const { inflatedBytes } = await writeCloudTrailObject(file, 400_000)
  const huge = measure('pipeline', file, 1)
  rmSync(file)
  console.log(
    `  ${fixed(inflatedBytes / 2 ** 20, 0)} MiB inflated: ${huge.records} records, RSS ${fixed(huge.rssMb, 0)} MB`,
  )
  const at = (records: number) => ratios.get(records)!
  target(
    'CPU ÷ gunzip alone, 20,000 records',
    at(20_000).gunzip,
    6,
    'loading and warming up the code weighs on half a second of work; see 200,000',
  )
  target('CPU ÷ gunzip alone, 200,000 records', at(200_000).gunzip, 6)
  target('CPU ÷ naive path, 20,000 records', at(20_000).naive, 1)
  target('CPU ÷ naive path, 200,000 records', at(200_000).naive, 1)
  target('CPU per record, 200,000 ÷ 20,000', perRecord.get(200_000)! / perRecord.get(20_000)!, 1.25)
  target('peak RSS MB, any size', Math.max(...[...ratios.values()].map(({ rss }) => rss), huge.rssMb), 180)
  target(
    'lean bytes out ÷ raw bytes in',
    at(200_000).size,
    0.5,
    'management events keep all that anybody pivots on, and derived fields come on top; docs/record.md, "Where the bytes are"',
  )
}

async function benchAccessLog(folder: string): Promise<void> {
  const rows: Row[] = []
  let last: { ratio: number; rss: number; size: number } | undefined
  for (const lines of [10_000, 1_000_000]) {
    const file = path.join(folder, `access-${lines}.log`)
    await writeAccessLogObject(file, lines)
    const split = measure('split', file)
    const pipeline = measure('pipeline', file)
    last = { ratio: pipeline.cpuMs / split.cpuMs, rss: pipeline.rssMb, size: pipeline.bytesOut / pipeline.bytesIn }
    rows.push({
      lines,
      MB: fixed(pipeline.bytesIn / 1e6, 1),
      'split ms': fixed(split.cpuMs, 0),
      'pipeline ms': fixed(pipeline.cpuMs, 0),
      '÷ split': fixed(last.ratio),
      'µs/line': fixed((1000 * pipeline.cpuMs) / lines, 1),
      'RSS MB': fixed(pipeline.rssMb, 0),
      'bytes out/in': fixed(last.size),
    })
    rmSync(file)
  }
  print('S3 access log: object → batches, against splitting the lines only', rows)
  if (last === undefined) return
  target(
    'CPU ÷ split only, 1,000,000 lines',
    last.ratio,
    6,
    'splitting takes 0.5 µs a line; writing a record of more bytes than the line has takes several times that',
  )
  target('peak RSS MB', last.rss, 180)
  target('lean bytes out ÷ raw bytes in', last.size, 0.75, 'a line has no field names; JSON has')
}

function benchFiles(files: readonly string[]): void {
  for (const file of files) {
    if (!existsSync(file) || !statSync(file).isFile()) {
      console.error(`${file}: no such file`)
      process.exitCode = 1
      continue
    }
    // Damaged data stops zlib where it stops, not the other files; the pipeline delivers what came before.
    const gunzip = attempt('gunzip', file)
    const fresh = attempt('pipeline', file)
    if (fresh === undefined) continue
    const pipeline = fresh.fault === undefined ? measureWarm(file, fresh) : fresh
    if (pipeline.fault !== undefined) {
      console.error(`${file}: ${pipeline.fault}`)
      process.exitCode = 1
    }
    const { cpuMs, warmCpuMs, records, bytesStored, bytesIn, bytesOut, rssMb } = pipeline
    const gunzipMs = gunzip?.cpuMs ?? null
    console.log(JSON.stringify({ file, cpuMs, warmCpuMs, gunzipMs, records, bytesIn, bytesOut, rssMb, bytesStored }))
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, bytes: { type: 'boolean' } },
})
if (values.bytes === true) {
  for (const file of positionals) for (const line of recordReport(readFileSync(file))) console.log(line)
} else if (values.json === true) {
  if (positionals.length === 0) {
    console.error('usage: npm run bench -- --json FILE…')
    process.exitCode = 2
  } else benchFiles(positionals)
} else {
  const parts: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    cloudtrail: benchCloudTrail,
    'access-log': benchAccessLog,
    stages: async () => benchStages(),
    hostile: benchHostile,
    'access-log-bytes': benchAccessLogBytes,
    'put-log-events': benchPutLogEvents,
    state: benchState,
    patterns: benchPatterns,
    hits: (folder) => benchHits(folder, measureBest),
    writes: benchWrites,
    bundles: benchBundles,
    replay: benchReplay,
    report: async () => benchReport(),
    record: async (folder) => {
      const file = path.join(folder, 'trail-record.json.gz')
      await writeCloudTrailObject(file, 20_000)
      for (const line of recordReport(readFileSync(file))) console.log(line)
    },
  }
  const unknown = positionals.filter((name) => parts[name] === undefined)
  if (unknown.length > 0) {
    console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)
    process.exitCode = 2
  } else {
    for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) await parts[name]!(folder())
  }
}
