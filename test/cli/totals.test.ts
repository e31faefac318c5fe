import { expect, it } from 'vitest'
import type { Io } from '../../cli/io.ts'
import { createFailures, printTotals } from '../../cli/totals.ts'
import { BucketwatchError, type ErrorCode } from '../../shared/contracts/errors.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'

const receipt = (status: Receipt['status'], code?: ErrorCode) =>
  ({
    status,
    recordsIn: 0,
    delivered: 0,
    filtered: 0,
    duplicates: 0,
    quarantined: 0,
    undelivered: 0,
    bytesIn: 0,
    bytesInflated: 0,
    bytesOut: 0,
    ...(code !== undefined && { error: { code, message: '' } }),
  }) as unknown as Receipt

/** The lines of a run in which these happened, in order: a receipt, or a message that failed with this code. */
async function totalsOf(happened: readonly (Receipt | ErrorCode | Error)[]): Promise<readonly string[]> {
  const failures = createFailures()
  for (const one of happened) {
    if (typeof one === 'string') failures.ofMessage(new BucketwatchError(one, ''))
    else if (one instanceof Error) failures.ofMessage(one)
    else failures.ofReceipt(one)
  }
  const lines: string[] = []
  const receipts = happened.filter((one) => typeof one === 'object' && !(one instanceof Error)) as Receipt[]
  await printTotals(receipts, failures.counts, (_, text) => text, {
    out: (line: string) => lines.push(line),
  } as unknown as Io)
  return lines
}

const ended = receipt('ok')
const gone = receipt('failed', 'OBJECT_NOT_FOUND')

it.each([
  ['nothing that failed', [ended], []],
  [
    'an object, and its notification with it: once',
    [gone, 'OBJECT_NOT_FOUND'],
    ['  failed objects: 1 OBJECT_NOT_FOUND'],
  ],
  [
    'a notification that names no object',
    [ended, 'NOTIFICATION_NOT_JSON', ended],
    ['  failed notifications: 1 NOTIFICATION_NOT_JSON'],
  ],
  [
    'both, one after the other; of a fault of ours that it is one',
    [gone, gone, 'OBJECT_NOT_FOUND', 'NOTIFICATION_NOT_JSON', 'NOTIFICATION_NOT_JSON', new Error('x')],
    ['  failed objects: 2 OBJECT_NOT_FOUND', '  failed notifications: 2 NOTIFICATION_NOT_JSON, 1 INTERNAL'],
  ],
  [
    'beside what was quarantined',
    [receipt('quarantined', 'OBJECT_KIND'), gone],
    ['  quarantined objects: 1 OBJECT_KIND', '  failed objects: 1 OBJECT_NOT_FOUND'],
  ],
] as const)('the totals count %s', async (_, happened, wanted) => {
  const lines = await totalsOf(happened)
  expect(lines.filter((line) => /^ {2}(?:failed|quarantined) /.test(line))).toEqual(wanted)
})
