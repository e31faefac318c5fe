/** An account behind the SDK's clients that answers in pages of one, in two Regions; tests change one thing. */
import {
  CloudFrontClient,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListDistributionsCommand,
} from '@aws-sdk/client-cloudfront'
import { CloudTrailClient, DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail'
import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeRegionsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type NatGateway,
  type Vpc,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2'
import { IAMClient, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import {
  type Account,
  DescribeOrganizationCommand,
  ListAccountsCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations'
import { GetBucketLoggingCommand, HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'

export const ACCOUNT = '111122223333'
export const ARCHIVE = '444455556666'
export const CLOSED = '777788889999'
export const STRANGER = '999900001111'
export const HOME = 'eu-west-1'
export const OTHER = 'us-east-1'
export const CANONICAL = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'
export const IDENTITY = `${'b970b42360b81c8ddbd79d2f5df0069ba9033c8a79655752abe380cd6d63ba8b'}cf23384d568fcf89fc49700b5e11a0fd`

/** An error as the SDK throws it. */
export const refuse = (name: string, status = 403, message = `told: ${name}`) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } })

interface Networks {
  readonly vpcs: Vpc[]
  readonly endpoints: VpcEndpoint[]
  readonly natGateways: NatGateway[]
  readonly addresses: { PublicIp: string; AllocationId?: string; Tags?: { Key: string; Value: string }[] }[]
}

const named = (Value: string) => [{ Key: 'Name', Value }]

/** Starts the account. */
export function ownAccount() {
  const aws = {
    cloudFront: mockClient(CloudFrontClient),
    cloudTrail: mockClient(CloudTrailClient),
    ec2: mockClient(EC2Client),
    iam: mockClient(IAMClient),
    organizations: mockClient(OrganizationsClient),
    s3: mockClient(S3Client),
    sts: mockClient(STSClient),
  }
  const members: Account[] = [
    { Id: ACCOUNT, Name: 'audit', State: 'ACTIVE' },
    { Id: ARCHIVE, Name: 'log-archive', State: 'ACTIVE' },
    { Id: CLOSED, Name: 'old', State: 'SUSPENDED' },
  ]
  const networks: Record<string, Networks> = {
    [HOME]: {
      vpcs: [
        { VpcId: 'vpc-0a', OwnerId: ACCOUNT, Tags: named('prod') },
        {
          VpcId: 'vpc-0b',
          OwnerId: ARCHIVE,
          Ipv6CidrBlockAssociationSet: [
            { Ipv6CidrBlock: '2001:db8:0:100::/56', Ipv6CidrBlockState: { State: 'associated' } },
            { Ipv6CidrBlock: '2001:db8:0:200::/56', Ipv6CidrBlockState: { State: 'disassociated' } },
            {
              Ipv6CidrBlock: 'fd00::/56',
              Ipv6CidrBlockState: { State: 'associated' },
              Ipv6AddressAttribute: 'private',
            },
          ],
        },
        { VpcId: 'vpc-0f', OwnerId: STRANGER },
      ],
      endpoints: [
        { VpcEndpointId: 'vpce-0a', OwnerId: ACCOUNT, State: 'Available', ServiceName: `com.amazonaws.${HOME}.s3` },
        // The state as EC2 writes it, whatever the model says.
        { VpcEndpointId: 'vpce-0d', OwnerId: ACCOUNT, State: 'deleted' as 'Deleted', ServiceName: 'x' },
      ],
      natGateways: [
        { NatGatewayId: 'nat-0a', State: 'available', NatGatewayAddresses: [{ PublicIp: '203.0.113.10' }] },
        { NatGatewayId: 'nat-0d', State: 'deleted', NatGatewayAddresses: [{ PublicIp: '203.0.113.11' }] },
        { NatGatewayId: 'nat-0p', State: 'available', NatGatewayAddresses: [{}] },
      ],
      addresses: [
        { PublicIp: '203.0.113.10', AllocationId: 'eipalloc-0a' },
        { PublicIp: '198.51.100.7', AllocationId: 'eipalloc-0b', Tags: named('bastion') },
      ],
    },
    [OTHER]: { vpcs: [{ VpcId: 'vpc-0c', OwnerId: ACCOUNT }], endpoints: [], natGateways: [], addresses: [] },
  }
  const buckets: Record<string, string | undefined> = {
    'amzn-s3-demo-data': 'amzn-s3-demo-access-logs',
    'amzn-s3-demo-access-logs': undefined,
    'amzn-s3-demo-trail-logs': undefined,
  }
  const trails: Record<string, { Name: string; S3BucketName: string }[]> = {
    [HOME]: [{ Name: 'management', S3BucketName: 'amzn-s3-demo-trail-logs' }],
    [OTHER]: [],
  }
  /** Buckets of others that exist. */
  const elsewhere = new Set(['amzn-s3-demo-partner'])

  aws.sts.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/auditor` })
  aws.organizations.on(DescribeOrganizationCommand).resolves({
    Organization: { Id: 'o-exampleorgid', MasterAccountId: ARCHIVE },
  })
  aws.organizations.on(ListAccountsCommand).callsFake(({ NextToken }) => {
    const { page, next } = paged(members, NextToken)
    return { Accounts: page, NextToken: next }
  })
  aws.ec2.on(DescribeRegionsCommand).callsFake(() => ({
    Regions: Object.keys(networks).map((RegionName) => ({ RegionName })),
  }))
  const inRegion = async (getClient: () => EC2Client) => networks[await getClient().config.region()]!
  aws.ec2.on(DescribeVpcsCommand).callsFake(async ({ NextToken }, getClient) => {
    const { page, next } = paged((await inRegion(getClient)).vpcs, NextToken)
    return { Vpcs: page, NextToken: next }
  })
  aws.ec2.on(DescribeVpcEndpointsCommand).callsFake(async ({ NextToken }, getClient) => {
    const { page, next } = paged((await inRegion(getClient)).endpoints, NextToken)
    return { VpcEndpoints: page, NextToken: next }
  })
  aws.ec2.on(DescribeNatGatewaysCommand).callsFake(async ({ NextToken }, getClient) => {
    const { page, next } = paged((await inRegion(getClient)).natGateways, NextToken)
    return { NatGateways: page, NextToken: next }
  })
  aws.ec2.on(DescribeAddressesCommand).callsFake(async (_, getClient) => ({
    Addresses: (await inRegion(getClient)).addresses,
  }))
  aws.cloudTrail.on(DescribeTrailsCommand).callsFake(async (_, getClient: () => CloudTrailClient) => ({
    trailList: trails[await getClient().config.region()],
  }))
  aws.s3.on(ListBucketsCommand).callsFake(({ ContinuationToken }) => {
    const { page, next } = paged(Object.keys(buckets), ContinuationToken)
    return {
      Owner: { ID: CANONICAL },
      Buckets: page.map((Name) => ({ Name, BucketRegion: HOME })),
      ContinuationToken: next,
    }
  })
  aws.s3.on(GetBucketLoggingCommand).callsFake(({ Bucket }) => {
    const TargetBucket = buckets[Bucket]
    return TargetBucket === undefined ? {} : { LoggingEnabled: { TargetBucket, TargetPrefix: '' } }
  })
  aws.s3.on(HeadBucketCommand).callsFake(({ Bucket }) => {
    if (elsewhere.has(Bucket)) throw refuse('Forbidden', 403)
    throw refuse('NotFound', 404)
  })
  const distributions = [
    {
      Id: 'E1EXAMPLE',
      DomainName: 'd111111abcdef8.cloudfront.net',
      Aliases: { Quantity: 1, Items: ['www.example.com'] },
    },
    { Id: 'E2EXAMPLE', DomainName: 'd222222abcdef8.cloudfront.net' },
  ]
  aws.cloudFront.on(ListDistributionsCommand).callsFake(({ Marker }) => {
    const { page, next } = paged(distributions, Marker)
    return { DistributionList: { Items: page, NextMarker: next, IsTruncated: next !== undefined } }
  })
  aws.cloudFront.on(ListCloudFrontOriginAccessIdentitiesCommand).callsFake(({ Marker }) => {
    const { page, next } = paged([{ Id: 'E3IDENTITY', S3CanonicalUserId: IDENTITY, Comment: 'the website' }], Marker)
    return { CloudFrontOriginAccessIdentityList: { Items: page, NextMarker: next, IsTruncated: next !== undefined } }
  })
  aws.iam.on(ListRolesCommand).callsFake(({ Marker }) => {
    const { page, next } = paged(
      [
        { RoleId: 'AROAEXAMPLEEXAMPLE001', RoleName: 'payroll' },
        { RoleId: 'AROAEXAMPLEEXAMPLE002', RoleName: 'web' },
      ],
      Marker,
    )
    return { Roles: page, Marker: next, IsTruncated: next !== undefined }
  })
  aws.iam.on(ListUsersCommand).callsFake(() => ({ Users: [{ UserId: 'AIDAEXAMPLEEXAMPLE001', UserName: 'ci' }] }))
  return {
    ...aws,
    members,
    networks,
    buckets,
    trails,
    elsewhere,
    /** The names of all calls that were made. */
    calls: () => Object.values(aws).flatMap((mock) => mock.calls().map(({ args }) => args[0].constructor.name)),
    restore: () => {
      for (const mock of Object.values(aws)) mock.restore()
    },
  }
}

function paged<T>(all: readonly T[], token: string | undefined): { page: T[]; next: string | undefined } {
  const from = Number(token ?? 0)
  return { page: all.slice(from, from + 1), next: from + 1 < all.length ? String(from + 1) : undefined }
}
