import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import { compilePattern } from '../metric/filter.ts'
import { resolvePlaceholders } from './pattern.ts'
import type { Detection } from './schema.ts'

/** A rule whose pattern is ready to be matched. */
export interface RuleMatcher {
  readonly id: string
  readonly pattern: CompiledFilterPattern
}

/**
 * The patterns of rules, compiled; with the placeholders of an environment, without the settings' allow-lists. A
 * placeholder without a value stays text, and matches nothing.
 *
 * Errors: PATTERN_SYNTAX, for detections that did not come through parseDetection.
 */
export function compileRuleMatchers(
  detections: readonly Pick<Detection, 'id' | 'pattern'>[],
  values: { readonly account?: string | undefined; readonly stage?: string | undefined } = {},
): RuleMatcher[] {
  const { account, stage = 'local' } = values
  return detections.map(({ id, pattern }) => ({
    id,
    pattern: compilePattern(resolvePlaceholders(pattern, { account, stage }).pattern),
  }))
}

/**
 * The ids of all rules whose pattern matches a record, in the rules' order. Only the pattern decides: neither the rule's
 * log groups nor its alarm.
 *
 * @example
 * matchRules(JSON.parse(normalized.message), compileRuleMatchers(detections)) // ['s3-policy-deleted', 'cis-08-s3-policy']
 */
export function matchRules(record: unknown, rules: readonly RuleMatcher[]): string[] {
  return rules.filter(({ pattern }) => pattern.matchParsed(record)).map(({ id }) => id)
}
