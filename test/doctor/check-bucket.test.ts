import { describe, expect, it } from 'vitest'
import { checkBucket } from '../../shared/doctor/check-bucket.ts'
import type { BucketFacts, KeyFacts, KindFacts } from '../../shared/doctor/facts.ts'
import { known, type Level, unknown } from '../../shared/doctor/finding.ts'
import { evaluatePolicy } from '../../shared/doctor/policy.ts'
import { mayBucketSend } from '../../shared/doctor/queue-policy.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'
import {
  ACCESS,
  ACCOUNT,
  ARCHIVE,
  bucketFacts,
  DELIVERY,
  kindFacts,
  minutesAgo,
  NOW,
  policy,
  queueArn,
  queuePolicy,
  REGION,
  roleArn,
  stackFacts,
  statement,
  TRAIL,
  TRAIL_KEY,
} from './support/facts.ts'

const KEY_ARN = `arn:aws:kms:${REGION}:${ARCHIVE}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const ROLE = roleArn('cloudtrail')
const grantRole = statement({
  Sid: 'AllowBucketwatch',
  Principal: { AWS: ROLE },
  Action: ['s3:GetObject', 's3:GetObjectVersion'],
  Resource: `arn:aws:s3:::${TRAIL}/AWSLogs/*`,
})

function key(more: Partial<KeyFacts> = {}): KeyFacts {
  const grant = statement({
    Principal: { AWS: ROLE },
    Action: 'kms:Decrypt',
    Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
  })
  return { arn: KEY_ARN, state: 'Enabled', awsManaged: false, policy: known(policy(grant)), ...more }
}
const lastObject = (encryptionKey: KeyFacts) =>
  known({ key: TRAIL_KEY, time: minutesAgo(5), encryptionKey: known(encryptionKey) })
/** A role that may decrypt, too. */
const withKey: Partial<KindFacts> = {
  rolePolicies: known([
    ...(kindFacts('cloudtrail').rolePolicies as { value: readonly unknown[] }).value,
    policy(
      statement({
        Action: 'kms:Decrypt',
        Resource: [KEY_ARN],
        Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
      }),
    ),
  ]),
}
const foreign = {
  owner: known(ARCHIVE),
  policy: known(policy(...DELIVERY.cloudtrail, grantRole)),
} as const
/** What the queue's policy says with sourceAccounts=444455556666. */
const forArchive: Partial<KindFacts> = {
  queue: known({
    policy: queuePolicy('cloudtrail', {
      ArnEquals: { 'aws:SourceArn': `arn:aws:s3:::${TRAIL}` },
      StringEquals: { 'aws:SourceAccount': [ARCHIVE] },
    }),
    kmsKeyId: undefined,
    waiting: 0,
  }),
}
const queueWith = (text: string): Partial<KindFacts> => ({
  queue: known({ policy: text, kmsKeyId: undefined, waiting: 0 }),
})
const toQueue = (more: object) => known({ QueueConfigurations: [{ Id: 'x', Events: ['s3:ObjectCreated:*'], ...more }] })

function check(kind: LogKind, bucket: Partial<BucketFacts>, more: Partial<KindFacts> = {}) {
  const facts = kindFacts(kind, more)
  return checkBucket(stackFacts(), facts, bucketFacts(kind, bucket), NOW)
}
const wrongOf = (findings: ReturnType<typeof check>) => findings.filter(({ level }) => level !== 'ok')

