/** Checks of one bucket that holds logs, against the stack that reads them: pure, over facts that were fetched. */
import { destinationOf, entriesOf, filterOf, type LocatedEntry } from '../connect/configuration.ts'
import { eventTypesIntersect } from '../connect/overlap.ts'
import { checkDestination, describeEntry, OBJECT_CREATED } from '../connect/plan.ts'
import { listOf } from '../derive/json.ts'
import { camelName, KINDS } from '../kinds/kinds.ts'
import { failedReceipt, minutes } from './check-stack.ts'
import { DELIVERY } from './delivery.ts'
import type { BucketFacts, KeyFacts, KindFacts, LoggingTarget, StackFacts } from './facts.ts'
import { createReport, type Fact, type Finding, type Report, withFact } from './finding.ts'
import { checkKeyState } from './key.ts'
import { type AccessRequest, evaluatePolicy, mentions, principalsOf, type Requester, statementsOf } from './policy.ts'
import { mayBucketSend, serviceContext } from './queue-policy.ts'
import { allowBucketToSend, allowRoleToDecrypt, allowRoleToRead, asJson, bucketArn, partitionOf } from './statements.ts'

/** An object is read within minutes of its delivery; what is older and has no receipt was missed. */
const READ_WITHIN_MS = 15 * 60_000

interface Case {
  readonly stack: StackFacts
  readonly kind: KindFacts
  readonly bucket: BucketFacts
  readonly now: number
  readonly report: Report
  readonly partition: string
  /** The account that owns the bucket; undefined: not known. */
  readonly owner: string | undefined
  /** A key as the logs have them: the last one delivered, or one made up. */
  readonly sampleKey: string
  readonly role: Requester
}

/**
 * Checks a bucket from delivery (is it let in, is it encrypted so that it can be read) over notification (region,
 * filters, queue policy) to reading (bucket policy, key policy, role), and for loops.
 *
 * @example
 * checkBucket(stack, kind, bucket, Date.now()).map(({ level, check }) => `${level} ${check}`)
 */
export function checkBucket(stack: StackFacts, kind: KindFacts, bucket: BucketFacts, now: number): Finding[] {
  const owner = bucket.owner.known ? bucket.owner.value : undefined
  const case_: Case = {
    stack,
    kind,
    bucket,
    now,
    report: createReport(`${bucket.bucket}${bucket.prefix === '' ? '' : `/${bucket.prefix}`}`),
    partition: partitionOf(kind.queueArn),
    owner,
    sampleKey: sampleKey(bucket, owner),
    role: { roleArn: kind.roleArn, accountId: stack.accountId },
  }
  return [
    ...(bucket.owner.known ? [] : [case_.report('warn', 'owner', `Not known who owns it: ${bucket.owner.reason}.`)]),
    ...checkDelivery(case_),
    ...(DELIVERY[bucket.kind].byLogDeliveryGroup ? checkSilentLoss(case_) : []),
    ...checkConnection(case_),
    ...checkRole(case_),
    ...checkReadAccess(case_),
    ...checkKeys(case_),
    ...checkLoop(case_),
    ...checkArrival(case_),
  ]
}

function sampleKey({ kind, prefix, lastObject }: BucketFacts, owner = '111122223333'): string {
  if (lastObject.known && lastObject.value !== undefined) return lastObject.value.key
  return DELIVERY[kind].sampleKey(prefix, owner)
}

const hasLastObject = ({ lastObject }: BucketFacts): boolean => lastObject.known && lastObject.value !== undefined

/** What a call of the function carries: over TLS, from no VPC. */
const roleContext = ({ kind, stack }: Case): AccessRequest['context'] => ({
  'aws:securetransport': 'true',
  'aws:principalisawsservice': 'false',
  'aws:viaawsservice': 'false',
  'aws:principalarn': kind.roleArn,
  'aws:principalaccount': stack.accountId,
  'aws:sourcevpce': null,
  'aws:sourcevpc': null,
  'aws:sourcearn': null,
  'aws:sourceaccount': null,
})

