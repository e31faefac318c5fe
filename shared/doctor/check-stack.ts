/** Checks of the deployed stack itself: pure, over facts that were fetched. */

import { plural } from '../basics/numbers.ts'
import { parseArn } from '../derive/arn.ts'
import { CANARY_MINUTES } from '../incident/canary.ts'
import { camelName, KINDS, LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import type { CanaryFacts, KindFacts, ReceiptFacts, StackFacts, SubscriptionFacts, TopicFacts } from './facts.ts'
import { createReport, type Finding, type Report, withFact } from './finding.ts'
import { checkKeyState } from './key.ts'
import { evaluatePolicy } from './policy.ts'
import { allowAlarmsToEncrypt, allowBucketsToEncrypt } from './statements.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const MAXIMUM_AGE_SECONDS = 30 * 60

/**
 * Checks the parts that all logs share: the stack, the topics, the alert function's dead letters.
 *
 * @example
 * checkStack(facts).filter(({ level }) => level === 'fail')
 */
export function checkStack(stack: StackFacts): Finding[] {
  const report = createReport(stack.name)
  const deploy = `npm run deploy -- --stage ${stack.stage} --region ${stack.region}`
  return [
    checkStatus(report, stack.status, deploy),
    ...(stack.kinds.every(({ locations }) => locations.known && locations.value.length === 0)
      ? [
          report('fail', 'buckets', 'The stack has no bucket to read.', {
            why: 'The functions may read the buckets that are given as parameters, and nothing else.',
            fix: `${deploy} ${LOG_KINDS.map((kind) => `--param="${camelName(kind)}Buckets=amzn-s3-demo-${kind}"`).join(' ')}`,
          }),
        ]
      : []),
    ...withFact(report, 'alerts-subscription', stack.alerts.subscriptions, (subscriptions) =>
      checkReaders(report, stack.alerts.arn, subscriptions),
    ),
    ...withFact(report, 'alarms-subscription', stack.alarms.subscriptions, (subscriptions) =>
      checkAlertFunction(report, subscriptions, deploy),
    ),
    ...checkTopicKey(report, 'alarms-key', stack.alarms, stack),
    ...checkTopicKey(report, 'alerts-key', stack.alerts, stack),
    ...withFact(report, 'alert-dead-letters', stack.alertDeadLetters, (count) =>
      count === 0
        ? report('ok', 'alert-dead-letters', 'No alert is left over.')
        : report('fail', 'alert-dead-letters', `${plural(count, 'alarm')} could not be turned into alerts.`, {
            why: 'Nobody was told of them.',
            fix: `Look into the log group /aws/lambda/${stack.name}-alert, and at the alarms themselves in CloudWatch.`,
          }),
    ),
  ]
}

function checkStatus(report: Report, status: string, deploy: string): Finding {
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return report('ok', 'stack', `The stack is in ${status}.`)
  if (status === 'UPDATE_ROLLBACK_COMPLETE' || status.endsWith('_IN_PROGRESS')) {
    return report('warn', 'stack', `The stack is in ${status}.`, {
      why: status.endsWith('_IN_PROGRESS')
        ? 'What is found now may be different in a minute.'
        : 'The last deployment failed; the one before it is what runs.',
    })
  }
  return report('fail', 'stack', `The stack is in ${status}.`, { fix: deploy })
}

function checkReaders(report: Report, topicArn: string, subscriptions: readonly SubscriptionFacts[]): Finding {
  const pending = subscriptions.filter(({ confirmed }) => !confirmed)
  const confirm = `Open the mail "AWS Notification - Subscription Confirmation" that ${pending.map(({ endpoint }) => endpoint).join(', ')} got, and confirm. SNS forgets an unconfirmed subscription after some days: deploy again, or subscribe again, to get another mail.`
  if (subscriptions.length === 0) {
    return report('fail', 'alerts-subscription', 'Nobody is subscribed to the alerts.', {
      why: 'Alerts are published, and nobody gets them.',
      fix: `aws sns subscribe --region ${parseArn(topicArn)?.region} --topic-arn ${topicArn} --protocol email --notification-endpoint security@example.com`,
    })
  }
  if (pending.length === 0) {
    return report('ok', 'alerts-subscription', `Alerts go to ${names(subscriptions)}.`)
  }
  return report(
    pending.length === subscriptions.length ? 'fail' : 'warn',
    'alerts-subscription',
    `Not confirmed: ${names(pending)}.`,
    { why: 'Until they are, alerts do not go there.', fix: confirm },
  )
}

const names = (subscriptions: readonly SubscriptionFacts[]): string =>
  subscriptions.map(({ protocol, endpoint }) => `${protocol} ${endpoint}`).join(', ')

function checkAlertFunction(report: Report, subscriptions: readonly SubscriptionFacts[], fix: string): Finding {
  return subscriptions.some(({ protocol }) => protocol === 'lambda')
    ? report('ok', 'alarms-subscription', 'Alarms go to the alert function.')
    : report('fail', 'alarms-subscription', 'The alert function is not subscribed to the alarms.', {
        why: 'Detections alarm, and no alert is written.',
        fix,
      })
}

function checkTopicKey(report: Report, check: string, topic: TopicFacts, stack: StackFacts): readonly Finding[] {
  return withFact(report, check, topic.key, (key) => {
    if (key === undefined) return report('ok', check, `The topic ${topic.arn} is not encrypted with a KMS key.`)
    const state = checkKeyState(report, check, key)
    if (state !== undefined) return state
    const fix = allowAlarmsToEncrypt(stack.accountId)
    const why = 'CloudWatch cannot publish to the topic, and its notifications are lost without a word.'
    if (key.awsManaged) {
      return report('fail', check, `The topic ${topic.arn} is encrypted with ${key.arn}, a key that AWS manages.`, {
        why: `Its policy cannot let CloudWatch in. ${why}`,
        fix: `Deploy without kmsKeyArn, or with a customer-managed key that has this in its policy:\n${fix}`,
      })
    }
    return withFact(report, check, key.policy, (policy) => {
      const allowed = ['kms:Decrypt', 'kms:GenerateDataKey'].every((action) => {
        const verdict = evaluatePolicy(policy, {
          requester: { service: 'cloudwatch.amazonaws.com' },
          action,
          resource: key.arn,
          context: {
            'aws:sourceaccount': stack.accountId,
            'kms:viaservice': null,
            'aws:principalisawsservice': 'true',
          },
        })
        return verdict.allow !== 'no' && verdict.deny !== 'yes'
      })
      return allowed
        ? report('ok', check, `CloudWatch may use ${key.arn}.`)
        : report('fail', check, `The policy of ${key.arn} does not let CloudWatch alarms use it.`, { why, fix })
    })
  })
}

/** Checks the way of one kind of logs: function, queue, dead letters, receipts. */
export function checkKind(stack: StackFacts, kind: KindFacts, now: number): Finding[] {
  const name = `${stack.name}-${kind.kind}`
  const report = createReport(name)
  const inUse = !(kind.locations.known && kind.locations.value.length === 0)
  return [
    ...withFact(report, 'function', kind.functionState, (state) =>
      state === 'Active' || state === 'Inactive'
        ? report('ok', 'function', 'The function is ready.')
        : report(state === 'Pending' ? 'warn' : 'fail', 'function', `The function is in the state ${state}.`),
    ),
    ...withFact(report, 'event-source', kind.mappingState, (state) => checkMapping(report, state, name, stack)),
    ...withFact(report, 'queue-key', kind.queueKey, (key) => checkQueueKey(report, key, stack)),
    ...withFact(report, 'dead-letters', kind.deadLetters, (count) => checkDeadLetters(report, count, kind, stack)),
    ...withFact(report, 'oldest-message', kind.oldestMessageSeconds, (seconds) =>
      seconds === undefined || seconds <= MAXIMUM_AGE_SECONDS
        ? report('ok', 'oldest-message', 'No notification waits long.')
        : report('warn', 'oldest-message', `The oldest notification has waited ${minutes(seconds * 1000)}.`, {
            why: 'More arrives than is read, or it fails again and again.',
            fix: `Look into the log group ${stack.pipelineLogGroup}; if nothing fails there, raise maximumConcurrency.`,
          }),
    ),
    ...(inUse
      ? withFact(report, 'last-receipt', kind.lastReceipt, (receipt) =>
          checkReceipt(report, receipt, kind.kind, stack, now),
        )
      : []),
    ...(inUse && stack.canaryBucket !== undefined
      ? withFact(report, 'canary', kind.lastCanary, (last) => checkCanary(report, last, stack, now))
      : []),
  ]
}

function checkMapping(report: Report, state: string | undefined, name: string, stack: StackFacts): Finding {
  if (state === 'Enabled') return report('ok', 'event-source', 'The function reads its queue.')
  if (state === undefined) {
    return report('fail', 'event-source', 'The function is not connected to its queue.', {
      why: 'Notifications arrive, and nobody reads them.',
      fix: `npm run deploy -- --stage ${stack.stage} --region ${stack.region}`,
    })
  }
  const stopped = state === 'Disabled' || state === 'Disabling'
  return report(stopped ? 'fail' : 'warn', 'event-source', `The event source mapping is in the state ${state}.`, {
    why: 'Notifications wait in the queue, for 14 days at most.',
    ...(stopped && {
      fix: `aws lambda update-event-source-mapping --region ${stack.region} --enabled --uuid "$(aws lambda list-event-source-mappings --region ${stack.region} --function-name ${name} --query 'EventSourceMappings[0].UUID' --output text)"`,
    }),
  })
}

function checkQueueKey(
  report: Report,
  key: KeyOf<KindFacts['queueKey']>,
  stack: StackFacts,
): readonly Finding[] | Finding {
  if (key === undefined) return report('ok', 'queue-key', 'The queue is encrypted with the key of SQS itself.')
  const state = checkKeyState(report, 'queue-key', key)
  if (state !== undefined) return state
  const why = 'S3 cannot send to the queue, and does not say so.'
  if (key.awsManaged) {
    return report('fail', 'queue-key', `The queue is encrypted with ${key.arn}, a key that AWS manages.`, {
      why: `Its policy cannot let S3 in. ${why}`,
      fix: 'Let the queue use SSE-SQS (SqsManagedSseEnabled), as the stack does.',
    })
  }
  return withFact(report, 'queue-key', key.policy, (policy) => {
    const { allow, deny } = evaluatePolicy(policy, {
      requester: { service: 's3.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      resource: key.arn,
      context: { 'aws:principalisawsservice': 'true' },
    })
    return allow !== 'no' && deny !== 'yes'
      ? report('ok', 'queue-key', `S3 may use ${key.arn}.`)
      : report('fail', 'queue-key', `The policy of ${key.arn} does not let S3 use it.`, {
          why,
          fix: allowBucketsToEncrypt(stack.accountId),
        })
  })
}

type KeyOf<F> = F extends { readonly value: infer V } ? V : never

function checkDeadLetters(report: Report, count: number, kind: KindFacts, stack: StackFacts): Finding {
  if (count === 0) return report('ok', 'dead-letters', 'No notification has failed for good.')
  return report('fail', 'dead-letters', `About ${count} notifications have failed for good.`, {
    why: 'Their log objects were not read. They are kept for 14 days.',
    fix: `Mend the reason (receipts with status "failed" in ${stack.pipelineLogGroup}), then: aws sqs start-message-move-task --region ${stack.region} --source-arn ${kind.queueArn}-dlq`,
  })
}

function checkReceipt(
  report: Report,
  receipt: ReceiptFacts | undefined,
  kind: LogKind,
  stack: StackFacts,
  now: number,
): Finding {
  if (receipt === undefined) {
    return report('warn', 'last-receipt', `No object was read within a week (no receipt in ${stack.pipelineLogGroup}).`)
  }
  const age = now - receipt.time
  const failed = failedReceipt(report, 'last-receipt', receipt, age)
  if (failed !== undefined) return failed
  return report(
    age > KINDS[kind].silenceHours * HOUR ? 'warn' : 'ok',
    'last-receipt',
    `The last object was read ${minutes(age)} ago (status ${receipt.status}).`,
  )
}

/** Three canaries in a row that do not arrive are an alarm, and so are they here. */
const CANARY_MISSED_MS = (3 * CANARY_MINUTES + 5) * MINUTE

function checkCanary(report: Report, last: CanaryFacts | undefined, stack: StackFacts, now: number): Finding {
  if (last !== undefined && now - last.time <= CANARY_MISSED_MS) {
    return report('ok', 'canary', `The last canary arrived ${minutes(now - last.time)} ago, after ${last.seconds} s.`)
  }
  return report(
    'fail',
    'canary',
    last === undefined
      ? 'No canary has arrived for a day.'
      : `The last canary arrived ${minutes(now - last.time)} ago; one comes every ${CANARY_MINUTES} minutes.`,
    {
      why: `What is put into ${stack.canaryBucket} does not reach the alert function, so neither does what is found in your logs. After a first deployment it takes a quarter of an hour.`,
      fix: 'Mend what else is wrong here, function, event source, queue and template first; then look into the log groups of the functions.',
    },
  )
}

/** A finding where the last receipt says that an object could not be read. */
export function failedReceipt(report: Report, check: string, receipt: ReceiptFacts, age: number): Finding | undefined {
  if (receipt.status !== 'failed') return undefined
  const { code, message } = receipt.error ?? { code: 'unknown', message: '' }
  return report('fail', check, `The last object failed ${minutes(age)} ago: ${code}.`, {
    why: `${message} (${receipt.key})`,
    fix: `docs/errors.md explains ${code}.`,
  })
}

/** Milliseconds as `42 s`, `5 min`, `3 h`, `12 d`. */
export function minutes(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`
  return ms < 48 * HOUR ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / (24 * HOUR))} d`
}
