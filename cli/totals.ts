/** The totals of a run, as people read them. */
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { MAX_LAG_SECONDS, type Receipt } from '../shared/forward/receipt.ts'
import type { Io } from './io.ts'
import { bytes, count, duration, type Paint, plural } from './render.ts'

/** How many notifications failed, by code, but for those that failed with an object: of these the receipt tells. */
export function createFailures() {
  const counts = new Map<string, number>()
  let hasReceipt = false
  return {
    counts: counts as ReadonlyMap<string, number>,
    ofReceipt({ status }: Receipt): void {
      hasReceipt ||= status === 'failed'
    },
    ofMessage(error: unknown): void {
      const code = error instanceof BucketwatchError ? error.code : 'INTERNAL'
      if (!hasReceipt) counts.set(code, (counts.get(code) ?? 0) + 1)
      hasReceipt = false
    },
  }
}

/** `1 OBJECT_FOREIGN, 2 OBJECT_KIND`. */
const byCode = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([code, n]) => `${count(n)} ${code}`).join(', ')

/** Objects with a status, by the code of what was wrong. */
function faultsOf(receipts: readonly Receipt[], wanted: Receipt['status']): ReadonlyMap<string, number> {
  const faults = new Map<string, number>()
  for (const { error, status } of receipts)
    if (status === wanted && error !== undefined) faults.set(error.code, (faults.get(error.code) ?? 0) + 1)
  return faults
}

/** Prints what became of objects and records, the bytes, and how late they were. */
export async function printTotals(
  receipts: readonly Receipt[],
  failures: ReadonlyMap<string, number>,
  paint: Paint,
  io: Io,
): Promise<void> {
  const total = (pick: (receipt: Receipt) => number) => receipts.reduce((sum, receipt) => sum + pick(receipt), 0)
  const named: readonly (readonly [string, number])[] = [
    ['delivered', total((receipt) => receipt.delivered)],
    ['filtered', total((receipt) => receipt.filtered)],
    ['duplicates', total((receipt) => receipt.duplicates)],
    ['quarantined', total((receipt) => receipt.quarantined)],
    ['not delivered', total((receipt) => receipt.undelivered)],
  ]
  const parts = named.filter(([, n], index) => index === 0 || n > 0).map(([name, n]) => `${count(n)} ${name}`)
  const records = total((receipt) => receipt.recordsIn)
  await io.out('')
  await io.out(paint('bold', `${plural(receipts.length, 'object')}, ${plural(records, 'record')}`))
  await io.out(`  ${parts.join(' + ')}`)
  for (const [what, faults] of [
    ['quarantined objects', faultsOf(receipts, 'quarantined')],
    ['failed objects', faultsOf(receipts, 'failed')],
    ['failed notifications', failures],
  ] as const)
    if (faults.size > 0) await io.out(`  ${what}: ${byCode(faults)}`)
  const inflated = total((receipt) => receipt.bytesInflated)
  const out = total((receipt) => receipt.bytesOut)
  const share = inflated === 0 ? '' : ` (${Math.round((100 * out) / inflated)} %)`
  const stored = total((receipt) => receipt.bytesIn)
  await io.out(`  ${bytes(stored)} stored, ${bytes(inflated)} inflated, ${bytes(out)} delivered${share}`)
  const lag = (seconds: number) => duration(seconds) + (seconds < MAX_LAG_SECONDS ? '' : ' or more')
  const lags = receipts.flatMap(({ lagSecondsP50 }) => lagSecondsP50 ?? []).sort((a, b) => a - b)
  if (lags.length === 0) return
  const [least, most] = [lag(lags[0]!), lag(lags.at(-1)!)]
  const range = lags.length === 1 ? `${least} (the median)` : `${least} to ${most} (medians of the objects)`
  await io.out(`  from event to delivery: ${range}`)
}