describe('checkBucket', () => {
  it.each<[string, LogKind, Partial<BucketFacts>, Partial<KindFacts>]>([
    ['CloudTrail', 'cloudtrail', {}, {}],
    ['access logs', 'access-log', {}, {}],
    ['of another account, let in', 'cloudtrail', foreign, forArchive],
    [
      'encrypted, and all may decrypt',
      'cloudtrail',
      { ...foreign, lastObject: lastObject(key()) },
      { ...forArchive, ...withKey },
    ],
    [
      "encrypted with a key of our own account's, which lets IAM decide",
      'cloudtrail',
      {
        lastObject: lastObject(
          key({
            arn: KEY_ARN.replace(ARCHIVE, ACCOUNT),
            policy: known(policy(statement({ Principal: { AWS: ROLE }, Action: 'kms:Decrypt' }))),
          }),
        ),
      },
      {},
    ],
    [
      'encrypted with the key of S3 itself',
      'cloudtrail',
      { lastObject: lastObject(key({ arn: KEY_ARN.replace(ARCHIVE, ACCOUNT), awsManaged: true })) },
      {},
    ],
    [
      'SSE-KMS is no harm to trails',
      'cloudtrail',
      { encryption: known({ algorithm: 'aws:kms', key: known(undefined) }) },
      {},
    ],
    [
      'access logs let in by ACL, where ACLs are on',
      'access-log',
      { policy: known(undefined), logDeliveryByAcl: known(true), ownership: known('BucketOwnerPreferred') },
      {},
    ],
    [
      'over a topic',
      'cloudtrail',
      {
        notification: known({
          TopicConfigurations: [
            { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:objects', Events: ['s3:ObjectCreated:Put'] },
          ],
        }),
      },
      queueWith(
        queuePolicy(
          'cloudtrail',
          { ArnEquals: { 'aws:SourceArn': ['arn:aws:sns:eu-west-1:111122223333:objects'] } },
          'sns.amazonaws.com',
        ),
      ),
    ],
    [
      'over EventBridge',
      'cloudtrail',
      { notification: known({ EventBridgeConfiguration: {} }) },
      queueWith(queuePolicy('cloudtrail', { ArnEquals: { 'aws:SourceArn': 'x' } }, 'events.amazonaws.com')),
    ],
    [
      'it logs elsewhere',
      'cloudtrail',
      { logging: known({ bucket: ACCESS, prefix: '' }), loggingOfTargets: new Map([[ACCESS, undefined]]) },
      {},
    ],
    [
      'it leads into a loop of others',
      'cloudtrail',
      {
        logging: known({ bucket: 'a', prefix: '' }),
        loggingOfTargets: new Map([
          ['a', { bucket: 'b', prefix: '' }],
          ['b', { bucket: 'a', prefix: '' }],
        ]),
      },
      {},
    ],
    [
      'a delay of a few minutes between object and receipt',
      'cloudtrail',
      { lastReceipt: known({ time: minutesAgo(9), status: 'ok', key: 'x' }) },
      {},
    ],
    [
      'a deny for others than services',
      'cloudtrail',
      {
        policy: known(
          policy(
            ...DELIVERY.cloudtrail,
            statement({
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:PutObject',
              Condition: { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } },
            }),
          ),
        ),
      },
      {},
    ],
  ])('nothing is wrong: %s', (_, kind, bucket, more) => {
    expect(wrongOf(check(kind, bucket, more))).toEqual([])
  })

  it.each<[string, LogKind, Partial<BucketFacts>, Partial<KindFacts>, Level, string, RegExp]>([
    // Delivery
    [
      'no policy at all: no delivery',
      'cloudtrail',
      { policy: known(undefined), lastObject: known(undefined) },
      {},
      'fail',
      'delivery-policy',
      /"s3:GetBucketAcl"[\s\S]*"arn:aws:s3:::amzn-s3-demo-trail\/AWSLogs\/111122223333\/\*"/,
    ],
    [
      'no policy for log delivery',
      'access-log',
      { policy: known(policy(...DELIVERY.cloudtrail)), lastObject: known(undefined) },
      {},
      'fail',
      'delivery-policy',
      /"logging\.s3\.amazonaws\.com"[\s\S]*"arn:aws:s3:::amzn-s3-demo-access\/logs\/\*"/,
    ],
    [
      'no policy, and logs arrive all the same',
      'cloudtrail',
      { policy: known(undefined) },
      {},
      'warn',
      'delivery-policy',
      /replicates/,
    ],
    [
      'delivery allowed elsewhere in the bucket',
      'access-log',
      { policy: known(policy(...DELIVERY['access-log']).replace('/logs*', '/other/*')) },
      {},
      'warn',
      'delivery-policy',
      /but not logs\/2026-03-17/,
    ],
    [
      'delivery forbidden',
      'cloudtrail',
      {
        policy: known(
          policy(...DELIVERY.cloudtrail, statement({ Sid: 'Lock', Effect: 'Deny', Principal: '*', Action: 's3:Put*' })),
        ),
      },
      {},
      'fail',
      'delivery-policy',
      /\(Lock\) forbids cloudtrail\.amazonaws\.com/,
    ],
    [
      'delivery perhaps forbidden',
      'cloudtrail',
      {
        policy: known(
          policy(
            ...DELIVERY.cloudtrail,
            statement({
              Sid: 'Encrypted',
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:PutObject',
              Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
            }),
          ),
        ),
      },
      {},
      'warn',
      'delivery-policy',
      /unless Encrypted/,
    ],
    [
      'only the ACL lets logs in, and ACLs are off',
      'access-log',
      { policy: known(undefined), logDeliveryByAcl: known(true) },
      {},
      'fail',
      'delivery-policy',
      /BucketOwnerEnforced/,
    ],
    // Silent loss of access logs
    [
      'SSE-KMS',
      'access-log',
      { encryption: known({ algorithm: 'aws:kms', key: known(undefined) }) },
      {},
      'fail',
      'target-encryption',
      /put-bucket-encryption .*"SSEAlgorithm":"AES256"/,
    ],
    [
      'SSE-KMS, twice',
      'access-log',
      { encryption: known({ algorithm: 'aws:kms:dsse', key: known(undefined) }) },
      {},
      'fail',
      'target-encryption',
      /aws:kms:dsse/,
    ],
    [
      'Object Lock',
      'access-log',
      { defaultRetention: known(true) },
      {},
      'fail',
      'target-object-lock',
      /put-object-lock/,
    ],
    [
      'Requester Pays',
      'access-log',
      { requesterPays: known(true) },
      {},
      'fail',
      'target-requester-pays',
      /BucketOwner/,
    ],
    // Connection
    [
      'not connected',
      'cloudtrail',
      { notification: known({}) },
      {},
      'fail',
      'notification',
      /bucketwatch connect amzn-s3-demo-trail --stage prod --region eu-west-1 --kind cloudtrail$/m,
    ],
    [
      'connected to the queue of another stage',
      'cloudtrail',
      { notification: toQueue({ QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:bucketwatch-dev-cloudtrail' }) },
      {},
      'fail',
      'notification',
      /does not tell the stack/,
    ],
    [
      'tells of deletions only',
      'cloudtrail',
      { notification: toQueue({ QueueArn: queueArn('cloudtrail'), Events: ['s3:ObjectRemoved:*'] }) },
      {},
      'fail',
      'notification',
      /does not tell the stack/,
    ],
    [
      'EventBridge on the bucket, but the stack has no rule',
      'cloudtrail',
      { notification: known({ EventBridgeConfiguration: {} }) },
      {},
      'fail',
      'notification',
      /bucketwatch connect/,
    ],
    [
      'the stack listens to EventBridge, the bucket is silent',
      'cloudtrail',
      { notification: known({}) },
      queueWith(queuePolicy('cloudtrail', {}, 'events.amazonaws.com')),
      'fail',
      'notification',
      /--feed eventbridge/,
    ],
    [
      'a topic that does not lead to the queue',
      'cloudtrail',
      {
        notification: known({
          TopicConfigurations: [
            { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:others', Events: ['s3:ObjectCreated:*'] },
          ],
        }),
      },
      {},
      'fail',
      'notification',
      /does not tell the stack/,
    ],
    [
      'the filter leaves the logs out',
      'cloudtrail',
      {
        notification: toQueue({
          QueueArn: queueArn('cloudtrail'),
          Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'org/AWSLogs/' }] } },
        }),
      },
      {},
      'fail',
      'notification',
      /leaves out AWSLogs\/[\s\S]*--prefix "AWSLogs\/"/,
    ],
    ['another Region', 'cloudtrail', { region: known('us-east-1') }, {}, 'fail', 'region', /in us-east-1, the queue/],
    [
      'two ways',
      'cloudtrail',
      {
        notification: known({
          QueueConfigurations: [{ QueueArn: queueArn('cloudtrail'), Events: ['s3:ObjectCreated:*'] }],
          EventBridgeConfiguration: {},
        }),
      },
      queueWith(
        JSON.stringify({
          Statement: [
            ...JSON.parse(queuePolicy('cloudtrail')).Statement,
            ...JSON.parse(queuePolicy('cloudtrail', {}, 'events.amazonaws.com')).Statement,
          ],
        }),
      ),
      'warn',
      'feeds',
      /directly and over EventBridge/,
    ],
    // Queue policy
    [
      'the queue expects another bucket',
      'cloudtrail',
      {},
      queueWith(queuePolicy('cloudtrail').replaceAll(TRAIL, 'amzn-s3-demo-other')),
      'fail',
      'queue-policy',
      /"aws:SourceArn": "arn:aws:s3:::amzn-s3-demo-trail"/,
    ],
    [
      'the queue expects another account',
      'cloudtrail',
      foreign,
      {},
      'fail',
      'queue-policy',
      /444455556666 in sourceAccounts[\s\S]*"aws:SourceAccount": "444455556666"/,
    ],
    [
      'the queue lets everybody in',
      'cloudtrail',
      {},
      queueWith(queuePolicy('cloudtrail', {})),
      'warn',
      'queue-policy',
      /any bucket of any account/,
    ],
    [
      'the queue does not ask who owns the bucket',
      'cloudtrail',
      {},
      queueWith(queuePolicy('cloudtrail', { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${TRAIL}` } })),
      'warn',
      'queue-policy',
      /whoever owns it/,
    ],
    [
      'the queue has no policy',
      'cloudtrail',
      {},
      { queue: known({ policy: undefined, kmsKeyId: undefined, waiting: 0 }) },
      'fail',
      'queue-policy',
      /does not let the bucket send/,
    ],
    // EventBridge from elsewhere
    [
      'EventBridge in another Region',
      'cloudtrail',
      { region: known('us-east-1'), notification: known({ EventBridgeConfiguration: {} }) },
      queueWith(queuePolicy('cloudtrail', {}, 'events.amazonaws.com')),
      'warn',
      'event-forwarding',
      /us-east-1 needs a rule[\s\S]*arn:aws:events:eu-west-1:111122223333:event-bus\/default/,
    ],
    // Reading
    [
      'the stack was not deployed for it',
      'cloudtrail',
      {
        bucket: 'amzn-s3-demo-new',
        lastObject: known(undefined),
        policy: known(policy(...DELIVERY.cloudtrail).replaceAll(TRAIL, 'amzn-s3-demo-new')),
      },
      queueWith(queuePolicy('cloudtrail').replaceAll(TRAIL, 'amzn-s3-demo-new')),
      'fail',
      'role',
      /--param="cloudTrailBuckets=amzn-s3-demo-trail,amzn-s3-demo-new"/,
    ],
    [
      'the role may write',
      'cloudtrail',
      {},
      { rolePolicies: known([policy(statement({ Action: 's3:*' }))]) },
      'fail',
      'role',
      /loop without end/,
    ],
    [
      'another account does not let it read',
      'cloudtrail',
      { ...foreign, policy: known(policy(...DELIVERY.cloudtrail)) },
      forArchive,
      'fail',
      'bucket-policy',
      /"AWS": "arn:aws:iam::111122223333:role\/bucketwatch-prod-CloudTrailRole-EXAMPLE"[\s\S]*amzn-s3-demo-trail\/\*"/,
    ],
    [
      'another account lets a former role read',
      'cloudtrail',
      {
        ...foreign,
        policy: known(policy(...DELIVERY.cloudtrail, { ...grantRole, Principal: { AWS: 'AROAIOSFODNN7EXAMPLE' } })),
      },
      forArchive,
      'fail',
      'bucket-policy',
      /AROA/,
    ],
    [
      'a deny for all from outside a VPC endpoint',
      'cloudtrail',
      {
        policy: known(
          policy(
            ...DELIVERY.cloudtrail,
            statement({
              Sid: 'OnlyVpc',
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:GetObject',
              Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } },
            }),
          ),
        ),
      },
      {},
      'fail',
      'bucket-policy',
      /\(OnlyVpc\) forbids/,
    ],
    [
      'a deny that depends on the address',
      'cloudtrail',
      {
        policy: known(
          policy(
            ...DELIVERY.cloudtrail,
            statement({
              Effect: 'Deny',
              Principal: { AWS: '*' },
              Action: 's3:GetObject',
              Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
            }),
          ),
        ),
      },
      {},
      'warn',
      'bucket-policy',
      /statement 3/,
    ],
    [
      'Requester Pays, in another account',
      'cloudtrail',
      { ...foreign, requesterPays: known(true) },
      forArchive,
      'fail',
      'bucket-policy',
      /Requester Pays/,
    ],
    // Keys
    [
      'the key does not know the role',
      'cloudtrail',
      {
        ...foreign,
        lastObject: lastObject(
          key({ policy: known(policy(statement({ Principal: { AWS: ARCHIVE }, Action: 'kms:*' }))) }),
        ),
      },
      { ...forArchive, ...withKey },
      'fail',
      'key-policy',
      /"Action": "kms:Decrypt"/,
    ],
    [
      'the role does not know the key',
      'cloudtrail',
      { ...foreign, lastObject: lastObject(key()) },
      forArchive,
      'fail',
      'role-key',
      /cloudTrailKmsKeyArns=arn:aws:kms:eu-west-1:444455556666:key/,
    ],
    [
      'the key is disabled',
      'cloudtrail',
      { ...foreign, lastObject: lastObject(key({ state: 'Disabled' })) },
      { ...forArchive, ...withKey },
      'fail',
      'key-policy',
      /enable-key/,
    ],
    [
      'the key of S3, in another account',
      'cloudtrail',
      { ...foreign, lastObject: lastObject(key({ awsManaged: true })) },
      forArchive,
      'fail',
      'key-policy',
      /No other account/,
    ],
    [
      'the key cannot be looked at',
      'cloudtrail',
      {
        lastObject: known({
          key: TRAIL_KEY,
          time: minutesAgo(5),
          encryptionKey: unknown('kms:DescribeKey: AccessDenied'),
        }),
      },
      {},
      'warn',
      'key-policy',
      /"kms:Decrypt"/,
    ],
    [
      'no object yet: the key of new ones counts',
      'cloudtrail',
      {
        ...foreign,
        lastObject: unknown('s3:ListBucket: denied'),
        encryption: known({ algorithm: 'aws:kms', key: known(key({ state: 'PendingDeletion' })) }),
      },
      { ...forArchive, ...withKey },
      'fail',
      'key-policy',
      /cancel-key-deletion/,
    ],
    // Loops
    [
      'it logs to itself',
      'access-log',
      { logging: known({ bucket: ACCESS, prefix: 'logs/' }) },
      {},
      'fail',
      'logging-loop',
      /amzn-s3-demo-access → amzn-s3-demo-access[\s\S]*put-bucket-logging/,
    ],
    [
      'three in a circle',
      'cloudtrail',
      {
        logging: known({ bucket: 'a', prefix: '' }),
        loggingOfTargets: new Map([
          ['a', { bucket: 'b', prefix: '' }],
          ['b', { bucket: TRAIL, prefix: '' }],
        ]),
      },
      {},
      'fail',
      'logging-loop',
      /amzn-s3-demo-trail → a → b → amzn-s3-demo-trail/,
    ],
    // Arrival
    [
      'a trail that stopped',
      'cloudtrail',
      { lastObject: known(undefined) },
      {},
      'warn',
      'last-object',
      /get-trail-status/,
    ],
    [
      'logging that stopped',
      'access-log',
      { lastObject: known(undefined) },
      {},
      'warn',
      'last-object',
      /get-bucket-logging/,
    ],
    [
      'logs come, and are not read',
      'cloudtrail',
      {
        lastObject: known({ key: TRAIL_KEY, time: minutesAgo(40), encryptionKey: known(undefined) }),
        lastReceipt: known({ time: minutesAgo(90), status: 'ok', key: 'x' }),
      },
      {},
      'fail',
      'last-receipt',
      /was not read: AWSLogs/,
    ],
    [
      'objects fail',
      'cloudtrail',
      {
        lastReceipt: known({
          time: minutesAgo(1),
          status: 'failed',
          key: 'x',
          error: { code: 'OBJECT_ACCESS_DENIED', message: 'AccessDenied' },
        }),
      },
      {},
      'fail',
      'last-receipt',
      /OBJECT_ACCESS_DENIED/,
    ],
    ['never read, new', 'cloudtrail', { lastReceipt: known(undefined) }, {}, 'warn', 'last-receipt', /within a week/],
    [
      'nobody knows whose it is',
      'cloudtrail',
      { owner: unknown('none of the accounts'), policy: foreign.policy },
      {},
      'warn',
      'owner',
      /none of the accounts/,
    ],
    [
      'not allowed to look',
      'cloudtrail',
      { logging: unknown('s3:GetBucketLogging: AccessDenied') },
      {},
      'warn',
      'logging-loop',
      /Could not look/,
    ],
  ])('%s', (_, kind, bucket, more, level, checkName, text) => {
    const wrong = wrongOf(check(kind, bucket, more)).filter(
      // A bucket that nobody delivers to is odd in more than one way.
      ({ check: name }) => name === checkName || name !== 'last-object',
    )
    expect(wrong.map(({ level: l, check: c }) => `${l} ${c}`)).toEqual([`${level} ${checkName}`])
    expect(Object.values(wrong[0]!).join('\n')).toMatch(text)
  })
})

describe('what it says to add', () => {
  const fixOf = (findings: ReturnType<typeof check>, name: string) => {
    const fix = findings.find(({ check: c }) => c === name)?.fix ?? ''
    return JSON.parse(fix.slice(fix.search(/[[{]\n/)))
  }

  it('lets CloudTrail deliver', () => {
    const added = fixOf(check('cloudtrail', { policy: known(undefined) }), 'delivery-policy')
    expect(wrongOf(check('cloudtrail', { policy: known(policy(...added)) }))).toEqual([])
  })

  it('lets S3 deliver access logs', () => {
    const added = fixOf(check('access-log', { policy: known(undefined) }), 'delivery-policy')
    expect(wrongOf(check('access-log', { policy: known(policy(added)) }))).toEqual([])
  })

  it('lets the bucket send, that one only', () => {
    const added = fixOf(check('cloudtrail', foreign, queueWith(policy())), 'queue-policy')
    expect(wrongOf(check('cloudtrail', foreign, queueWith(policy(added))))).toEqual([])
    expect(mayBucketSend(policy(added), queueArn('cloudtrail'), 'arn:aws:s3:::other', ARCHIVE).allow).toBe('no')
    expect(mayBucketSend(policy(added), queueArn('cloudtrail'), `arn:aws:s3:::${TRAIL}`, ACCOUNT).allow).toBe('no')
  })

  it('lets the role read', () => {
    const before = { ...foreign, policy: known(policy(...DELIVERY.cloudtrail)) }
    const added = fixOf(check('cloudtrail', before, forArchive), 'bucket-policy')
    const after = { ...foreign, policy: known(policy(...DELIVERY.cloudtrail, added)) }
    expect(wrongOf(check('cloudtrail', after, forArchive))).toEqual([])
  })

  it('lets the role decrypt, through S3 only', () => {
    const before = { ...foreign, lastObject: lastObject(key({ policy: known(policy()) })) }
    const added = fixOf(check('cloudtrail', before, { ...forArchive, ...withKey }), 'key-policy')
    const after = { ...foreign, lastObject: lastObject(key({ policy: known(policy(added)) })) }
    expect(wrongOf(check('cloudtrail', after, { ...forArchive, ...withKey }))).toEqual([])
    const request = {
      requester: { roleArn: ROLE, accountId: ACCOUNT },
      action: 'kms:Decrypt',
      resource: KEY_ARN,
      context: { 'kms:viaservice': null },
    }
    expect(evaluatePolicy(policy(added), request).allow).toBe('no')
  })
})
