/** What AWS is asked of an account of one's own, and what becomes of the answers. */
import { globSync, readFileSync } from 'node:fs'
import { ListCloudFrontOriginAccessIdentitiesCommand, ListDistributionsCommand } from '@aws-sdk/client-cloudfront'
import { DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail'
import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeRegionsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2'
import { ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { DescribeOrganizationCommand, ListAccountsCommand } from '@aws-sdk/client-organizations'
import { GetBucketLoggingCommand, ListBucketsCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOwnClients } from '../../shared/aws/own-clients.ts'
import { fetchOwnAccount, findAbsentBuckets, type OwnQuestion } from '../../shared/aws/own-facts.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { OUR_KEYS, type OurKey, USUAL_KEYS } from '../../shared/ours/facts.ts'
import { oursOf } from '../../shared/ours/ours.ts'
import { unreadLine } from '../../shared/ours/unread.ts'
import { ACCOUNT, ARCHIVE, CANONICAL, HOME, IDENTITY, OTHER, ownAccount, refuse } from '../ours/support/own-account.ts'

let aws: ReturnType<typeof ownAccount>
beforeEach(() => {
  aws = ownAccount()
})
afterEach(() => aws.restore())

async function look(question: Partial<OwnQuestion> = {}) {
  const keys = question.keys ?? OUR_KEYS
  const account = await fetchOwnAccount(createOwnClients({ region: HOME }), { ...question, keys })
  return oursOf([account], keys, { ...EMPTY_ENVIRONMENT, trustedAccounts: [ARCHIVE] })
}
const valuesOf = ({ items }: Awaited<ReturnType<typeof look>>) =>
  Object.fromEntries([...items].map(([key, found]) => [key, found.map(({ value }) => value)]))

/** What is read of the account where nothing is refused. */
const ALL = {
  account: [ACCOUNT],
  trustedAccounts: [ARCHIVE],
  logBuckets: ['amzn-s3-demo-access-logs', 'amzn-s3-demo-trail-logs'],
  allowRanges: ['2001:db8:0:100::/56', '203.0.113.10/32', '198.51.100.7/32'],
  organizations: ['o-exampleorgid'],
  vpcs: ['vpc-0a', 'vpc-0b', 'vpc-0c'],
  vpcEndpoints: ['vpce-0a'],
  canonicalIds: [CANONICAL, IDENTITY],
  distributions: ['E1EXAMPLE', 'E2EXAMPLE', 'E3IDENTITY'],
  principalIds: ['AROAEXAMPLEEXAMPLE001', 'AROAEXAMPLEEXAMPLE002', 'AIDAEXAMPLEEXAMPLE001'],
  buckets: ['amzn-s3-demo-data', 'amzn-s3-demo-access-logs', 'amzn-s3-demo-trail-logs'],
}

describe('an account of one’s own', () => {
  it('is read page by page, in all of its Regions, and only read', async () => {
    const ours = await look()
    expect(ours.unread).toEqual([])
    for (const [key, values] of Object.entries(ALL)) {
      const found = valuesOf(ours)[key]
      expect([key, found?.toSorted()]).toEqual([key, values.toSorted()])
    }
    expect(ours).toMatchObject({ accounts: [ACCOUNT], regions: [HOME, OTHER], everywhere: true })
    expect(aws.calls().filter((name) => !/^(Get|List|Describe)/.test(name))).toEqual([])
  })

  it('is asked for no more than what is wanted', async () => {
    expect(valuesOf(await look({ keys: ['organizations'] }))).toEqual({ organizations: ALL.organizations })
    expect(aws.calls().toSorted()).toEqual(['DescribeOrganizationCommand', 'GetCallerIdentityCommand'])
    await look({ keys: USUAL_KEYS })
    expect(aws.calls()).not.toContain('ListRolesCommand')
  })

  it('in Regions that are named: then there may be more', async () => {
    const ours = await look({ keys: ['vpcs'], regions: [OTHER] })
    expect(valuesOf(ours)).toEqual({ vpcs: ['vpc-0c'] })
    expect(ours).toMatchObject({ regions: [OTHER], everywhere: false, unread: [] })
    expect(aws.calls()).not.toContain('DescribeRegionsCommand')
  })

  it('in no organization: there are no accounts, and that is no failure', async () => {
    aws.organizations.on(DescribeOrganizationCommand).rejects(refuse('AWSOrganizationsNotInUseException', 400))
    const ours = await look({ keys: ['organizations', 'trustedAccounts'] })
    expect(valuesOf(ours)).toEqual({ organizations: [], trustedAccounts: [] })
    expect(ours.unread).toEqual([])
    expect(aws.calls()).not.toContain('ListAccountsCommand')
  })

  it('with nothing in it: every list is empty, and known to be', async () => {
    for (const region of [HOME, OTHER])
      Object.assign(aws.networks, { [region]: { vpcs: [], endpoints: [], natGateways: [], addresses: [] } })
    for (const name of Object.keys(aws.buckets)) delete aws.buckets[name]
    aws.trails[HOME] = []
    const ours = await look({ keys: ['vpcs', 'vpcEndpoints', 'allowRanges', 'logBuckets', 'buckets'] })
    expect(Object.values(valuesOf(ours))).toEqual([[], [], [], [], []])
    expect(ours.unread).toEqual([])
  })

  it('in a partition without CloudFront: there are no distributions', async () => {
    aws.sts.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT, Arn: `arn:aws-us-gov:iam::${ACCOUNT}:user/a` })
    const nowhere = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    aws.cloudFront.onAnyCommand().rejects(nowhere)
    expect(await look({ keys: ['distributions'] })).toMatchObject({ unread: [] })
    aws.sts.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/a` })
    expect((await look({ keys: ['distributions'] })).unread.map(unreadLine)).toEqual([
      `could not read distributions of ${ACCOUNT}: cloudfront:ListDistributions: ENOTFOUND: getaddrinfo ENOTFOUND`,
      `could not read distributions of ${ACCOUNT}: cloudfront:ListCloudFrontOriginAccessIdentities: ENOTFOUND: getaddrinfo ENOTFOUND`,
    ])
  })

  it('whose credentials do not say whose they are is an error', async () => {
    aws.sts.on(GetCallerIdentityCommand).rejects(refuse('ExpiredToken'))
    await expect(look()).rejects.toMatchObject({ code: 'AWS_CALL', message: expect.stringContaining('ExpiredToken') })
  })
})

/** Each call: what it is called in a policy, and which keys suffer where it is refused. */
const CALLS: readonly (readonly [string, () => { rejects(error: Error): unknown }, readonly OurKey[]])[] = [
  ['organizations:DescribeOrganization', () => aws.organizations.on(DescribeOrganizationCommand), ['organizations']],
  ['organizations:ListAccounts', () => aws.organizations.on(ListAccountsCommand), ['trustedAccounts']],
  ['s3:ListAllMyBuckets', () => aws.s3.on(ListBucketsCommand), ['buckets', 'canonicalIds', 'logBuckets']],
  ['s3:GetBucketLogging', () => aws.s3.on(GetBucketLoggingCommand), ['logBuckets']],
  ['cloudtrail:DescribeTrails', () => aws.cloudTrail.on(DescribeTrailsCommand), ['logBuckets']],
  [
    'ec2:DescribeRegions',
    () => aws.ec2.on(DescribeRegionsCommand),
    ['allowRanges', 'logBuckets', 'vpcEndpoints', 'vpcs'],
  ],
  ['ec2:DescribeVpcs', () => aws.ec2.on(DescribeVpcsCommand), ['allowRanges', 'vpcs']],
  ['ec2:DescribeVpcEndpoints', () => aws.ec2.on(DescribeVpcEndpointsCommand), ['vpcEndpoints']],
  ['ec2:DescribeNatGateways', () => aws.ec2.on(DescribeNatGatewaysCommand), ['allowRanges']],
  ['ec2:DescribeAddresses', () => aws.ec2.on(DescribeAddressesCommand), ['allowRanges']],
  ['cloudfront:ListDistributions', () => aws.cloudFront.on(ListDistributionsCommand), ['distributions']],
  [
    'cloudfront:ListCloudFrontOriginAccessIdentities',
    () => aws.cloudFront.on(ListCloudFrontOriginAccessIdentitiesCommand),
    ['canonicalIds', 'distributions'],
  ],
  ['iam:ListRoles', () => aws.iam.on(ListRolesCommand), ['principalIds']],
  ['iam:ListUsers', () => aws.iam.on(ListUsersCommand), ['principalIds']],
]

describe('what may not be read', () => {
  it.each(CALLS)('%s: named with its keys, and nothing else is lost', async (action, mock, keys) => {
    mock().rejects(refuse('UnauthorizedOperation', 403, 'You are not authorized'))
    const ours = await look()
    expect([...new Set(ours.unread.map(({ key }) => key))].sort()).toEqual(keys)
    for (const one of ours.unread) {
      expect(one.needs).toBe(action)
      expect(unreadLine(one)).toMatch(`could not read ${one.key} of ${ACCOUNT}`)
      expect(unreadLine(one)).toContain(`: needs ${action} (UnauthorizedOperation: You are not authorized)`)
    }
    const found = valuesOf(ours)
    for (const [key, values] of Object.entries(ALL))
      if (!keys.includes(key as OurKey)) expect([key, found[key]?.toSorted()]).toEqual([key, values.toSorted()])
  })

  it('in one Region keeps what the others have; many Regions are one line', async () => {
    const where: string[] = []
    aws.ec2.on(DescribeVpcsCommand).callsFake(async (_, getClient) => {
      const region = await getClient().config.region()
      where.push(region)
      if (region === HOME) throw refuse('UnauthorizedOperation')
      return { Vpcs: [{ VpcId: 'vpc-0c', OwnerId: ACCOUNT }] }
    })
    const one = await look({ keys: ['vpcs'] })
    expect(where.toSorted()).toEqual([HOME, OTHER])
    expect(valuesOf(one)).toEqual({ vpcs: ['vpc-0c'] })
    expect(one.unread).toMatchObject([{ regions: [HOME] }])
    aws.ec2.on(DescribeVpcsCommand).rejects(refuse('UnauthorizedOperation'))
    const all = await look({ keys: ['vpcs'] })
    expect(all.unread.map(unreadLine)).toEqual([
      `could not read vpcs of ${ACCOUNT} in ${HOME}, ${OTHER}: needs ec2:DescribeVpcs (UnauthorizedOperation: told: UnauthorizedOperation)`,
    ])
  })

  it('without the right to list Regions the one that was asked first is looked at', async () => {
    aws.ec2.on(DescribeRegionsCommand).rejects(refuse('UnauthorizedOperation'))
    const ours = await look({ keys: ['vpcs'] })
    expect(ours).toMatchObject({ regions: [HOME], everywhere: false })
    expect(valuesOf(ours)).toEqual({ vpcs: ['vpc-0a', 'vpc-0b'] })
  })

  it('without the right to list accounts the management account is known all the same', async () => {
    aws.organizations.on(ListAccountsCommand).rejects(refuse('AccessDeniedException', 400))
    const ours = await look({ keys: ['organizations', 'trustedAccounts'] })
    expect(ours.items.get('trustedAccounts')).toEqual([
      { value: ARCHIVE, label: 'management account of o-exampleorgid' },
    ])
    expect(ours.unread).toHaveLength(1)
  })

  it('what failed otherwise needs no right; who may list accounts is said', async () => {
    aws.ec2.on(DescribeVpcsCommand).rejects(refuse('RequestLimitExceeded', 503))
    aws.organizations.on(ListAccountsCommand).rejects(refuse('AccessDeniedException', 400))
    const lines = (await look({ keys: ['vpcs', 'trustedAccounts'] })).unread.map(unreadLine)
    expect(lines).toEqual([
      expect.stringMatching(
        /needs organizations:ListAccounts .* Only the management account and delegated administrators/,
      ),
      `could not read vpcs of ${ACCOUNT} in ${HOME}, ${OTHER}: ec2:DescribeVpcs: RequestLimitExceeded: told: RequestLimitExceeded`,
    ])
  })

  it('the policy of docs/settings.md is what it takes, and no more', () => {
    const page = readFileSync('docs/settings.md', 'utf8')
    const policy = JSON.parse(/```json\n(\{[^`]*"ec2:DescribeVpcs"[^`]*\})\n```/.exec(page)?.[1] ?? '{}')
    const actions = policy.Statement.flatMap(({ Action }: { Action: string[] }) => Action)
    // HeadBucket; GetCallerIdentity needs no right.
    expect(actions.toSorted()).toEqual([...CALLS.map(([action]) => action), 's3:ListBucket'].toSorted())
  })
})

describe('whether buckets exist', () => {
  it('is told by S3, whoever has them', async () => {
    const clients = createOwnClients({ region: HOME })
    expect([...(await findAbsentBuckets(clients, ['amzn-s3-demo-partner', 'amzn-s3-demo-gone']))]).toEqual([
      'amzn-s3-demo-gone',
    ])
  })
})

describe('the clients', () => {
  const OWN = ['own-clients', 'own-facts', 'own-networks'].map((name) => `shared/aws/${name}.ts`)
  const sources = globSync('{shared,cli,functions,infra}/**/*.ts').filter((file) => !OWN.includes(file))
  const LARGE = /own-(?:clients|facts|networks)\.ts$|^@aws-sdk\/client-(?:ec2|organizations|cloudfront)$/

  it('are loaded when they are asked for: neither functions nor local commands pay for them', () => {
    expect(sources.length).toBeGreaterThan(400)
    const importing = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^import (?!type )(?:[^'\n]|\n(?!import))*?from '([^']+)'/gm)]
        .filter(([, module = '']) => LARGE.test(module) && !module.endsWith('../own-facts.ts'))
        .map(([, module]) => `${file} ${module}`),
    )
    // The command's own file of that name, which loads the clients when it is called.
    expect(importing.filter((line) => !/^cli\/.* \.\.?\/own-facts\.ts$/.test(line))).toEqual([])
  })
})
