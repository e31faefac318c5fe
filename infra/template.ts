/**
 * Puts the template together: parameters in, the sections that serverless.yml names out.
 *
 * @example
 * (await makeTemplate('dev', parameters)).resources.Resources.CloudTrailQueue.Properties.QueueName // 'bucketwatch-dev-cloudtrail'
 */
import { readAlertConfig } from '../shared/alert/config.ts'
import { compileAlertRules } from '../shared/alert/rules.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { compileHitRules } from '../shared/incident/hit-rules.ts'
import { camelName, eachKind, LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { readConfig } from '../shared/settings/config.ts'
import { pipelineAlarms, TELLING_FAILS } from './alarms.ts'
import { athena, workgroupName } from './athena.ts'
import { backfill, backfillOutputs } from './backfill.ts'
import { canary, canaryKinds } from './canary.ts'
import { getAtt, type Resources, ref } from './cfn.ts'
import {
  type Context,
  deadLetterQueueId,
  FUNCTIONS,
  functionsOf,
  hasFeed,
  IDS,
  queueId,
  roleId,
  type UsualFunction,
} from './context.ts'
import { dashboard } from './dashboard.ts'
import { compileKnown, detections, type KnownDetections } from './detections.ts'
import { feeds } from './feeds.ts'
import { findings, untoldMetric } from './findings.ts'
import { type ExistingGroup, existingGroups, logs } from './logs.ts'
import { nativeRules } from './native-rules.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { queries } from './queries.ts'
import { queues } from './queues.ts'
import { optionalFunctions, replay, replayOutputs } from './replay.ts'
import { requestMetricAlarmIds, requestMetrics } from './request-metrics.ts'
import { roles } from './roles.ts'
import { schedule } from './schedule.ts'
import { state } from './state.ts'
import { subscriptions } from './subscriptions.ts'
import { encryption, topics } from './topics.ts'

/** aws: CloudFormation quotas, "Resources in concurrent stack operations"; what the framework adds is kept free. */
export const MAX_RESOURCES = 500
/** Deployment bucket and its policy, functions, event source mappings (of hits, too), the alert function's invoke
 * configuration. */
const FRAMEWORK_RESOURCES = 2 + FUNCTIONS.length + LOG_KINDS.length + 1 + 1

/** Everything that serverless.yml takes from here. */
export interface Template {
  readonly settings: {
    readonly memorySize: number
    readonly timeout: number
    readonly batchSize: number
    readonly batchWindow: number
    readonly maximumConcurrency: number
  }
  /** As the framework wants it: without a name it makes one. */
  readonly deploymentBucket: { readonly name?: string }
  readonly environment: Readonly<Record<UsualFunction, Readonly<Record<string, unknown>>>>
  /** Functions besides those that every stack has. */
  readonly functions: Readonly<Record<string, object>>
  readonly resources: { readonly Resources: Resources; readonly Outputs: Readonly<Record<string, unknown>> }
  /** Rules that are off for want of something, and why. */
  readonly leftOut: readonly string[]
  /** What the deployer should know: sentences. */
  readonly warnings: readonly string[]
  /** What `npm run deploy` sets on log groups that a former stack left. */
  readonly existingGroups: readonly ExistingGroup[]
  /** Files packaged with the functions: their texts by path. */
  readonly bundled: Readonly<Record<string, string>>
  /** The sibling stack, see serverless.detections.yml. */
  readonly sibling: { readonly Resources: Resources }
}

/** @param ruleFolders where the rules are; without it, those that come with the package. */
export async function makeTemplate(
  stage: string,
  given: Readonly<Record<string, unknown>>,
  ruleFolders?: readonly string[],
): Promise<Template> {
  const parameters = readParameters(given)
  const { memorySize, timeout, batchSize, batchWindow, maximumConcurrency } = parameters
  const context = makeContext(stage, parameters)
  const known = await compileKnown(context, ruleFolders)
  return {
    settings: { memorySize, timeout, batchSize, batchWindow, maximumConcurrency },
    deploymentBucket: parameters.deploymentBucket === '' ? {} : { name: parameters.deploymentBucket },
    environment: {
      ...eachKind((kind) => environment(context, kind)),
      alert: alertEnvironment(context),
    },
    functions: optionalFunctions(context),
    resources: {
      Resources: makeResources(context, known),
      Outputs: { ...outputs(context), ...backfillOutputs(context), ...replayOutputs(context) },
    },
    leftOut: known.leftOut,
    warnings: warnings(context),
    existingGroups: existingGroups(context),
    bundled: {
      [BUNDLED.settings]: JSON.stringify(known.settings.environment),
      [BUNDLED.alertRules]: JSON.stringify(compileAlertRules(known, known.settings.incidents, known.sequences)),
      [BUNDLED.hitRules]: JSON.stringify(compileHitRules(known)),
    },
    sibling: { Resources: detections(context, known, 'sibling').resources },
  }
}

function warnings(context: Context): string[] {
  if (LOG_KINDS.some((kind) => hasFeed(context, kind))) return []
  return [
    `No bucket is named (${LOG_KINDS.map((kind) => `${camelName(kind)}Buckets`).join(', ')}): this stack may read nothing, and no rule can go off.`,
  ]
}

function makeContext(stage: string, parameters: Parameters): Context {
  const name = `bucketwatch-${stage}`
  // The functions' own readers check what is theirs, now rather than at the first cold start.
  const { logGroupPrefix } = readConfig(forwardingVariables(stage, parameters))
  const BUCKETWATCH_ALERTS_TOPIC_ARN = 'arn:aws:sns:us-east-1:111122223333:known-once-deployed'
  readAlertConfig({ ...alertVariables(stage, parameters), BUCKETWATCH_ALERTS_TOPIC_ARN })
  return { stage, name, logGroupPrefix, parameters }
}

function makeResources(context: Context, known: KnownDetections): Resources {
  const found = detections(context, known, 'main')
  const ownAlarms = pipelineAlarms(
    context,
    known.rules.map(({ detection }) => detection.id),
    untoldMetric(context),
  )
  const ofBuckets = requestMetrics(context)
  const parts: readonly Resources[] = [
    queues(context),
    feeds(context),
    subscriptions(context),
    nativeRules(context, known.enabled),
    logs(context),
    topics(context),
    encryption(context),
    state(context),
    canary(context),
    roles(context),
    backfill(context),
    replay(context),
    schedule(),
    ownAlarms,
    found.resources,
    findings(context, TELLING_FAILS, found.composites),
    queries(context),
    athena(context),
    ...ofBuckets,
    dashboard(context, [...Object.keys(ownAlarms), ...requestMetricAlarmIds(ofBuckets), ...found.composites]),
  ]
  const all = merge(parts)
  const count = Object.keys(all).length + FRAMEWORK_RESOURCES + Object.keys(optionalFunctions(context)).length
  if (count > MAX_RESOURCES) {
    const problem =
      `the stack would have ${count} resources; CloudFormation allows ${MAX_RESOURCES} a stack. Move detection packs to` +
      ` the sibling stack with the parameter siblingPacks (docs/deploying.md, "More rules than a stack holds"). ` +
      `Resources by pack: ${found.packSizes.map(([pack, size]) => `${pack} ${size}`).join(', ')}`
    throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
  }
  return all
}

/** Two parts that use one logical id are a fault of ours, and would lose a resource silently. */
export function merge(parts: readonly Resources[]): Resources {
  const all: Record<string, Resources[string]> = {}
  for (const [id, resource] of parts.flatMap((part) => Object.entries(part))) {
    if (all[id] !== undefined) throw new BucketwatchError('CONFIG_INVALID', `two resources have the logical id ${id}`)
    all[id] = resource
  }
  return all
}

/** The variables of shared/settings/config.ts whose values are parameters, by their names. */
function forwardingVariables(stage: string, p: Parameters): Record<string, string> {
  return given({
    BUCKETWATCH_STAGE: stage,
    BUCKETWATCH_LOG_GROUP_PREFIX: p.logGroupPrefix,
    BUCKETWATCH_DETAIL: p.detail,
    BUCKETWATCH_CAP_BYTES: p.capBytes,
    BUCKETWATCH_TIMESTAMP: p.timestamp,
    BUCKETWATCH_MAX_INFLATED_BYTES: p.maxInflatedBytes,
    BUCKETWATCH_MAX_RECORD_BYTES: p.maxRecordBytes,
    BUCKETWATCH_MAX_IN_FLIGHT: p.maxInFlight,
    BUCKETWATCH_HAND_OVER_SECONDS: p.handOverSeconds,
    BUCKETWATCH_RETRY_SECONDS: p.retrySeconds,
    BUCKETWATCH_INCLUDE_EVENT_NAMES: p.includeEventNames,
    BUCKETWATCH_EXCLUDE_EVENT_NAMES: p.excludeEventNames,
    BUCKETWATCH_EXCLUDE_READ_ONLY_DATA: p.excludeReadOnlyData,
    BUCKETWATCH_EXCLUDE_AWS_SERVICE: p.excludeAwsService,
    BUCKETWATCH_FORWARD: p.forward,
    BUCKETWATCH_MAXIMUM_CONCURRENCY: String(p.maximumConcurrency),
    BUCKETWATCH_HIT_RULES_FILE: BUNDLED.hitRules,
    BUCKETWATCH_SETTINGS_FILE: BUNDLED.settings,
  })
}

/** Where stack.cjs puts what the functions need to know, relative to the root of their code. */
const BUNDLED = {
  /** The environment keys of the settings file. */
  settings: 'dist/functions/settings.json',
  /** What alerts say of the rules. */
  alertRules: 'dist/functions/alert-rules.json',
  /** What the forwarders match records against. */
  hitRules: 'dist/functions/hit-rules.json',
} as const

function environment(context: Context, kind: LogKind): Record<string, unknown> {
  const { nodeOptions, logLevel, ownRoles } = context.parameters
  const own = functionsOf(context).map((name) => getAtt(roleId(name), 'Arn'))
  return {
    ...forwardingVariables(context.stage, context.parameters),
    // The pipeline must not forward what its own functions do to the log buckets, or it would feed itself.
    BUCKETWATCH_OWN_ROLES: { 'Fn::Join': [',', ownRoles === '' ? own : [...own, ownRoles]] },
    BUCKETWATCH_STATE_TABLE: ref(IDS.stateTable),
    BUCKETWATCH_QUEUE_URL: ref(queueId(kind)),
    BUCKETWATCH_HITS_QUEUE_URL: ref(IDS.hitsQueue),
    ...(canaryKinds(context).includes(kind) ? { BUCKETWATCH_CANARY_BUCKET: ref(IDS.canaryBucket) } : {}),
    POWERTOOLS_SERVICE_NAME: context.name,
    POWERTOOLS_LOG_LEVEL: logLevel,
    ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }),
  }
}

