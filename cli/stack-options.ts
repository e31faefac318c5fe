/** Options and defaults that the commands share which talk to AWS. */
import { isLogKind, kindNames, type LogKind } from '../shared/kinds/kinds.ts'
import { STAGE_NAME } from '../shared/settings/defaults.ts'
import { type Io, usage } from './io.ts'

export const STACK_OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  kind: { type: 'string' },
  'bucket-profile': { type: 'string' },
} as const

/** The stage and Region that `npm run deploy` takes without arguments (serverless.yml). */
export function readStage(stage: string | undefined): string {
  const value = stage ?? 'dev'
  if (!STAGE_NAME.test(value)) throw usage(`--stage ${JSON.stringify(value)} is not the name of a stage.`)
  return value
}

/** The Region as the deployment finds it (serverless.yml). */
export async function readRegion(region: string | undefined, env: Io['env']): Promise<string> {
  // Loaded only now: the local commands must not pay for the SDK.
  const { resolveRegion } = await import('../shared/aws/region.ts')
  return resolveRegion({ region: checkRegion(region), env })
}

/** aws: AWS General Reference, "AWS Regions": `eu-central-1`, `us-gov-west-1`. */
export function checkRegion(region: string | undefined): string | undefined {
  if (region !== undefined && !/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(region))
    throw usage(`--region ${JSON.stringify(region)} is not the code of a Region (eu-central-1).`)
  return region
}

export function readKind(kind: string | undefined): LogKind | undefined {
  if (kind !== undefined && !isLogKind(kind)) throw usage(`--kind is ${kindNames()}, not ${JSON.stringify(kind)}.`)
  return kind
}

/** aws: S3 User Guide, "Bucket naming rules" (and the older, looser ones of us-east-1). */
export function checkBucketName(bucket: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket))
    throw usage(`${JSON.stringify(bucket)} is not the name of a bucket.`)
  return bucket
}
