/** Whether a bucket's server access logs arrive: from its own setting over the target bucket to loops. */
import type { DeliveryCase } from '../doctor/bucket-case.ts'
import { loopPath } from '../doctor/check-bucket.ts'
import { checkDelivery, checkSilentLoss } from '../doctor/check-delivery.ts'
import type { LoggingTarget } from '../doctor/facts.ts'
import { createReport, type Finding, unknown } from '../doctor/finding.ts'
import { bucketArn } from '../doctor/statements.ts'
import { allow } from './allow.ts'
import type { AccountSources, BucketSources, LoggingFacts, TargetFacts } from './facts.ts'

/** `wrong`: it is on, and no line of use arrives, or lines make lines. */
export type LoggingState = 'on' | 'off' | 'wrong' | 'unknown'

export interface LoggingVerdict {
  readonly state: LoggingState
  /** Sentences: what is wrong, or what could not be looked at. */
  readonly problems: readonly Finding[]
}

/**
 * Judges a bucket's access logging.
 *
 * Sources: Amazon S3 User Guide, "Enabling Amazon S3 server access logging": the target is in the same Region and
 * account, lets `logging.s3.amazonaws.com` put, has no SSE-KMS, no Object Lock default retention, no Requester Pays;
 * logging into the bucket itself, or in a circle, makes a line for every line.
 *
 * @example
 * judgeLogging(bucket, account).state // 'on'
 */
export function judgeLogging(
  { bucket, region, logging }: Pick<BucketSources, 'bucket' | 'region' | 'logging'>,
  account: Pick<AccountSources, 'accountId' | 'partition' | 'targets'>,
): LoggingVerdict {
  const report = createReport(bucket)
  if (!logging.known) {
    const problem = report('warn', 'access-logging', `Could not look: ${logging.reason}`, allow(logging.reason))
    return { state: 'unknown', problems: [problem] }
  }
  const { value } = logging
  if (value === undefined) return { state: 'off', problems: [] }
  const loop = wayBack({ bucket, logging }, account)
  if (loop !== undefined) {
    const what = `Its access logs come back to it: ${loop.join(' → ')}.`
    const why = 'Every log object that is delivered makes another one, for ever; each is paid for.'
    return {
      state: 'wrong',
      problems: [report('fail', 'access-logging', what, { why, fix: switchOffLogging(bucket) })],
    }
  }
  const target = account.targets.get(value.bucket)
  const problems = target === undefined ? [] : judgeTarget(bucket, value, target, account)
  const unknowns = problems.filter(({ level }) => level === 'warn')
  const failures = problems.filter(({ level }) => level === 'fail')
  if (region.known && target?.region.known === true && target.region.value !== region.value) {
    failures.push(
      report(
        'fail',
        'access-logging',
        `Its target ${value.bucket} is in ${target.region.value}, not in ${region.value}.`,
        {
          why: 'S3 does not deliver access logs to another Region.',
          fix: `${switchOffLogging(bucket)} && bucketwatch setup ${bucket} --only access-logs`,
        },
      ),
    )
  }
  if (target?.region.known === false) {
    unknowns.push(
      report(
        'warn',
        'access-logging',
        `The Region of its target ${value.bucket} could not be looked at: ${target.region.reason}`,
        allow(target.region.reason),
      ),
    )
  }
  if (target === undefined) {
    unknowns.push(
      report('warn', 'access-logging', `The target ${value.bucket} was not looked at.`, {
        fix: `bucketwatch doctor ${value.bucket} --kind access-log`,
      }),
    )
  }
  const state = failures.length > 0 ? 'wrong' : unknowns.length > 0 ? 'unknown' : 'on'
  return { state, problems: [...failures, ...unknowns] }
}

/** The command that switches a bucket's logging off, so that `setup` may switch it on as it should be. */
export const switchOffLogging = (bucket: string): string =>
  `aws s3api put-bucket-logging --bucket ${bucket} --bucket-logging-status '{}'`

/** The way of a bucket's access logs back to it; undefined: they do not come back. */
export function wayBack(
  { bucket, logging }: Pick<BucketSources, 'bucket' | 'logging'>,
  { targets }: Pick<AccountSources, 'targets'>,
): readonly string[] | undefined {
  return logging.known ? loopPath(bucket, logging.value, targetsByName(targets)) : undefined
}

function judgeTarget(
  bucket: string,
  logging: LoggingFacts,
  target: TargetFacts,
  { accountId, partition }: Pick<AccountSources, 'accountId' | 'partition'>,
): Finding[] {
  const report = createReport(bucket)
  const delivery: DeliveryCase = {
    report,
    partition,
    owner: accountId,
    sampleKey: sampleKey(logging, bucket, accountId, target),
    source: { arn: bucketArn(partition, bucket), accountId },
    bucket: { ...target, kind: 'access-log', prefix: logging.prefix, lastObject: unknown('not looked at') },
  }
  return [...checkDelivery(delivery), ...checkSilentLoss({ bucket: target, report })]
    .filter(({ level }) => level !== 'ok')
    .map((one) => (one.fix === undefined ? { ...one, ...allow(one.what) } : one))
}

/** aws: S3 User Guide, "Log object key format". */
function sampleKey(
  { prefix, layout }: LoggingFacts,
  bucket: string,
  accountId: string,
  { region }: TargetFacts,
): string {
  const name = '2026-01-31-00-00-00-EXAMPLE0EXAMPLE0'
  if (layout === 'simple') return `${prefix}${name}`
  return `${prefix}${accountId}/${region.known ? region.value : 'us-east-1'}/${bucket}/2026/01/31/${name}`
}

function targetsByName(targets: AccountSources['targets']): ReadonlyMap<string, LoggingTarget | undefined> {
  return new Map([...targets].map(([name, { logging }]) => [name, logging.known ? logging.value : undefined]))
}