function checkDelivery(c: Case): readonly Finding[] {
  const { bucket, report, partition, owner } = c
  const service = KINDS[bucket.kind].deliveredBy
  const delivery = DELIVERY[bucket.kind]
  const account = owner ?? '111122223333'
  const fix = addToBucketPolicy(bucket.bucket, delivery.allow(partition, bucket.bucket, bucket.prefix, account))
  return withFact(report, 'delivery-policy', bucket.policy, (policy) => {
    const request = {
      requester: { service },
      action: 's3:PutObject',
      resource: bucketArn(partition, bucket.bucket, c.sampleKey),
      context: { ...serviceContext(service), ...delivery.context },
    }
    const { allow, deny, deniedBy } = evaluatePolicy(policy, request)
    if (deny === 'yes') {
      return report('fail', 'delivery-policy', `The bucket policy (${deniedBy}) forbids ${service} to deliver.`, {
        why: 'Logs are lost, and nothing says so.',
        fix: `Except the service from ${deniedBy}: "Condition": { "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } }`,
      })
    }
    if (allow !== 'no') {
      return report(
        deny === 'maybe' ? 'warn' : 'ok',
        'delivery-policy',
        deny === 'maybe'
          ? `${service} may deliver, unless ${deniedBy} of the bucket policy forbids it (its condition cannot be judged from here).`
          : `${service} may deliver.`,
      )
    }
    const elsewhere = statementsOf(policy).filter((statement) => mentions(statement, { service }, 's3:PutObject'))
    if (elsewhere.length > 0) {
      // Whose trail it is nobody knows before it has delivered, so a key that is made up proves nothing.
      if (delivery.keyNamesOwner && !hasLastObject(bucket)) {
        const places = elsewhere.flatMap(({ Resource }) => listOf(Resource)).join(', ')
        return report('ok', 'delivery-policy', `${service} may deliver to ${places}.`)
      }
      return report('warn', 'delivery-policy', `${service} may deliver, but not ${c.sampleKey}.`, {
        why: 'That is right where the logs of another account or trail are delivered here; else they are lost.',
        fix,
      })
    }
    if (delivery.byLogDeliveryGroup && bucket.logDeliveryByAcl.known && bucket.logDeliveryByAcl.value) {
      const enforced = bucket.ownership.known && bucket.ownership.value === 'BucketOwnerEnforced'
      return report(
        enforced ? 'fail' : 'ok',
        'delivery-policy',
        enforced
          ? 'Only the ACL lets log delivery in, and ACLs are off (BucketOwnerEnforced).'
          : "S3's log delivery group may deliver (by ACL).",
        enforced ? { why: 'Access logs are lost, and nothing says so.', fix } : {},
      )
    }
    const arrives = hasLastObject(bucket)
    return report(arrives ? 'warn' : 'fail', 'delivery-policy', `The bucket policy does not let ${service} deliver.`, {
      why: arrives
        ? 'Logs arrive all the same: that is right where something else copies or replicates them here.'
        : 'No logs arrive, and nothing says so.',
      fix,
    })
  })
}

const addToBucketPolicy = (bucket: string, statement: string): string => `Add to the policy of ${bucket}:\n${statement}`

/**
 * What makes server access logs vanish without an error.
 *
 * Source: Amazon S3 User Guide, "Enabling Amazon S3 server access logging": SSE-S3 only, no Object Lock default
 * retention period, no Requester Pays.
 */
