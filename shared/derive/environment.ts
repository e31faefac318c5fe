import type { Environment } from '../contracts/record.ts'
import { principalFromArn } from './arn.ts'
import { type Known, prepareKnown } from './strangers.ts'

/** The environment, made ready for look-ups per record. */
export interface PreparedEnvironment {
  /** Tells whether an account is somebody else's, seen from the account that received the record. */
  readonly isForeign: (accountId: string, recipientAccountId: string | undefined) => boolean
  /** Whether an account is the one that the deployment is for; where it does not say, every record's recipient is. */
  readonly isOwn: (recipientAccountId: string | undefined) => boolean
  readonly isLogBucket: (bucket: string) => boolean
  /** Whether the actor is expected at the bucket; undefined where the bucket is not watched. */
  readonly knowsActor: (bucket: string, actor: string | undefined) => boolean | undefined
  /** Who and what else is ours, for policies and other settings. */
  readonly known: Known
  /** Whether an actor is declared as deployer of the stack. */
  readonly isDeployer: (actor: string | undefined) => boolean
  /** The names that the stack's resources begin with. */
  readonly stackNames: readonly string[]
}

/** What a stack's resources are called where the settings do not say: serverless.yml's `service`. */
const STACK_NAMES = ['bucketwatch']

/** Role ARNs from IAM and session ARNs from STS name the same actor; users and others stay as they are. */
function actorOf(arn: string): string {
  return principalFromArn(arn)?.actor ?? arn
}

/**
 * Makes the environment's lists ready. Ours are its account, its trusted accounts and the account that received the
 * record: under an organization's trail every member's own calls are ordinary.
 *
 * @example
 * prepareEnvironment({ ...EMPTY_ENVIRONMENT, account: '111122223333' }).isForeign('444455556666', undefined) // true
 */
export function prepareEnvironment(environment: Environment): PreparedEnvironment {
  const ours = new Set(environment.trustedAccounts)
  if (environment.account !== undefined) ours.add(environment.account)
  const logBuckets = new Set([...environment.logBuckets, ...Object.values(environment.readBuckets ?? {}).flat()])
  const watched = new Map(
    Object.entries(environment.watchedBuckets).map(([bucket, arns]) => [bucket, new Set(arns.map(actorOf))] as const),
  )
  const deployers = new Set((environment.deployers ?? []).map(actorOf))
  return {
    known: prepareKnown(environment),
    isDeployer: (actor) => actor !== undefined && deployers.has(actor),
    stackNames: environment.stackNames ?? STACK_NAMES,
    isForeign: (accountId, recipientAccountId) => accountId !== recipientAccountId && !ours.has(accountId),
    isOwn: (recipientAccountId) =>
      recipientAccountId !== undefined && recipientAccountId === (environment.account ?? recipientAccountId),
    isLogBucket: (bucket) => logBuckets.has(bucket),
    knowsActor: (bucket, actor) => {
      const known = watched.get(bucket)
      return known === undefined ? undefined : actor !== undefined && known.has(actor)
    },
  }
}
