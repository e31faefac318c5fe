/**
 * The calls that change what watches an account: alarms, filters, log groups, topics, queues and functions (`monitoring`),
 * and AWS's own detectives (`securityService`). Names as in CloudTrail, without the version that Lambda appends.
 */
import { booleanOf, isEmpty, isObject, type JsonObject, listOf, numberOf, objectOf, someText, textOf } from './json.ts'

type Test = (parameters: JsonObject) => boolean

interface Guard {
  readonly change: 'monitoring' | 'securityService'
  /** Calls that always lower the guard. */
  readonly off: ReadonlySet<string>
  /** Calls that lower it where their values say so. */
  readonly sets: Readonly<Record<string, Test>>
  /** Calls that change it, which is no fault in itself. */
  readonly touches: ReadonlySet<string>
}

const guard = (
  change: Guard['change'],
  off: string,
  sets: Readonly<Record<string, Test>> = {},
  touches = '',
): Guard => ({ change, off: namesIn(off), sets, touches: namesIn(touches) })

function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((name) => name !== ''))
}

const isFalse =
  (...names: string[]): Test =>
  (parameters) =>
    names.some((name) => booleanOf(parameters[name]) === false)
const says =
  (pattern: RegExp, ...names: string[]): Test =>
  (parameters) =>
    names.some((name) => someText(parameters[name], (text) => pattern.test(text)))
const isArchive = says(/^archive$/i, 'action')
const isDisabled = says(
  /^(?:disabled|paused|none|cancelled|user_paused)$/i,
  'status',
  'features',
  'autoEnable',
  'jobStatus',
)

/** Days of retention below which records are gone before anybody looks. */
const SHORT_RETENTION_DAYS = 7

