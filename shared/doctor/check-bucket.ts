/** Checks of one bucket that holds logs, against the stack that reads them: pure, over facts that were fetched. */

import type { Case } from './bucket-case.ts'
import { checkKeys, checkReadAccess, checkRole } from './check-access.ts'
import { checkConnection } from './check-connection.ts'
import { checkDelivery, checkSilentLoss } from './check-delivery.ts'
import { failedReceipt, minutes } from './check-stack.ts'
import { DELIVERY } from './delivery.ts'
import type { BucketFacts, KindFacts, LoggingTarget, StackFacts } from './facts.ts'
import { createReport, type Finding, withFact } from './finding.ts'
import { partitionOf } from './statements.ts'

/** An object is read within minutes of its delivery; what is older and has no receipt was missed. */
const READ_WITHIN_MS = 15 * 60_000

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

/** The way of the access logs from a bucket back to it; undefined: there is none. */
export function loopPath(
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
