import { createCloudTrailNormalizer } from '../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { compileDetections } from '../shared/detection/compile.ts'
import { compileRuleMatchers } from '../shared/detection/match-rules.ts'
import { loadDetections } from '../shared/files/detections.ts'
import { generateCloudTrailText } from '../test/support/generate.ts'

const RECORDS = 20_000

/** Matching one typical CIS pattern, and the whole default pack, over 20,000 records. */
export async function benchPatterns(): Promise<void> {
  const normalize = createCloudTrailNormalizer({
    environment: EMPTY_ENVIRONMENT,
    detail: 'lean',
    capBytes: 8192,
    now: Date.now,
  })
  const messages = [...generateCloudTrailText({ records: RECORDS, seed: 1 })].map((text) => normalize(text).message)
  const parsed = messages.map((message) => JSON.parse(message) as unknown)
  const detections = await loadDetections('infra/detections')
  const enabled = compileDetections({ detections, stage: 'bench' }).rules.map(({ detection }) => detection)
  const [typical] = compileRuleMatchers(detections.filter(({ id }) => id === 'cis-08-s3-policy'))
  const pack = compileRuleMatchers(enabled)

  function rate(matches: number, run: () => number): number {
    run()
    const start = process.cpuUsage()
    const hits = run()
    const used = process.cpuUsage(start)
    if (hits < 0) throw new Error('unreachable')
    return matches / ((used.user + used.system) / 1e6)
  }

  const count = (test: (index: number) => boolean) => {
    let hits = 0
    for (let index = 0; index < RECORDS; index += 1) if (test(index)) hits += 1
    return hits
  }
  console.log(`\nFilter patterns over ${RECORDS} records`)
  if (typical !== undefined) {
    const onParsed = rate(RECORDS, () => count((index) => typical.pattern.matchParsed(parsed[index])))
    const onText = rate(RECORDS, () => count((index) => typical.pattern.match(messages[index]!)))
    const parseOnly = rate(RECORDS, () => count((index) => JSON.parse(messages[index]!) !== null))
    console.log(
      `  ${typical.id}: ${format(onParsed)} matches/s on parsed records, ${format(onText)} on text (JSON.parse alone: ${format(parseOnly)})`,
    )
    console.log(
      `  ${onParsed >= 300_000 ? 'reached ' : 'MISSED  '} matches/s of a typical CIS pattern on parsed records: ${format(onParsed)} (target ≥ 300,000)`,
    )
  }
  const all = rate(RECORDS, () => count((index) => pack.some(({ pattern }) => pattern.matchParsed(parsed[index]))))
  const each = rate(RECORDS * pack.length, () =>
    count((index) => {
      let any = false
      for (const { pattern } of pack) if (pattern.matchParsed(parsed[index])) any = true
      return any
    }),
  )
  console.log(
    `  default set, ${pack.length} rules: ${format(each / pack.length)} records/s with every rule tried, ${format(all)} until the first hit; ${format(each)} matches/s`,
  )
}

function format(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value)
}