function checkSilentLoss({ bucket, report }: Case): Finding[] {
  const why = 'S3 does not deliver access logs to such a bucket, and nothing says so.'
  return [
    ...withFact(report, 'target-encryption', bucket.encryption, ({ algorithm }) =>
      algorithm.startsWith('aws:kms')
        ? report('fail', 'target-encryption', `The bucket's default encryption is ${algorithm}.`, {
            why,
            fix: `aws s3api put-bucket-encryption --bucket ${bucket.bucket} --server-side-encryption-configuration '${JSON.stringify({ Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] })}'`,
          })
        : report('ok', 'target-encryption', "The bucket's default encryption is SSE-S3."),
    ),
    ...withFact(report, 'target-object-lock', bucket.defaultRetention, (on) =>
      on
        ? report('fail', 'target-object-lock', 'The bucket has an Object Lock default retention.', {
            why,
            fix: `aws s3api put-object-lock-configuration --bucket ${bucket.bucket} --object-lock-configuration '${JSON.stringify({ ObjectLockEnabled: 'Enabled' })}'`,
          })
        : report('ok', 'target-object-lock', 'The bucket has no Object Lock default retention.'),
    ),
    ...withFact(report, 'target-requester-pays', bucket.requesterPays, (on) =>
      on
        ? report('fail', 'target-requester-pays', 'The bucket is a Requester Pays bucket.', {
            why,
            fix: `aws s3api put-bucket-request-payment --bucket ${bucket.bucket} --request-payment-configuration Payer=BucketOwner`,
          })
        : report('ok', 'target-requester-pays', 'The bucket owner pays.'),
    ),
  ]
}

/** How the bucket's notifications reach the queue: directly, over topics, over EventBridge. */
function checkConnection(c: Case): readonly Finding[] {
  const { bucket, kind, report, stack } = c
  return withFact(report, 'notification', bucket.notification, (configuration) => {
    const queuePolicy = kind.queue.known ? kind.queue.value.policy : undefined
    const created = entriesOf(configuration).filter(({ entry }) =>
      (entry.Events ?? []).some((event) => eventTypesIntersect(event, OBJECT_CREATED)),
    )
    const direct = created.filter((located) => destinationOf(located) === kind.queueArn)
    const viaTopic = created.filter(
      (located) => located.section === 'TopicConfigurations' && topicMaySend(c, queuePolicy, destinationOf(located)),
    )
    const ruleSends = statementsOf(queuePolicy).some((statement) =>
      mentions(statement, { service: 'events.amazonaws.com' }, 'sqs:SendMessage'),
    )
    const viaEventBridge = configuration.EventBridgeConfiguration !== undefined && ruleSends
    const feeds = [
      ...(direct.length > 0 ? ['directly'] : []),
      ...(viaTopic.length > 0 ? ['over a topic'] : []),
      ...(viaEventBridge ? ['over EventBridge'] : []),
    ]
    // Without --prefix: connect takes all the prefixes of the bucket that the stack knows.
    const connect = `bucketwatch connect ${bucket.bucket} --stage ${stack.stage} --region ${stack.region} --kind ${kind.kind}`
    if (feeds.length === 0) {
      return [
        report('fail', 'notification', 'The bucket does not tell the stack of its objects.', {
          why: 'Logs arrive in the bucket, and nobody reads them.',
          fix: ruleSends ? `${connect} --feed eventbridge` : connect,
        }),
      ]
    }
    return [
      ...checkDuplicates(report, feeds),
      ...checkCoverage(c, [...direct, ...viaTopic], viaEventBridge, connect),
      ...(direct.length > 0 ? [...checkRegion(c), ...checkQueuePolicy(c)] : []),
      ...(viaEventBridge ? checkForwarding(c) : []),
    ]
  })
}

function topicMaySend({ kind, stack }: Case, policy: string | undefined, topicArn: string): boolean {
  const { allow, deny } = evaluatePolicy(policy, {
    requester: { service: 'sns.amazonaws.com' },
    action: 'sqs:SendMessage',
    resource: kind.queueArn,
    context: {
      ...serviceContext('sns.amazonaws.com'),
      'aws:sourcearn': topicArn,
      'aws:sourceaccount': topicArn.split(':')[4] ?? stack.accountId,
    },
  })
  return allow === 'yes' && deny === 'no'
}

