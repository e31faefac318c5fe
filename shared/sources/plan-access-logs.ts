/** Server access logging where it is off: to which bucket, and that bucket where there is none. */
import type { Obstacle } from '../connect/plan.ts'
import { bucketArn } from '../doctor/statements.ts'
import { judgeLogging, switchOffLogging } from './access-logging.ts'
import type { AccountSources, BucketSources, LoggingFacts, TargetFacts } from './facts.ts'
import { logBucketName } from './log-bucket-name.ts'
import { accessLogsPrice } from './prices.ts'
import type { SetupPlan, SetupWish } from './setup-plan.ts'
import type { Step } from './step.ts'

/** aws: S3 User Guide, "Enabling Amazon S3 server access logging": target in the same account and Region. */
export function planAccessLogs(
  account: AccountSources,
  subjects: readonly BucketSources[],
  wish: SetupWish,
): SetupPlan & { readonly targets: readonly string[] } {
  const steps = new Map<string, Step>()
  const kept: string[] = []
  const obstacles: Obstacle[] = []
  const targets = new Set<string>()
  for (const bucket of subjects) {
    const { state, problems } = judgeLogging(bucket, account)
    if (state === 'on')
      kept.push(`${bucket.bucket} logs to ${bucket.logging.known ? bucket.logging.value?.bucket : ''} already.`)
    if (state === 'on') continue
    if (state !== 'off') {
      obstacles.push(
        othersLogging(
          bucket.bucket,
          state,
          problems.map(({ what }) => what),
        ),
      )
      continue
    }
    if (!bucket.region.known) {
      obstacles.push({
        what: `The Region of ${bucket.bucket} is not known: ${bucket.region.reason}`,
        fix: 'Grant s3:ListBucket.',
      })
      continue
    }
    const target = chooseTarget(account, bucket.region.value, wish)
    targets.add(target.bucket)
    const found = [...target.obstacles, ...(target.bucket === bucket.bucket ? [ontoItself(bucket.bucket)] : [])]
    if (target.create)
      steps.set(`bucket ${target.bucket}`, createStep(account, target.bucket, bucket.region.value, wish))
    steps.set(bucket.bucket, {
      change: {
        kind: 'access-logs',
        resource: bucket.bucket,
        region: bucket.region.value,
        before: null,
        after: {
          TargetBucket: target.bucket,
          TargetPrefix: wish.logPrefix,
          TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
        },
      },
      what: `Server access logs of ${bucket.bucket} to ${target.bucket}/${wish.logPrefix}.`,
      price: accessLogsPrice(bucket.requests.known ? bucket.requests.value : undefined),
      obstacles: found,
    })
  }
  const all = [...steps.values()]
  const created = all.filter(({ change }) => change.kind === 'log-bucket')
  return {
    steps: [...created, ...all.filter(({ change }) => change.kind !== 'log-bucket')],
    kept,
    obstacles,
    next: [],
    targets: [...targets],
  }
}

/** What others have set up is theirs, even where it is of no use. */
function othersLogging(bucket: string, state: string, problems: readonly string[]): Obstacle {
  return {
    what: `The access logging of ${bucket} ${state === 'wrong' ? 'is on, and of no use' : 'could not be judged'}: ${problems.join(' ')}`,
    fix:
      state === 'wrong'
        ? `Mend its target, or switch it off (${switchOffLogging(bucket)}) and repeat the command.`
        : 'Grant what is missing (docs/sources.md), and repeat the command.',
  }
}

const ontoItself = (bucket: string): Obstacle => ({
  what: `${bucket} cannot log to itself: each log object would make another one.`,
  fix: 'Give --log-bucket another bucket, or leave it out.',
})

interface Target {
  readonly bucket: string
  readonly create: boolean
  readonly obstacles: readonly Obstacle[]
}

/** The bucket that was named; else one that takes access logs of the Region already; else ours, made where it is not there. */
function chooseTarget(account: AccountSources, region: string, { logBucket, logPrefix }: SetupWish): Target {
  const used = [...account.targets.values()].find((one) => judgeTarget(account, one, region, logPrefix).length === 0)
  if (logBucket === undefined && used !== undefined) return { bucket: used.bucket, create: false, obstacles: [] }
  const bucket = logBucket ?? logBucketName(account.accountId, region)
  const target = account.targets.get(bucket)
  if (target === undefined || isAbsent(target)) return { bucket, create: true, obstacles: [] }
  return { bucket, create: false, obstacles: judgeTarget(account, target, region, logPrefix) }
}

/** S3 says so itself; what may not be looked at is not absent. */
const isAbsent = ({ region }: TargetFacts): boolean => !region.known && region.reason.includes('does not exist')

/** Whether access logs of some bucket of the Region would arrive there, and make no circle. */
function judgeTarget(account: AccountSources, target: TargetFacts, region: string, prefix: string): Obstacle[] {
  const { bucket } = target
  const fix = 'Mend it, or give --log-bucket another bucket, or leave it out.'
  if (!target.logging.known) return [{ what: `${bucket}: ${target.logging.reason}`, fix }]
  // A target that logs anywhere may end in a circle once this bucket logs to it.
  if (target.logging.value !== undefined)
    return [
      { what: `${bucket} logs its own requests to ${target.logging.value.bucket}, which can end in a circle.`, fix },
    ]
  const logging: LoggingFacts = { bucket, prefix, layout: 'partitioned by event time', grants: false }
  const sample = {
    bucket: 'any-bucket',
    region: { known: true, value: region },
    logging: { known: true, value: logging },
  } as const
  return judgeLogging(sample, account).problems.map(({ what }) => ({ what, fix }))
}

/**
 * A bucket for access logs. Sources: S3 User Guide, "Permissions for log delivery" and "Best practices": BucketOwnerEnforced,
 * SSE-S3, all public access blocked, no access without TLS; an expiration, since nobody else empties it.
 */
function createStep(
  { partition, accountId }: AccountSources,
  bucket: string,
  region: string,
  { retentionDays }: SetupWish,
): Step {
  return {
    change: {
      kind: 'log-bucket',
      resource: bucket,
      region,
      before: null,
      after: {
        ObjectOwnership: 'BucketOwnerEnforced',
        PublicAccessBlock: 'all four',
        SSEAlgorithm: 'AES256',
        Policy: targetPolicy(partition, bucket, accountId),
        ExpirationDays: retentionDays,
      },
    },
    what: `A bucket ${bucket} for access logs, which are kept for ${retentionDays} days.`,
    obstacles: [],
  }
}

/** Lets S3 deliver the account's access logs, and nobody in without TLS. */
export function targetPolicy(partition: string, bucket: string, accountId: string): unknown {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'S3ServerAccessLogsPolicy',
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: bucketArn(partition, bucket, '*'),
        Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
      },
      {
        Sid: 'DenyWithoutTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [bucketArn(partition, bucket), bucketArn(partition, bucket, '*')],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  }
}
