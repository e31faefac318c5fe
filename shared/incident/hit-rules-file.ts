/** How the forwarders' file of rules is read, at cold start. */
import * as z from 'zod/mini'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { COUNTS, DETECTION_SOURCES, ENTITY_FIELDS, SEVERITIES } from '../detection/schema.ts'
import type { HitRules } from './hit-rules.ts'

const text = z.string()

const hitRule = z.object({
  id: text,
  severity: z.enum(SEVERITIES),
  pattern: text,
  sources: z.array(z.enum(DETECTION_SOURCES)),
  metricValue: text,
  atMost: z.optional(z.number()),
  counting: z.optional(
    z.object({
      by: z.array(z.enum(ENTITY_FIELDS)),
      window: z.number(),
      threshold: z.number(),
      count: z.enum(COUNTS),
      aboveUsual: z.optional(z.number()),
    }),
  ),
})

const hitRules = z.object({ version: z.literal(1), rules: z.array(hitRule) })

/**
 * Reads the file's text.
 *
 * @throws BucketwatchError CONFIG_INVALID: the file is not one that compileHitRules wrote.
 */
export function parseHitRules(json: string, file: string): HitRules {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} is not JSON: ${errorMessage(error)}`, { file })
  }
  const result = hitRules.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`)
  throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
}
