import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { BucketwatchError } from '../contracts/errors.ts'
import { createPipeline, type PipelineOptions } from '../forward/pipeline.ts'
import type { Receipt } from '../forward/receipt.ts'
import { type ParsedMessage, parseInvocation, parseNotificationBody } from '../notification/parse.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/** What a forwarder function is made of; everything outside comes in as an argument. */
export interface ForwarderOptions extends Omit<PipelineOptions, 'log' | 'onReceipt'> {
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
  /** Told of every receipt (the local command prints them). */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined
  /** Told of every notification that was acknowledged without reading anything. */
  /** Told of every message that failed and is reported (or thrown) for a retry. */
  readonly onFailed?:
    | ((failed: { readonly messageId?: string | undefined; readonly error: unknown }) => void)
    | undefined
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
 * - From S3, SNS or EventBridge directly, a failure throws, so that Lambda's own retries and on-failure destination work.
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

  /** Does all that a message asks for, then throws the first failure that a retry can help. */
  async function processMessage(message: ParsedMessage): Promise<void> {
    for (const ignored of message.ignored) options.onIgnored?.(ignored)
    let failure: unknown = message.error
    for (const object of message.objects) {
      const { error } = await pipeline.process(object)
      failure ??= error
    }
    if (failure !== undefined) throw failure
  }

  async function handle(event: unknown, context: Context): Promise<SQSBatchResponse | DirectResponse> {
    const invocation = parseInvocation(event)
    try {
      if (invocation.source === 'sqs') {
        // One message after the other: the work is CPU-bound, and memory stays that of one object.
        return await processPartialResponse(
          event as { Records: SQSRecord[] },
          async (record: SQSRecord) => {
            try {
              await processMessage(parseNotificationBody(record.body))
            } catch (error) {
              logger.error('message failed', { messageId: record.messageId, ...describe(error) })
              options.onFailed?.({ messageId: record.messageId, error })
              throw error
            }
          },
          processor,
          { context, throwOnFullBatchFailure: false, processInParallel: false },
        )
      }
      let objects = 0
      let ignored = 0
      let failure: unknown
      for (const message of invocation.messages) {
        objects += message.objects.length
        ignored += message.ignored.length
        try {
          await processMessage(message)
        } catch (error) {
          options.onFailed?.({ error })
          failure ??= error
        }
      }
      if (failure !== undefined) throw failure
      return { objects, ignored }
    } finally {
      await pipeline.flushReceipts()
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
    ObjectsFailed: receipt.status === 'failed' ? 1 : 0,
    ObjectsQuarantined: receipt.status === 'quarantined' ? 1 : 0,
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
