import { describe, expect, it } from 'vitest'
import { checkKind, checkStack } from '../../shared/doctor/check-stack.ts'
import type { KeyFacts, KindFacts, StackFacts } from '../../shared/doctor/facts.ts'
import { known, type Level, unknown } from '../../shared/doctor/finding.ts'
import { ACCOUNT, kindFacts, minutesAgo, NOW, policy, stackFacts, statement, topicFacts } from './support/facts.ts'

const KEY: KeyFacts = {
  arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  state: 'Enabled',
  awsManaged: false,
  policy: known(policy(statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*' }))),
}
const mail = (confirmed: boolean, endpoint = 'security@example.com') => ({ protocol: 'email', endpoint, confirmed })

describe('checkStack', () => {
  it('finds nothing where nothing is wrong', () => {
    const findings = checkStack(stackFacts())
    expect(findings.map(({ level, check }) => `${level} ${check}`)).toEqual([
      'ok stack',
      'ok alerts-subscription',
      'ok alarms-subscription',
      'ok alarms-key',
      'ok alerts-key',
      'ok alert-dead-letters',
    ])
  })

  it.each<[string, Partial<StackFacts>, Level, string, RegExp]>([
    [
      'rolled back',
      { status: 'ROLLBACK_COMPLETE' },
      'fail',
      'stack',
      /npm run deploy -- --stage prod --region eu-west-1/,
    ],
    ['being deleted', { status: 'DELETE_FAILED' }, 'fail', 'stack', /npm run deploy/],
    ['last deployment failed', { status: 'UPDATE_ROLLBACK_COMPLETE' }, 'warn', 'stack', /last deployment failed/],
    ['being deployed', { status: 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS' }, 'warn', 'stack', /different in a minute/],
    [
      'no buckets',
      { kinds: [kindFacts('cloudtrail', { locations: known([]) }), kindFacts('access-log', { locations: known([]) })] },
      'fail',
      'buckets',
      /cloudTrailBuckets=/,
    ],
    [
      'nobody reads alerts',
      { alerts: topicFacts('alerts', { subscriptions: known([]) }) },
      'fail',
      'alerts-subscription',
      /aws sns subscribe --region eu-west-1 --topic-arn arn:aws:sns:eu-west-1:111122223333:bucketwatch-prod-alerts/,
    ],
    [
      'the only reader never confirmed',
      { alerts: topicFacts('alerts', { subscriptions: known([mail(false)]) }) },
      'fail',
      'alerts-subscription',
      /security@example\.com/,
    ],
    [
      'one reader never confirmed',
      { alerts: topicFacts('alerts', { subscriptions: known([mail(true), mail(false, 'b@example.com')]) }) },
      'warn',
      'alerts-subscription',
      /Not confirmed: email b@example\.com\./,
    ],
    [
      'the alert function lost its subscription',
      { alarms: topicFacts('alarms', { subscriptions: known([mail(true)]) }) },
      'fail',
      'alarms-subscription',
      /npm run deploy/,
    ],
    [
      'the key of SNS',
      { alarms: topicFacts('alarms', { key: known({ ...KEY, awsManaged: true }) }) },
      'fail',
      'alarms-key',
      /"Service": "cloudwatch\.amazonaws\.com"/,
    ],
    [
      'a key without a word for CloudWatch',
      { alerts: topicFacts('alerts', { key: known(KEY) }) },
      'fail',
      'alerts-key',
      /kms:GenerateDataKey\*/,
    ],
    [
      'a key that is going away',
      { alerts: topicFacts('alerts', { key: known({ ...KEY, state: 'PendingDeletion' }) }) },
      'fail',
      'alerts-key',
      /aws kms cancel-key-deletion --region eu-west-1 --key-id 1234abcd/,
    ],
    [
      'a disabled key',
      { alerts: topicFacts('alerts', { key: known({ ...KEY, state: 'Disabled' }) }) },
      'fail',
      'alerts-key',
      /aws kms enable-key/,
    ],
    ['alerts left over', { alertDeadLetters: known(3) }, 'fail', 'alert-dead-letters', /3 alarms could not/],
    [
      'not allowed to look',
      { alertDeadLetters: unknown('sqs:GetQueueUrl: AccessDenied: no') },
      'warn',
      'alert-dead-letters',
      /Could not look: sqs:GetQueueUrl: AccessDenied: no/,
    ],
  ])('%s', (_, more, level, check, text) => {
    const wrong = checkStack(stackFacts(more)).filter((finding) => finding.level !== 'ok')
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatchObject({ level, check, subject: 'bucketwatch-prod' })
    expect(Object.values(wrong[0]!).join('\n')).toMatch(text)
  })

  it('a topic without a KMS key is fine', () => {
    const findings = checkStack(stackFacts({ alarms: topicFacts('alarms', { key: known(undefined) }) }))
    expect(findings.every(({ level }) => level === 'ok')).toBe(true)
  })
})

describe('checkKind', () => {
  it('finds nothing where nothing is wrong', () => {
    const findings = checkKind(stackFacts(), kindFacts('cloudtrail'), NOW)
    expect(findings.map(({ level, check }) => `${level} ${check}`)).toEqual([
      'ok function',
      'ok event-source',
      'ok queue-key',
      'ok dead-letters',
      'ok oldest-message',
      'ok last-receipt',
      'ok canary',
    ])
  })

  it.each<[string, Partial<KindFacts>, Level, string, RegExp]>([
    ['function', { functionState: known('Failed') }, 'fail', 'function', /Failed/],
    ['mapping gone', { mappingState: known(undefined) }, 'fail', 'event-source', /npm run deploy/],
    ['mapping off', { mappingState: known('Disabled') }, 'fail', 'event-source', /update-event-source-mapping/],
    ['mapping on its way', { mappingState: known('Enabling') }, 'warn', 'event-source', /Enabling/],
    ['queue with the key of SQS', { queueKey: known({ ...KEY, awsManaged: true }) }, 'fail', 'queue-key', /SSE-SQS/],
    ['queue with a key without S3', { queueKey: known(KEY) }, 'fail', 'queue-key', /"s3\.amazonaws\.com"/],
    [
      'dead letters',
      { deadLetters: known(17) },
      'fail',
      'dead-letters',
      /start-message-move-task --region eu-west-1 --source-arn arn:aws:sqs:eu-west-1:111122223333:bucketwatch-prod-cloudtrail-dlq/,
    ],
    ['old message', { oldestMessageSeconds: known(2 * 3600) }, 'warn', 'oldest-message', /120 min|2 h/],
    [
      'failing now',
      {
        lastReceipt: known({
          time: minutesAgo(2),
          status: 'failed',
          key: 'AWSLogs/x.json.gz',
          error: { code: 'OBJECT_ACCESS_DENIED', message: 'AccessDenied' },
        }),
      },
      'fail',
      'last-receipt',
      /OBJECT_ACCESS_DENIED[\s\S]*AWSLogs\/x\.json\.gz/,
    ],
    [
      'silent for a day',
      { lastReceipt: known({ time: minutesAgo(24 * 60), status: 'ok', key: 'x' }) },
      'warn',
      'last-receipt',
      /24 h ago/,
    ],
    ['no canary', { lastCanary: known(undefined) }, 'fail', 'canary', /No canary has arrived for a day/],
    [
      'no canary for an hour',
      { lastCanary: known({ time: minutesAgo(60), seconds: 9 }) },
      'fail',
      'canary',
      /arrived 60 min ago; one comes every 15 minutes\.[\s\S]*bucketwatch-prod-canarybucket-example/,
    ],
    ['silent for ever', { lastReceipt: known(undefined) }, 'warn', 'last-receipt', /within a week/],
    [
      'no right to look',
      { rolePolicies: unknown('x'), deadLetters: unknown('denied') },
      'warn',
      'dead-letters',
      /denied/,
    ],
  ])('%s', (_, more, level, check, text) => {
    const wrong = checkKind(stackFacts(), kindFacts('cloudtrail', more), NOW).filter(
      (finding) => finding.level !== 'ok',
    )
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatchObject({ level, check, subject: 'bucketwatch-prod-cloudtrail' })
    expect(Object.values(wrong[0]!).join('\n')).toMatch(text)
  })

  it('access logs may be silent for a day', () => {
    const lastReceipt = known({ time: minutesAgo(20 * 60), status: 'ok', key: 'x' })
    const findings = checkKind(stackFacts(), kindFacts('access-log', { lastReceipt }), NOW)
    expect(findings.every(({ level }) => level === 'ok')).toBe(true)
  })

  it('a kind without buckets has nothing to be silent about', () => {
    const kind = kindFacts('access-log', { locations: known([]), lastReceipt: known(undefined) })
    const checks = checkKind(stackFacts(), kind, NOW).map(({ check }) => check)
    expect(checks).not.toContain('last-receipt')
    expect(checks).not.toContain('canary')
  })

  it('a stack without a canary has none to miss', () => {
    const kind = kindFacts('cloudtrail', { lastCanary: known(undefined) })
    const checks = checkKind(stackFacts({ canaryBucket: undefined }), kind, NOW).map(({ check }) => check)
    expect(checks).not.toContain('canary')
  })

  it('a queue whose key lets S3 in', () => {
    const grant = statement({
      Principal: { Service: 's3.amazonaws.com' },
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    })
    const queueKey = known({ ...KEY, policy: known(policy(grant)) })
    expect(checkKind(stackFacts(), kindFacts('cloudtrail', { queueKey }), NOW)).toContainEqual(
      expect.objectContaining({ check: 'queue-key', level: 'ok' }),
    )
  })
})