const GUARDS: Readonly<Record<string, Guard>> = {
  monitoring: guard(
    'monitoring',
    `DeleteAlarms DisableAlarmActions PutAlarmMuteRule SetAlarmState DeleteDashboards StopMetricStreams DeleteMetricStream
    DisableInsightRules DeleteInsightRules DeleteAnomalyDetector`,
    {
      PutMetricAlarm: isFalse('actionsEnabled'),
      PutCompositeAlarm: (parameters) =>
        isFalse('actionsEnabled')(parameters) || !isEmpty(parameters.actionsSuppressor),
      PutLogAlarm: isFalse('actionsEnabled'),
    },
    'DeleteAlarmMuteRule PutMetricStream AssociateDatasetKmsKey DisassociateDatasetKmsKey',
  ),
  logs: guard(
    'monitoring',
    `DeleteLogGroup DeleteLogStream DeleteMetricFilter DeleteSubscriptionFilter DeleteDelivery DeleteDeliverySource
    DeleteDeliveryDestination DeleteDestination DeleteAccountPolicy DeleteLogAnomalyDetector DeleteScheduledQuery
    DeleteSyslogConfiguration DisassociateSourceFromS3TableIntegration`,
    {
      PutRetentionPolicy: (parameters) => (numberOf(parameters.retentionInDays) ?? Infinity) <= SHORT_RETENTION_DAYS,
      PutLogGroupDeletionProtection: isFalse('deletionProtectionEnabled'),
      UpdateLogAnomalyDetector: isFalse('enabled'),
      UpdateScheduledQuery: says(/^disabled$/i, 'state'),
      // A transformer rewrites records before metric filters see them; masks hide what they search for.
      PutTransformer: () => true,
    },
    `PutMetricFilter PutSubscriptionFilter PutDestination PutDestinationPolicy DeleteResourcePolicy PutAccountPolicy
    AssociateKmsKey DisassociateKmsKey UpdateDeliveryConfiguration DeleteDeliveryDestinationPolicy DeleteTransformer
    PutDataProtectionPolicy PutStorageTierPolicy DeleteRetentionPolicy`,
  ),
  sns: guard(
    'monitoring',
    'DeleteTopic Unsubscribe',
    {
      SetSubscriptionAttributes: (parameters) =>
        /^FilterPolicy$/i.test(textOf(parameters.attributeName) ?? '') && isNarrow(parameters.attributeValue),
    },
    'SetTopicAttributes RemovePermission SetSubscriptionAttributes',
  ),
  sqs: guard(
    'monitoring',
    'PurgeQueue',
    {
      SetQueueAttributes: ({ attributes }) => {
        const given = objectOf(attributes)
        return ('Policy' in given && isEmpty(given.Policy)) || ('policy' in given && isEmpty(given.policy))
      },
    },
    'DeleteQueue RemovePermission',
  ),
  lambda: guard(
    'monitoring',
    'DeleteEventSourceMapping',
    {
      PutFunctionConcurrency: ({ reservedConcurrentExecutions }) => numberOf(reservedConcurrentExecutions) === 0,
      UpdateEventSourceMapping: isFalse('enabled'),
    },
    'RemovePermission',
  ),
  events: guard(
    'monitoring',
    'DisableRule',
    { PutRule: says(/^disabled$/i, 'state') },
    'DeleteRule RemoveTargets DeleteArchive DeleteEventBus',
  ),
  scheduler: guard('monitoring', '', { UpdateSchedule: says(/^disabled$/i, 'state') }, 'DeleteSchedule'),
  ec2: guard('monitoring', 'DeleteFlowLogs'),
  wafv2: guard('monitoring', 'DeleteLoggingConfiguration'),
  route53resolver: guard('monitoring', 'DeleteResolverQueryLogConfig DisassociateResolverQueryLogConfig'),
  observabilityadmin: guard(
    'monitoring',
    'DeleteTelemetryRule DeleteTelemetryPipeline DeleteCentralizationRuleForOrganization StopTelemetryEvaluation',
  ),
  oam: guard('monitoring', 'DeleteLink DeleteSink'),
  guardduty: guard(
    'securityService',
    `DeleteDetector DeleteMembers DisassociateMembers StopMonitoringMembers DisassociateFromMasterAccount
    DisassociateFromAdministratorAccount DeletePublishingDestination DisableOrganizationAdminAccount
    DeleteMalwareProtectionPlan`,
    {
      UpdateDetector: (parameters) => isFalse('enable')(parameters) || isDisabled(parameters) || holdsOff(parameters),
      UpdateMemberDetectors: (parameters) => isDisabled(parameters) || holdsOff(parameters),
      UpdateOrganizationConfiguration: (parameters) => isFalse('autoEnable')(parameters) || isDisabled(parameters),
      CreateFilter: isArchive,
      UpdateFilter: isArchive,
      // Findings about addresses and entities on a trusted list are never made.
      CreateIPSet: () => true,
      UpdateIPSet: (parameters) => !isFalse('activate')(parameters),
      CreateTrustedEntitySet: () => true,
      UpdateTrustedEntitySet: (parameters) => !isFalse('activate')(parameters),
    },
    'ArchiveFindings DeleteThreatIntelSet DeleteThreatEntitySet UpdatePublishingDestination UpdateMalwareProtectionPlan',
  ),
  securityhub: guard(
    'securityService',
    `DisableSecurityHub DisableSecurityHubV2 BatchDisableStandards DisableImportFindingsForProduct DeleteMembers
    DisassociateMembers DisassociateFromMasterAccount DisassociateFromAdministratorAccount
    DisableOrganizationAdminAccount`,
    {
      UpdateStandardsControl: says(/^disabled$/i, 'controlStatus', 'ControlStatus'),
      BatchUpdateStandardsControlAssociations: (parameters) => holdsText(parameters, /^disabled$/i),
      CreateAutomationRule: (parameters) => holdsText(parameters, /^suppressed$/i),
      CreateAutomationRuleV2: (parameters) => holdsText(parameters, /^suppressed$/i),
      UpdateOrganizationConfiguration: isFalse('autoEnable', 'AutoEnable'),
    },
    'BatchUpdateAutomationRules UpdateSecurityHubConfiguration DeleteFindingAggregator DeleteActionTarget',
  ),
  macie2: guard(
    'securityService',
    `DisableMacie DisassociateMember DeleteMember DisassociateFromMasterAccount DisassociateFromAdministratorAccount
    DisableOrganizationAdminAccount`,
    {
      UpdateMacieSession: isDisabled,
      UpdateClassificationJob: isDisabled,
      UpdateAutomatedDiscoveryConfiguration: isDisabled,
      BatchUpdateAutomatedDiscoveryAccounts: (parameters) => holdsText(parameters, /^disabled$/i),
      CreateFindingsFilter: isArchive,
      UpdateFindingsFilter: isArchive,
      // Buckets that are left out of the discovery.
      UpdateClassificationScope: (parameters) => !isEmpty(objectOf(objectOf(parameters.s3).excludes)),
    },
    'CreateAllowList UpdateAllowList UpdateMemberSession UpdateOrganizationConfiguration',
  ),
  config: guard(
    'securityService',
    `StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel DeleteServiceLinkedConfigurationRecorder
    DisassociateResourceTypes`,
    {
      PutConfigurationRecorder: ({ configurationRecorder }) => {
        const group = objectOf(objectOf(configurationRecorder).recordingGroup)
        return booleanOf(group.allSupported) === false || holdsText(group, /^exclusion_by_resource_types$/i)
      },
    },
    `DeleteConfigRule DeleteOrganizationConfigRule DeleteConformancePack DeleteOrganizationConformancePack
    DeleteConfigurationAggregator DeleteRetentionConfiguration DeleteEvaluationResults DeleteRemediationConfiguration
    PutRetentionConfiguration PutDeliveryChannel`,
  ),
  'access-analyzer': guard(
    'securityService',
    'DeleteAnalyzer CreateArchiveRule UpdateArchiveRule ApplyArchiveRule',
    {},
    'UpdateFindings UpdateAnalyzer',
  ),
  inspector2: guard(
    'securityService',
    'Disable DisableDelegatedAdminAccount DisassociateMember',
    {},
    'CreateFilter UpdateFilter',
  ),
  detective: guard('securityService', 'DeleteGraph DeleteMembers DisassociateMembership'),
  // What watches the whole organization, and what holds in it.
  organizations: guard('securityService', 'LeaveOrganization DeleteOrganization', {
    DeregisterDelegatedAdministrator: isOfDetective,
    DisableAWSServiceAccess: isOfDetective,
    DisablePolicyType: says(/^(?:SERVICE|RESOURCE)_CONTROL_POLICY$/, 'policyType'),
  }),
}

