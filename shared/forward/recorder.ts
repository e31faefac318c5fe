/** Records what became of objects: their receipts, and their records that were rejected. */
import { BucketwatchError } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import type { Delivery } from './deliver.ts'

export interface Recorder {
  add(message: string): void
  /**
   * Writes a message of an object's, such as a part of what is put aside, without keeping it: await the promise, if there
   * is one, before the next. Whether it was written, the next `flush` tells.
   */
  write(message: string, deadline?: number): Promise<void> | undefined
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
  let stream: ReturnType<typeof open> | undefined
  let written = 0

  /** RECEIPT_LOST where not all that went through `write` is surely written. */
  async function flushStream(): Promise<BucketwatchError | undefined> {
    if (stream === undefined) return undefined
    const expected = written
    const { delivered, error } = await stream.flush()
    stream = undefined
    written = 0
    if (delivered === expected) return undefined
    const why = error?.message ?? `CloudWatch Logs rejected ${expected - delivered} of them.`
    log.error('what was put aside could not be written', { reason: why, messages: expected, delivered })
    return new BucketwatchError('RECEIPT_LOST', why, { messages: expected, delivered })
  }

  return {
    get since() {
      return since
    },
    add(message) {
      pending.push(message)
      since ??= now()
    },
    write(message, deadline) {
      written += 1
      stream ??= open(deadline)
      try {
        return stream.add(message)
      } catch {
        // The flush tells.
        return undefined
      }
    },
    async flush(deadline) {
      const unwritten = await flushStream()
      if (pending.length === 0) return unwritten
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
      if (report.delivered === messages.length) return unwritten
      const why = report.error?.message ?? `CloudWatch Logs rejected ${messages.length - report.delivered} of them.`
      log.error('receipts could not be delivered', { reason: why, receipts: messages })
      return new BucketwatchError('RECEIPT_LOST', why, { messages: messages.length, delivered: report.delivered })
    },
  }
}
