/** The settings that AWS fills, over the network: the command as people run it, against the emulator's own answers. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront'
import {
  AllocateAddressCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import {
  CreateAccountCommand,
  DescribeOrganizationCommand,
  ListAccountsCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations'
import { CreateBucketCommand, PutBucketLoggingCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { ACCOUNT, CREDENTIALS, type Emulator, REGION, startEmulator } from './support/emulator.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-facts-'))
const settings = path.join(folder, 'settings.yml')
let emulator: Emulator
const common = () => ({ endpoint: emulator.endpoint, region: REGION, credentials: CREDENTIALS })

beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(async () => {
  await emulator?.stop()
  rmSync(folder, { recursive: true })
})

/** The command as a shell runs it; nothing of AWS in its environment but the emulator. */
function doctor(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, ['cli/bin.ts', 'doctor', '--facts', ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test('what is made is found, written once, and what goes is told', async () => {
  const ec2 = new EC2Client(common())
  const { Vpc } = await ec2.send(
    new CreateVpcCommand({
      CidrBlock: '10.0.0.0/16',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'payroll' }] }],
    }),
  )
  const vpcId = Vpc!.VpcId!
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({ VpcId: vpcId, ServiceName: `com.amazonaws.${REGION}.s3` }),
  )
  const { PublicIp, AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
  const s3 = new S3Client({ ...common(), forcePathStyle: true })
  for (const Bucket of ['amzn-s3-demo-data', 'amzn-s3-demo-logs']) await s3.send(new CreateBucketCommand({ Bucket }))
  await s3.send(
    new PutBucketLoggingCommand({
      Bucket: 'amzn-s3-demo-data',
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'amzn-s3-demo-logs', TargetPrefix: '' } },
    }),
  )
  const organizations = new OrganizationsClient(common())
  const { Organization } = await organizations.send(new DescribeOrganizationCommand({}))
  await organizations.send(new CreateAccountCommand({ AccountName: 'log-archive', Email: 'logs@example.com' }))
  const { Accounts = [] } = await organizations.send(new ListAccountsCommand({}))
  const archive = Accounts.find(({ Name }) => Name === 'log-archive')!.Id!
  const { Distribution } = await new CloudFrontClient(common()).send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: '1',
        Comment: 'the website',
        Enabled: true,
        Origins: {
          Quantity: 1,
          Items: [
            {
              Id: 's3',
              DomainName: 'amzn-s3-demo-data.s3.amazonaws.com',
              S3OriginConfig: { OriginAccessIdentity: '' },
            },
          ],
        },
        DefaultCacheBehavior: { TargetOriginId: 's3', ViewerProtocolPolicy: 'https-only' },
      },
    }),
  )

  const written = await doctor('--regions', REGION, '--write', settings)
  expect(written).toMatchObject({ code: 0, err: '' })
  const text = readFileSync(settings, 'utf8')
  const parsed = parseSettings(text, settings)
  expect(parsed.ok && parsed.value.environment).toMatchObject({
    account: ACCOUNT,
    trustedAccounts: [archive],
    organizations: [Organization!.Id],
    logBuckets: ['amzn-s3-demo-logs'],
    buckets: ['amzn-s3-demo-data', 'amzn-s3-demo-logs'],
    vpcs: expect.arrayContaining([vpcId]),
    vpcEndpoints: [VpcEndpoint!.VpcEndpointId],
    allowRanges: [`${PublicIp}/32`],
    distributions: [Distribution!.Id],
    canonicalIds: [expect.stringMatching(/^[0-9a-f]{64}$/)],
  })
  expect(text).toContain(`- ${vpcId} # payroll, ${ACCOUNT} ${REGION}\n`)
  expect(text).toContain(`- ${PublicIp}/32 # ${AllocationId}, ${ACCOUNT} ${REGION}\n`)

  const again = await doctor('--regions', REGION, '--write', settings)
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('says all of it already') })
  expect(readFileSync(settings, 'utf8')).toBe(text)

  await ec2.send(new DeleteVpcCommand({ VpcId: vpcId }))
  const { out } = await doctor('--write', settings)
  expect(out).toMatch(new RegExp(`^gone +vpcs: ${vpcId}: no VPC of ${ACCOUNT}; it stays in `, 'm'))
  expect(readFileSync(settings, 'utf8')).toContain(vpcId)
})
