/** The alert function on this machine: the same handler, with files for CloudWatch Logs and memory for SNS and DynamoDB. */
import { Logger } from '@aws-lambda-powertools/logger'
import type { ResponderOptions } from '../shared/alert/respond.ts'
import { compileAlertRules } from '../shared/alert/rules.ts'
import { compileDetections, logGroupNames } from '../shared/detection/compile.ts'
import type { Detection } from '../shared/detection/schema.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { createAlertHandler } from '../shared/lambda/alert.ts'
import { createMemoryIncidents, MemoryPersistence } from '../shared/lambda/alert-memory.ts'
import { createLogSearchOver, createMemoryPublisher, type MemoryPublisher } from '../shared/local/alert-memory.ts'
import { readLogEvents } from '../shared/local/logs.ts'

/** What the function is made of here. Evidence is looked for without the cloud's limits. */
export function createLocalResponder(options: {
  readonly detections: readonly Detection[]
  readonly settings: Settings
  readonly stage: string
  /** Where the log groups are. */
  readonly root: string
}): Omit<ResponderOptions, 'log'> & { readonly publisher: MemoryPublisher } {
  const { detections, settings, stage, root } = options
  return {
    ...compileAlertRules(compileDetections({ detections, settings, stage, logGroupNames: logGroupNames(stage) })),
    stage,
    logGroupPrefix: `/bucketwatch/${stage}`,
    search: createLogSearchOver((logGroupName) => readLogEvents(root, logGroupName)),
    publisher: createMemoryPublisher(),
    incidents: createMemoryIncidents(),
    sleep: async () => {},
    evidenceMarginSeconds: 120,
    evidenceMaxEvents: 1_000_000,
    evidenceTimeoutSeconds: 60,
  }
}

/** The function's handler over a local responder. */
export function createLocalAlertFunction(responder: ReturnType<typeof createLocalResponder>) {
  const logger = new Logger({ serviceName: 'bucketwatch', logLevel: 'SILENT' })
  return createAlertHandler({ ...responder, persistence: new MemoryPersistence(), logger })
}

/**
 * The stage in an alarm's name, `bucketwatch-<stage>-<rule>`; undefined where it is no rule's alarm.
 *
 * @example
 * stageOfAlarm('bucketwatch-prod-s3-policy-public', ['s3-policy-public']) // 'prod'
 */
export function stageOfAlarm(alarmName: string, ruleIds: readonly string[]): string | undefined {
  const fits = ruleIds.filter((id) => alarmName.startsWith('bucketwatch-') && alarmName.endsWith(`-${id}`))
  const id = fits.sort((a, b) => b.length - a.length)[0]
  const stage = id === undefined ? '' : alarmName.slice('bucketwatch-'.length, -id.length - 1)
  return stage === '' ? undefined : stage
}
