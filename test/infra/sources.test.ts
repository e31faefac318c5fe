import { expect, it } from 'vitest'
import { sourcesStackName, sourcesTemplate } from '../../infra/sources.ts'
import { known, unknown } from '../../shared/doctor/finding.ts'
import { judgeLogging } from '../../shared/sources/access-logging.ts'
import { coverClass } from '../../shared/sources/event-class.ts'
import { logBucketName } from '../../shared/sources/log-bucket-name.ts'
import { selectorName } from '../../shared/sources/plan-data-events.ts'
import type { AdvancedSelector } from '../../shared/sources/selectors.ts'
import { managementEvents, objectEvents } from '../../shared/sources/trails.ts'

const NAMES = {
  TrailBucket: 'amzn-s3-demo-made-trail',
  AccessLogBucket: 'bucketwatch-logs-111122223333-eu-west-1',
} as const
const PSEUDO = { Partition: 'aws', Region: 'eu-west-1', AccountId: '111122223333' } as const
type BucketId = keyof typeof NAMES

/** The template as CloudFormation would fill it in, with the parameters' defaults. */
function filled(): { Resources: Record<string, { Properties: Record<string, unknown>; DeletionPolicy?: string }> } {
  const values = (text: string): string =>
    text
      .replaceAll(/\$\{AWS::(\w+)\}/g, (_, name: keyof typeof PSEUDO) => PSEUDO[name])
      .replaceAll(/\$\{(\w+)\.Arn\}/g, (_, id: BucketId) => `arn:aws:s3:::${NAMES[id]}`)
  return JSON.parse(JSON.stringify(sourcesTemplate('prod')), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    const node = value as Record<string, unknown>
    if (typeof node['Fn::Sub'] === 'string') return values(node['Fn::Sub'])
    if (Array.isArray(node['Fn::GetAtt'])) return `arn:aws:s3:::${NAMES[node['Fn::GetAtt'][0] as BucketId]}`
    if (Array.isArray(node['Fn::If'])) return node['Fn::If'][1]
    if (node.Ref === 'AWS::AccountId') return '111122223333'
    return typeof node.Ref === 'string' && node.Ref in NAMES ? NAMES[node.Ref as BucketId] : value
  })
}

it('its trail logs all but what is delivered', () => {
  const selectors = filled().Resources.Trail!.Properties.AdvancedEventSelectors as AdvancedSelector[]
  expect(coverClass(selectors, managementEvents()).share).toBe('all')
  expect(coverClass(selectors, objectEvents('aws', 'amzn-s3-demo-bucket')).share).toBe('all')
  for (const bucket of Object.values(NAMES)) {
    expect(coverClass(selectors, objectEvents('aws', bucket)).share).toBe('none')
  }
  expect(selectors[1]!.Name).toBe(selectorName('prod'))
})

it('access logs arrive in its bucket', () => {
  const bucket = NAMES.AccessLogBucket
  const { Resources } = filled()
  expect(Resources.AccessLogBucketPolicy!.Properties.Bucket).toBe(bucket)
  expect(Resources.AccessLogBucket!.Properties.BucketName).toBe(bucket)
  expect(bucket).toBe(logBucketName('111122223333', 'eu-west-1'))
  const target = {
    bucket,
    region: known('eu-west-1'),
    policy: known(JSON.stringify(Resources.AccessLogBucketPolicy!.Properties.PolicyDocument)),
    encryption: known({ algorithm: 'AES256', key: unknown('none') }),
    defaultRetention: known(false),
    requesterPays: known(false),
    ownership: known('BucketOwnerEnforced'),
    logDeliveryByAcl: known(false),
    logging: known(undefined),
  }
  const logging = known({ bucket, prefix: 'access-logs/', layout: 'partitioned by event time' as const, grants: false })
  const account = { accountId: '111122223333', partition: 'aws', targets: new Map([[bucket, target]]) }
  expect(judgeLogging({ bucket: 'amzn-s3-demo-bucket', region: known('eu-west-1'), logging }, account)).toEqual({
    state: 'on',
    problems: [],
  })
  const stranger = { ...account, accountId: '444455556666' }
  expect(judgeLogging({ bucket: 'amzn-s3-demo-bucket', region: known('eu-west-1'), logging }, stranger).state).toBe(
    'wrong',
  )
})

it('logs outlive the stack, whose name is beside that of the stack which reads', () => {
  for (const [id, { DeletionPolicy }] of Object.entries(filled().Resources)) {
    expect(DeletionPolicy, id).toBe(id.endsWith('Bucket') ? 'RetainExceptOnCreate' : undefined)
  }
  expect(sourcesStackName('prod')).toBe('bucketwatch-prod-sources')
})
