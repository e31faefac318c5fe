import { describe, expect, test } from 'vitest'
import { guardOf, lowersGuard } from '../../shared/derive/guards.ts'

describe('what watches an account', () => {
  test.each([
    ['monitoring', 'DeleteAlarms', {}],
    ['monitoring', 'SetAlarmState', { alarmName: 'a', stateValue: 'OK' }],
    ['monitoring', 'PutCompositeAlarm', { actionsSuppressor: 'other' }],
    ['logs', 'PutRetentionPolicy', { retentionInDays: 7 }],
    ['logs', 'PutLogGroupDeletionProtection', { deletionProtectionEnabled: false }],
    ['logs', 'DeleteDeliverySource', { name: 's3' }],
    ['sns', 'SetSubscriptionAttributes', { attributeName: 'FilterPolicy', attributeValue: '{"a":["never"]}' }],
    ['sqs', 'SetQueueAttributes', { attributes: { Policy: '' } }],
    ['lambda', 'PutFunctionConcurrency20171031', { reservedConcurrentExecutions: 0 }],
    ['lambda', 'UpdateEventSourceMapping20150331', { uUID: 'x', enabled: false }],
    ['events', 'PutRule', { name: 'r', state: 'DISABLED' }],
    ['guardduty', 'UpdateDetector', { dataSources: { s3Logs: { enable: false } } }],
    ['guardduty', 'UpdateMemberDetectors', { features: [{ name: 'S3_DATA_EVENTS', status: 'DISABLED' }] }],
    ['guardduty', 'UpdateOrganizationConfiguration', { autoEnableOrganizationMembers: 'NONE', autoEnable: false }],
    ['securityhub', 'UpdateStandardsControl', { controlStatus: 'DISABLED' }],
    ['macie2', 'UpdateClassificationJob', { jobId: 'j', jobStatus: 'CANCELLED' }],
    ['macie2', 'UpdateClassificationScope', { s3: { excludes: { bucketNames: ['amzn-s3-demo-bucket'] } } }],
    ['config', 'PutConfigurationRecorder', { configurationRecorder: { recordingGroup: { allSupported: false } } }],
    ['access-analyzer', 'ApplyArchiveRule', {}],
    ['ec2', 'DeleteFlowLogs', {}],
    ['config', 'DeleteConfigRule', {}],
    ['sns', 'SetTopicAttributes', { attributeName: 'Policy', attributeValue: '{}' }],
    ['sqs', 'SetQueueAttributes', { attributes: { Policy: '{"Statement":[]}' } }],
    ['securityhub', 'UpdateSecurityHubConfiguration', { autoEnableControls: false }],
    ['macie2', 'PutFindingsPublicationConfiguration', { securityHubConfiguration: { publishPolicyFindings: false } }],
  ])('%s %s %j lowers the guard', (service, eventName, parameters) => {
    expect([guardOf(service, eventName) !== undefined, lowersGuard(service, eventName, parameters)]).toEqual([
      true,
      true,
    ])
  })

  test.each([
    ['monitoring', 'PutMetricAlarm', { actionsEnabled: true }],
    ['logs', 'PutRetentionPolicy', { retentionInDays: 365 }],
    ['logs', 'PutMetricFilter', {}],
    ['sns', 'SetSubscriptionAttributes', { attributeName: 'FilterPolicy', attributeValue: '{}' }],
    ['sns', 'SetTopicAttributes', { attributeName: 'DisplayName', attributeValue: '' }],
    ['sqs', 'SetQueueAttributes', { attributes: { VisibilityTimeout: '60' } }],
    ['lambda', 'PutFunctionConcurrency20171031', { reservedConcurrentExecutions: 10 }],
    ['guardduty', 'UpdateDetector', { enable: true, features: [{ name: 'S3_DATA_EVENTS', status: 'ENABLED' }] }],
    ['guardduty', 'CreateFilter', { action: 'NOOP' }],
    ['config', 'DeleteConfigurationAggregator', {}],
    ['macie2', 'UpdateClassificationScope', { s3: { excludes: { bucketNames: ['b'], operation: 'REMOVE' } } }],
  ])('%s %s %j does not', (service, eventName, parameters) => {
    expect(lowersGuard(service, eventName, parameters)).toBe(false)
  })

  test.each([
    ['logs', 'AssociateKmsKey', { kmsKeyId: 'arn:aws:kms:eu-central-1:444455556666:key/k' }],
    [
      'guardduty',
      'UpdatePublishingDestination',
      { destinationProperties: { kmsKeyArn: 'arn:aws:kms:eu-central-1:444455556666:key/k' } },
    ],
    [
      'logs',
      'PutDestinationPolicy',
      { accessPolicy: '{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"}}}' },
    ],
  ])('%s %s %j lowers it where the account is not ours', (service, eventName, parameters) => {
    expect(lowersGuard(service, eventName, parameters, (account) => account === '444455556666')).toBe(true)
    expect(lowersGuard(service, eventName, parameters, () => false)).toBe(false)
  })

  test.each([
    ['monitoring', 'DisableAlarmActions', 'monitoring'],
    ['logs', 'PutRetentionPolicy', 'monitoring'],
    ['guardduty', 'DeleteDetector', 'securityService'],
    ['lambda', 'DeleteEventSourceMapping20150331', 'monitoring'],
    ['config', 'DeleteConfigRule', 'monitoring'],
    ['config', 'StopConfigurationRecorder', 'securityService'],
    ['lambda', 'UpdateFunctionCode20150331v2', undefined],
    ['sqs', 'SendMessage', undefined],
    ['toString', 'DeleteAlarms', undefined],
    ['monitoring', 'constructor', undefined],
  ])('%s %s changes: %s', (service, eventName, change) => {
    expect(guardOf(service, eventName)).toBe(change)
  })
})
