import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'

/** Where nothing names a Region: that of AWS's own examples, and of serverless.yml. */
export const DEFAULT_REGION = 'us-east-1'

/**
 * The Region as AWS's tools find it: the option, AWS_REGION, AWS_DEFAULT_REGION, the profile in the shared configuration
 * files; else {@link DEFAULT_REGION}. Source: AWS SDKs and Tools Reference Guide, "AWS Region".
 *
 * @param given.profile the profile; default AWS_PROFILE, else `default`.
 * @example
 * await resolveRegion({ region: undefined, env: { AWS_DEFAULT_REGION: 'eu-west-1' } }) // 'eu-west-1'
 */
export async function resolveRegion(given: {
  readonly region?: string | undefined
  readonly profile?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}): Promise<string> {
  const { env } = given
  for (const region of [given.region, env.AWS_REGION, env.AWS_DEFAULT_REGION]) {
    if (region !== undefined && region !== '') return region
  }
  const profile = given.profile ?? env.AWS_PROFILE
  const client = new CloudWatchLogsClient(profile === undefined || profile === '' ? {} : { profile })
  try {
    return await client.config.region()
  } catch {
    // The SDK throws where no file names one.
    return DEFAULT_REGION
  } finally {
    client.destroy()
  }
}
