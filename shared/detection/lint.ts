import { lintFilterPattern } from '../filter-pattern/lint.ts'
import type { LintFinding } from '../filter-pattern/lint-report.ts'
import { RECORD_SCHEMAS } from '../filter-pattern/record-schemas.ts'
import type { Detection } from './schema.ts'

/**
 * What the linter says of a rule's pattern, knowing which fields every record has and which are booleans.
 *
 * @example
 * lintDetection(detection).filter((finding) => finding.severity !== 'info')
 */
export function lintDetection(
  detection: Pick<Detection, 'pattern'> & Partial<Pick<Detection, 'acceptFindings'>>,
): LintFinding[] {
  const findings = lintFilterPattern(detection.pattern, RECORD_SCHEMAS.lean)
  return findings.filter(({ rule }) => !detection.acceptFindings?.includes(rule))
}
