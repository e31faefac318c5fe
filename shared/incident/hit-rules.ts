/**
 * What the forwarders know of the rules: written to one JSON file when the stack is built, packaged beside the bundles,
 * read at cold start.
 */
import type { CompiledRule } from '../detection/compile.ts'
import type { Count, DetectionSource, EntityField, Severity } from '../detection/schema.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import { compileMetricValue } from '../filter-pattern/extract.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { compilePattern } from '../metric/filter.ts'

/** One rule, as far as the stream needs it. */
export interface HitRule {
  readonly id: string
  readonly severity: Severity
  /** With placeholders and allow-lists put in, as in the metric filters. */
  readonly pattern: string
  readonly sources: readonly DetectionSource[]
  /** A number, or the selector whose values are added up. */
  readonly metricValue: string
  /** Of a rule that watches for silence: of each object so many matching records are enough. */
  readonly atMost?: number | undefined
  /** Absent: nobody is told of its matches; they are forwarded where only what matches is. */
  readonly counting?:
    | {
        readonly by: readonly EntityField[]
        readonly window: number
        readonly threshold: number
        readonly count: Count
        readonly aboveUsual?: number | undefined
      }
    | undefined
}

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
      ...(counting === undefined ? {} : { counting }),
    })),
  }
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
