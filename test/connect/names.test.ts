import { describe, expect, it } from 'vitest'
import { deadLetterQueueId, queueId, roleId } from '../../infra/context.ts'
import { makeTemplate } from '../../infra/template.ts'
import {
  configurationId,
  isConfigurationId,
  objectsTopicName,
  outputNames,
  readQueueName,
  resourceName,
} from '../../shared/connect/names.ts'
import { LOG_KINDS } from '../../shared/kinds/kinds.ts'
import { defaultParameters } from '../infra/support/packaged.ts'

describe('names', () => {
  it('are those of the stack', async () => {
    for (const kind of LOG_KINDS) {
      expect(outputNames(kind)).toEqual({
        queueArn: `${queueId(kind)}Arn`,
        queueUrl: `${queueId(kind)}Url`,
        deadLetterQueueUrl: `${deadLetterQueueId(kind)}Url`,
        roleArn: `${roleId(kind)}Arn`,
      })
    }
    const { resources } = await makeTemplate('prod', {
      ...defaultParameters(),
      feeds: 'sns',
      cloudTrailBuckets: 'amzn-s3-demo-trail',
      accessLogBuckets: 'amzn-s3-demo-access',
    })
    const named = Object.values(resources.Resources).flatMap(({ Properties: p = {} }) => [p.QueueName, p.TopicName])
    for (const kind of LOG_KINDS) {
      expect(named).toContain(resourceName('prod', kind))
      expect(named).toContain(`${resourceName('prod', kind)}-dlq`)
      expect(named).toContain(objectsTopicName('prod', kind))
      for (const output of Object.values(outputNames(kind))) expect(resources.Outputs).toHaveProperty(output)
    }
    expect(named).toContain('bucketwatch-prod-alert-dlq')
    expect(resources.Outputs).toHaveProperty('AlertsTopicArn')
    expect(resources.Outputs).toHaveProperty('AlarmsTopicArn')
  })

  it.each([
    ['bucketwatch-prod-cloudtrail', true],
    ['bucketwatch-prod-cloudtrail-2', true],
    ['bucketwatch-prod-cloudtrail-17', true],
    ['bucketwatch-prod-cloudtrail-0', false],
    ['bucketwatch-prod-cloudtrail-x', false],
    ['bucketwatch-prod-cloudtrail-', false],
    ['bucketwatch-prod-cloudtrailx', false],
    ['bucketwatch-prod-access-log', false],
    ['bucketwatch-dev-cloudtrail', false],
    ['bucketwatch-prod-cloudtrail-cloudtrail', false],
    [undefined, false],
  ])('%s is an Id of prod and cloudtrail: %s', (id, expected) => {
    expect(isConfigurationId(id, 'prod', 'cloudtrail')).toBe(expected)
  })

  it('Ids are unique per index, and found again', () => {
    expect([0, 1, 2].map((index) => configurationId('prod', 'access-log', index))).toEqual([
      'bucketwatch-prod-access-log',
      'bucketwatch-prod-access-log-2',
      'bucketwatch-prod-access-log-3',
    ])
    expect(isConfigurationId(configurationId('a-b', 'access-log', 7), 'a-b', 'access-log')).toBe(true)
  })

  it.each([
    ['bucketwatch-prod-cloudtrail', { stage: 'prod', kind: 'cloudtrail' }],
    ['bucketwatch-eu-2-access-log', { stage: 'eu-2', kind: 'access-log' }],
    ['bucketwatch-cloudtrail', undefined],
    ['siem-objects', undefined],
    ['bucketwatch-prod-cloudtrail-dlq', undefined],
  ])('queue %s', (name, expected) => {
    expect(readQueueName(name)).toEqual(expected)
  })
})
