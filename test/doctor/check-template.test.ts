import { beforeAll, describe, expect, it } from 'vitest'
import { createAdminClients } from '../../shared/aws/admin-clients.ts'
import { deployedReaders } from '../../shared/aws/template-facts.ts'
import { checkTemplate, type DeployedResource } from '../../shared/doctor/check-template.ts'
import { OPTIONAL_TYPES } from '../../shared/doctor/deployed-optional-types.ts'
import { DEPLOYED_TYPES } from '../../shared/doctor/deployed-types.ts'
import { known, unknown } from '../../shared/doctor/finding.ts'
import { resolveTemplate, type TemplateResource, Unresolved } from '../../shared/doctor/template-values.ts'
import { type PackagedTemplate, packageTemplate } from '../infra/support/packaged.ts'
import { ACCOUNT, REGION } from './support/facts.ts'

/** A physical id as each type has it. */
function physicalId(logicalId: string, type: string): string {
  if (type === 'AWS::SQS::Queue') return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${logicalId}`
  if (type === 'AWS::SNS::Topic') return `arn:aws:sns:${REGION}:${ACCOUNT}:${logicalId}`
  return type === 'AWS::StepFunctions::StateMachine'
    ? `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${logicalId}`
    : logicalId
}

function resourcesOf(template: PackagedTemplate): TemplateResource[] {
  return resolveTemplate({
    stackName: 'bucketwatch-dev',
    stackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/bucketwatch-dev/1234abcd`,
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    urlSuffix: 'amazonaws.com',
    parameters: {},
    template: JSON.parse(JSON.stringify(template)),
    resources: Object.entries(template.Resources).map(([logicalId, { Type: type }]) => ({
      logicalId,
      type,
      physicalId: physicalId(logicalId, type),
    })),
  })
}

let all: readonly TemplateResource[]
beforeAll(async () => {
  const large = resourcesOf(
    await packageTemplate({
      parameters: {
        cloudTrailBuckets: Array.from({ length: 300 }, (_, i) => `amzn-s3-demo-logs-${i}-of-an-account`).join(','),
        accessLogBuckets: 'amzn-s3-demo-access',
        sourceAccounts: `${ACCOUNT},444455556666`,
        feeds: 'notification,sns',
        alertEmails: 'security@example.com',
        chatTopic: 'true',
        backfill: 'true',
      },
    }),
  )
  // A table for each of 300 buckets would be more than a stack holds.
  const small = resourcesOf(
    await packageTemplate({
      parameters: {
        cloudTrailBuckets: 'amzn-s3-demo-trail',
        accessLogBuckets: 'amzn-s3-demo-access',
        athena: 'true',
        athenaBuckets: 'amzn-s3-demo-data',
        requestMetrics: 'amzn-s3-demo-bucket:requests=anomaly',
        cloudTrailLogGroups: 'aws-cloudtrail-logs',
      },
    }),
  )
  all = [...large, ...small.filter(({ type }) => OPTIONAL_TYPES[type] !== undefined)]
})

/** As deployed where nobody has touched anything. */
function untouched(resource: TemplateResource): DeployedResource {
  const type = DEPLOYED_TYPES[resource.type]
  const deployed = { ...type?.defaults, ...resource.properties, ...type?.derived?.(resource, all) }
  return { resource, deployed: known(deployed) }
}
const check = (resources: readonly DeployedResource[]) =>
  checkTemplate({ stackName: 'bucketwatch-dev', region: REGION, resources: known(resources) })

const one = (logicalId: string): TemplateResource => {
  const found = all.find((resource) => resource.logicalId === logicalId)
  if (found === undefined) throw new Error(`no resource ${logicalId}`)
  return found
}

/** What is said where one property of one resource is another. */
function changed(logicalId: string, change: Record<string, unknown>) {
  const [ok, ...found] = check(
    all.map((resource) => {
      const { deployed } = untouched(resource)
      if (resource.logicalId !== logicalId || !deployed.known) return { resource, deployed }
      return { resource, deployed: known({ ...deployed.value, ...change }) }
    }),
  )
  expect(ok?.what).toBe(`${all.length - 1} of ${all.length} resources are as the template says.`)
  return found
}

