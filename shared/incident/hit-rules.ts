/**
 * What the forwarders know of the rules: written to one JSON file when the stack is built, packaged beside the bundles,
 * read at cold start.
 */
import * as z from 'zod/mini'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { CompiledRule } from '../detection/compile.ts'
import { COUNTS, DETECTION_SOURCES, ENTITY_FIELDS, SEVERITIES } from '../detection/schema.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import { compileMetricValue } from '../filter-pattern/extract.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { compilePattern } from '../metric/filter.ts'

const text = z.string()

const hitRule = z.object({
  id: text,
  severity: z.enum(SEVERITIES),
  /** With placeholders and allow-lists put in, as in the metric filters. */
  pattern: text,
  sources: z.array(z.enum(DETECTION_SOURCES)),
  /** A number, or the selector whose values are added up. */
  metricValue: text,
  /** Of a rule that watches for silence: of each object so many matching records are enough. */
  atMost: z.optional(z.number()),
  /** Absent: nobody is told of its matches; they are forwarded where only what matches is. */
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

/** One rule, as far as the stream needs it. */
export type HitRule = Readonly<z.output<typeof hitRule>>

const hitRules = z.object({ version: z.literal(1), rules: z.array(hitRule) })

/** The file. */
export interface HitRules {
  readonly version: 1
  readonly rules: readonly HitRule[]
}

/**
 * The enabled rules for the forwarders' file. Pure; `JSON.stringify` of the result is the file.
 *
 * @example
 * writeFileSync('dist/functions/hit-rules.json', JSON.stringify(compileHitRules(compileDetections(options))))
 */
export function compileHitRules(compiled: { readonly rules: readonly CompiledRule[] }): HitRules {
  return {
    version: 1,
    rules: compiled.rules.map(({ alarm, detection, severity, pattern, counting }) => ({
      id: detection.id,
      severity,
      pattern,
      sources: detection.sources,
      metricValue: String(detection.metric.value),
      ...(alarm.comparisonOperator.startsWith('LessThan') ? { atMost: Math.floor(alarm.threshold) + 1 } : {}),
      ...(counting === undefined ? {} : { counting: { ...counting, by: [...counting.by] } }),
    })),
  }
}

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

/** A rule whose pattern is compiled, and what a matching record adds to its count. */
export interface ReadyRule {
  readonly rule: HitRule
  readonly pattern: CompiledFilterPattern
  /** Undefined: the value is `bytesOut`, which the view has. */
  readonly amountOf: ((record: unknown) => number) | undefined
}

/**
 * The rules that watch one kind of logs, compiled.
 *
 * Errors: PATTERN_SYNTAX for a pattern that did not come through compileDetections.
 */
export function readyRules(rules: readonly HitRule[], kind: LogKind): ReadyRule[] {
  return rules
    .filter(({ sources }) => sources.includes(kind))
    .map((rule) => {
      const pattern = compilePattern(rule.pattern)
      return { rule, pattern, amountOf: amountReader(rule.metricValue, pattern) }
    })
}

function amountReader(metricValue: string, pattern: CompiledFilterPattern): ReadyRule['amountOf'] {
  if (metricValue === '$.bytesOut') return undefined
  const value = compileMetricValue(metricValue, pattern)
  return (record) => {
    const read = value.ok ? value.read({ message: '', parsed: record }) : undefined
    return read?.status === 'value' ? Math.max(0, read.value) : 0
  }
}
