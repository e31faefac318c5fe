import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { parseAlarmMessage } from '../alert/alarm-message.ts'
import type { FindingsLog } from '../alert/findings-log.ts'
import { createResponder, type ResponderOptions, type Response } from '../alert/respond.ts'
import { createTeller, type TellerOptions } from '../alert/tell.ts'
import { isObject } from '../basics/is-object.ts'
import { errorMessage } from '../contracts/errors.ts'
import { canaryNote, isCanaryDue, isCanaryHit } from '../incident/canary.ts'
import type { Hit } from '../incident/hit.ts'
import { createStateDossiers } from '../incident/state-dossiers.ts'
import type { IncidentSettings } from '../settings/incidents.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/** What the alert function is made of; everything outside comes in as an argument. */
export interface AlertHandlerOptions
  extends Omit<ResponderOptions, 'log' | 'incidentsOf' | 'take' | 'note' | 'suppressions'>,
    Omit<TellerOptions, 'log' | 'settings' | 'record' | 'dossiers'> {
  readonly incidents: IncidentSettings
  /** False: the state is empty and goes with this call, so that it cannot say what incidents have told. Default true. */
  readonly remembers?: boolean | undefined
  readonly record: FindingsLog
  /** Sends a canary of each kind; undefined: there is none. */
  readonly sendCanary?: ((now: number) => Promise<void>) | undefined
  readonly logger?: Logger | undefined
}

/** What an invocation returns: what became of each alarm, in order; which hits come again; what the schedule told. */
export type AlertResponse =
  | { readonly responses: readonly Response[] }
  | { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
  | { readonly told: number }

/**
 * Makes the handler of the alert function.
 *
 * - Hits (SQS, one a message) become incidents, and people are told. A message that fails comes again by itself.
 * - The schedule's event (every minute) tells what time brings about, and what a target has not taken; every quarter of
 *   an hour it sends a canary.
 * - Alarms (SNS) are the backstop: see createResponder. One that fails makes the invocation fail, so that Lambda tries
 *   again; the others are remembered.
 * - Anything else is ignored.
 *
 * Two-parameter async handlers only: callbacks are gone in Node.js 24.
 *
 * @example
 * export const handler = createAlertHandler({ rules, incidents, stage, state, search, publisher, record, targets, ...limits })
 */
export function createAlertHandler(options: AlertHandlerOptions) {
  const logger = options.logger ?? createQuietLogger()
  const log = operatorLog(logger)
  const { incidents, record } = options
  const dossiers = createStateDossiers({ ...options, log })
  const teller = createTeller({ ...options, settings: incidents, dossiers, log })
  const respond = createResponder({
    ...options,
    suppressions: incidents.suppressions,
    incidentsOf: options.remembers === false ? undefined : teller.incidentsOf,
    take: teller.put,
    note: record.note,
    log,
  })

  async function handleAlarms(event: unknown): Promise<AlertResponse> {
    const responses: Response[] = []
    let failure: unknown
    for (const { message, receivedAt } of snsMessages(event, options.now)) {
      const change = parseAlarmMessage(message, receivedAt)
      if (change === undefined) {
        log.debug('not a message of an alarm', { message: message.slice(0, 200) })
        responses.push('ignored')
        continue
      }
      try {
        responses.push(await respond(change))
      } catch (error) {
        logger.error('alert failed', { alarmName: change.alarmName, reason: errorMessage(error) })
        failure ??= error
      }
    }
    // The others are done; a retry finds them remembered.
    if (failure !== undefined) throw failure
    return { responses }
  }

  async function handleHits(messages: readonly SqsMessage[]): Promise<AlertResponse> {
    const hits = messages.map(({ messageId, body }) => ({ messageId, hit: parseHit(body) }))
    for (const { messageId, hit } of hits) {
      if (hit === undefined) logger.error('a message is no hit; it goes to the dead-letter queue', { messageId })
    }
    const known = hits.flatMap(({ hit }) => hit ?? [])
    const unnoted = await noteCanaries(known.filter(isCanaryHit))
    const { failed, ...counts } = await teller.take(known.filter((hit) => !isCanaryHit(hit)))
    log.info('hits taken', { ...counts, failed: failed.size })
    const again = hits.filter(({ hit }) => hit === undefined || failed.has(hit.id) || unnoted.has(hit.id))
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }

  /** A canary ends here: people are told of those that do not arrive. Returns the ids of those that come again. */
  async function noteCanaries(canaries: readonly Hit[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>()
    for (const hit of canaries) {
      try {
        await record.note(canaryNote(hit, options.stage, options.now()))
      } catch (error) {
        logger.error('a canary could not be noted; it comes again', { reason: errorMessage(error) })
        failed.add(hit.id)
      }
    }
    return failed
  }

  /** Whatever becomes of the canary, incidents are told; that it does not arrive is told by its alarm. */
  async function sendCanary(): Promise<void> {
    const now = options.now()
    if (options.sendCanary === undefined || !isCanaryDue(now)) return
    try {
      await options.sendCanary(now)
    } catch (error) {
      logger.error('the canary could not be sent', { reason: errorMessage(error) })
    }
  }

  async function tick(): Promise<AlertResponse> {
    await sendCanary()
    return teller.tick()
  }

  async function handle(event: unknown, _context: Context): Promise<AlertResponse> {
    const messages = sqsMessages(event)
    if (messages.length > 0) return handleHits(messages)
    return isSchedule(event) ? tick() : handleAlarms(event)
  }

  return middy<unknown, AlertResponse>().use(injectLambdaContext(logger)).handler(handle)
}

interface SqsMessage {
  readonly messageId: string
  readonly body: string
}

const recordsOf = (event: unknown): readonly unknown[] =>
  isObject(event) && Array.isArray(event.Records) ? event.Records : []

/** The messages of an SQS event; other events have none. */
function sqsMessages(event: unknown): SqsMessage[] {
  return recordsOf(event).flatMap((record) =>
    isObject(record) && record.eventSource === 'aws:sqs' && typeof record.messageId === 'string'
      ? [{ messageId: record.messageId, body: String(record.body) }]
      : [],
  )
}

/** What the queue holds was written by us; what was not is kept in the dead-letter queue. */
function parseHit(body: string): Hit | undefined {
  try {
    const hit: unknown = JSON.parse(body)
    const isHit = isObject(hit) && hit.version === 1 && typeof hit.id === 'string' && typeof hit.principal === 'string'
    return isHit && isObject(hit.evidence) ? (hit as unknown as Hit) : undefined
  } catch {
    return undefined
  }
}

/** EventBridge's own scheduled events, and the input that the stack gives its schedule. */
function isSchedule(event: unknown): boolean {
  return isObject(event) && (event['detail-type'] === 'Scheduled Event' || event.schedule === 'minute')
}

/** The messages of an SNS event; other events have none. */
function snsMessages(event: unknown, now: () => number): { message: string; receivedAt: number }[] {
  return recordsOf(event).flatMap((record) => {
    const sns = isObject(record) && isObject(record.Sns) ? record.Sns : undefined
    if (typeof sns?.Message !== 'string') return []
    const sent = Date.parse(String(sns.Timestamp))
    return [{ message: sns.Message, receivedAt: Number.isFinite(sent) ? sent : now() }]
  })
}
