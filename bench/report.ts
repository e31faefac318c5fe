/** What the table of a report costs at 100,000 records: in the page, packed and looked through. */
import { packRows } from '../shared/report/pack.ts'
import { createRowIndex, type RowFilter, type RowOrder } from '../shared/report/rows.ts'
import { largeModel } from '../test/report/model.ts'

const ROWS = 100_000
const TIMES = 7
const BY_TIME: RowOrder = { column: 'time', descending: false }
const ASKED: readonly (readonly [what: string, filter: RowFilter, order: RowOrder])[] = [
  ['all, by time', { text: '' }, BY_TIME],
  ['all, by key', { text: '' }, { column: 'key', descending: true }],
  ['two words', { text: 'person-7 part-11.' }, BY_TIME],
  ['a word in one column', { text: 'ip:198.51.100.7' }, BY_TIME],
]

/**
 * `npm run bench -- report`: CPU of each answer that follows a typing hand, against writing the same records as JSON, and
 * of ten times the records against that of one.
 */
export function benchReport(): void {
  const { rows } = largeModel(ROWS).matches
  const text = JSON.stringify(rows)
  const asJson = least(() => JSON.stringify(rows))
  const packed = packRows(rows)
  console.log(
    `\nReport: the table of ${ROWS.toLocaleString('en-US')} matching records (CPU, against writing them as JSON)`,
  )
  console.log(
    `  packed: ${ratio(
      least(() => packRows(rows)),
      asJson,
    )} of the CPU, ${ratio(JSON.stringify(packed).length, text.length)} of the characters`,
  )
  const tenth = createRowIndex(packRows(rows.slice(0, ROWS / 10)))
  const index = createRowIndex(packed)
  for (const [what, filter, order] of ASKED) {
    const cpu = least(() => index.select(filter, order))
    const growth = cpu / least(() => tenth.select(filter, order))
    console.log(`  ${what}: ${ratio(cpu, asJson)} of the CPU, ${growth.toFixed(1)} × that of a tenth of the records`)
  }
}

const ratio = (a: number, b: number): string => (a / b).toFixed(2)

/** Microseconds of CPU, the least of several runs. */
function least(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < TIMES; time += 1) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, user + system)
  }
  return Math.max(best, 1)
}
