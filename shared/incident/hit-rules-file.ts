/** How the forwarders' file of rules is read, at cold start. */
import * as z from 'zod/mini'
import { COUNTS, DETECTION_SOURCES, ENTITY_FIELDS, SEVERITIES } from '../detection/schema.ts'
import { parsePackagedJson } from '../settings/packaged-json.ts'
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
  return parsePackagedJson(hitRules, json, file)
}
