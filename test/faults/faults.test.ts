import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { addsUp } from '../../shared/forward/receipt.ts'
import { type Outcome, SCENARIOS } from './scenarios.ts'

const PAGE = 'docs/reliability.md'
const BEGIN = '<!-- faults: written by test/faults -->'
const END = '<!-- /faults -->'

const rows = new Map<string, Outcome>()

test.each(SCENARIOS)('$fault', { timeout: 120_000 }, async ({ fault, mayDouble = 0, mayLose = 0, run }) => {
  const { receipts, ...result } = await run()
  rows.set(fault, result)
  expect(result.lost).toBeLessThanOrEqual(mayLose)
  expect(result.doubled).toBeLessThanOrEqual(mayDouble)
  for (const receipt of receipts) {
    expect([addsUp(receipt), receipt]).toEqual([true, receipt])
    expect(receipt.undelivered).toBeGreaterThanOrEqual(receipt.maybeDelivered)
    if (receipt.status === 'ok') expect(receipt.undelivered + receipt.quarantined).toBe(0)
  }
  // What receipts say was delivered is what arrived: doubled only where a call was repeated blindly.
  const told = receipts.reduce((sum, { delivered }) => sum + delivered, 0)
  if (mayDouble === 0 && mayLose === 0) expect(told).toBe(result.delivered)
})

test('docs/reliability.md has the table of this run', async () => {
  if (rows.size < SCENARIOS.length) return
  const page = readFileSync(PAGE, 'utf8')
  const [before = '', rest = ''] = page.split(BEGIN)
  const [, after = ''] = rest.split(END)
  const number = (value: number) => value.toLocaleString('en-US')
  const table = [
    '| fault | attempts | records in | delivered | doubled | lost | what the receipts said |',
    '|---|---|---|---|---|---|---|',
    ...[...rows].map(
      ([fault, { attempts, recordsIn, delivered, doubled, lost, said }]) =>
        `| ${fault} | ${attempts} | ${number(recordsIn)} | ${number(delivered)} | ${number(doubled)} | ${number(lost)} | ${said} |`,
    ),
  ].join('\n')
  await expect(`${before}${BEGIN}\n${table}\n${END}${after}`).toMatchFileSnapshot(`../../${PAGE}`)
})

afterAll(() => rows.clear())
