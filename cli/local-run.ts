import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import type { Context } from 'aws-lambda'
import type { BucketwatchError } from '../shared/contracts/errors.ts'
import type { LogEvent, LogsPort, ObjectStore } from '../shared/contracts/ports.ts'
import type { Environment } from '../shared/contracts/record.ts'
import { readRejections } from '../shared/forward/batch.ts'
import { LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { createForwarder, type ForwarderOptions } from '../shared/lambda/handler.ts'
import { createLocalLogs } from '../shared/local/logs.ts'
import { stopTogether } from '../shared/local/run-folder.ts'
import { createFileState, isGoneProcess } from '../shared/local/state.ts'
import { LOCAL_ROOT } from './local-root.ts'
import { localConfig } from './local-stage.ts'

/** The forwarders: one for each kind of logs. */
export const FUNCTIONS = LOG_KINDS
export type FunctionName = LogKind

const SETTINGS_DIGITS = 12
const stateName = (stage: string, settings: string): string => `${stage}-${settings.slice(0, SETTINGS_DIGITS)}`

/** Whether a ledger is one of a stage, whatever the settings. */
export const isStateOf =
  (stage: string) =>
  (name: string): boolean =>
    name.length === stage.length + 1 + SETTINGS_DIGITS && name.startsWith(`${stage}-`)

export interface LocalRunOptions
  extends Pick<ForwarderOptions, 'onReceipt' | 'onIgnored' | 'onFailed' | 'rules' | 'hits'> {
  readonly store: ObjectStore
  readonly environment: Environment
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** False: what earlier runs have delivered is delivered again. Default true. */
  readonly remembers?: boolean | undefined
  /** Where the log groups go, default {@link LOCAL_ROOT}. */
  readonly root?: string | undefined
  /** Told of log events that were delivered, in order. */
  readonly onLogEvents?: ((logGroupName: string, events: readonly LogEvent[]) => void) | undefined
}

/**
 * The Lambda functions on this machine: the handlers that run in the cloud, with files for S3 and CloudWatch Logs. Log
 * groups are `<root>/log-groups/…`; each run writes streams of its own.
 */
export function createLocalRun(options: LocalRunOptions): {
  readonly stage: string
  readonly logGroupPrefix: string
  /** Whether a log stream is one of this run's. */
  isOwnStream(logStreamName: string): boolean
  invoke(functionName: FunctionName, event: unknown): Promise<unknown>
  /** LOCAL_WRITE once the folder has refused to be written to: then nothing more is delivered. */
  fault(): BucketwatchError | undefined
} {
  // The metrics' embedded format goes to standard output, where only Lambda reads it.
  process.env.POWERTOOLS_METRICS_DISABLED ??= 'true'
  const config = localConfig(options.env)
  const root = options.root ?? LOCAL_ROOT
  // The process stands in it, so that the next run can tell that this one is gone.
  const instanceId = `${process.pid}-${randomUUID().slice(0, 8)}`
  // With other settings records are others: what was delivered with these is told apart from that.
  const settings = createHash('sha256').update(JSON.stringify({ config, environment: options.environment }))
  const name = stateName(config.stage, settings.digest('hex'))
  const ports = stopTogether(root, {
    logs: createLocalLogs({ root, now: options.now }),
    state: createFileState({ root, name, now: options.now }),
  })
  const logs = tell(ports.logs, options.onLogEvents)
  // What a function logs about itself goes to standard output in Lambda; here the callbacks tell.
  const logger = new Logger({ serviceName: 'bucketwatch', logLevel: 'SILENT' })
  const handlers = new Map(
    FUNCTIONS.map((functionName) => [
      functionName,
      createForwarder({
        functionName,
        instanceId,
        config,
        environment: options.environment,
        store: options.store,
        logs,
        ...(options.remembers !== false && { state: ports.state }),
        isGone: isGoneProcess,
        now: options.now,
        sleep,
        random: Math.random,
        logger,
        rules: options.rules,
        hits: options.hits,
        onReceipt: options.onReceipt,
        onIgnored: options.onIgnored,
        onFailed: options.onFailed,
      }),
    ]),
  )
  return {
    stage: config.stage,
    logGroupPrefix: config.logGroupPrefix,
    fault: ports.fault,
    isOwnStream: (logStreamName) => logStreamName.endsWith(`/${instanceId}`),
    invoke: async (functionName, event) => handlers.get(functionName)!(event, lambdaContext(functionName)),
  }
}

function tell(logs: LogsPort, onLogEvents: LocalRunOptions['onLogEvents']): LogsPort {
  if (onLogEvents === undefined) return logs
  return {
    ...logs,
    async putLogEvents(input) {
      const result = await logs.putLogEvents(input)
      // What was rejected comes once more with another time: it must not be told twice.
      for (const { start, end, rejection } of readRejections(input.logEvents.length, result.rejectedLogEventsInfo)) {
        if (rejection === undefined) onLogEvents(input.logGroupName, input.logEvents.slice(start, end))
      }
      return result
    },
  }
}

/** The second argument that Lambda passes to a handler. */
export function lambdaContext(functionName: string): Context {
  return {
    awsRequestId: randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:111122223333:function:${functionName}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: '256',
    callbackWaitsForEmptyEventLoop: false,
    // As long as it takes; middy sets a timer to it, and none of Node's is longer than 24 days.
    getRemainingTimeInMillis: () => 2_000_000_000,
    done() {},
    fail() {},
    succeed() {},
  }
}
