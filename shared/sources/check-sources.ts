/** The account's sources for the doctor: one finding for each thing that is wrong or off, with the exact command. */
import { parseArn } from '../derive/arn.ts'
import { awsCliJson } from '../doctor/aws-cli.ts'
import { createReport, type Finding, type Report } from '../doctor/finding.ts'
import { judgeLogging } from './access-logging.ts'
import { allow } from './allow.ts'
import { heldBy, subjectsOf } from './coverage.ts'
import { coverClass } from './event-class.ts'
import type { AccountSources, BucketSources, StackLink, TrailFacts } from './facts.ts'
import { leaveOut } from './leave-out.ts'
import { parametersFor } from './plan-notifications.ts'
import { dataEventsPrice } from './prices.ts'
import { canonicalSelectors, toAdvanced } from './selectors.ts'
import { names } from './setup-plan.ts'
import { isLogging, objectEvents, trailsIn } from './trails.ts'

/**
 * Checks trails, data events and access logs of an account. Whether buckets of logs tell the stack, and let the services
 * deliver, are the doctor's checks of those buckets.
 *
 * @param options `--stage prod --region eu-west-1`, as commands need it to mean this stack
 * @example
 * checkSources(account, stack, '--stage prod').filter(({ level }) => level === 'fail')
 */
export function checkSources(account: AccountSources, stack: StackLink | undefined, options: string): Finding[] {
  const report = createReport(`account ${account.accountId}`)
  const listed = [...account.trailsIn].flatMap(([region, trails]) =>
    trails.known
      ? []
      : [report('warn', 'trails', `Could not look at the trails of ${region}: ${trails.reason}`, allow(trails.reason))],
  )
  const buckets = account.buckets
  return [
    ...listed,
    ...(listed.length === 0 && !account.trails.some(isLogging)
      ? [
          report('fail', 'trails', 'No trail logs in this account.', {
            why: 'Rules over CloudTrail records see nothing of it.',
            fix: `bucketwatch setup --new-trail ${options}`,
          }),
        ]
      : account.trails.flatMap((trail) => checkTrail(trail, account, options))),
    ...checkReaders(account, stack, report, options),
    ...checkEcho(account, stack, report),
    ...(buckets.known
      ? checkBuckets(account, stack, report, options)
      : [report('warn', 'sources', `Could not look at the buckets: ${buckets.reason}`, allow(buckets.reason))]),
  ]
}

function checkTrail(trail: TrailFacts, { accountId }: Pick<AccountSources, 'accountId'>, options: string): Finding[] {
  const { name, arn, homeRegion, status, multiRegion, globalServiceEvents, logFileValidation } = trail
  const report = createReport(`trail ${name}`)
  // Of the organization's trail, this account sees all and changes nothing.
  const whose = parseArn(arn)?.accountId === accountId ? '' : ` (with credentials of ${parseArn(arn)?.accountId})`
  const change = (call: string) => `aws cloudtrail ${call} --name ${arn} --region ${homeRegion}`
  const update = (flag: string) => `${change('update-trail')} ${flag}${whose}`
  const look = `bucketwatch doctor ${trail.bucket} --kind cloudtrail ${options}`
  if (!status.known)
    return [report('warn', 'trail', `Could not look whether it logs: ${status.reason}`, allow(status.reason))]
  const { logging, latestDeliveryError, latestDigestError } = status.value
  const found = [
    ...(logging
      ? []
      : [
          report('fail', 'trail', 'It is stopped.', {
            why: 'What happens now is in no log of it.',
            fix: `${change('start-logging')}${whose}`,
          }),
        ]),
    ...(latestDeliveryError === undefined
      ? []
      : [
          report('fail', 'trail-delivery', `Its last delivery to ${trail.bucket} failed: ${latestDeliveryError}.`, {
            why: 'Logs are late, or lost once CloudTrail gives up.',
            fix: `${look} says what to mend: the bucket, its policy, its key.`,
          }),
        ]),
    ...(latestDigestError === undefined
      ? []
      : [
          report('warn', 'trail-digest', `Its last digest could not be delivered: ${latestDigestError}.`, {
            why: 'Nobody can prove that the files of that hour are whole and unchanged.',
            fix: `${look} says what to mend: the bucket, its policy, its key.`,
          }),
        ]),
    ...(multiRegion
      ? []
      : [
          report('warn', 'trail-regions', `It logs ${homeRegion} only.`, {
            why: 'What happens in other Regions is in no log of it, new buckets too.',
            fix: update('--is-multi-region-trail'),
          }),
        ]),
    ...(globalServiceEvents
      ? []
      : [
          report('warn', 'trail-global', 'It leaves out services without a Region, IAM and STS among them.', {
            fix: update('--include-global-service-events'),
          }),
        ]),
    ...(logFileValidation
      ? []
      : [
          report('warn', 'trail-validation', 'Log file validation is off.', {
            why: 'Nobody can prove that its files are whole and unchanged.',
            fix: update('--enable-log-file-validation'),
          }),
        ]),
  ]
  return found.length > 0 ? found : [report('ok', 'trail', `It logs, and delivers to ${trail.bucket}.`)]
}