/** The variables of shared/alert/config.ts whose values are parameters. */
function alertVariables(stage: string, p: Parameters): Record<string, string> {
  return given({
    BUCKETWATCH_STAGE: stage,
    BUCKETWATCH_LOG_GROUP_PREFIX: p.logGroupPrefix,
    BUCKETWATCH_ALERT_RULES_FILE: BUNDLED.alertRules,
    BUCKETWATCH_EVIDENCE_MARGIN_SECONDS: p.evidenceMarginSeconds,
    BUCKETWATCH_EVIDENCE_MAX_EVENTS: p.evidenceMaxEvents,
    BUCKETWATCH_EVIDENCE_TIMEOUT_SECONDS: p.evidenceTimeoutSeconds,
    BUCKETWATCH_SLACK_WEBHOOK: p.slackWebhook,
    BUCKETWATCH_TEAMS_WEBHOOK: p.teamsWebhook,
    BUCKETWATCH_PAGER_DUTY_KEY: p.pagerDutyKey,
    BUCKETWATCH_PAGER_DUTY_URL: p.pagerDutyUrl,
    BUCKETWATCH_EVENT_BUS: p.eventBus,
    BUCKETWATCH_SECURITY_HUB: p.securityHub ? 'true' : '',
    BUCKETWATCH_TARGET_SEVERITIES: p.targetSeverities,
  })
}