/** CloudTrail, and the services above. */
function isOfDetective(parameters: JsonObject): boolean {
  const service = (textOf(parameters.servicePrincipal) ?? '').replace(/\.amazonaws\.com$/, '')
  return (
    service === 'cloudtrail' ||
    /^config(?:-multiaccountsetup)?$|^malware-protection\.guardduty$|^member\./.test(service) ||
    DETECTIVES.has(service)
  )
}

const DETECTIVES: ReadonlySet<string> = new Set(
  'guardduty securityhub macie macie2 access-analyzer inspector2 detective observabilityadmin'.split(' '),
)

function holdsText(parameters: unknown, pattern: RegExp): boolean {
  return someText(parameters, (text) => pattern.test(text))
}

/** `dataSources: { s3Logs: { enable: false } }`, at any depth. */
function holdsOff(value: unknown): boolean {
  if (!isObject(value)) return Array.isArray(value) && value.some(holdsOff)
  return booleanOf(value.enable) === false || Object.values(value).some(holdsOff)
}

/** A filter policy that is not emptied lets something through, and something not. */
function isNarrow(value: unknown): boolean {
  const text = listOf(value).map(String).join('').replace(/\s/g, '')
  return text !== '' && text !== '{}'
}

const VERSION = /\d{8}(?:v\d+)?$/

/** `UpdateFunctionCode20150331v2` → `UpdateFunctionCode`: Lambda's names carry the API's version. */
export function withoutVersion(eventName: string): string {
  return eventName.replace(VERSION, '')
}

/**
 * What kind of guard a call changes; undefined where it changes none.
 *
 * @param service as serviceOf gives it.
 * @example
 * guardOf('guardduty', 'DeleteDetector') // 'securityService'
 */
export function guardOf(service: string, eventName: string): 'monitoring' | 'securityService' | undefined {
  const known = Object.hasOwn(GUARDS, service) ? GUARDS[service] : undefined
  if (known === undefined) return undefined
  const name = withoutVersion(eventName)
  const isOne = known.off.has(name) || Object.hasOwn(known.sets, name) || known.touches.has(name)
  return isOne ? known.change : undefined
}

/**
 * Whether a call lowers the guard that it changes: switched off, narrowed, muted, deleted.
 *
 * @example
 * lowersGuard('lambda', 'PutFunctionConcurrency20171031', { reservedConcurrentExecutions: 0 }) // true
 */
export function lowersGuard(service: string, eventName: string, parameters: JsonObject): boolean {
  const known = Object.hasOwn(GUARDS, service) ? GUARDS[service] : undefined
  const name = withoutVersion(eventName)
  if (known === undefined) return false
  return known.off.has(name) || (Object.hasOwn(known.sets, name) && known.sets[name]!(parameters))
}
