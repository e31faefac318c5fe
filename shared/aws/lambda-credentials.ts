import { fromEnv } from '@aws-sdk/credential-provider-env'

/**
 * Stands in for the SDK's chain of credential providers in the bundles of the functions (see infra/build.ts): Lambda
 * hands its role's credentials over in environment variables, and nowhere else. The chain would add the clients of
 * three further services to each bundle, 100 KB that every cold start reads.
 *
 * Source: Lambda developer guide, "Working with Lambda environment variables".
 */
export function defaultProvider(): ReturnType<typeof fromEnv> {
  return fromEnv()
}