function alertEnvironment(context: Context): Record<string, unknown> {
  return {
    ...alertVariables(context.stage, context.parameters),
    BUCKETWATCH_ALERTS_TOPIC_ARN: ref(IDS.alertsTopic),
    ...(context.parameters.chatTopic ? { BUCKETWATCH_CHAT_TOPIC_ARN: ref(IDS.chatTopic) } : {}),
    BUCKETWATCH_STATE_TABLE: ref(IDS.stateTable),
    ...(context.parameters.athena ? { BUCKETWATCH_ATHENA_WORKGROUP: workgroupName(context) } : {}),
    ...canaryVariables(context),
    POWERTOOLS_SERVICE_NAME: context.name,
    POWERTOOLS_LOG_LEVEL: context.parameters.logLevel,
  }
}

function canaryVariables(context: Context): Record<string, unknown> {
  const kinds = canaryKinds(context)
  if (kinds.length === 0) return {}
  return { BUCKETWATCH_CANARY_BUCKET: ref(IDS.canaryBucket), BUCKETWATCH_CANARY_SOURCES: kinds.join(',') }
}

/** An empty parameter is the function's own default. */
const given = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))

function outputs(context: Context): Record<string, unknown> {
  const { parameters } = context
  return {
    ...Object.fromEntries(
      LOG_KINDS.flatMap((kind) => [
        [
          `${queueId(kind)}Arn`,
          { Value: getAtt(queueId(kind), 'Arn'), Description: `Send notifications of ${kind} objects here` },
        ],
        [`${queueId(kind)}Url`, { Value: ref(queueId(kind)) }],
        [
          `${deadLetterQueueId(kind)}Url`,
          { Value: ref(deadLetterQueueId(kind)), Description: `What failed five times (${kind})` },
        ],
        [
          `${roleId(kind)}Arn`,
          { Value: getAtt(roleId(kind), 'Arn'), Description: `Let this role read the ${kind} objects` },
        ],
      ]),
    ),
    ...(canaryKinds(context).length === 0
      ? {}
      : { CanaryBucketName: { Value: ref(IDS.canaryBucket), Description: 'Where the canary is put' } }),
    AlarmsTopicArn: { Value: ref(IDS.alarmsTopic), Description: "CloudWatch's own notifications" },
    AlertsTopicArn: { Value: ref(IDS.alertsTopic), Description: 'Subscribe people and tools here' },
    ...(parameters.chatTopic
      ? { ChatTopicArn: { Value: ref(IDS.chatTopic), Description: 'For channels of Amazon Q Developer' } }
      : {}),
  }
}
