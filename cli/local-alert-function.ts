/** The alert function on this machine: the same handler, with files for CloudWatch Logs and memory for all else. */
import { Logger } from '@aws-lambda-powertools/logger'
import { createFindingsLog } from '../shared/alert/findings-log.ts'
import { compileAlertRules } from '../shared/alert/rules.ts'
import { createTopicTarget } from '../shared/alert/topic-target.ts'
import { compileDetections, logGroupNames } from '../shared/detection/compile.ts'
import type { Detection } from '../shared/detection/schema.ts'
import type { Sequence } from '../shared/detection/sequence.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { type AlertHandlerOptions, createAlertHandler } from '../shared/lambda/alert.ts'
import { createLogSearchOver, createMemoryPublisher, type MemoryPublisher } from '../shared/local/alert-memory.ts'
import { createLocalLogs, readLogEvents } from '../shared/local/logs.ts'
import { createMemoryState } from '../shared/state/memory.ts'

/** What the function is made of here. Evidence is looked for without the cloud's limits. */
export function createLocalResponder(options: {
  readonly detections: readonly Detection[]
  readonly sequences: readonly Sequence[]
  readonly settings: Settings
  readonly stage: string
  /** Where the log groups are. */
  readonly root: string
  readonly now: () => number
}): Omit<AlertHandlerOptions, 'logger'> & { readonly publisher: MemoryPublisher } {
  const { detections, sequences, settings, stage, root, now } = options
  const compiled = compileDetections({ detections, settings, stage, logGroupNames: logGroupNames(stage) })
  const publisher = createMemoryPublisher()
  const logGroupPrefix = `/bucketwatch/${stage}`
  return {
    ...compileAlertRules(compiled, settings.incidents, sequences),
    stage,
    logGroupPrefix,
    search: createLogSearchOver((logGroupName) => readLogEvents(root, logGroupName)),
    publisher,
    state: createMemoryState({ now }),
    remembers: false,
    record: createFindingsLog({
      logs: createLocalLogs({ root, now }),
      logGroupName: `${logGroupPrefix}/findings`,
      logStreamName: 'alert/local',
      now,
    }),
    targets: [createTopicTarget(publisher)],
    accountId: settings.environment.account ?? '',
    // A Region would be invented: there is no console to look into.
    region: '',
    partition: 'aws',
    now,
    sleep: async () => {},
    random: Math.random,
    evidenceMarginSeconds: 120,
    evidenceMaxEvents: 1_000_000,
    evidenceTimeoutSeconds: 60,
  }
}

/** What an alarm that is shown here cannot tell, since it is about one state change and no run before it. */
export const NO_INCIDENTS_LINE =
  'No incident is known here: in the stack, an alarm of whose records incidents have told is noted, and not mailed.'

/** The function's handler over a local responder. */
export function createLocalAlertFunction(responder: ReturnType<typeof createLocalResponder>) {
  return createAlertHandler({ ...responder, logger: new Logger({ serviceName: 'bucketwatch', logLevel: 'SILENT' }) })
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
