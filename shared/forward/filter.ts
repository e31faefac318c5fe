import { compileGlobs } from '../basics/glob.ts'
import type { RecordView } from '../contracts/record.ts'
import { memoize } from '../derive/bounded-memo.ts'
import type { Config } from '../settings/config.ts'

/** Why a record was not forwarded. Receipts count filtered records under these names. */
export type FilterReason =
  | 'ownTraffic'
  | 'logDelivery'
  | 'eventNameNotIncluded'
  | 'eventNameExcluded'
  | 'readOnlyData'
  | 'awsService'
  | 'unmatched'

export type FilterOptions = Pick<
  Config,
  'includeEventNames' | 'excludeEventNames' | 'excludeReadOnlyData' | 'excludeAwsService' | 'ownRoles'
>

/**
 * Makes the filter that decides, before anything is paid for, which records are forwarded: it returns the reason why
 * a record is left out, or undefined. Two reasons apply always, because a pipeline that reads its own traffic feeds
 * itself: `ownTraffic` (what the pipeline's own roles do) and `logDelivery` (AWS delivering log objects into a log
 * bucket). Text that could not be parsed is never filtered.
 *
 * @example
 * const why = createRecordFilter({ ...options, excludeEventNames: ['Describe*'] })(view) // 'eventNameExcluded'
 */
export function createRecordFilter(options: FilterOptions): (view: RecordView) => FilterReason | undefined {
  const own = createOwnRoleTest(options.ownRoles)
  const included = options.includeEventNames.length === 0 ? undefined : memoize(compileGlobs(options.includeEventNames))
  const excluded = memoize(compileGlobs(options.excludeEventNames))
  return (view) => {
    if (view.kind !== 'event') return undefined
    if (own(view.actor)) return 'ownTraffic'
    if (view.logBucket && view.awsService && view.action === 'object.write') return 'logDelivery'
    if (included !== undefined && !included(view.eventName)) return 'eventNameNotIncluded'
    if (excluded(view.eventName)) return 'eventNameExcluded'
    if (options.excludeReadOnlyData && isReadOnlyData(view)) return 'readOnlyData'
    if (view.awsService && options.excludeAwsService !== 'none') {
      if (options.excludeAwsService === 'all' || view.readOnly === true) return 'awsService'
    }
    return undefined
  }
}

/** Only successful reads of named principals: failures and anonymous reads are what detections live on. */
function isReadOnlyData(view: RecordView): boolean {
  if (view.outcome !== 'success' || view.anonymous) return false
  return view.action === 'object.read' || view.action === 'object.head' || view.action === 'bucket.list'
}

/** Own roles are given as names or ARNs; the actor of a role is its role ARN (with a path, for IAM ARNs). */
function createOwnRoleTest(ownRoles: readonly string[]): (actor: string | undefined) => boolean {
  if (ownRoles.length === 0) return () => false
  const known = new Set(ownRoles)
  const isOwn = memoize((actor) => {
    const name = roleName(actor)
    return known.has(actor) || (name !== undefined && known.has(name))
  })
  return (actor) => actor !== undefined && isOwn(actor)
}

/** Undefined for who is no role. */
function roleName(actor: string): string | undefined {
  return /^arn:[^:]*:(?:iam|sts)::\d*:(?:role|assumed-role)\/(.+)$/.exec(actor)?.[1]?.split('/').at(-1)
}
