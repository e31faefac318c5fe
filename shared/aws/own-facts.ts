/**
 * Fetches what AWS says to be an account's own: its organization, networks, buckets, distributions. Reads only. What may
 * not be read is a fact that says so, and nothing else is lost by it.
 */
import { paginateListCloudFrontOriginAccessIdentities, paginateListDistributions } from '@aws-sdk/client-cloudfront'
import { DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail'
import { paginateListRoles, paginateListUsers } from '@aws-sdk/client-iam'
import { DescribeOrganizationCommand, paginateListAccounts } from '@aws-sdk/client-organizations'
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { mapLimited } from '../basics/map-limited.ts'
import { type Fact, known } from '../doctor/finding.ts'
import type { LogTarget, Member, Named, OurKey, OwnAccount, RegionFacts } from '../ours/facts.ts'
import { callAws } from './admin-clients.ts'
import { fact } from './facts.ts'
import { readAwsError } from './failure.ts'
import { type ListedBuckets, listBuckets } from './list-buckets.ts'
import type { OwnClients } from './own-clients.ts'
import { fetchNetworks, listRegions } from './own-networks.ts'
import { readIdentity, type SourceClients } from './source-clients.ts'
import { readLoggingFacts } from './sources-facts.ts'

/** S3 throttles questions about settings far earlier than those about objects. */
const BUCKETS_AT_A_TIME = 8
/** Each Region is a service of its own. */
const REGIONS_AT_A_TIME = 4

export interface OwnQuestion {
  /** What is asked for; everything else is absent from the answer. */
  readonly keys: readonly OurKey[]
  /** Only these Regions; undefined: all that the account has switched on. */
  readonly regions?: readonly string[] | undefined
  /** Told what is being looked at. */
  readonly onProgress?: ((what: string) => void) | undefined
}

/**
 * Looks at one account.
 *
 * @throws BucketwatchError AWS_CALL where the credentials do not say whose they are.
 * @example
 * await fetchOwnAccount(createOwnClients({ region: 'eu-west-1' }), { keys: USUAL_KEYS })
 */
export async function fetchOwnAccount(clients: OwnClients, question: OwnQuestion): Promise<OwnAccount> {
  const { accountId, partition } = await readIdentity(clients)
  const asks = (...keys: OurKey[]): boolean => keys.some((key) => question.keys.includes(key))
  const progress = (what: string) => question.onProgress?.(`looking at ${accountId}: ${what}`)
  progress('organization, buckets, distributions')
  const [organization, buckets, distributions, principals] = await Promise.all([
    fetchOrganization(clients, asks),
    asks('buckets', 'canonicalIds', 'logBuckets') ? fact(() => listBuckets(clients)) : undefined,
    fetchCloudFront(clients, partition, asks),
    asks('principalIds') ? fetchPrincipals(clients) : {},
  ])
  const { regions, everywhere, regionsProblem } = await regionsOf(clients, question, asks)
  let done = 0
  const regionFacts = await mapLimited(regions, REGIONS_AT_A_TIME, async (region): Promise<RegionFacts> => {
    const networks = await fetchNetworks(clients.ec2(region), region, asks)
    const trails = asks('logBuckets') ? { trails: await fact(() => listTrails(clients, region)) } : {}
    done += 1
    progress(`Regions: ${done} of ${regions.length}`)
    return { ...networks, ...trails }
  })
  return {
    accountId,
    regions: regionFacts,
    everywhere,
    regionsProblem,
    ...organization,
    ...(buckets !== undefined && { buckets: ownBuckets(buckets) }),
    ...(asks('logBuckets') && { accessLogs: await fetchAccessLogs(clients, buckets, progress) }),
    ...distributions,
    ...principals,
  }
}

type Asks = (...keys: OurKey[]) => boolean

/** @see Organizations API Reference: DescribeOrganization is for every member, ListAccounts for who administers it. */
async function fetchOrganization(
  { organizations }: OwnClients,
  asks: Asks,
): Promise<Pick<OwnAccount, 'organization' | 'members'>> {
  if (!asks('organizations', 'trustedAccounts')) return {}
  const organization = await fact(() =>
    unlessNone('organizations:DescribeOrganization', async () => {
      const { Organization } = await organizations.send(new DescribeOrganizationCommand({}))
      const { Id, MasterAccountId = '' } = Organization ?? {}
      return Id === undefined ? undefined : { id: Id, managementAccount: MasterAccountId }
    }),
  )
  if (!asks('trustedAccounts')) return { organization }
  if (organization.known && organization.value === undefined) return { organization, members: known([]) }
  const members = await fact(() =>
    callAws('organizations:ListAccounts', async () => {
      const found: Member[] = []
      for await (const { Accounts = [] } of paginateListAccounts({ client: organizations }, {}))
        for (const { Id = '', Name = '', State, Status } of Accounts)
          found.push({ id: Id, name: Name, state: State ?? Status ?? 'of no state' })
      return found
    }),
  )
  return { organization, members }
}

/** An account that is in no organization has none: that is no failure. */
function unlessNone<T>(action: string, call: () => Promise<T | undefined>): Promise<T | undefined> {
  return callAws(action, async () => {
    try {
      return await call()
    } catch (error) {
      if (readAwsError(error).name === 'AWSOrganizationsNotInUseException') return undefined
      throw error
    }
  })
}

const ownBuckets = (listed: Fact<ListedBuckets>): NonNullable<OwnAccount['buckets']> =>
  listed.known
    ? known({ names: listed.value.buckets.map(({ name }) => name), canonicalId: listed.value.ownerId })
    : listed

async function fetchAccessLogs(
  clients: SourceClients,
  listed: Fact<ListedBuckets> | undefined,
  progress: (what: string) => void,
): Promise<ReadonlyMap<string, Fact<LogTarget>>> {
  const buckets = listed?.known === true ? listed.value.buckets : []
  let done = 0
  const found = await mapLimited(buckets, BUCKETS_AT_A_TIME, async ({ name, region }) => {
    const s3 = region === undefined ? clients.s3 : clients.s3In(region)
    const target = await fact(async () => (await readLoggingFacts({ s3 }, name))?.bucket)
    done += 1
    if (done % BUCKETS_AT_A_TIME === 0) progress(`access logs of buckets: ${done} of ${buckets.length}`)
    return [name, target.known ? known({ of: `bucket ${name}`, bucket: target.value }) : target] as const
  })
  return new Map(found)
}

async function listTrails(clients: SourceClients, region: string): Promise<LogTarget[]> {
  const { trailList = [] } = await callAws('cloudtrail:DescribeTrails', () =>
    clients.cloudTrail(region).send(new DescribeTrailsCommand({})),
  )
  return trailList.map(({ Name = '', S3BucketName }) => ({ of: `trail ${Name}`, bucket: S3BucketName }))
}

async function fetchCloudFront(
  { cloudFront }: OwnClients,
  partition: string,
  asks: Asks,
): Promise<Pick<OwnAccount, 'distributions' | 'identities'>> {
  if (!asks('distributions', 'canonicalIds')) return {}
  const list = <T>(action: string, call: () => Promise<T[]>): Promise<Fact<T[]>> =>
    fact(() =>
      callAws(action, async () => {
        try {
          return await call()
        } catch (error) {
          // Other partitions have no CloudFront, and nobody knows the name of its endpoint.
          if (partition !== 'aws' && readAwsError(error).name === 'ENOTFOUND') return []
          throw error
        }
      }),
    )
  const identities = await list('cloudfront:ListCloudFrontOriginAccessIdentities', async () => {
    const found: (Named & { readonly canonicalId: string })[] = []
    for await (const page of paginateListCloudFrontOriginAccessIdentities({ client: cloudFront }, {}))
      for (const { Id = '', Comment = '', S3CanonicalUserId = '' } of page.CloudFrontOriginAccessIdentityList?.Items ??
        [])
        found.push({ id: Id, name: Comment, canonicalId: S3CanonicalUserId })
    return found
  })
  if (!asks('distributions')) return { identities }
  const distributions = await list('cloudfront:ListDistributions', async () => {
    const found: Named[] = []
    for await (const { DistributionList } of paginateListDistributions({ client: cloudFront }, {}))
      for (const { Id = '', DomainName = '', Aliases } of DistributionList?.Items ?? [])
        found.push({ id: Id, name: Aliases?.Items?.[0] ?? DomainName })
    return found
  })
  return { identities, distributions }
}

async function fetchPrincipals({ iam }: OwnClients): Promise<Pick<OwnAccount, 'roles' | 'users'>> {
  const [roles, users] = await Promise.all([
    fact(() =>
      callAws('iam:ListRoles', async () => {
        const found: Named[] = []
        for await (const { Roles = [] } of paginateListRoles({ client: iam }, {}))
          for (const { RoleId = '', RoleName = '' } of Roles) found.push({ id: RoleId, name: RoleName })
        return found
      }),
    ),
    fact(() =>
      callAws('iam:ListUsers', async () => {
        const found: Named[] = []
        for await (const { Users = [] } of paginateListUsers({ client: iam }, {}))
          for (const { UserId = '', UserName = '' } of Users) found.push({ id: UserId, name: UserName })
        return found
      }),
    ),
  ])
  return { roles, users }
}

async function regionsOf(
  clients: OwnClients,
  { regions }: OwnQuestion,
  asks: Asks,
): Promise<{ readonly regions: readonly string[]; readonly everywhere: boolean; readonly regionsProblem?: string }> {
  if (!asks('vpcs', 'vpcEndpoints', 'allowRanges', 'logBuckets')) return { regions: [], everywhere: true }
  if (regions !== undefined) return { regions, everywhere: false }
  const listed = await fact(() => listRegions(clients.ec2(clients.region)))
  if (listed.known) return { regions: listed.value, everywhere: true }
  return { regions: [clients.region], everywhere: false, regionsProblem: listed.reason }
}

/** Which of these buckets do not exist at all, whoever may have them. What cannot be told is not among them. */
export async function findAbsentBuckets(
  { s3 }: Pick<SourceClients, 's3'>,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const absent = await mapLimited(names, BUCKETS_AT_A_TIME, async (Bucket) => {
    try {
      await s3.send(new HeadBucketCommand({ Bucket }))
      return false
    } catch (error) {
      // aws: S3 API Reference, "HeadBucket": 404 where there is none, 403 where it is somebody else's.
      return readAwsError(error).status === 404
    }
  })
  return new Set(names.filter((_, index) => absent[index]))
}