function checkDuplicates(report: Report, feeds: readonly string[]): Finding[] {
  if (feeds.length === 1) return []
  return [
    report('warn', 'feeds', `Notifications come ${feeds.join(' and ')}.`, {
      why: 'Each object is read once for each way, which costs twice; its records may be delivered twice.',
      fix: 'Keep one: bucketwatch disconnect takes the direct one away.',
    }),
  ]
}

function checkCoverage(c: Case, entries: readonly LocatedEntry[], viaEventBridge: boolean, connect: string): Finding[] {
  const { bucket, report } = c
  const key = c.sampleKey
  const covers = entries.some(({ entry }) => {
    const { prefix, suffix } = filterOf(entry)
    return key.startsWith(prefix) && key.endsWith(suffix)
  })
  const told = viaEventBridge
    ? 'The bucket tells EventBridge of its objects.'
    : `Notifications go to ${entries.map(describeEntry).join('; ')}.`
  // A made-up key proves nothing about a suffix.
  if (covers || viaEventBridge || !hasLastObject(bucket)) {
    return [report('ok', 'notification', told)]
  }
  return [
    report('fail', 'notification', `${told} That leaves out ${key}, the last log object.`, {
      why: 'Nobody reads it.',
      fix: `${connect} --prefix ${JSON.stringify(DELIVERY[bucket.kind].connectPrefix(key, bucket.prefix))}`,
    }),
  ]
}

function checkRegion({ bucket, kind, report }: Case): readonly Finding[] {
  return withFact(report, 'region', bucket.region, (region) => {
    const obstacles = checkDestination(kind.queueArn, region)
    if (obstacles.length === 0) return report('ok', 'region', `Bucket and queue are in ${region}.`)
    return obstacles.map(({ what, fix }) => report('fail', 'region', what, { fix }))
  })
}

function checkQueuePolicy(c: Case): readonly Finding[] {
  const { bucket, kind, report, partition, owner, stack } = c
  const sourceArn = bucketArn(partition, bucket.bucket)
  const ask = (policy: string | undefined, source: string, account: string | undefined) =>
    mayBucketSend(policy, kind.queueArn, source, account)
  return withFact(report, 'queue-policy', kind.queue, ({ policy }) => {
    const { allow, deny, deniedBy } = ask(policy, sourceArn, owner)
    const fix = `Deploy with the bucket in ${camelName(kind.kind)}Buckets${owner === undefined || owner === stack.accountId ? '' : ` and ${owner} in sourceAccounts`}, which adds to the policy of ${kind.queueArn}:\n${allowBucketToSend(kind.queueArn, bucket.bucket, owner ?? stack.accountId)}`
    if (deny === 'yes') {
      return report('fail', 'queue-policy', `The queue's policy (${deniedBy}) forbids the bucket to send.`, {
        why: 'Notifications are lost.',
      })
    }
    if (allow === 'no') {
      return report('fail', 'queue-policy', "The queue's policy does not let the bucket send.", {
        why: 'S3 drops the notifications; those of objects that were delivered meanwhile never come.',
        fix,
      })
    }
    // Somebody else's bucket, in somebody else's account: whoever gets in with that, anybody does.
    if (ask(policy, bucketArn(partition, 'amzn-s3-demo-bucket-of-nobody'), '000000000000').allow === 'yes') {
      return report('warn', 'queue-policy', "The queue's policy lets any bucket of any account send.", {
        why: 'Anybody could have the function read objects, as far as its role reaches, and fill the queue.',
        fix,
      })
    }
    if (ask(policy, sourceArn, '000000000000').allow === 'yes') {
      return report('warn', 'queue-policy', "The queue's policy lets the bucket send, whoever owns it.", {
        why: 'Once the bucket is deleted, anybody can take its name and feed the queue.',
        fix,
      })
    }
    return report(
      'ok',
      'queue-policy',
      allow === 'yes'
        ? 'The queue lets the bucket send.'
        : "The queue lets the bucket send, if its owner's account is right.",
    )
  })
}

