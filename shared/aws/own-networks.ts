/** An account's networks in one Region: VPCs, endpoints, and the public addresses that its calls come from. */
import {
  DescribeAddressesCommand,
  DescribeRegionsCommand,
  type EC2Client,
  paginateDescribeNatGateways,
  paginateDescribeVpcEndpoints,
  paginateDescribeVpcs,
  type Tag,
  type Vpc,
} from '@aws-sdk/client-ec2'
import type { AddressFacts, EndpointFacts, OurKey, RegionFacts, VpcFacts } from '../ours/facts.ts'
import { callAws } from './admin-clients.ts'
import { fact } from './facts.ts'

/** The most that EC2 gives in one answer. */
const PAGE_SIZE = 1000

/** The Regions that are switched on for the account. @throws BucketwatchError AWS_CALL */
export async function listRegions(ec2: EC2Client): Promise<string[]> {
  const { Regions = [] } = await callAws('ec2:DescribeRegions', () => ec2.send(new DescribeRegionsCommand({})))
  return Regions.flatMap(({ RegionName }) => (RegionName === undefined ? [] : [RegionName])).sort()
}

/** Looks at the Region. What may not be read is a fact that says so. */
export async function fetchNetworks(
  client: EC2Client,
  region: string,
  asks: (...keys: OurKey[]) => boolean,
): Promise<RegionFacts> {
  return {
    region,
    ...(asks('vpcs', 'allowRanges') && { vpcs: await fact(() => listVpcs(client)) }),
    ...(asks('vpcEndpoints') && { vpcEndpoints: await fact(() => listEndpoints(client)) }),
    ...(asks('allowRanges') && {
      natGateways: await fact(() => listNatGateways(client)),
      addresses: await fact(() => listAddresses(client)),
    }),
  }
}

const nameOf = (tags: readonly Tag[] | undefined): string => tags?.find(({ Key }) => Key === 'Name')?.Value ?? ''

function listVpcs(client: EC2Client): Promise<VpcFacts[]> {
  return callAws('ec2:DescribeVpcs', async () => {
    const found: VpcFacts[] = []
    for await (const { Vpcs = [] } of paginateDescribeVpcs({ client, pageSize: PAGE_SIZE }, {}))
      for (const vpc of Vpcs)
        found.push({ id: vpc.VpcId ?? '', owner: vpc.OwnerId ?? '', name: nameOf(vpc.Tags), ipv6: publicIpv6(vpc) })
    return found
  })
}

function publicIpv6({ Ipv6CidrBlockAssociationSet = [] }: Vpc): string[] {
  return Ipv6CidrBlockAssociationSet.flatMap(({ Ipv6CidrBlock, Ipv6CidrBlockState, Ipv6AddressAttribute }) =>
    Ipv6CidrBlock !== undefined && Ipv6CidrBlockState?.State === 'associated' && Ipv6AddressAttribute !== 'private'
      ? [Ipv6CidrBlock]
      : [],
  )
}

function listEndpoints(client: EC2Client): Promise<EndpointFacts[]> {
  return callAws('ec2:DescribeVpcEndpoints', async () => {
    const found: EndpointFacts[] = []
    for await (const { VpcEndpoints = [] } of paginateDescribeVpcEndpoints({ client, pageSize: PAGE_SIZE }, {}))
      for (const { VpcEndpointId = '', OwnerId = '', State = '', ServiceName = '', Tags } of VpcEndpoints)
        found.push({ id: VpcEndpointId, owner: OwnerId, state: State, name: nameOf(Tags), service: ServiceName })
    return found
  })
}

/** aws: EC2 API Reference, "NatGateway": one that failed or is deleted is told of for about an hour. */
function listNatGateways(client: EC2Client): Promise<AddressFacts[]> {
  return callAws('ec2:DescribeNatGateways', async () => {
    const found: AddressFacts[] = []
    for await (const { NatGateways = [] } of paginateDescribeNatGateways({ client, pageSize: PAGE_SIZE }, {}))
      for (const { NatGatewayId = '', State, NatGatewayAddresses = [], Tags } of NatGateways)
        for (const { PublicIp } of State === 'available' || State === 'pending' ? NatGatewayAddresses : [])
          if (PublicIp !== undefined) found.push({ address: PublicIp, id: NatGatewayId, name: nameOf(Tags) })
    return found
  })
}

/** EC2 gives all of them in one answer. */
async function listAddresses(client: EC2Client): Promise<AddressFacts[]> {
  const { Addresses = [] } = await callAws('ec2:DescribeAddresses', () => client.send(new DescribeAddressesCommand({})))
  return Addresses.flatMap(({ PublicIp, AllocationId = '', Tags }) =>
    PublicIp === undefined ? [] : [{ address: PublicIp, id: AllocationId, name: nameOf(Tags) }],
  )
}
