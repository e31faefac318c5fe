import { gunzipSync, gzipSync } from 'node:zlib'
import { isTaken } from '../shared/cloudtrail/derived.ts'
import { createFacts } from '../shared/cloudtrail/facts.ts'
import { createCloudTrailReader } from '../shared/cloudtrail/normalize.ts'
import { createOutput } from '../shared/cloudtrail/output.ts'
import { createRecordScanner } from '../shared/cloudtrail/scan.ts'
import { EMPTY_ENVIRONMENT, type NormalizedRecord } from '../shared/contracts/record.ts'
import { createBatcher, createStamp } from '../shared/forward/batch.ts'
import { createDedupeWindow } from '../shared/forward/dedupe.ts'
import { generateCloudTrailText } from '../test/support/generate.ts'

const RECORDS = 1_500
const ROUNDS = 150

/**
 * `npm run bench -- stages`: where the CPU of a CloudTrail record goes once the code is warm. Each stage is run with those
 * before it, and what it adds is shown; the least of many short rounds, so that what else the machine does counts little.
 */
export function benchStages(): void {
  const options = { environment: EMPTY_ENVIRONMENT, capBytes: 8192, detail: 'lean', now: Date.now } as const
  const texts = [...generateCloudTrailText({ records: RECORDS, seed: 1 })]
  const bytes = Buffer.from(texts.join('\n'))
  const packed = gzipSync(bytes)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at = bytes.indexOf('\n', at) + 1) {
    starts.push(at)
    if (bytes.indexOf('\n', at) === -1) break
  }
  const scanner = createRecordScanner(isTaken)
  const facts = createFacts(options, createOutput())
  const reader = createCloudTrailReader(options)
  const dedupe = createDedupeWindow(262_144)
  const stamp = createStamp(Date.now)
  let round = 0

  function normalized(): NormalizedRecord[] {
    const out: (NormalizedRecord | Uint8Array)[] = []
    for (const at of starts) reader.readAhead(bytes, at, out)
    return out as NormalizedRecord[]
  }

  const stages: Readonly<Record<string, () => void>> = {
    gunzip: () => gunzipSync(packed),
    scan: () => {
      for (const at of starts) scanner.scan(bytes, at)
    },
    'derive, and write what is derived': () => {
      for (const at of starts) {
        scanner.scan(bytes, at)
        facts.read(scanner)
      }
    },
    'write the members, make the text': normalized,
    'de-duplicate and pack into batches': () => {
      const scope = dedupe.scope()
      const batcher = createBatcher<number>({ stamp, shrink: (message) => message, onRefused() {} })
      round += 1
      for (const { message, view } of normalized())
        batcher.add(message, undefined, scope.note(`${view.identity}${round}`))
      batcher.seal()
    },
  }
  console.log(`\nCloudTrail, warm: µs a record of ${Math.round(bytes.length / RECORDS)} bytes, what each stage adds`)
  let before = 0
  for (const [name, microseconds] of Object.entries(leastOf(stages))) {
    console.log(`  ${(name === 'scan' ? microseconds : microseconds - before).toFixed(2).padStart(6)}  ${name}`)
    before = microseconds
  }
}

/** Microseconds a record, the least of all rounds; the stages take turns. */
function leastOf(stages: Readonly<Record<string, () => void>>): Readonly<Record<string, number>> {
  const least: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(stages)) {
      const start = process.cpuUsage()
      run()
      const { system, user } = process.cpuUsage(start)
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, (user + system) / RECORDS)
    }
  }
  return least
}