function checkForwarding({ bucket, stack, report, owner }: Case): Finding[] {
  const foreign = owner !== undefined && owner !== stack.accountId
  const elsewhere = bucket.region.known && bucket.region.value !== stack.region
  if (!foreign && !elsewhere) return []
  const where = [
    ...(foreign ? [`account ${owner}`] : []),
    ...(elsewhere && bucket.region.known ? [bucket.region.value] : []),
  ]
  return [
    report('warn', 'event-forwarding', `EventBridge in ${where.join(', ')} needs a rule that forwards to the stack.`, {
      why: 'Whether it is there cannot be seen from here; a recent receipt proves it.',
      fix: `A rule there, with the event pattern\n${asJson({
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [bucket.bucket] } },
      })}\nand the target arn:${partitionOf(stack.alarms.arn)}:events:${stack.region}:${stack.accountId}:event-bus/default`,
    }),
  ]
}

function checkRole(c: Case): readonly Finding[] {
  const { bucket, kind, report, partition, stack } = c
  return withFact(report, 'role', kind.rolePolicies, (policies) => {
    const verdict = (action: string) => askAll(policies, action, bucketArn(partition, bucket.bucket, c.sampleKey), {})
    if (verdict('s3:GetObject') === 'no') {
      return report('fail', 'role', `The function's role may not read ${c.sampleKey}.`, {
        why: 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.',
        fix: `npm run deploy -- --stage ${stack.stage} --region ${stack.region} --param="${camelName(kind.kind)}Buckets=${locations(c)}"`,
      })
    }
    if (verdict('s3:PutObject') !== 'no') {
      return report('fail', 'role', "The function's role may write to the bucket that it reads.", {
        why: 'What it writes there notifies it again: a loop without end.',
        fix: `Take s3:PutObject from ${kind.roleArn}.`,
      })
    }
    return report('ok', 'role', "The function's role may read, and not write.")
  })
}

/** The parameter's value: the locations that the role may read already, and this one. */
function locations({ bucket, kind }: Case): string {
  const all = [...(kind.locations.known ? kind.locations.value : []), bucket]
  const texts = all.map(({ bucket: name, prefix }) => (prefix === '' ? name : `${name}/${prefix}`))
  return [...new Set(texts)].join(',')
}

/** What a role's policies say together. */
function askAll(policies: readonly unknown[], action: string, resource: string, context: AccessRequest['context']) {
  const verdicts = policies.map((policy) => evaluatePolicy(policy, { action, resource, context }))
  if (verdicts.some(({ deny }) => deny === 'yes')) return 'no'
  return verdicts.some(({ allow }) => allow !== 'no') ? 'yes' : 'no'
}

function checkReadAccess(c: Case): readonly Finding[] {
  const { bucket, kind, report, partition, owner, stack } = c
  const fix = addToBucketPolicy(bucket.bucket, allowRoleToRead(kind.roleArn, bucket.bucket, bucket.prefix))
  const why = 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.'
  return withFact(report, 'bucket-policy', bucket.policy, (policy) => {
    const { allow, deny, deniedBy } = evaluatePolicy(policy, {
      requester: c.role,
      action: 's3:GetObject',
      resource: bucketArn(partition, bucket.bucket, c.sampleKey),
      context: roleContext(c),
    })
    if (deny === 'yes') {
      return report('fail', 'bucket-policy', `The bucket policy (${deniedBy}) forbids the function's role to read.`, {
        why,
        fix: `Except the role from ${deniedBy}: "Condition": { "ArnNotEquals": { "aws:PrincipalArn": "${kind.roleArn}" } }`,
      })
    }
    if (owner !== stack.accountId && allow === 'no') {
      const foreign = owner === undefined ? 'if it belongs to another account' : `and account ${owner} owns it`
      const deleted = statementsOf(policy).some((statement) => principalsOf(statement).some((id) => /^AROA/.test(id)))
      return report(
        owner === undefined ? 'warn' : 'fail',
        'bucket-policy',
        `The bucket policy does not let the function's role read, ${foreign}.`,
        {
          why: `${why}${deleted ? ' The policy names a role that has been deleted (AROA…): one of a former stack may have been it, and has to be replaced.' : ''}`,
          fix,
        },
      )
    }
    if (bucket.requesterPays.known && bucket.requesterPays.value && owner !== stack.accountId) {
      return report('fail', 'bucket-policy', 'The bucket is a Requester Pays bucket of another account.', { why })
    }
    if (deny === 'maybe') {
      return report(
        'warn',
        'bucket-policy',
        `Reading may be forbidden by ${deniedBy} of the bucket policy: its condition cannot be judged from here.`,
      )
    }
    return report('ok', 'bucket-policy', "The bucket policy lets the function's role read.")
  })
}

