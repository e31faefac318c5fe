import { ABSENT, DERIVED, FIELDS } from '../access-log/table.ts'
import { type Compound, type Expression, isCompound, type JsonCondition } from '../filter-pattern/ast.ts'
import { locate } from '../filter-pattern/cursor.ts'
import { formatJsonCondition } from '../filter-pattern/format.ts'
import { lintFilterPattern } from '../filter-pattern/lint.ts'
import { contains, type LintFinding } from '../filter-pattern/lint-report.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { RECORD_SCHEMAS } from '../filter-pattern/record-schemas.ts'
import { formatSelector } from '../filter-pattern/selector.ts'
import { compilePattern } from '../metric/filter.ts'
import type { Detection } from './schema.ts'

/** The members that are never in lean access-log records. */
const DROPPED: ReadonlySet<string> = new Set(
  [...FIELDS, ...DERIVED].flatMap(({ member, lean }) => (lean === 'dropped' ? [member] : [])),
)

/** A finding of the pattern's linter, or of our records: `left-out`. */
export type DetectionFinding = Omit<LintFinding, 'rule'> & { readonly rule: LintFinding['rule'] | 'left-out' }

/**
 * What the linter says of a rule's pattern, knowing which fields the records of its sources have and which are booleans.
 * Without `sources` the pattern is taken to watch both kinds of records.
 *
 * @example
 * lintDetection(detection).filter((finding) => finding.severity !== 'info')
 */
export function lintDetection(
  detection: Pick<Detection, 'pattern'> & Partial<Pick<Detection, 'acceptFindings' | 'sources'>>,
): DetectionFinding[] {
  const { pattern, sources = ['access-log'] } = detection
  const parsed = parseFilterPattern(pattern, { limits: 'ignore' })
  const expression = parsed.ok && parsed.pattern.kind === 'json' ? parsed.pattern.expression : undefined
  const sees = sources.includes('access-log') && expression !== undefined && !isAboutOthers(expression)
  const { lean } = RECORD_SCHEMAS
  const alwaysPresent = (selector: string) =>
    contains(lean.alwaysPresent, selector) && !(sees && ABSENT.has(selector.slice(2)))
  const findings: DetectionFinding[] = lintFilterPattern(pattern, { ...lean, alwaysPresent })
  if (sees && parsed.ok) {
    for (const [condition, said] of leftOut(expression, [])) {
      const span = parsed.spans.get(condition) ?? { start: 0, end: pattern.length }
      findings.push({
        rule: 'left-out',
        reason: 'Lean access-log records leave out what says nothing (docs/record.md).',
        offset: span.start,
        end: span.end,
        ...locate(pattern, span.start),
        ...said,
      })
    }
    findings.sort((one, other) => one.offset - other.offset)
  }
  return findings.filter(({ rule }) => !detection.acceptFindings?.includes(rule))
}

/** Whether a pattern asks for records that are no access-log lines: CloudTrail's, rollups, texts that could not be read. */
function isAboutOthers(node: Expression<JsonCondition>): boolean {
  if (isCompound(node)) {
    return node.type === 'and' ? node.operands.some(isAboutOthers) : node.operands.every(isAboutOthers)
  }
  if (node.type !== 'comparison' || node.operator !== '=' || node.literal.type !== 'string') return false
  const selector = formatSelector(node.selector)
  const { value } = node.literal
  return (selector === '$.source' && value !== 's3access') || (selector === '$.kind' && value !== 'event')
}

type Said = Pick<LintFinding, 'severity' | 'message' | 'fix'>

/** The conditions that ask for what lean access-log records leave out. */
function* leftOut(
  node: Expression<JsonCondition>,
  ancestors: readonly Compound<JsonCondition>[],
): Generator<readonly [JsonCondition, Said]> {
  if (isCompound(node)) {
    // An alternative about other records needs no guard.
    if (node.type === 'and' && isAboutOthers(node)) return
    for (const operand of node.operands) yield* leftOut(operand, [...ancestors, node])
    return
  }
  if (node.type === 'notExists') return
  const selector = formatSelector(node.selector)
  const member = selector.slice(2)
  const guarded = ancestors.some(
    ({ type, operands }) =>
      type === 'or' &&
      operands.some(
        (other) => !isCompound(other) && other.type === 'notExists' && formatSelector(other.selector) === selector,
      ),
  )
  if (guarded) return
  const text = formatJsonCondition(node)
  if (!ABSENT.has(member)) {
    if (!DROPPED.has(member)) return
    yield [node, { severity: 'warning', message: `${selector} is in records with detail full only.` }]
    return
  }
  const value = ABSENT.get(member)
  if (value === undefined) {
    yield [
      node,
      { severity: 'info', message: `Lean access-log records have ${selector} only where nothing else says it.` },
    ]
  } else if (asksFor(node, value)) {
    yield [
      node,
      {
        severity: 'warning',
        message: `Lean access-log records leave ${selector} out where it is ${JSON.stringify(value)}, so ${text} misses them.`,
        fix: { description: `Write (${selector} NOT EXISTS || ${text}).` },
      },
    ]
  }
}

/** Whether a condition is true of a value that its member has. */
function asksFor(condition: JsonCondition, value: string | number | boolean): boolean {
  const member = formatSelector(condition.selector).slice(2)
  return compilePattern(`{ ${formatJsonCondition(condition)} }`).matchParsed({ [member]: value }, '')
}
