/** Records what became of objects: their receipts, and their records that were rejected. */
import { BucketwatchError } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import type { Delivery } from './deliver.ts'

export interface Recorder {
  add(message: string): void
  /** When the oldest message that is not yet written was added; undefined: there is none. ms since the epoch. */
  readonly since: number | undefined
  /**
   * Writes what was added. Never throws; RECEIPT_LOST where not all of it is surely written. It then stands in the
   * function's own log, and nowhere else.
   */
  flush(deadline?: number): Promise<BucketwatchError | undefined>
}

/**
 * @param open opens a delivery to the `pipeline` group.
 * @example
 * const recorder = createRecorder({ open, now: Date.now, log })
 * recorder.add(JSON.stringify(receipt))
 * if ((await recorder.flush()) !== undefined) failMessage()
 */
export function createRecorder(options: {
  readonly open: (deadline: number | undefined) => Pick<Delivery<never>, 'add' | 'flush'>
  readonly now: () => number
  readonly log: OperatorLog
}): Recorder {
  const { open, now, log } = options
  let pending: string[] = []
  let since: number | undefined
  return {
    get since() {
      return since
    },
    add(message) {
      pending.push(message)
      since ??= now()
    },
    async flush(deadline) {
      if (pending.length === 0) return undefined
      const messages = pending
      pending = []
      since = undefined
      const delivery = open(deadline)
      try {
        for (const message of messages) await delivery.add(message)
      } catch {
        // The report below tells.
      }
      const report = await delivery.flush()
      if (report.delivered === messages.length) return undefined
      const why = report.error?.message ?? `CloudWatch Logs rejected ${messages.length - report.delivered} of them.`
      log.error('receipts could not be delivered', { reason: why, receipts: messages })
      return new BucketwatchError('RECEIPT_LOST', why, { messages: messages.length, delivered: report.delivered })
    },
  }
}