/** The key that the objects are really encrypted with, else the one that new ones would be. */
function checkKeys(c: Case): readonly Finding[] {
  const { bucket, report } = c
  if (bucket.lastObject.known && bucket.lastObject.value !== undefined) {
    return checkKey(c, bucket.lastObject.value.encryptionKey)
  }
  return withFact(report, 'key-policy', bucket.encryption, ({ key }) => checkKey(c, key))
}

function checkKey(c: Case, fact: Fact<KeyFacts | undefined>): readonly Finding[] {
  const { bucket, kind, report, stack, owner } = c
  const why = 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.'
  const statement = allowRoleToDecrypt(kind.roleArn)
  if (!fact.known) {
    return [
      report('warn', 'key-policy', `Could not look: ${fact.reason}`, {
        why: 'If the objects are encrypted with a customer-managed key, its policy must let the role decrypt.',
        fix: `If it is not there, add to the key's policy:\n${statement}`,
      }),
    ]
  }
  return withFact(report, 'key-policy', fact, (key) => {
    if (key === undefined) return report('ok', 'key-policy', 'The objects are encrypted with SSE-S3, or not at all.')
    const state = checkKeyState(report, 'key-policy', key)
    if (state !== undefined) return state
    if (key.awsManaged) {
      return owner === stack.accountId
        ? report('ok', 'key-policy', `The objects are encrypted with ${key.arn}, which all of the account may use.`)
        : report('fail', 'key-policy', `The objects are encrypted with ${key.arn}, a key that AWS manages.`, {
            why: `No other account can be let in. ${why}`,
            fix: 'Encrypt the logs with a customer-managed key (of the trail), or with SSE-S3.',
          })
    }
    const region = bucket.region.known ? bucket.region.value : undefined
    const context = {
      ...roleContext(c),
      'kms:calleraccount': stack.accountId,
      ...(region !== undefined && { 'kms:viaservice': `s3.${region}.amazonaws.com` }),
    }
    return [
      ...checkRoleKey(c, key, context),
      ...withFact(report, 'key-policy', key.policy, (policy) => {
        const { allow, deny, deniedBy } = evaluatePolicy(policy, {
          requester: c.role,
          action: 'kms:Decrypt',
          resource: key.arn,
          context,
        })
        const fix = `Add to the policy of ${key.arn}:\n${statement}`
        if (deny === 'yes') {
          return report('fail', 'key-policy', `The policy of ${key.arn} (${deniedBy}) forbids the role to decrypt.`, {
            why,
          })
        }
        return allow === 'no'
          ? report('fail', 'key-policy', `The policy of ${key.arn} does not let the role decrypt.`, { why, fix })
          : report('ok', 'key-policy', `The role may decrypt with ${key.arn}.`)
      }),
    ]
  })
}

