/** The AWS SDK clients of the commands that look at an account's sources of logs, or set them up. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { S3Client } from '@aws-sdk/client-s3'
import { S3ControlClient } from '@aws-sdk/client-s3-control'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { BucketwatchError } from '../contracts/errors.ts'
import { parseArn } from '../derive/arn.ts'
import { callAws } from './admin-clients.ts'
import { APP_ID, createS3Client } from './clients.ts'

/** CloudTrail takes few calls a second, so its client waits rather than fails. */
export const PATIENT = { userAgentAppId: APP_ID, retryMode: 'adaptive', maxAttempts: 8 } as const

export interface SourceClients {
  /** The profile or role by which the account is asked; undefined: the default credentials. */
  readonly via: string | undefined
  readonly region: string
  /** Follows buckets into their Regions. */
  readonly s3: S3Client
  /** For what must be asked in the Region itself: a bucket that is to be made there. */
  readonly s3In: (region: string) => S3Client
  /** For what a Region may not have at all: gives up soon. */
  readonly s3Hasty: (region: string) => S3Client
  /** Settings of the account, whatever the Region. */
  readonly s3Control: S3ControlClient
  readonly sts: STSClient
  /** Trails and metrics are asked in their own Region. */
  readonly cloudTrail: (region: string) => CloudTrailClient
  readonly cloudWatch: (region: string) => CloudWatchClient
  readonly cloudFormation: (region: string) => CloudFormationClient
}

/** Whose account: a profile of the shared configuration files, or a role that is assumed. */
export type Access = { readonly profile: string } | { readonly roleArn: string } | undefined

/**
 * The clients for one account.
 *
 * @example
 * createSourceClients({ region: 'eu-west-1', access: { roleArn: 'arn:aws:iam::111122223333:role/audit' } })
 */
export function createSourceClients(options: { readonly region: string; readonly access?: Access }): SourceClients {
  const { region, access } = options
  const whose = credentialsOf(access, region)
  const config = (of: string) => ({ ...PATIENT, ...whose, region: of })
  return {
    via: access === undefined ? undefined : 'profile' in access ? access.profile : access.roleArn,
    region,
    s3: createS3Client({ ...whose, region, maxAttempts: 8 }),
    s3In: remember((of) => createS3Client({ ...whose, region: of, maxAttempts: 8 })),
    s3Hasty: remember((of) => createS3Client({ ...whose, region: of, maxAttempts: 2, followRegionRedirects: false })),
    s3Control: new S3ControlClient({ ...config(region), maxAttempts: 3 }),
    sts: new STSClient(config(region)),
    cloudTrail: remember((of) => new CloudTrailClient(config(of))),
    cloudWatch: remember((of) => new CloudWatchClient(config(of))),
    cloudFormation: remember((of) => new CloudFormationClient(config(of))),
  }
}

/** The part of a client's configuration that says with whose credentials it calls. */
export function credentialsOf(access: Access, region: string) {
  if (access === undefined) return {}
  if ('profile' in access) return { profile: access.profile }
  const params = { RoleArn: access.roleArn, RoleSessionName: APP_ID }
  return { credentials: fromTemporaryCredentials({ params, clientConfig: { region } }) }
}

/** One client a Region, so that its adaptive retry knows of all calls there. */
export function remember<T>(make: (region: string) => T): (region: string) => T {
  const made = new Map<string, T>()
  return (region) => {
    const found = made.get(region) ?? make(region)
    made.set(region, found)
    return found
  }
}

/**
 * Who the credentials are.
 *
 * @throws BucketwatchError AWS_CALL
 */
export async function readIdentity({ sts }: Pick<SourceClients, 'sts'>): Promise<{
  readonly accountId: string
  readonly partition: string
}> {
  const { Account, Arn = '' } = await callAws('sts:GetCallerIdentity', () => sts.send(new GetCallerIdentityCommand({})))
  if (Account === undefined) throw new BucketwatchError('AWS_CALL', 'sts:GetCallerIdentity: no account in the answer')
  return { accountId: Account, partition: parseArn(Arn)?.partition ?? 'aws' }
}
