/** What watches, backs up and shares, and what strangers do, in other spellings; and the ordinary calls that look alike. */
import { B, data, ev, SERIOUS, TOLD, type Variant } from './variant-calls.ts'

type Json = Readonly<Record<string, unknown>>
const US = '111122223333'
const THEM = '444455556666'
const T = (value: unknown): string => JSON.stringify(value)
const off = ['mon-security-off']
const tam = ['mon-tamper']
const who = (accountId: string): Json => ({
  userIdentity: { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId },
})

export const GUARDS: readonly Variant[] = [
  [
    'gd org autoenable none',
    ev('guardduty', 'UpdateOrganizationConfiguration', { detectorId: 'd', autoEnableOrganizationMembers: 'NONE' }),
    off,
  ],
  [
    'gd org features none',
    ev('guardduty', 'UpdateOrganizationConfiguration', {
      detectorId: 'd',
      features: [{ name: 'S3_DATA_EVENTS', autoEnable: 'NONE' }],
    }),
    off,
  ],
  [
    'gd member detectors',
    ev('guardduty', 'UpdateMemberDetectors', {
      detectorId: 'd',
      accountIds: [US],
      features: [{ name: 'S3_DATA_EVENTS', status: 'DISABLED' }],
    }),
    off,
  ],
  [
    'gd trusted entity set',
    ev('guardduty', 'CreateTrustedEntitySet', { detectorId: 'd', name: 'x', activate: true }),
    off,
  ],
  ['gd malware plan deleted', ev('guardduty', 'DeleteMalwareProtectionPlan', { malwareProtectionPlanId: 'p' }), off],
  ['gd disassociate members', ev('guardduty', 'DisassociateMembers', { detectorId: 'd', accountIds: [US] }), off],
  [
    'gd publishing elsewhere',
    ev('guardduty', 'UpdatePublishingDestination', {
      detectorId: 'd',
      destinationId: 'x',
      destinationProperties: { destinationArn: 'arn:aws:s3:::y', kmsKeyArn: `arn:aws:kms:eu-central-1:${THEM}:key/1` },
    }),
    [TOLD],
  ],
  [
    'q gd enable',
    ev('guardduty', 'UpdateDetector', {
      detectorId: 'd',
      enable: true,
      features: [{ name: 'S3_DATA_EVENTS', status: 'ENABLED' }],
    }),
    [SERIOUS],
  ],
  ['q gd filter noop', ev('guardduty', 'CreateFilter', { detectorId: 'd', name: 'x', action: 'NOOP' }), [SERIOUS]],
  [
    'q gd threat list',
    ev('guardduty', 'CreateThreatIntelSet', { detectorId: 'd', name: 'x', activate: true }),
    [SERIOUS],
  ],
  ['q gd list inactive', ev('guardduty', 'UpdateIPSet', { detectorId: 'd', ipSetId: 'i', activate: false }), [SERIOUS]],
  ['macie job cancelled', ev('macie2', 'UpdateClassificationJob', { jobId: 'j', jobStatus: 'CANCELLED' }), off],
  ['macie discovery off', ev('macie2', 'UpdateAutomatedDiscoveryConfiguration', { status: 'DISABLED' }), off],
  [
    'macie accounts off',
    ev('macie2', 'BatchUpdateAutomatedDiscoveryAccounts', { accounts: [{ accountId: US, status: 'DISABLED' }] }),
    off,
  ],
  [
    'macie scope excludes',
    ev('macie2', 'UpdateClassificationScope', { id: 'i', s3: { excludes: { bucketNames: [B], operation: 'ADD' } } }),
    off,
  ],
  [
    'macie publication off',
    ev('macie2', 'PutFindingsPublicationConfiguration', {
      securityHubConfiguration: { publishPolicyFindings: false, publishClassificationFindings: false },
    }),
    off,
  ],
  ['macie member off', ev('macie2', 'UpdateMemberSession', { id: US, status: 'PAUSED' }), off],
  ['macie org autoenable off', ev('macie2', 'UpdateOrganizationConfiguration', { autoEnable: false }), off],
  [
    'q macie scope include',
    ev('macie2', 'UpdateClassificationScope', { id: 'i', s3: { excludes: { bucketNames: [B], operation: 'REMOVE' } } }),
    [SERIOUS],
  ],
  ['q macie on', ev('macie2', 'UpdateMacieSession', { status: 'ENABLED' }), [SERIOUS]],
  [
    'sh control assoc',
    ev('securityhub', 'BatchUpdateStandardsControlAssociations', {
      StandardsControlAssociationUpdates: [{ SecurityControlId: 'S3.1', AssociationStatus: 'DISABLED' }],
    }),
    off,
  ],
  ['sh config autoenable', ev('securityhub', 'UpdateSecurityHubConfiguration', { AutoEnableControls: false }), off],
  [
    'sh org',
    ev('securityhub', 'UpdateOrganizationConfiguration', { AutoEnable: false, AutoEnableStandards: 'NONE' }),
    off,
  ],
  [
    'sh findings suppressed',
    ev('securityhub', 'BatchUpdateFindings', { FindingIdentifiers: [{ Id: 'x' }], Workflow: { Status: 'SUPPRESSED' } }),
    ['mon-changed'],
  ],
  [
    'sh automation v2',
    ev('securityhub', 'CreateAutomationRuleV2', {
      Actions: [{ FindingFieldsUpdate: { StatusId: 3, Comment: 'SUPPRESSED' } }],
    }),
    ['mon-changed', 'mon-security-off'],
  ],
  [
    'sh automation batch',
    ev('securityhub', 'BatchUpdateAutomationRules', {
      UpdateAutomationRulesRequestItems: [
        { Actions: [{ FindingFieldsUpdate: { Workflow: { Status: 'SUPPRESSED' } } }] },
      ],
    }),
    off,
  ],
  [
    'config exclusion',
    ev('config', 'PutConfigurationRecorder', {
      configurationRecorder: {
        name: 'default',
        recordingGroup: {
          allSupported: false,
          exclusionByResourceTypes: { resourceTypes: ['AWS::S3::Bucket'] },
          recordingStrategy: { useOnly: 'EXCLUSION_BY_RESOURCE_TYPES' },
        },
      },
    }),
    off,
  ],
  [
    'config daily',
    ev('config', 'PutConfigurationRecorder', {
      configurationRecorder: {
        name: 'default',
        recordingGroup: { allSupported: true },
        recordingMode: { recordingFrequency: 'DAILY' },
      },
    }),
    [SERIOUS],
  ],
  [
    'config channel foreign',
    ev('config', 'PutDeliveryChannel', {
      deliveryChannel: {
        name: 'default',
        s3BucketName: 'amzn-s3-demo-x',
        s3KmsKeyArn: `arn:aws:kms:eu-central-1:${THEM}:key/1`,
      },
    }),
    ['mon-changed'],
  ],
  ['config conformance pack', ev('config', 'DeleteConformancePack', { conformancePackName: 'p' }), tam],
  [
    'config aggregator',
    ev('config', 'DeleteConfigurationAggregator', { configurationAggregatorName: 'a' }),
    ['mon-changed'],
  ],
  ['aa archive apply', ev('access-analyzer', 'ApplyArchiveRule', { analyzerArn: 'a', ruleName: 'r' }), off],
  ['inspector disable', ev('inspector2', 'Disable', { resourceTypes: ['EC2'] }), off],
  ['detective graph', ev('detective', 'DeleteGraph', { GraphArn: 'a' }), off],
  ['org scp detached', ev('organizations', 'DetachPolicy', { policyId: 'p-12345678', targetId: US }), ['cis-15-org']],
  [
    'org access config off',
    ev('organizations', 'DisableAWSServiceAccess', { servicePrincipal: 'config.amazonaws.com' }),
    off,
  ],
  [
    'q org billing off',
    ev('organizations', 'DisableAWSServiceAccess', { servicePrincipal: 'cost-optimization-hub.bcm.amazonaws.com' }),
    ['!mon-security-off'],
  ],
  // logs, cw
  [
    'logs sub filter foreign',
    ev('logs', 'PutSubscriptionFilter', {
      logGroupName: '/app',
      filterName: 'x',
      filterPattern: '',
      destinationArn: `arn:aws:logs:eu-central-1:${THEM}:destination:x`,
    }),
    [TOLD],
  ],
  [
    'logs account policy foreign',
    ev('logs', 'PutAccountPolicy', {
      policyName: 'p',
      policyType: 'SUBSCRIPTION_FILTER_POLICY',
      policyDocument: T({ DestinationArn: `arn:aws:kinesis:eu-central-1:${THEM}:stream/x`, FilterPattern: '' }),
    }),
    [TOLD],
  ],
  [
    'logs kms foreign',
    ev('logs', 'AssociateKmsKey', { logGroupName: '/app', kmsKeyId: `arn:aws:kms:eu-central-1:${THEM}:key/1` }),
    [TOLD],
  ],
  [
    'logs destination policy foreign',
    ev('logs', 'PutDestinationPolicy', {
      destinationName: 'd',
      accessPolicy: T({
        Statement: [{ Effect: 'Allow', Principal: { AWS: THEM }, Action: 'logs:PutSubscriptionFilter', Resource: '*' }],
      }),
    }),
    tam,
  ],
  [
    'logs resource policy open',
    ev('logs', 'PutResourcePolicy', {
      policyName: 'p',
      policyDocument: T({
        Statement: [{ Effect: 'Allow', Principal: { AWS: THEM }, Action: 'logs:*', Resource: '*' }],
      }),
    }),
    ['mon-changed', TOLD],
  ],
  ['logs retention 3', ev('logs', 'PutRetentionPolicy', { logGroupName: '/app', retentionInDays: '3' }), tam],
  ['logs stream', ev('logs', 'DeleteLogStream', { logGroupName: '/app', logStreamName: 's' }), tam],
  [
    'logs protection off',
    ev('logs', 'PutLogGroupDeletionProtection', { logGroupIdentifier: '/app', deletionProtectionEnabled: false }),
    tam,
  ],
  [
    'logs data protection policy',
    ev('logs', 'PutDataProtectionPolicy', { logGroupIdentifier: '/bucketwatch/prod/cloudtrail', policyDocument: '{}' }),
    ['mon-self-guard'],
  ],
  ['q logs retention 90', ev('logs', 'PutRetentionPolicy', { logGroupName: '/app', retentionInDays: 90 }), [SERIOUS]],
  [
    'q logs sub filter ours',
    ev('logs', 'PutSubscriptionFilter', {
      logGroupName: '/app',
      filterName: 'x',
      filterPattern: '',
      destinationArn: `arn:aws:lambda:eu-central-1:${US}:function:x`,
    }),
    [SERIOUS],
  ],
  [
    'cw composite suppressor',
    ev('monitoring', 'PutCompositeAlarm', { alarmName: 'x', alarmRule: 'ALARM(a)', actionsSuppressor: 'b' }),
    tam,
  ],
  ['cw mute', ev('monitoring', 'PutAlarmMuteRule', { name: 'x' }), tam],
  ['cw state', ev('monitoring', 'SetAlarmState', { alarmName: 'x', stateValue: 'OK', stateReason: 'x' }), tam],
  [
    'q cw put alarm',
    ev('monitoring', 'PutMetricAlarm', { alarmName: 'x', actionsEnabled: true, alarmActions: ['a'] }),
    [SERIOUS],
  ],
  ['events put rule disabled', ev('events', 'PutRule', { name: 'x', state: 'DISABLED' }), tam],
  [
    'scheduler disabled own',
    ev('scheduler', 'UpdateSchedule', { name: 'bucketwatch-prod-canary', state: 'DISABLED' }),
    ['mon-self-guard', 'mon-tamper'],
  ],
  [
    'sns policy deny publish',
    ev('sns', 'SetTopicAttributes', {
      topicArn: 'arn:aws:sns:eu-central-1:111122223333:t',
      attributeName: 'Policy',
      attributeValue: T({ Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Resource: '*' }] }),
    }),
    tam,
  ],
  [
    'sns policy allow then deny all',
    ev('sns', 'SetTopicAttributes', {
      topicArn: 'arn:aws:sns:eu-central-1:111122223333:t',
      attributeName: 'Policy',
      attributeValue: T({
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 'sns:Subscribe', Resource: '*' },
          { Effect: 'Deny', Principal: '*', Action: 'sns:*', Resource: '*' },
        ],
      }),
    }),
    tam,
  ],
  [
    'sqs policy no statement',
    ev('sqs', 'SetQueueAttributes', {
      queueUrl: 'https://sqs.eu-central-1.amazonaws.com/111122223333/q',
      attributes: { Policy: '{"Statement":[]}' },
    }),
    tam,
  ],
  [
    'q sqs visibility',
    ev('sqs', 'SetQueueAttributes', {
      queueUrl: 'https://sqs.eu-central-1.amazonaws.com/111122223333/q',
      attributes: { VisibilityTimeout: '30' },
    }),
    [SERIOUS],
  ],
  [
    'lambda esm of own by functionName',
    ev('lambda', 'UpdateEventSourceMapping20150331', {
      uUID: 'u',
      functionName: 'bucketwatch-prod-cloudtrail',
      filterCriteria: { filters: [{ pattern: '{"never":["x"]}' }] },
    }),
    ['mon-self-guard'],
  ],
  [
    'lambda add layer own',
    ev('lambda', 'UpdateFunctionConfiguration20150331v2', {
      functionName: 'arn:aws:lambda:eu-central-1:111122223333:function:bucketwatch-prod-alert',
      layers: ['arn:aws:lambda:eu-central-1:444455556666:layer:x:1'],
    }),
    ['mon-self-guard'],
  ],
  ['dynamodb own table', ev('dynamodb', 'DeleteTable', { tableName: 'bucketwatch-prod-state' }), ['mon-self-guard']],
  ['kms own alias', ev('kms', 'UpdateAlias', { aliasName: 'alias/bucketwatch-prod', targetKeyId: 'k' }), [TOLD]],
  [
    'iam own role boundary',
    ev('iam', 'PutRolePermissionsBoundary', {
      roleName: 'bucketwatch-prod-alert',
      permissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    }),
    ['mon-self-guard'],
  ],
  [
    'iam own role trust',
    ev('iam', 'UpdateAssumeRolePolicy', { roleName: 'bucketwatch-prod-alert', policyDocument: '{}' }),
    ['mon-self-guard'],
  ],
  [
    'secrets own webhook',
    ev('secretsmanager', 'PutSecretValue', { secretId: 'bucketwatch-prod/slack' }),
    ['mon-self-guard'],
  ],
  // backup
  ['backup plan deleted', ev('backup', 'DeleteBackupPlan', { backupPlanId: 'p' }), [TOLD]],
  ['backup selection deleted', ev('backup', 'DeleteBackupSelection', { backupPlanId: 'p', selectionId: 's' }), [TOLD]],
  [
    'backup rp lifecycle 1',
    ev('backup', 'UpdateRecoveryPointLifecycle', {
      backupVaultName: 'v',
      recoveryPointArn: 'a',
      lifecycle: { deleteAfterDays: 1 },
    }),
    [TOLD],
  ],
  [
    'backup rp disassociate',
    ev('backup', 'DisassociateRecoveryPoint', { backupVaultName: 'v', recoveryPointArn: 'a' }),
    [TOLD],
  ],
  [
    'backup region s3 off',
    ev('backup', 'UpdateRegionSettings', { resourceTypeOptInPreference: { S3: false, DynamoDB: true } }),
    [TOLD],
  ],
  [
    'backup copy foreign',
    ev('backup', 'StartCopyJob', {
      recoveryPointArn: 'a',
      sourceBackupVaultName: 'v',
      destinationBackupVaultArn: `arn:aws:backup:eu-central-1:${THEM}:backup-vault:x`,
    }),
    [TOLD],
  ],
  [
    'backup vault lock removed',
    ev('backup', 'DeleteBackupVaultLockConfiguration', { backupVaultName: 'v' }),
    ['s3-object-lock'],
  ],
  ['q backup job', ev('backup', 'StartBackupJob', { backupVaultName: 'v', resourceArn: 'arn:aws:s3:::b' }), [SERIOUS]],
  // RAM
  [
    'ram share access grants foreign',
    ev('ram', 'CreateResourceShare', {
      name: 'x',
      resourceArns: [`arn:aws:s3:eu-central-1:${US}:access-grants/default`],
      principals: [THEM],
      allowExternalPrincipals: true,
    }),
    [TOLD],
  ],
  [
    'ram associate principal',
    ev('ram', 'AssociateResourceShare', {
      resourceShareArn: 'arn:aws:ram:eu-central-1:111122223333:resource-share/x',
      principals: [THEM],
    }),
    ['s3-shared-external'],
  ],
  [
    'ram associate with resource',
    ev('ram', 'AssociateResourceShare', {
      resourceShareArn: 'arn:aws:ram:eu-central-1:111122223333:resource-share/x',
      resourceArns: [`arn:aws:s3-outposts:eu-central-1:${US}:outpost/op-1`],
      principals: [THEM],
    }),
    [TOLD],
  ],
  [
    'q ram ours',
    ev('ram', 'CreateResourceShare', {
      name: 'x',
      resourceArns: [`arn:aws:s3:eu-central-1:${US}:access-grants/default`],
      principals: [US],
    }),
    [SERIOUS],
  ],
  [
    'q ram subnets',
    ev('ram', 'CreateResourceShare', {
      name: 'x',
      resourceArns: [`arn:aws:ec2:eu-central-1:${US}:subnet/subnet-1`],
      principals: [THEM],
    }),
    [SERIOUS],
  ],
  // data by strangers
  ['foreign list v2', data('ListObjects', { 'list-type': '2' }, who(THEM)), ['data-cross-account']],
  ['foreign select', data('SelectObjectContent', { key: 'a' }, who(THEM)), ['data-cross-account']],
  ['foreign delete many', data('DeleteObjects', { delete: '' }, who(THEM)), ['data-cross-write']],
  ['foreign put acl', data('PutObjectAcl', { key: 'a', acl: '' }, who(THEM)), ['data-cross-write']],
  ['foreign tag', data('PutObjectTagging', { key: 'a', tagging: '' }, who(THEM)), ['data-cross-write']],
  [
    'foreign bucket policy',
    ev('s3', 'PutBucketPolicy', { bucketName: B, bucketPolicy: { Statement: [] } }, who(THEM)),
    ['data-cross-write'],
  ],
  [
    'foreign role by arn',
    data(
      'GetObject',
      { key: 'a' },
      { userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::${THEM}:assumed-role/x/y`, accountId: THEM } },
    ),
    ['data-cross-account'],
  ],
  [
    'anonymous principal',
    data(
      'GetObject',
      { key: 'a' },
      { userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' } },
    ),
    ['data-anon-read'],
  ],
  [
    'anonymous post',
    data('PostObject', { key: 'a' }, { userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' } }),
    ['data-anon-write'],
  ],
  [
    'anonymous mpu',
    data(
      'CompleteMultipartUpload',
      { key: 'a' },
      { userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' } },
    ),
    ['data-anon-write'],
  ],
  [
    'anonymous acl',
    data(
      'PutObjectAcl',
      { key: 'a', 'x-amz-acl': 'public-read' },
      { userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' } },
    ),
    ['data-anon-write'],
  ],
  [
    'anonymous versions',
    ev(
      's3',
      'ListObjectVersions',
      { bucketName: B, versions: '' },
      {
        userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'anonymous' },
        readOnly: true,
        eventCategory: 'Data',
        managementEvent: false,
      },
    ),
    ['data-anon-list'],
  ],
  ['q partner reads', data('GetObject', { key: 'a' }, who(THEM)), ['!data-cross-account'], { trustedAccounts: [THEM] }],
  [
    'copy to foreign bucket',
    data(
      'CopyObject',
      { bucketName: 'amzn-s3-demo-strangers', key: 'a', 'x-amz-copy-source': `${B}/a` },
      {
        resources: [
          { type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::amzn-s3-demo-strangers/a' },
          { accountId: THEM, type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::amzn-s3-demo-strangers' },
          { accountId: US, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${B}` },
        ],
      },
    ),
    ['data-copy-external'],
  ],
]
