import { locate } from '../filter-pattern/cursor.ts'
import { lintFilterPattern } from '../filter-pattern/lint.ts'
import { contains, type LintFinding } from '../filter-pattern/lint-report.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { RECORD_SCHEMAS } from '../filter-pattern/record-schemas.ts'
import { LOG_KINDS } from '../kinds/kinds.ts'
import { isLeftOut, kindsSeen, leftOut } from './lint-left-out.ts'
import type { Detection } from './schema.ts'

/** A finding of the pattern's linter, or of our records: `left-out`. */
export type DetectionFinding = Omit<LintFinding, 'rule'> & { readonly rule: LintFinding['rule'] | 'left-out' }

/**
 * What the linter says of a rule's pattern, knowing which fields the records of its sources have and which are booleans.
 * Without `sources` the pattern is taken to watch all kinds of records.
 *
 * @example
 * lintDetection(detection).filter((finding) => finding.severity !== 'info')
 */
export function lintDetection(
  detection: Pick<Detection, 'pattern'> & Partial<Pick<Detection, 'acceptFindings' | 'sources'>>,
): DetectionFinding[] {
  const { pattern, sources = LOG_KINDS } = detection
  const parsed = parseFilterPattern(pattern, { limits: 'ignore' })
  const expression = parsed.ok && parsed.pattern.kind === 'json' ? parsed.pattern.expression : undefined
  const kinds = expression === undefined ? [] : kindsSeen(expression, sources)
  const { full, lean } = RECORD_SCHEMAS
  const alwaysPresent = (selector: string) =>
    contains(full.alwaysPresent, selector) && !kinds.some((kind) => isLeftOut(selector, kind))
  const findings: DetectionFinding[] = lintFilterPattern(pattern, { ...lean, alwaysPresent })
  if (parsed.ok && expression !== undefined) {
    // Of a condition that misses records of several kinds, once is enough.
    const said = new Map(kinds.toReversed().flatMap((kind) => [...leftOut(expression, kind)]))
    for (const [condition, finding] of said) {
      const span = parsed.spans.get(condition) ?? { start: 0, end: pattern.length }
      findings.push({
        rule: 'left-out',
        reason: 'Lean records leave out what says nothing (docs/record.md).',
        offset: span.start,
        end: span.end,
        ...locate(pattern, span.start),
        ...finding,
      })
    }
    findings.sort((one, other) => one.offset - other.offset)
  }
  return findings.filter(({ rule }) => !detection.acceptFindings?.includes(rule))
}
