/** The settings' environment keys: what a deployment knows about its own surroundings. */
import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { BucketwatchError } from '../contracts/errors.ts'
import type { Environment, Purpose } from '../contracts/record.ts'

const ACCOUNT = /^\d{12}$/
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/
/** As the patterns of rules take it. */
const BUCKET_GLOB = /^(?:\*[A-Za-z0-9._-]+\*?|[A-Za-z0-9][A-Za-z0-9._-]*\*?)$/
const PRINCIPAL = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[!-~](?:[ -~]*[!-~])?$/

/** `203.0.113.0/24`, `2001:db8::/32`: an address and a prefix length that fits its family. */
export function isCidr(text: string): boolean {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  if (match === null) return false
  const family = isIP(match[1]!)
  return family !== 0 && Number(match[2]) <= (family === 4 ? 32 : 128)
}

const matching = (regex: RegExp, expected: string) => z.string({ error: expected }).check(z.regex(regex, expected))

/** Text that passes a test; `expected` is what the error says. */
export const passing = (test: (text: string) => boolean, expected: string) =>
  z.string({ error: expected }).check(z.refine(test, expected))

const hasLogGlob = (purposes: Readonly<Record<string, Purpose>>): boolean =>
  Object.entries(purposes).some(([name, purpose]) => purpose === 'logs' && name.includes('*'))

/** What buckets can be for; docs/settings.md says what follows. */
export const PURPOSES = ['website', 'downloads', 'logs', 'private'] as const satisfies readonly Purpose[]

const account = matching(ACCOUNT, 'expected a 12-digit account id, in quotes')
const range = passing(isCidr, 'expected a range such as 203.0.113.0/24 or 2001:db8::/32 (one address: /32 or /128)')
const bucket = matching(BUCKET, 'expected a bucket name (not an ARN)')
const listOf = (regex: RegExp, expected: string) => z.optional(z.array(matching(regex, expected)))
const principal = matching(
  PRINCIPAL,
  'expected the ARN of an IAM role or user, or of an assumed role, such as arn:aws:iam::111122223333:role/payroll-app',
)

/** The fields of {@link Environment} as a schema, with the defaults of an environment in which nothing is known. */
export const environmentFields = {
  account: z.optional(account),
  trustedAccounts: z._default(z.array(account), []),
  logBuckets: z._default(z.array(bucket), []),
  allowRanges: z._default(z.array(range), []),
  blockRanges: z._default(z.array(range), []),
  watchedBuckets: z._default(z.record(bucket, z.array(principal)), {}),
  organizations: listOf(/^o-[a-z0-9]{10,32}$/, 'expected the id of an organization, such as o-exampleorgid'),
  vpcs: listOf(/^vpc-[0-9a-z]+$/, 'expected the id of a VPC, such as vpc-0123456789abcdef0'),
  vpcEndpoints: listOf(/^vpce-[0-9a-z]+$/, 'expected the id of a VPC endpoint, such as vpce-0123456789abcdef0'),
  canonicalIds: listOf(/^[0-9a-f]{32,128}$/, 'expected a canonical user id: 64 hexadecimal digits'),
  distributions: listOf(/^E[A-Z0-9]+$/, 'expected the id of a distribution or origin access identity: E…'),
  principalIds: listOf(/^A[A-Z0-9]{15,}$/, 'expected the unique id of a role or user, such as AROA…'),
  buckets: z.optional(z.array(bucket)),
  deployers: z.optional(z.array(principal)),
  purposes: z.optional(
    z
      .record(
        matching(BUCKET_GLOB, 'expected a bucket name; "*" only at the start or at the end, not alone'),
        z.enum(PURPOSES, `expected ${PURPOSES.join(', ')}`),
      )
      // Of a glob nobody could tell which buckets are log buckets.
      .check(z.refine((purposes) => !hasLogGlob(purposes), 'the purpose logs takes names of buckets without "*"')),
  ),
  stackNames: listOf(/^[A-Za-z][A-Za-z0-9-]{2,}$/, "expected what the names of the stack's resources begin with"),
}

/** What is packaged says also which buckets the stack reads; no settings file does. */
const SCHEMA = z.object({
  ...environmentFields,
  readBuckets: z.optional(
    z.object({ cloudtrail: z.optional(z.array(bucket)), 'access-log': z.optional(z.array(bucket)) }),
  ),
})

/**
 * The environment in which buckets whose purpose is logs are log buckets, as if `logBuckets` named them.
 *
 * @example
 * withLogBuckets({ ...EMPTY_ENVIRONMENT, purposes: { 'amzn-s3-demo-trail': 'logs' } }).logBuckets // ['amzn-s3-demo-trail']
 */
export function withLogBuckets(environment: Environment): Environment {
  const logs = Object.entries(environment.purposes ?? {}).flatMap(([name, purpose]) =>
    purpose === 'logs' ? [name] : [],
  )
  if (logs.length === 0) return environment
  return { ...environment, logBuckets: [...new Set([...environment.logBuckets, ...logs])] }
}

/**
 * Checks the environment keys of settings that have been read; other keys are left alone. This is what a function does
 * at cold start with the settings packaged with it; the build has checked the whole file, with positions.
 *
 * @throws BucketwatchError SETTINGS_INVALID with every problem at once.
 * @example
 * parseEnvironment({ account: '111122223333' }).trustedAccounts // []
 */
export function parseEnvironment(settings: unknown): Environment {
  const result = SCHEMA.safeParse(settings)
  if (result.success) return withLogBuckets(result.data)
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new BucketwatchError('SETTINGS_INVALID', problems.join('; '), { problems })
}
