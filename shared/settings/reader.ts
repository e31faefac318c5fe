import * as z from 'zod/mini'
import { nearest } from '../basics/suggest.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { DEFAULT_STAGE, STAGE_NAME } from './defaults.ts'

/** What every configuration variable begins with. */
export const PREFIX = 'BUCKETWATCH_'

/** Comma-separated items; white space around them and empty ones do not count. */
export const list = z.pipe(
  z.string(),
  z.transform((text: string) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
)

export const flag = z.pipe(
  z.enum(['true', 'false'], 'expected true or false'),
  z.transform((text: 'true' | 'false') => text === 'true'),
)

export const integer = (minimum: number, maximum: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,12}$/, `expected a whole number from ${minimum} to ${maximum}`)),
    z.pipe(
      z.transform(Number),
      z
        .number()
        .check(
          z.minimum(minimum, `expected a whole number from ${minimum} to ${maximum}`),
          z.maximum(maximum, `expected a whole number from ${minimum} to ${maximum}`),
        ),
    ),
  )

/** aws: DynamoDB API Reference, "TableName": a name or an ARN. */
export const tableName = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_.:/-]{3,1024}$/, 'expected the name of a DynamoDB table'))

/** aws: Amazon S3 User Guide, "General purpose bucket naming rules". */
export const bucketName = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket'))

export const path = z.string().check(z.minLength(1, 'expected a path'))

/** The variables that every function has: where it runs, and where its logs are. */
export const stageVariables = {
  STAGE: z._default(
    z.string().check(z.regex(STAGE_NAME, 'expected 1 to 32 letters, digits and hyphens, the first a letter')),
    DEFAULT_STAGE,
  ),
  LOG_GROUP_PREFIX: z.optional(
    z.string().check(z.regex(/^[A-Za-z0-9_\-./#]{1,480}$/, 'expected a log group name (A-Z a-z 0-9 _ - . / #)')),
  ),
}

/** The log group prefix, without a trailing slash: as given, or `/bucketwatch/<stage>`. */
export function logGroupPrefix(value: { STAGE: string; LOG_GROUP_PREFIX?: string | undefined }): string {
  return (value.LOG_GROUP_PREFIX ?? `/bucketwatch/${value.STAGE}`).replace(/\/+$/, '')
}

/** The names of a schema's variables, in order. */
export function variableNames(schema: z.ZodMiniObject): readonly string[] {
  return Object.keys(schema.def.shape).map((name) => PREFIX + name)
}

/**
 * Reads `BUCKETWATCH_*` variables by a strict schema of their names without the prefix. An empty value means "not set".
 *
 * @throws BucketwatchError CONFIG_INVALID that lists every problem at once; a misspelt `BUCKETWATCH_*` is a problem.
 * @example
 * readVariables(z.strictObject({ STAGE: z.string() }), { BUCKETWATCH_STAGE: 'prod' }).STAGE // 'prod'
 */
export function readVariables<S extends z.ZodMiniObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith(PREFIX) && value !== undefined && value !== '') given[name.slice(PREFIX.length)] = value
  }
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const known = Object.keys(schema.def.shape)
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${PREFIX}${key}: no such variable${suggestion(key, known)}`)
    }
    const name = String(issue.path[0])
    const got = given[name] === undefined ? 'got nothing' : `got ${JSON.stringify(given[name])}`
    return [`${PREFIX}${name}: ${issue.message}, ${got}`]
  })
  throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
}

function suggestion(unknown: string, known: readonly string[]): string {
  const close = nearest(unknown, known)
  return close === undefined ? '' : ` (did you mean ${PREFIX}${close}?)`
}
