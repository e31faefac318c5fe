/**
 * The calls that change what watches an account: alarms, filters, log groups, topics, queues and functions (`monitoring`),
 * and AWS's own detectives (`securityService`). Names as in CloudTrail, without the version that Lambda appends.
 */
import {
  anyText,
  booleanOf,
  isEmpty,
  isObject,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  someText,
  textOf,
} from './json.ts'
import { analyzePolicy } from './policy.ts'
import { member, readDocument } from './policy-parts.ts'
import type { IsForeign } from './strangers.ts'

/** Reads the values of a call; some tell by whose something is. */
type Test = (parameters: JsonObject, isForeign: IsForeign) => boolean

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

const nobody: IsForeign = () => false
const isFalse =
  (...names: string[]): Test =>
  (parameters) =>
    names.some((name) => booleanOf(parameters[name]) === false)
const says =
  (pattern: RegExp, ...names: string[]): Test =>
  (parameters) =>
    names.some((name) => someText(parameters[name], (text) => pattern.test(text)))
/** Something of an account that is not ours is named: a key, a stream, a bucket of reports. */
const namesStranger: Test = (parameters, isForeign) =>
  someText(
    parameters,
    (text) => ARNS.test(text) && [...text.matchAll(ARN_ACCOUNT)].some(([, id = '']) => isForeign(id)),
  )
/** A policy lets somebody in who is not ours, or everybody. */
const opensPolicy =
  (name: string): Test =>
  (parameters, isForeign) => {
    const facts = analyzePolicy(parameters[name], isForeign)
    return facts.public || facts.external
  }
const ARNS = /arn:aws/
const ARN_ACCOUNT = /arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):/g
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
        isFalse('actionsEnabled')(parameters, nobody) || !isEmpty(parameters.actionsSuppressor),
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
      // Whose key it is decides who may read the group.
      AssociateKmsKey: namesStranger,
      PutResourcePolicy: opensPolicy('policyDocument'),
      PutDestinationPolicy: opensPolicy('accessPolicy'),
    },
    `PutMetricFilter PutSubscriptionFilter PutDestination DeleteResourcePolicy PutAccountPolicy DisassociateKmsKey UpdateDeliveryConfiguration DeleteDeliveryDestinationPolicy DeleteTransformer
    PutDataProtectionPolicy PutStorageTierPolicy DeleteRetentionPolicy`,
  ),
  sns: guard(
    'monitoring',
    'DeleteTopic Unsubscribe',
    {
      SetSubscriptionAttributes: (parameters) =>
        /^FilterPolicy$/i.test(textOf(parameters.attributeName) ?? '') && isNarrow(parameters.attributeValue),
      SetTopicAttributes: (parameters) =>
        /^Policy$/i.test(textOf(parameters.attributeName) ?? '') && admitsNobody(parameters.attributeValue),
    },
    'RemovePermission',
  ),
  sqs: guard(
    'monitoring',
    'PurgeQueue',
    {
      SetQueueAttributes: ({ attributes }) => {
        const given = objectOf(attributes)
        return ['Policy', 'policy'].some((name) => name in given && admitsNobody(given[name]))
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
      UpdateDetector: (parameters) =>
        isFalse('enable')(parameters, nobody) || isDisabled(parameters, nobody) || holdsOff(parameters),
      UpdateMemberDetectors: (parameters) => isDisabled(parameters, nobody) || holdsOff(parameters),
      UpdateOrganizationConfiguration: (parameters) =>
        isFalse('autoEnable')(parameters, nobody) ||
        isDisabled(parameters, nobody) ||
        says(/^none$/i, 'autoEnableOrganizationMembers')(parameters, nobody),
      UpdatePublishingDestination: namesStranger,
      CreateFilter: isArchive,
      UpdateFilter: isArchive,
      // Findings about addresses and entities on a trusted list are never made.
      CreateIPSet: () => true,
      UpdateIPSet: (parameters) => !isFalse('activate')(parameters, nobody),
      CreateTrustedEntitySet: () => true,
      UpdateTrustedEntitySet: (parameters) => !isFalse('activate')(parameters, nobody),
    },
    'ArchiveFindings DeleteThreatIntelSet DeleteThreatEntitySet UpdateMalwareProtectionPlan',
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
      BatchUpdateAutomationRules: (parameters) => holdsText(parameters, /^suppressed$/i),
      UpdateSecurityHubConfiguration: isFalse('autoEnableControls', 'AutoEnableControls'),
      UpdateOrganizationConfiguration: isFalse('autoEnable', 'AutoEnable'),
    },
    // Who triages findings suppresses some of them every day.
    'BatchUpdateFindings DeleteFindingAggregator DeleteActionTarget',
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
      UpdateClassificationScope: ({ s3 }) => {
        const excludes = objectOf(objectOf(s3).excludes)
        return !isEmpty(excludes) && textOf(excludes.operation)?.toUpperCase() !== 'REMOVE'
      },
      UpdateMemberSession: isDisabled,
      UpdateOrganizationConfiguration: isFalse('autoEnable'),
      PutFindingsPublicationConfiguration: ({ securityHubConfiguration }) =>
        isFalse('publishPolicyFindings', 'publishClassificationFindings')(objectOf(securityHubConfiguration), nobody),
    },
    'CreateAllowList UpdateAllowList',
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
    `DeleteConfigurationAggregator DeleteRetentionConfiguration DeleteEvaluationResults DeleteRemediationConfiguration
    PutRetentionConfiguration PutDeliveryChannel`,
  ),
  // One check of many: who drops it by hand is told, a deployment that replaces it is not.
  'config rules': guard(
    'monitoring',
    'DeleteConfigRule DeleteOrganizationConfigRule DeleteConformancePack DeleteOrganizationConformancePack',
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

/** A policy that is empty, has no statement that allows anything, or one that denies all. */
function admitsNobody(policy: unknown): boolean {
  if (isEmpty(policy) || analyzePolicy(policy, nobody).lockout) return true
  const document = readDocument(policy)
  if (document === undefined) return false
  return !listOf(member(document, 'Statement')).some((one) => /^allow$/i.test(textOf(member(one, 'Effect')) ?? ''))
}

/** A filter policy that is not emptied lets something through, and something not. */
function isNarrow(value: unknown): boolean {
  const text = listOf(value).map(anyText).join('').replace(/\s/g, '')
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
  return find(service, withoutVersion(eventName))?.change
}

/** The guard of a service, or of its rules, that a call changes. */
function find(service: string, name: string): Guard | undefined {
  return [service, `${service} rules`]
    .flatMap((key) => (Object.hasOwn(GUARDS, key) ? [GUARDS[key]!] : []))
    .find(({ off, sets, touches }) => off.has(name) || Object.hasOwn(sets, name) || touches.has(name))
}

/**
 * Whether a call lowers the guard that it changes: switched off, narrowed, muted, deleted.
 *
 * @example
 * lowersGuard('lambda', 'PutFunctionConcurrency20171031', { reservedConcurrentExecutions: 0 }) // true
 */
export function lowersGuard(
  service: string,
  eventName: string,
  parameters: JsonObject,
  isForeign: IsForeign = nobody,
): boolean {
  const name = withoutVersion(eventName)
  const known = find(service, name)
  if (known === undefined) return false
  return known.off.has(name) || (Object.hasOwn(known.sets, name) && known.sets[name]!(parameters, isForeign))
}
