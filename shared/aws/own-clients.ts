/**
 * The AWS SDK clients of what an account knows to be its own. They are large: only commands that ask for it load this
 * file, and no function of the stack does.
 */
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { requestHandler } from './clients.ts'
import {
  type Access,
  createSourceClients,
  credentialsOf,
  PATIENT,
  remember,
  type SourceClients,
} from './source-clients.ts'

export interface OwnClients extends SourceClients {
  readonly organizations: OrganizationsClient
  readonly cloudFront: CloudFrontClient
  readonly iam: IAMClient
  /** Networks are asked in each Region. */
  readonly ec2: (region: string) => EC2Client
}

/**
 * The clients for one account; throttled calls wait and come again, by the SDK's adaptive retry.
 *
 * @example
 * createOwnClients({ region: 'eu-west-1', access: { profile: 'log-archive' } })
 */
export function createOwnClients(options: { readonly region: string; readonly access?: Access }): OwnClients {
  const { region, access } = options
  const config = (of: string) => ({ ...PATIENT, ...credentialsOf(access, region), requestHandler, region: of })
  return {
    ...createSourceClients(options),
    organizations: new OrganizationsClient(config(region)),
    cloudFront: new CloudFrontClient(config(region)),
    iam: new IAMClient(config(region)),
    ec2: remember((of) => new EC2Client(config(of))),
  }
}
