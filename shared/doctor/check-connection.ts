import { filterOf, type LocatedEntry } from '../connect/configuration.ts'
import { checkDestination, describeEntry } from '../connect/plan.ts'
import { camelName } from '../kinds/kinds.ts'
import { type Case, hasLastObject } from './bucket-case.ts'
import { DELIVERY } from './delivery.ts'
import { feedsOf } from './feeds.ts'
import { type Finding, type Report, withFact } from './finding.ts'
import { mayBucketSend } from './queue-policy.ts'
import { allowBucketToSend, asJson, bucketArn, partitionOf } from './statements.ts'

/** How the bucket's notifications reach the queue: directly, over topics, over EventBridge. */
export function checkConnection(c: Case): readonly Finding[] {
  const { bucket, kind, report, stack } = c
  return withFact(report, 'notification', bucket.notification, (configuration) => {
    const { direct, viaTopic, viaEventBridge, ruleSends, ways: feeds } = feedsOf(configuration, kind, stack.accountId)
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
