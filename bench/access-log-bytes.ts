/** `npm run bench -- access-log-bytes`: what each member of an access-log record costs, lean and full, in bytes a line. */
import { createAccessLogNormalizer } from '../shared/access-log/normalize.ts'
import { type Detail, EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { generateAccessLogLines } from '../test/support/generate.ts'

const LINES = 10_000
/** Objects whose members are counted on their own. */
const NESTED: ReadonlySet<string> = new Set(['userIdentity', 'requestParameters'])

/** The members of a record with their bytes: name, value and punctuation. */
function* membersOf(record: object, prefix = ''): Generator<readonly [string, number]> {
  for (const [name, value] of Object.entries(record)) {
    if (NESTED.has(name)) {
      yield [`${name}.`, name.length + '"":{},'.length - 1]
      yield* membersOf(value as object, `${name}.`)
    } else yield [prefix + name, Buffer.byteLength(`${JSON.stringify(name)}:${JSON.stringify(value)},`)]
  }
}

/** Counts and prints; the lines are generated, the same each time. */
export async function benchAccessLogBytes(): Promise<void> {
  const lines = [...generateAccessLogLines({ lines: LINES, seed: 1 })]
  const lineBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) / LINES
  const costs = new Map<string, { lean: number; full: number }>()
  const totals = { lean: 0, full: 0 }
  for (const detail of ['lean', 'full'] as const satisfies readonly Detail[]) {
    const normalize = createAccessLogNormalizer({
      environment: EMPTY_ENVIRONMENT,
      detail,
      capBytes: 8192,
      now: Date.now,
    })
    for (const line of lines) {
      const { message } = normalize(line)
      totals[detail] += Buffer.byteLength(message) / LINES
      for (const [member, bytes] of membersOf(JSON.parse(message) as object)) {
        const cost = costs.get(member) ?? { lean: 0, full: 0 }
        cost[detail] += bytes / LINES
        costs.set(member, cost)
      }
    }
  }
  console.log(`\nS3 access log: bytes a line of ${lineBytes.toFixed(0)}, by member of its record`)
  const rows = [...costs].sort(([, a], [, b]) => b.full - a.full)
  for (const [member, { lean, full }] of rows) {
    console.log(`  ${member.padEnd(32)} lean ${lean.toFixed(1).padStart(6)}   full ${full.toFixed(1).padStart(6)}`)
  }
  const ratio = (bytes: number) => `${bytes.toFixed(0)} (${(bytes / lineBytes).toFixed(2)} of the line)`
  console.log(`  in all: lean ${ratio(totals.lean)}, full ${ratio(totals.full)}`)
}
