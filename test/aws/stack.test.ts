import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import type { Resources } from '../../infra/cfn.ts'
import { makeTemplate } from '../../infra/template.ts'
import { locationsOf, outputOf, readStack } from '../../shared/aws/stack.ts'
import { mayBucketSend } from '../../shared/doctor/queue-policy.ts'
import { defaultParameters } from '../infra/support/packaged.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:bucketwatch-prod-cloudtrail'

/** As CloudFormation would resolve it, as far as the tests here look. */
function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve)
  if (typeof value !== 'object' || value === null) return value
  if ('Ref' in value) return value.Ref === 'AWS::AccountId' ? '111122223333' : `ref-${String(value.Ref)}`
  if ('Fn::GetAtt' in value) return String(value['Fn::GetAtt']) === 'CloudTrailQueue,Arn' ? QUEUE : 'att'
  if ('Fn::Sub' in value) {
    return String(value['Fn::Sub'])
      .replaceAll(`\${AWS::Partition}`, 'aws')
      .replaceAll(`\${AWS::Region}`, 'eu-west-1')
      .replaceAll(`\${AWS::AccountId}`, '111122223333')
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member)]))
}

const template = await makeTemplate('prod', {
  ...defaultParameters(),
  cloudTrailBuckets: 'amzn-s3-demo-trail,amzn-s3-demo-shared/org/AWSLogs/',
  accessLogBuckets: 'amzn-s3-demo-shared/access/',
  sourceAccounts: '111122223333,444455556666',
})
const resources: Resources = template.resources.Resources
const properties = (id: string) => resolve(resources[id]?.Properties) as Record<string, unknown>

describe('what the stack says of itself', () => {
  it('its role says which buckets it was deployed for', () => {
    const documents = (id: string) =>
      (properties(id).Policies as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => PolicyDocument)
    expect(locationsOf(documents('CloudTrailRole'))).toEqual([
      { bucket: 'amzn-s3-demo-trail', prefix: '' },
      { bucket: 'amzn-s3-demo-shared', prefix: 'org/AWSLogs/' },
    ])
    expect(locationsOf(documents('AccessLogRole').map((document) => JSON.stringify(document)))).toEqual([
      { bucket: 'amzn-s3-demo-shared', prefix: 'access/' },
    ])
  })

  it.each([
    ['amzn-s3-demo-trail', '444455556666', 'yes'],
    ['amzn-s3-demo-shared', '111122223333', 'yes'],
    ['amzn-s3-demo-trail', undefined, 'maybe'],
    ['amzn-s3-demo-trail', '555566667777', 'no'],
    ['amzn-s3-demo-other', '111122223333', 'no'],
  ])('its queue lets %s of %s in: %s', (bucket, account, expected) => {
    const policy = JSON.stringify(properties('CloudTrailQueuePolicy').PolicyDocument)
    const verdict = mayBucketSend(policy, QUEUE, `arn:aws:s3:::${bucket}`, account)
    expect(verdict.allow).toBe(expected)
    expect(verdict.deny).toBe('no')
  })
})

describe('readStack', () => {
  const mock = mockClient(CloudFormationClient)
  const clients = { cloudFormation: new CloudFormationClient({ region: 'eu-west-1' }) }

  it('outputs, account and Region', async () => {
    mock.on(DescribeStacksCommand, { StackName: 'bucketwatch-prod' }).resolves({
      Stacks: [
        {
          StackName: 'bucketwatch-prod',
          CreationTime: new Date(0),
          StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/bucketwatch-prod/1',
          StackStatus: 'UPDATE_COMPLETE',
          Outputs: [{ OutputKey: 'CloudTrailQueueArn', OutputValue: QUEUE }],
        },
      ],
    })
    const stack = await readStack(clients, 'prod')
    expect(stack).toMatchObject({ accountId: '111122223333', region: 'eu-west-1', status: 'UPDATE_COMPLETE' })
    expect(outputOf(stack, 'CloudTrailQueueArn')).toBe(QUEUE)
    expect(() => outputOf(stack, 'Nothing')).toThrow(/has no output Nothing/)
  })

  it('none', async () => {
    const error = Object.assign(new Error('Stack with id bucketwatch-dev does not exist'), { name: 'ValidationError' })
    mock.on(DescribeStacksCommand, { StackName: 'bucketwatch-dev' }).rejects(error)
    await expect(readStack(clients, 'dev')).rejects.toMatchObject({ code: 'STACK_NOT_FOUND' })
  })

  it('no right to look', async () => {
    const error = Object.assign(new Error('not authorized'), { name: 'AccessDenied' })
    mock.on(DescribeStacksCommand, { StackName: 'bucketwatch-dev' }).rejects(error)
    await expect(readStack(clients, 'dev')).rejects.toMatchObject({ code: 'AWS_CALL' })
  })
})