/** The role's own policies must let it decrypt, too, unless the key's policy names the role itself. */
function checkRoleKey(c: Case, key: KeyFacts, context: AccessRequest['context']): Finding[] {
  const { kind, report, stack } = c
  if (!kind.rolePolicies.known || askAll(kind.rolePolicies.value, 'kms:Decrypt', key.arn, context) !== 'no') return []
  const policy = key.policy.known ? key.policy.value : undefined
  const named = statementsOf(policy).some(
    (statement) => mentions(statement, c.role, 'kms:Decrypt') && principalsOf(statement).includes(kind.roleArn),
  )
  if (named && key.arn.split(':')[4] === stack.accountId) return []
  return [
    report('fail', 'role-key', `The function's role may not decrypt with ${key.arn}.`, {
      why: 'Every object ends in the dead-letter queue as OBJECT_ACCESS_DENIED.',
      fix: `npm run deploy -- --stage ${stack.stage} --region ${stack.region} --param="${camelName(kind.kind)}KmsKeyArns=${key.arn}"`,
    }),
  ]
}

/** A bucket whose access logs come back to it: each line written is a request that writes a line. */
function checkLoop({ bucket, report }: Case): readonly Finding[] {
  return withFact(report, 'logging-loop', bucket.logging, (target) => {
    const path = loopPath(bucket.bucket, target, bucket.loggingOfTargets)
    if (path === undefined) {
      return report(
        'ok',
        'logging-loop',
        target === undefined ? 'The bucket does not log itself.' : `The bucket logs to ${target.bucket}.`,
      )
    }
    return report('fail', 'logging-loop', `The bucket's access logs come back to it: ${path.join(' → ')}.`, {
      why: 'Every log object that is delivered makes another one, for ever; each is paid for, forwarded and counted.',
      fix: `aws s3api put-bucket-logging --bucket ${bucket.bucket} --bucket-logging-status '{}'`,
    })
  })
}

function loopPath(
  start: string,
  target: LoggingTarget | undefined,
  targets: ReadonlyMap<string, LoggingTarget | undefined>,
): string[] | undefined {
  const path = [start]
  for (let next = target; next !== undefined; next = targets.get(next.bucket)) {
    if (next.bucket === start) return [...path, start]
    // A loop that this bucket leads into, but is no part of.
    if (path.includes(next.bucket)) return undefined
    path.push(next.bucket)
  }
  return undefined
}

/** Is it alive: do logs arrive, and are they read? */
function checkArrival(c: Case): readonly Finding[] {
  const { bucket, report, stack, now } = c
  const receipt = bucket.lastReceipt.known ? bucket.lastReceipt.value : undefined
  const failed = receipt === undefined ? undefined : failedReceipt(report, 'last-receipt', receipt, now - receipt.time)
  return [
    ...withFact(report, 'last-object', bucket.lastObject, (last) => {
      if (last !== undefined) {
        return report('ok', 'last-object', `The last log object was delivered ${minutes(now - last.time)} ago.`)
      }
      return report('warn', 'last-object', 'No log object of today or yesterday was found.', {
        why: DELIVERY[bucket.kind].silenceMeans,
        fix: DELIVERY[bucket.kind].lookAt(bucket.bucket),
      })
    }),
    ...(failed === undefined ? [] : [failed]),
    ...withFact(report, 'last-receipt', bucket.lastReceipt, (value) => {
      if (failed !== undefined) return undefined
      const last = bucket.lastObject.known ? bucket.lastObject.value : undefined
      const missed =
        last !== undefined && now - last.time > READ_WITHIN_MS && (value === undefined || value.time < last.time)
      if (missed) {
        return report('fail', 'last-receipt', `The last log object was not read: ${last.key}.`, {
          why: 'Logs arrive in the bucket, and are not read.',
          fix: `Mend what is wrong above. Receipts are in the log group ${stack.pipelineLogGroup}.`,
        })
      }
      if (value === undefined) return report('warn', 'last-receipt', 'No object of this bucket was read within a week.')
      return report('ok', 'last-receipt', `The last object was read ${minutes(now - value.time)} ago.`)
    }),
  ]
}
