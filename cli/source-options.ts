/** Options and reading that `coverage` and `setup` share: which accounts, which stack. */
import type { Access, SourceClients } from '../shared/aws/source-clients.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { AccountSources, StackLink } from '../shared/sources/facts.ts'
import { type Io, usage } from './io.ts'
import { checkBucketName, readRegion, readStage } from './stack-options.ts'

export const SOURCE_OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string', multiple: true },
  'role-arn': { type: 'string', multiple: true },
} as const

export const SOURCE_USAGE = `--stage STAGE        the stack that reads the logs (default dev); asked with the default credentials
--region REGION      the stack's Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1)
--profile A,B        look at the accounts of these profiles (of ~/.aws/config); may be repeated
--role-arn ARN,…     look at the accounts of these roles, assumed with the default credentials; may be repeated`

export interface SourceValues {
  readonly stage?: string | undefined
  readonly region?: string | undefined
  readonly profile?: readonly string[] | undefined
  readonly 'role-arn'?: readonly string[] | undefined
}

/** What the arguments say by themselves, before AWS is asked anything. */
export interface Asked {
  readonly stage: string
  readonly region: string
  /** One for each account. */
  readonly accesses: readonly Access[]
  readonly buckets: readonly string[]
  /** For commands that are to mean the same stack and accounts. */
  readonly options: string
}

export async function readAsked(positionals: readonly string[], values: SourceValues, io: Io): Promise<Asked> {
  const buckets = [...new Set(positionals.map(checkBucketName))]
  const profiles = listOf(values.profile)
  const roles = listOf(values['role-arn'])
  for (const role of roles) {
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role))
      throw usage(`--role-arn ${JSON.stringify(role)} is not the ARN of a role.`)
  }
  const stage = readStage(values.stage)
  const region = await readRegion(values.region, io.env)
  const accesses: Access[] = [...profiles.map((profile) => ({ profile })), ...roles.map((roleArn) => ({ roleArn }))]
  return {
    stage,
    region,
    accesses: accesses.length === 0 ? [undefined] : accesses,
    buckets,
    options: `--stage ${stage} --region ${region}`,
  }
}

const listOf = (given: readonly string[] | undefined): string[] => [
  ...new Set((given ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '')),
]

/** An account, and the clients that it was looked at with. */
export interface LookedAt {
  readonly clients: SourceClients
  readonly account: AccountSources
}

/**
 * Looks at every account, one after the other: each asks for many things at once.
 *
 * @param target a bucket that access logs are to go to
 *
 * Errors: USAGE where no account has a bucket that was asked for.
 */
export async function lookAtAccounts(asked: Asked, io: Io, target?: string): Promise<LookedAt[]> {
  // Loaded only now: the local commands must not pay for the SDK.
  const { createSourceClients } = await import('../shared/aws/source-clients.ts')
  const { fetchAccount } = await import('../shared/aws/sources-facts.ts')
  const found: LookedAt[] = []
  for (const access of asked.accesses) {
    const clients = createSourceClients({ region: asked.region, ...(access !== undefined && { access }) })
    const account = await fetchAccount(clients, {
      buckets: asked.buckets,
      now: io.now(),
      target,
      onProgress: (done, of) => io.progress(`looking at buckets: ${done} of ${of}`),
    })
    found.push({ clients, account })
  }
  io.progress('')
  const names = found.flatMap(({ account }) => (account.buckets.known ? account.buckets.value : []))
  const absent = asked.buckets.filter((bucket) => !names.some((one) => one.bucket === bucket))
  if (absent.length > 0) {
    const accounts = found.map(({ account }) => account.accountId).join(', ')
    throw usage(
      `${absent.join(', ')}: no such bucket in ${accounts} (give --profile or --role-arn for other accounts).`,
    )
  }
  return found
}

/** The stack, or why there is none to ask. */
export async function lookAtStack({
  stage,
  region,
}: Asked): Promise<{ link: StackLink | undefined; problem?: string; unknown?: string }> {
  const { createAdminClients } = await import('../shared/aws/admin-clients.ts')
  const { fetchStackLink } = await import('../shared/aws/sources-facts.ts')
  try {
    return { link: await fetchStackLink(createAdminClients({ region }), stage) }
  } catch (error) {
    if (!(error instanceof BucketwatchError)) throw error
    if (error.code === 'STACK_NOT_FOUND') {
      return {
        link: undefined,
        problem: `There is no stack of the stage ${stage} in ${region}: what rules would see is told by the sources alone.`,
      }
    }
    return {
      link: undefined,
      problem: `The stack could not be looked at: ${error.message}`,
      unknown: error.message,
    }
  }
}