describe('checkTemplate', () => {
  it('has a comparison and a reader for each type of the stack, and a command for what is gone', () => {
    const types = [...new Set(all.map(({ type }) => type))].sort()
    expect(types.filter((type) => DEPLOYED_TYPES[type] === undefined)).toEqual([])
    const readers = Object.keys(deployedReaders(createAdminClients({ region: REGION }), 'bucketwatch-dev', REGION))
    expect(readers.sort()).toEqual(Object.keys(DEPLOYED_TYPES).sort())
    expect(all.flatMap(({ properties }) => JSON.stringify(properties).match(/"what":"[^"]*"/g) ?? [])).toEqual([])
    for (const resource of all) {
      const [, finding] = check([
        ...all.filter((other) => other !== resource).map(untouched),
        { resource, deployed: known(undefined) },
      ])
      const cosmetic = ['AWS::Athena::NamedQuery', 'AWS::CloudWatch::Dashboard', 'AWS::Logs::QueryDefinition'].includes(
        resource.type,
      )
      expect(finding).toMatchObject({
        check: 'template',
        level: cosmetic ? 'warn' : 'fail',
        what: expect.stringMatching(/ is gone\.$/),
      })
      if (resource.type !== 'AWS::Events::EventBusPolicy' && resource.type !== 'AWS::KMS::Key')
        expect(finding?.fix, resource.logicalId).toMatch(new RegExp(`^aws [a-z0-9]+ [a-z-]+ --region ${REGION} `))
    }
  })

  it('finds nothing where nothing is different', () => {
    expect(check(all.map(untouched))).toEqual([
      expect.objectContaining({
        level: 'ok',
        what: `${all.length} of ${all.length} resources are as the template says.`,
      }),
    ])
  })

  it.each<[string, string, Record<string, unknown>, string, RegExp, RegExp]>([
    [
      'a composite alarm that another suppresses',
      'UntoldAlarm',
      { ActionsSuppressor: 'other' },
      'fail',
      /ActionsSuppressor has other/,
      /put-composite-alarm/,
    ],
    [
      'a muted alarm',
      'PipelineAlarmAlertDlq',
      { MuteRules: ['night'] },
      'warn',
      /has more than the template says: MuteRules has night/,
      /^aws cloudwatch delete-alarm-mute-rule --region eu-west-1 --alarm-mute-rule-name night$/,
    ],
    [
      'another action',
      'PipelineAlarmAlertDlq',
      { AlarmActions: [] },
      'fail',
      /AlarmActions lacks arn:aws:sns/,
      /put-metric-alarm/,
    ],
    [
      'another expression',
      'PipelineAlarmAlertErrors',
      { Metrics: [{ Id: 'e', Expression: 'FILL(m, 0) * 0' }] },
      'fail',
      /Metrics/,
      /put-metric-alarm/,
    ],
    [
      'another description',
      'PipelineAlarmAlertDlq',
      { AlarmDescription: 'x' },
      'warn',
      /AlarmDescription is x/,
      /put-metric-alarm/,
    ],
    [
      'masked evidence',
      'CloudTrailLogs',
      { DataProtectionStatus: 'ACTIVATED' },
      'fail',
      /DataProtectionStatus has ACTIVATED/,
      /^aws logs delete-data-protection-policy/,
    ],
    [
      'a key put on a log group',
      'CloudTrailLogs',
      { KmsKeyId: 'k' },
      'fail',
      /KmsKeyId/,
      /^aws logs disassociate-kms-key/,
    ],
    [
      'a queue that drops large messages',
      'CloudTrailQueue',
      { TakesWholeMessages: false },
      'fail',
      /TakesWholeMessages/,
      /set-queue-attributes .*"MaximumMessageSize":"1048576"/,
    ],
    [
      'a queue that waits',
      'CloudTrailQueue',
      { DelaySeconds: '900' },
      'fail',
      /DelaySeconds is 900/,
      /"DelaySeconds":"0"/,
    ],
    [
      'dead letters that go nowhere',
      'CloudTrailQueue',
      { RedrivePolicy: undefined },
      'fail',
      /RedrivePolicy lacks/,
      /"RedrivePolicy":"\{/,
    ],
    [
      'the key of a topic',
      'AlertsTopic',
      { KmsMasterKeyId: 'alias/aws/sns' },
      'fail',
      /KmsMasterKeyId is alias/,
      /set-topic-attributes .*--attribute-name KmsMasterKeyId/,
    ],
    [
      'a layer',
      'AlertLambdaFunction',
      { Layers: ['arn:layer'] },
      'fail',
      /Layers has arn:layer/,
      /update-function-configuration .*"Layers":\[\]/,
    ],
    ['another role', 'AlertLambdaFunction', { Role: 'r' }, 'fail', /Role is r/, /update-function-configuration/],
    [
      'another runtime architecture',
      'AlertLambdaFunction',
      { Architectures: ['x86_64'] },
      'fail',
      /Architectures is x86_64/,
      /update-function-code .*--architectures arm64/,
    ],
    [
      'a loop that Lambda ends',
      'CloudtrailLambdaFunction',
      { RecursiveLoop: 'Terminate' },
      'fail',
      /RecursiveLoop/,
      /put-function-recursion-config .*--recursive-loop Allow/,
    ],
    [
      'an event source more',
      'AlertLambdaFunction',
      { EventSourceMappings: ['arn:x'] },
      'warn',
      /EventSourceMappings is arn:x/,
      /delete-event-source-mapping/,
    ],
    [
      'a filter of events',
      'CloudtrailEventSourceMappingSQSCloudTrailQueue',
      { FilterCriteria: { Filters: [{ Pattern: 'x' }] } },
      'fail',
      /FilterCriteria has/,
      /update-event-source-mapping .*"FilterCriteria":\{\}/,
    ],
    [
      'events that grow old',
      'AlertLambdaEvConf',
      { MaximumEventAgeInSeconds: 60 },
      'fail',
      /MaximumEventAgeInSeconds has 60/,
      /put-function-event-invoke-config/,
    ],
    [
      'an attached policy',
      'AlertRole',
      { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      'fail',
      /ManagedPolicyArns has arn:aws:iam::aws:policy/,
      /list-attached-role-policies/,
    ],
    [
      'another trust',
      'AlertRole',
      { AssumeRolePolicyDocument: '{}' },
      'fail',
      /AssumeRolePolicyDocument lacks/,
      /^aws iam update-assume-role-policy/,
    ],
    [
      'a boundary',
      'AlertRole',
      { PermissionsBoundary: 'b' },
      'fail',
      /PermissionsBoundary has b/,
      /delete-role-permissions-boundary/,
    ],
    [
      'a key that is going away',
      'EncryptionKey',
      { KeyState: 'PendingDeletion' },
      'fail',
      /KeyState is PendingDeletion/,
      /^aws kms cancel-key-deletion .*\naws kms enable-key/,
    ],
    ['the policy of a key', 'EncryptionKey', { KeyPolicy: '{"Statement":[]}' }, 'fail', /KeyPolicy/, /put-key-policy/],
    [
      'items that never expire',
      'StateTable',
      { TimeToLiveSpecification: { Enabled: false } },
      'fail',
      /TimeToLiveSpecification/,
      /^aws dynamodb update-time-to-live/,
    ],
    [
      'a managed policy',
      'CloudTrailRoleObjects1',
      { PolicyDocument: '{}' },
      'fail',
      /PolicyDocument lacks/,
      /create-policy-version/,
    ],
    [
      'the policy of a bucket',
      'ServerlessDeploymentBucketPolicy',
      { PolicyDocument: '{}' },
      'fail',
      /PolicyDocument/,
      /put-bucket-policy/,
    ],
    ['a state machine', 'BackfillStateMachine', { RoleArn: 'r' }, 'fail', /RoleArn is r/, /update-state-machine/],
    [
      'a scan limit that is raised',
      'AthenaWorkGroup',
      {
        WorkGroupConfiguration: {
          BytesScannedCutoffPerQuery: 10_000_000_000_000,
          EnforceWorkGroupConfiguration: true,
          PublishCloudWatchMetricsEnabled: true,
          EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
          ManagedQueryResultsConfiguration: { Enabled: true },
        },
      },
      'fail',
      /BytesScannedCutoffPerQuery is 10000000000000, the template says 100000000000/,
      /^aws athena update-work-group .*"ConfigurationUpdates":\{"BytesScannedCutoffPerQuery":100000000000,.*"ManagedQueryResultsConfigurationUpdates"/,
    ],
    ['a workgroup that is off', 'AthenaWorkGroup', { State: 'DISABLED' }, 'fail', /State is DISABLED/, /"ENABLED"/],
    [
      'a saved query',
      'AthenaQueryDeletesCloudtrail',
      { QueryString: 'SELECT 1' },
      'warn',
      /QueryString is SELECT 1/,
      /^aws athena update-named-query .*"NamedQueryId":"AthenaQueryDeletesCloudtrail"/,
    ],
    [
      'columns in another order',
      'AthenaTableAccessLog',
      { Columns: { '1 bucket_name': 'string', '2 bucketowner': 'string' } },
      'fail',
      /Columns\.1 bucket_name has string, the template has not; Columns\.1 bucketowner lacks string/,
      /^aws glue update-table .*--database-name bucketwatch_dev --table-input '/,
    ],
    [
      'a projection that leaves out Regions',
      'AthenaTableCloudtrail',
      { Parameters: { EXTERNAL: 'TRUE', 'projection.region.values': 'eu-west-1' } },
      'fail',
      /Parameters\.projection\.account\.type lacks enum/,
      /^aws glue update-table/,
    ],
    [
      'an expression that loses lines',
      'AthenaTableAccessLog',
      { SerdeParameters: { 'serialization.format': '1', 'input.regex': '^(.*)$' } },
      'fail',
      /SerdeParameters\.input\.regex is \^\(\.\*\)\$/,
      /^aws glue update-table/,
    ],
    [
      'a subscription that leaves out',
      'SubscriptionCloudtrailAwsCloudtrailLogs',
      { FilterPattern: '{ $.eventName = "x" }' },
      'fail',
      /FilterPattern has/,
      /^aws logs put-subscription-filter .*"filterPattern":""/,
    ],
    ['a dashboard', 'Dashboard', { DashboardBody: '{}' }, 'warn', /DashboardBody/, /put-dashboard/],
  ])('%s', (_, logicalId, change, level, what, fix) => {
    const found = changed(logicalId, change)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ check: 'template', subject: 'bucketwatch-dev', level })
    expect(found[0]?.what).toMatch(what)
    expect(found[0]?.why).not.toBe('')
    expect(found[0]?.fix).toMatch(fix)
  })

  it('tells what it could not compare, once a reason', () => {
    const queue = one('CloudTrailQueue')
    const alarm = one('PipelineAlarmAlertDlq')
    const found = check([
      { resource: queue, deployed: unknown('sqs:GetQueueAttributes: AccessDenied') },
      { resource: one('HitsQueue'), deployed: unknown('sqs:GetQueueAttributes: AccessDenied') },
      {
        resource: alarm,
        deployed: known({ ...alarm.properties, ActionsEnabled: true, MuteRules: new Unresolved('no right') }),
      },
    ])
    expect(found.map(({ level, what }) => `${level} ${what}`)).toEqual([
      'ok 1 of 3 resources are as the template says.',
      'warn Not compared: CloudTrailQueue, HitsQueue: sqs:GetQueueAttributes: AccessDenied',
      'warn Not compared: PipelineAlarmAlertDlq.MuteRules: no right',
    ])
    const none = checkTemplate({ stackName: 's', region: REGION, resources: unknown('denied') })
    expect(none.map(({ level, what }) => `${level} ${what}`)).toEqual(['warn Could not look at the template: denied'])
  })

  it('cuts what is long, and what is much', () => {
    const [finding] = changed('AlertRole', {
      Policies: Array.from({ length: 9 }, (_, i) => ({
        PolicyName: `p${i}`,
        PolicyDocument: { Sid: 'x'.repeat(500) },
      })),
    })
    expect(finding?.what).toMatch(/…, the template has not; and \d+ more\.$/)
    expect(finding?.fix?.match(/delete-role-policy/g)).toHaveLength(9)
  })
})
