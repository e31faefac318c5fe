import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { QueuePort } from '../contracts/ports.ts'
import { PUT_LOG_EVENTS_LIMITS } from '../forward/batch.ts'
import { createPipeline, type PipelineOptions } from '../forward/pipeline.ts'
import type { Receipt } from '../forward/receipt.ts'
import type { Time } from '../forward/time.ts'
import { type ObjectRef, type ParsedMessage, parseInvocation, parseNotificationBody } from '../notification/parse.ts'
import { writeNotification } from '../notification/write.ts'
import { retrySeconds } from './backoff.ts'
import { invocationTime } from './invocation-time.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/** A receipt waits at most so long for others to share its call. Milliseconds. */
const RECEIPTS_WAIT_MS = 1_000

/** What a forwarder function is made of; everything outside comes in as an argument. */
export interface ForwarderOptions extends Omit<PipelineOptions, 'log' | 'onReceipt'> {
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
  /** Told of every receipt (the local command prints them). */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined
  /** The queue that the messages come from: without it, what failed comes again when its visibility times out. */
  readonly queue?: QueuePort | undefined
  /** Told of every message that failed and is reported (or thrown) for a retry. */
  readonly onFailed?:
    | ((failed: { readonly messageId?: string | undefined; readonly error: unknown }) => void)
    | undefined
  /** Told of every notification that was acknowledged without reading anything. */
  readonly onIgnored?: ((ignored: ParsedMessage['ignored'][number]) => void) | undefined
}

/** What a direct invocation (S3, SNS or EventBridge) returns. */
export interface DirectResponse {
  readonly objects: number
  readonly ignored: number
}

/**
 * Makes the handler of a forwarder function.
 *
 * - From SQS, a failed message is reported alone (`batchItemFailures`), the others are done.
 * - From S3, SNS, EventBridge or a subscription of CloudWatch Logs directly, a failure throws, so that Lambda's own retries and on-failure destination work.
 * - With some 15 seconds left (`handOverSeconds`) an object is handed over: how far it is stands in the ledger, what is
 *   left of its message goes into the queue as a message of its own, and messages not begun are given back.
 * - A failed message comes again after 10 s, 1 min, 6 min … rather than when its visibility times out.
 * - Receipts are written before their messages are acknowledged; where they cannot be, the messages fail.
 * - Content that a retry cannot mend (a corrupt object, an unknown one) fails nothing: it is quarantined, and its
 *   receipt and a `rejected` record in the `pipeline` group say so.
 *
 * Two-parameter async handlers only: callbacks are gone in Node.js 24.
 *
 * @example
 * export const handler = createForwarder({ functionName: 'cloudtrail', config, environment, store, logs, ...clock })
 */
