/** What an account has beside trails and buckets: its own Block Public Access, directory buckets, event data stores. */
import { GetEventDataStoreCommand, ListEventDataStoresCommand } from '@aws-sdk/client-cloudtrail'
import {
  ListDirectoryBucketsCommand,
  type ListDirectoryBucketsOutput,
  type PublicAccessBlockConfiguration as PublicAccessBlockSetting,
} from '@aws-sdk/client-s3'
import { GetPublicAccessBlockCommand } from '@aws-sdk/client-s3-control'
import { mapLimited } from '../basics/map-limited.ts'
import type { Fact } from '../doctor/finding.ts'
import type { AccountSources, DirectoryBucket, EventDataStore, PublicAccessBlock } from '../sources/facts.ts'
import { callAws } from './admin-clients.ts'
import { fact, unless } from './facts.ts'
import { readAwsError } from './failure.ts'
import type { SourceClients } from './source-clients.ts'

/** Each Region is a service of its own, and none of these calls is urgent. */
const REGIONS_AT_A_TIME = 2

export type AccountSettings = Pick<AccountSources, 'publicAccessBlock' | 'directoryBuckets' | 'eventDataStores'>

/** Looks at them in each of the Regions. What may not be looked at is a fact that says so. */
export async function fetchAccountSettings(
  clients: SourceClients,
  accountId: string,
  regions: readonly string[],
): Promise<AccountSettings> {
  const inEach = async <T>(look: (region: string) => Promise<T>): Promise<ReadonlyMap<string, Fact<T>>> =>
    new Map(
      await mapLimited(regions, REGIONS_AT_A_TIME, async (region) => [region, await fact(() => look(region))] as const),
    )
  return {
    publicAccessBlock: await fetchAccountBlock(clients, accountId),
    directoryBuckets: await inEach((region) => listDirectoryBuckets(clients, region)),
    eventDataStores: await inEach((region) => listEventDataStores(clients, region)),
  }
}

/** Block Public Access as S3 answers it, of a bucket or of an account. */
export const publicAccessBlockOf = (block: PublicAccessBlockSetting | undefined): PublicAccessBlock => ({
  blockPublicAcls: block?.BlockPublicAcls === true,
  ignorePublicAcls: block?.IgnorePublicAcls === true,
  blockPublicPolicy: block?.BlockPublicPolicy === true,
  restrictPublicBuckets: block?.RestrictPublicBuckets === true,
})

const fetchAccountBlock = ({ s3Control }: SourceClients, AccountId: string) =>
  unless<PublicAccessBlock | undefined>(
    'NoSuchPublicAccessBlockConfiguration',
    undefined,
    's3:GetAccountPublicAccessBlock',
    async () => {
      const answer = await s3Control.send(new GetPublicAccessBlockCommand({ AccountId }))
      return publicAccessBlockOf(answer.PublicAccessBlockConfiguration)
    },
  )

/** aws: S3 User Guide, "Directory bucket naming rules": every name ends so, and no other bucket's does. */
const DIRECTORY_BUCKET = /--x-s3$/

async function listDirectoryBuckets({ s3Hasty }: SourceClients, region: string): Promise<DirectoryBucket[]> {
  const found: DirectoryBucket[] = []
  let ContinuationToken: string | undefined
  do {
    const input = ContinuationToken === undefined ? {} : { ContinuationToken }
    const page = await callAws('s3express:ListAllMyDirectoryBuckets', () => listPage(s3Hasty(region), input))
    for (const { Name = '' } of page.Buckets ?? [])
      if (DIRECTORY_BUCKET.test(Name)) found.push({ bucket: Name, region })
    ContinuationToken = page.ContinuationToken
  } while (ContinuationToken !== undefined && ContinuationToken !== '')
  return found
}

async function listPage(
  s3: ReturnType<SourceClients['s3Hasty']>,
  input: { readonly ContinuationToken?: string },
): Promise<ListDirectoryBucketsOutput> {
  try {
    return await s3.send(new ListDirectoryBucketsCommand(input))
  } catch (error) {
    // The name of the endpoint is known nowhere: the Region has no S3 Express.
    if (readAwsError(error).name === 'ENOTFOUND') return {}
    throw error
  }
}

async function listEventDataStores(clients: SourceClients, region: string): Promise<EventDataStore[]> {
  const found: EventDataStore[] = []
  let NextToken: string | undefined
  do {
    const input = NextToken === undefined ? {} : { NextToken }
    const page = await callAws('cloudtrail:ListEventDataStores', () =>
      clients.cloudTrail(region).send(new ListEventDataStoresCommand(input)),
    )
    for (const { EventDataStoreArn: arn = '', Name = arn } of page.EventDataStores ?? [])
      found.push(await readEventDataStore(clients, region, arn, Name))
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return found
}

async function readEventDataStore(
  clients: SourceClients,
  region: string,
  arn: string,
  name: string,
): Promise<EventDataStore> {
  const answer = await fact(() =>
    callAws('cloudtrail:GetEventDataStore', () =>
      clients.cloudTrail(region).send(new GetEventDataStoreCommand({ EventDataStore: arn })),
    ),
  )
  return {
    name,
    region,
    organization: answer.known && answer.value.OrganizationEnabled === true,
    multiRegion: answer.known && answer.value.MultiRegionEnabled === true,
    store: answer.known
      ? {
          known: true,
          value: { status: answer.value.Status ?? 'unknown', selectors: answer.value.AdvancedEventSelectors ?? [] },
        }
      : answer,
  }
}
