/** SQS and Lambda around the handler: receives, visibility, redrive, fresh instances, invocations that end. */
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import type { LogsPort, ObjectStore, QueuePort } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import type { StateStore } from '../../shared/contracts/state.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'
import { createForwarder } from '../../shared/lambda/handler.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { BUCKET, type World } from './instance.ts'

const MAX_RECEIVES = 5

export interface Message {
  readonly body: string
  receives: number
  /** When it is received again. */
  visibleAt: number
}

/** The notification of an object, as S3 sends it. */
export const notification = (...keys: readonly string[]): string =>
  JSON.stringify({
    Records: keys.map((key) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: BUCKET }, object: { key: encodeURIComponent(key), eTag: 'e' } },
    })),
  })

export interface RunOptions {
  readonly store: ObjectStore
  /** The ports of the n-th instance, from 1; default: the world's. */
  readonly ports?:
    | ((instance: number) => { logs?: LogsPort; state?: StateStore; store?: ObjectStore; now?: () => number })
    | undefined
  /** Milliseconds of an invocation, default 300,000. */
  readonly remainingMs?: number | undefined
  readonly batchSize?: number | undefined
  /** True: each invocation has an instance of its own. Default: one has all. */
  readonly fresh?: boolean | undefined
  readonly env?: Readonly<Record<string, string>>
  /** Called after each invocation. */
  readonly after?: ((invocation: number) => void) | undefined
}

/**
 * Sends messages and receives them until they are done or dead.
 *
 * @returns how many invocations that took, all receipts in order, and the bodies of the dead.
 */
export async function runQueue(world: World, bodies: readonly string[], options: RunOptions) {
  const { clock, logs, state } = world
  const messages: Message[] = bodies.map((body) => ({ body, receives: 0, visibleAt: 0 }))
  const dead: string[] = []
  const receipts: Receipt[] = []
  const failed: string[] = []
  let invocations = 0
  let instances = 0
  let handler: ReturnType<typeof createForwarder> | undefined
  const handles = new Map<string, Message>()

  const queue: QueuePort = {
    async changeVisibility(receiptHandle, seconds) {
      handles.get(receiptHandle)!.visibleAt = clock.now() + seconds * 1000
    },
    async send(body) {
      messages.push({ body, receives: 0, visibleAt: 0 })
    },
  }

  function createInstance() {
    instances += 1
    const metrics = new Metrics({ namespace: 'bucketwatch', serviceName: 'cloudtrail' })
    metrics.publishStoredMetrics = () => metrics.clearMetrics() as never
    return createForwarder({
      functionName: 'cloudtrail',
      instanceId: `i-${instances}`,
      config: readConfig({ BUCKETWATCH_STAGE: 'test', ...options.env }),
      environment: EMPTY_ENVIRONMENT,
      store: options.store,
      logs,
      state,
      queue,
      now: clock.now,
      sleep: clock.sleep,
      random: () => 0.5,
      logger: new Logger({ logLevel: 'SILENT' }),
      metrics,
      onReceipt: (receipt) => void receipts.push(receipt),
      onFailed: ({ error }) => void failed.push((error as { code?: string }).code ?? String(error)),
      ...options.ports?.(instances),
    })
  }

  while (messages.length > 0 && invocations < 200) {
    let batch = messages.filter(({ visibleAt }) => visibleAt <= clock.now()).slice(0, options.batchSize ?? 10)
    if (batch.length === 0) {
      const next = Math.min(...messages.map(({ visibleAt }) => visibleAt))
      clock.advance(next - clock.now() + 1)
      batch = messages.filter(({ visibleAt }) => visibleAt <= clock.now()).slice(0, options.batchSize ?? 10)
    }
    invocations += 1
    if (handler === undefined || options.fresh === true) handler = createInstance()
    const started = clock.now()
    const remainingMs = options.remainingMs ?? 300_000
    for (const [index, message] of batch.entries()) {
      message.receives += 1
      // The queue's own visibility: six times the timeout.
      message.visibleAt = started + 6 * remainingMs
      handles.set(`r-${index}`, message)
    }
    const event = {
      Records: batch.map(({ body, receives }, index) => ({
        messageId: `m-${index}`,
        receiptHandle: `r-${index}`,
        eventSource: 'aws:sqs',
        attributes: { ApproximateReceiveCount: String(receives) },
        body,
      })),
    }
    const context = {
      functionName: 'cloudtrail',
      awsRequestId: 'r',
      getRemainingTimeInMillis: () => started + remainingMs - clock.now(),
    } as unknown as Context
    const { batchItemFailures } = (await handler(event, context)) as SQSBatchResponse
    const failures = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const [index, message] of batch.entries()) {
      const isDead = message.receives >= MAX_RECEIVES
      if (failures.has(`m-${index}`) && !isDead) continue
      if (failures.has(`m-${index}`)) dead.push(message.body)
      messages.splice(messages.indexOf(message), 1)
    }
    options.after?.(invocations)
  }
  return { invocations, receipts, dead, failed }
}