export function createForwarder(options: ForwarderOptions) {
  const { functionName } = options
  const logger = options.logger ?? createQuietLogger()
  const metrics =
    options.metrics ??
    new Metrics({
      namespace: 'bucketwatch',
      serviceName: functionName,
      defaultDimensions: { stage: options.config.stage },
    })
  const pipeline = createPipeline({
    ...options,
    log: operatorLog(logger),
    onReceipt(receipt) {
      // A backfill must neither alarm nor keep an alarm about silence quiet.
      if (receipt.history !== true) countReceipt(metrics, receipt)
      options.onReceipt?.(receipt)
    },
  })
  const processor = new BatchProcessor(EventType.SQS)
  const { queue, now } = options

  /**
   * Does all that a message asks for, then throws the first failure that a retry can help. What there is no time for is
   * sent on as a message of its own, and this one is done.
   */
  async function processMessage(message: ParsedMessage, time: Time): Promise<void> {
    for (const ignored of message.ignored) options.onIgnored?.(ignored)
    let failure: unknown = message.error
    const left: ObjectRef[] = []
    for (const object of message.objects) {
      if (object.content !== undefined && object.bucket.startsWith(`${options.config.logGroupPrefix}/`)) {
        // A subscription on a group that we write to would feed on itself.
        logger.error('log events of a log group of our own are not forwarded', { logGroup: object.bucket })
        continue
      }
      if (object !== message.objects[0] && now() >= time.handOverAt) {
        left.push(object)
        continue
      }
      const { receipt, error } = await pipeline.process(object, time)
      if (receipt.status === 'handedOver') left.push(object)
      else failure ??= error
      await recordInTime(time, receipt)
    }
    if (left.length > 0) failure ??= await sendOn(left, message.objects.length)
    if (failure !== undefined) throw failure
  }

  /** Undefined once the objects are in the queue again; else the error that this message has to fail with. */
  async function sendOn(objects: readonly ObjectRef[], of: number): Promise<BucketwatchError | undefined> {
    const timeUp = new BucketwatchError('TIME_UP', `${objects.length} of ${of} objects are left.`)
    // What came in a message is in no bucket: only the same message brings it again.
    if (queue === undefined || objects.some(({ content }) => content !== undefined)) return timeUp
    try {
      await queue.send(writeNotification(objects))
      return undefined
    } catch (error) {
      logger.warn('the rest could not be sent on; the message comes again', { reason: errorMessage(error) })
      return timeUp
    }
  }

  let unrecorded: BucketwatchError | undefined

  /** Receipts of small objects share a call; none waits longer than a second, or for a large object. */
  async function recordInTime(time: Time, { bytesBilled }: Receipt): Promise<void> {
    const since = pipeline.receiptsSince
    const isSmall = bytesBilled < PUT_LOG_EVENTS_LIMITS.maxBatchBytes
    if (since === undefined || (isSmall && now() - since < RECEIPTS_WAIT_MS)) return
    unrecorded ??= await pipeline.flushReceipts(time.recordedBy)
  }

  async function fromQueue(records: readonly SQSRecord[], context: Context, time: Time): Promise<SQSBatchResponse> {
    const failed = new Map<string, unknown>()
    /** Done, but their receipts may not be written yet. */
    let unwritten: string[] = []

    function fail(messageId: string, error: unknown): void {
      failed.set(messageId, error)
      logger.error('message failed', { messageId, ...describe(error) })
      options.onFailed?.({ messageId, error })
    }

    function settleReceipts(error: BucketwatchError | undefined): void {
      if (error !== undefined) for (const messageId of unwritten) if (!failed.has(messageId)) fail(messageId, error)
      unwritten = []
      unrecorded = undefined
    }

    let isFirst = true
    // One message after the other: the work is CPU-bound, and memory stays that of one object.
    await processPartialResponse(
      { Records: [...records] },
      async (record: SQSRecord) => {
        const { messageId } = record
        try {
          if (!isFirst && now() >= time.handOverAt) throw new BucketwatchError('TIME_UP', 'It was not begun.')
          isFirst = false
          unwritten.push(messageId)
          await processMessage(parseNotificationBody(record.body), time)
        } catch (error) {
          fail(messageId, error)
          throw error
        } finally {
          if (unrecorded !== undefined || pipeline.receiptsSince === undefined) settleReceipts(unrecorded)
        }
      },
      processor,
      { context, throwOnFullBatchFailure: false, processInParallel: false },
    )
    settleReceipts(await pipeline.flushReceipts(time.recordedBy))
    await Promise.all(
      records.map(({ messageId, receiptHandle, attributes }) =>
        failed.has(messageId) ? postpone(failed.get(messageId), receiptHandle, attributes) : undefined,
      ),
    )
    return { batchItemFailures: [...failed.keys()].map((itemIdentifier) => ({ itemIdentifier })) }
  }

  /** Without it, a failed message comes again when its visibility times out, half an hour later. */
  async function postpone(error: unknown, receiptHandle: string, attributes: SQSRecord['attributes'] | undefined) {
    const receives = Number(attributes?.ApproximateReceiveCount ?? 1)
    const firstSeconds = options.config.retrySeconds
    const seconds = retrySeconds(error, { firstSeconds, receives, now: now(), random: options.random() })
    if (seconds === undefined) return
    try {
      await queue?.changeVisibility(receiptHandle, seconds)
    } catch (cause) {
      logger.warn('a failed message could not be postponed', { reason: errorMessage(cause) })
    }
  }

  async function direct(messages: readonly ParsedMessage[], time: Time): Promise<DirectResponse> {
    let objects = 0
    let ignored = 0
    let failure: unknown
    for (const message of messages) {
      objects += message.objects.length
      ignored += message.ignored.length
      try {
        await processMessage(message, time)
      } catch (error) {
        options.onFailed?.({ error })
        failure ??= error
      }
    }
    const lost = unrecorded ?? (await pipeline.flushReceipts(time.recordedBy))
    unrecorded = undefined
    if (failure === undefined && lost !== undefined) {
      options.onFailed?.({ error: lost })
      failure = lost
    }
    if (failure !== undefined) throw failure
    return { objects, ignored }
  }

  async function handle(event: unknown, context: Context): Promise<SQSBatchResponse | DirectResponse> {
    const remainingMs = context.getRemainingTimeInMillis()
    const time = invocationTime({ now: now(), remainingMs, handOverMs: options.config.handOverSeconds * 1000 })
    try {
      const invocation = parseInvocation(event)
      if (invocation.source === 'sqs') return await fromQueue((event as SQSEvent).Records, context, time)
      return await direct(invocation.messages, time)
    } finally {
      // Not powertools' middleware: it complains of every invocation that had nothing to count.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
    }
  }

  return middy<unknown, SQSBatchResponse | DirectResponse>().use(injectLambdaContext(logger)).handler(handle)
}

/**
 * The totals as CloudWatch metrics (embedded metric format), one set an invocation. Each name is billed as a custom
 * metric, so there are only those that the dashboard and the pipeline's own alarms read; receipts have all the rest.
 */
function countReceipt(metrics: Metrics, receipt: Receipt): void {
  const counts: Record<string, number> = {
    // Read: a digest, an empty file or a failure is no sign that logs come.
    Objects: receipt.status === 'ok' || receipt.status === 'quarantined' ? 1 : 0,
    ObjectsQuarantined: receipt.status === 'quarantined' ? 1 : 0,
    ObjectsFailed: receipt.status === 'failed' ? 1 : 0,
    RecordsIn: receipt.recordsIn,
    RecordsDelivered: receipt.delivered,
    RecordsFiltered: receipt.filtered,
    RecordsDuplicate: receipt.duplicates,
    RecordsQuarantined: receipt.quarantined,
  }
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count)
  metrics.addMetric('BytesInflated', MetricUnit.Bytes, receipt.bytesInflated)
  metrics.addMetric('BytesOut', MetricUnit.Bytes, receipt.bytesOut)
  if (receipt.lagSecondsMax !== undefined) metrics.addMetric('LagMax', MetricUnit.Seconds, receipt.lagSecondsMax)
}

function describe(error: unknown): Record<string, unknown> {
  if (error instanceof BucketwatchError) return { code: error.code, reason: error.message, details: error.details }
  return { reason: error instanceof Error ? error.message : String(error), error }
}