/** Buckets of logs that the stack was not deployed for. */
function checkReaders(
  account: AccountSources,
  stack: StackLink | undefined,
  report: Report,
  options: string,
): Finding[] {
  if (stack === undefined || stack.kinds.some(({ locations }) => !locations.known)) return []
  const read = new Set(
    stack.kinds.flatMap(({ locations }) => (locations.known ? locations.value : [])).map(({ bucket }) => bucket),
  )
  const held = [...heldBy([account], undefined)]
  const fix = `bucketwatch deploy ${options} ${parametersFor(
    account,
    stack,
    held.map(([bucket]) => bucket),
  )}`
  return held.flatMap(([bucket, what]) =>
    read.has(bucket)
      ? []
      : [
          report(
            'warn',
            'unread-logs',
            `${[...what].join(' and ')} arrive in ${bucket}, which the stack does not read.`,
            {
              why: 'Rules see nothing of them.',
              fix,
            },
          ),
        ],
  )
}

/** A delivery to a bucket whose data events are logged is an event, which is delivered. */
function checkEcho(account: AccountSources, stack: StackLink | undefined, report: Report): Finding[] {
  const holds = heldBy([account], stack)
  const echoing = (account.buckets.known ? account.buckets.value : []).filter(
    ({ bucket, region }) =>
      holds.has(bucket) &&
      region.known &&
      coverClass(
        trailsIn(account, region.value).selectors,
        objectEvents(account.partition, bucket, { readOnly: false }),
      ).share !== 'none',
  )
  if (echoing.length === 0) return []
  const echoes = echoing.map(({ bucket }) => bucket)
  const commands = account.trails.flatMap(({ arn, homeRegion, selectors }) => {
    if (!selectors.known || parseArn(arn)?.accountId !== account.accountId) return []
    const AdvancedEventSelectors = leaveOut(selectors.value, account.partition, echoes)
    return canonicalSelectors({ AdvancedEventSelectors }) ===
      canonicalSelectors({ AdvancedEventSelectors: toAdvanced(selectors.value) })
      ? []
      : [awsCliJson('cloudtrail put-event-selectors', homeRegion, { TrailName: arn, AdvancedEventSelectors })]
  })
  return [
    report('warn', 'data-events-echo', `A trail logs data events of ${names(echoing)}, where logs are delivered.`, {
      why: 'Each delivery there is an event to deliver, and each read of ours too; all are paid for.',
      fix:
        commands.length > 0
          ? commands.join('\n')
          : 'Ask whoever owns the trail to leave these buckets out of its selectors.',
    }),
  ]
}

function checkBuckets(
  account: AccountSources,
  stack: StackLink | undefined,
  report: Report,
  options: string,
): Finding[] {
  const subjects = subjectsOf([account], [], heldBy([account], stack)).map(({ bucket }) => bucket)
  if (subjects.length === 0) return [report('ok', 'sources', 'The account has no bucket but those that hold logs.')]
  return [
    ...checkDataEvents(account, subjects, report, options),
    ...checkAccessLogs(account, subjects, report, options),
  ]
}

function checkDataEvents(
  account: AccountSources,
  subjects: readonly BucketSources[],
  report: Report,
  options: string,
): Finding[] {
  const reasons: string[] = []
  const share = ({ bucket, region }: BucketSources) => {
    if (!region.known) reasons.push(region.reason)
    if (!region.known) return 'unknown'
    const { selectors, unknown } = trailsIn(account, region.value)
    const found = coverClass(selectors, objectEvents(account.partition, bucket)).share
    if (found === 'all' || unknown.length === 0) return found
    reasons.push(...unknown)
    return 'unknown'
  }
  const by = Map.groupBy(subjects, share)
  const missing = [...(by.get('none') ?? []), ...(by.get('part') ?? [])]
  const unknown = by.get('unknown') ?? []
  return [
    ...(missing.length === 0
      ? []
      : [
          report('warn', 'data-events', `CloudTrail does not log all S3 data events of ${names(missing)}.`, {
            why: `Who reads, writes and deletes objects there is not seen. It costs ${dataEventsPrice(sumOf(missing))}.`,
            fix: `bucketwatch setup ${missing.length === subjects.length ? '' : `${missing.map(({ bucket }) => bucket).join(' ')} `}--only data-events ${options}`,
          }),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          report(
            'warn',
            'data-events',
            `Could not look at the data events of ${names(unknown)}: ${[...new Set(reasons)].join('; ')}`,
            allow(reasons[0] ?? ''),
          ),
        ]),
    ...(missing.length + unknown.length > 0
      ? []
      : [report('ok', 'data-events', `S3 data events of ${names(subjects)} are logged.`)]),
  ]
}

function sumOf(buckets: readonly BucketSources[]): number | undefined {
  return buckets.reduce<number | undefined>(
    (sum, { requests }) =>
      sum === undefined || !requests.known || requests.value === undefined ? undefined : sum + requests.value,
    0,
  )
}

function checkAccessLogs(
  account: AccountSources,
  subjects: readonly BucketSources[],
  report: Report,
  options: string,
): Finding[] {
  const judged = subjects.map((bucket) => ({ bucket, ...judgeLogging(bucket, account) }))
  const off = judged.filter(({ state }) => state === 'off').map(({ bucket }) => bucket)
  const problems = judged.flatMap(({ problems: found }) => found)
  return [
    ...(off.length === 0
      ? []
      : [
          report('warn', 'access-logging', `Server access logging is off for ${names(off)}.`, {
            why: 'Anonymous and failed requests, and bytes, are not seen where data events are off too; delivery is free.',
            fix: `bucketwatch setup ${off.length === subjects.length ? '' : `${off.map(({ bucket }) => bucket).join(' ')} `}--only access-logs ${options}`,
          }),
        ]),
    ...problems,
    ...(off.length + problems.length > 0
      ? []
      : [report('ok', 'access-logging', `Access logs of ${names(subjects)} are delivered.`)]),
  ]
}
