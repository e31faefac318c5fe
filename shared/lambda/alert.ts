import { IdempotencyConfig, IdempotencyPersistenceLayerError, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence'
import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { type AlarmChange, parseAlarmMessage } from '../alert/alarm-message.ts'
import { createResponder, type ResponderOptions, type Response } from '../alert/respond.ts'
import { isObject } from '../basics/is-object.ts'
import { errorMessage } from '../contracts/errors.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/** What the alert function is made of; everything outside comes in as an argument. */
export interface AlertHandlerOptions extends Omit<ResponderOptions, 'log'> {
  /** Where state changes that were alerted are remembered. */
  readonly persistence: BasePersistenceLayer
  readonly logger?: Logger | undefined
}

/** What an invocation returns: what became of each message, in order. */
export interface AlertResponse {
  readonly responses: readonly Response[]
}

/** A state change is remembered so long; SNS and Lambda deliver again for hours, a dead-letter queue for days. */
export const REMEMBERED_SECONDS = 4 * 86_400

/** What tells one state change from another. */
interface ChangeKey {
  readonly alarmArn: string
  readonly stateChangeTime: string
  readonly newState: string
}

/**
 * Makes the handler of the alert function: SNS messages of alarms in, alerts out.
 *
 * - One state change alerts once, however often it is delivered (powertools idempotency; the key is ARN, time and state).
 * - A failure to publish throws, and is forgotten by the idempotency, so that Lambda's retry alerts.
 * - Where the idempotency's own store fails the alert goes out all the same: rather twice than never.
 * - Messages that are no alarm's are ignored.
 *
 * Two-parameter async handlers only: callbacks are gone in Node.js 24.
 *
 * @example
 * export const handler = createAlertHandler({ rules, stage, search, publisher, incidents, persistence, ...limits })
 */
export function createAlertHandler(options: AlertHandlerOptions) {
  const { persistence } = options
  const logger = options.logger ?? createQuietLogger()
  const log = operatorLog(logger)
  const respond = createResponder({ ...options, log })
  const config = new IdempotencyConfig({ expiresAfterSeconds: REMEMBERED_SECONDS })

  async function respondOnce(change: AlarmChange, context: Context): Promise<Response> {
    const done: { response?: Response; failure?: unknown } = {}
    const idempotent = makeIdempotent(
      async (_key: ChangeKey, _context: Context): Promise<Response> => {
        try {
          done.response = await respond(change)
          return done.response
        } catch (error) {
          done.failure = error
          throw error
        }
      },
      { persistenceStore: persistence, config, keyPrefix: 'bucketwatch-alert' },
    )
    const { alarmArn, alarmName, newState, stateChangeTime, stateChangeTimeText } = change
    const key: ChangeKey = {
      alarmArn: alarmArn === '' ? alarmName : alarmArn,
      stateChangeTime: stateChangeTimeText === '' ? String(stateChangeTime) : stateChangeTimeText,
      newState,
    }
    try {
      return await idempotent(key, context)
    } catch (error) {
      if (!(error instanceof IdempotencyPersistenceLayerError)) throw error
      const { response, failure } = done
      // Publishing failed first, and then forgetting it did: what matters is the first.
      if (failure !== undefined) throw failure
      log.warn('the idempotency store failed; the alert may come twice', { reason: causeOf(error) })
      return response ?? respond(change)
    }
  }

  async function handle(event: unknown, context: Context): Promise<AlertResponse> {
    const responses: Response[] = []
    let failure: unknown
    for (const { message, receivedAt } of snsMessages(event)) {
      const change = parseAlarmMessage(message, receivedAt)
      if (change === undefined) {
        log.debug('not a message of an alarm', { message: message.slice(0, 200) })
        responses.push('ignored')
        continue
      }
      try {
        responses.push(await respondOnce(change, context))
      } catch (error) {
        logger.error('alert failed', { alarmName: change.alarmName, reason: errorMessage(error) })
        failure ??= error
      }
    }
    // The others are done; a retry finds them remembered.
    if (failure !== undefined) throw failure
    return { responses }
  }

  return middy<unknown, AlertResponse>().use(injectLambdaContext(logger)).handler(handle)
}

function causeOf(error: Error): string {
  return error.cause === undefined ? error.message : `${error.message}: ${errorMessage(error.cause)}`
}

/** The messages of an SNS event; other events have none. */
function snsMessages(event: unknown): { message: string; receivedAt: number }[] {
  const records: readonly unknown[] = isObject(event) && Array.isArray(event.Records) ? event.Records : []
  return records.flatMap((record) => {
    const sns = isObject(record) && isObject(record.Sns) ? record.Sns : undefined
    if (typeof sns?.Message !== 'string') return []
    const sent = Date.parse(String(sns.Timestamp))
    return [{ message: sns.Message, receivedAt: Number.isFinite(sent) ? sent : Date.now() }]
  })
}
