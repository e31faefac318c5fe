import { FIELDS, DERIVED as LINE_DERIVED } from '../access-log/table.ts'
import { DERIVED as EVENT_DERIVED } from '../cloudtrail/derived.ts'
import { MEMBERS, type MemberRow } from '../cloudtrail/members.ts'
import type { Lean } from '../derive/lean.ts'
import { type Compound, type Expression, isCompound, type JsonCondition } from '../filter-pattern/ast.ts'
import { formatJsonCondition } from '../filter-pattern/format.ts'
import type { LintFinding } from '../filter-pattern/lint-report.ts'
import { formatSelector } from '../filter-pattern/selector.ts'
import { KINDS, LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { compilePattern } from '../metric/filter.ts'

type Row = Lean & { readonly member: string }
const tableOf = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [row.member, row]))

/** By kind of logs: what lean records do with a member. */
const TABLES: Readonly<Record<LogKind, ReadonlyMap<string, Row>>> = {
  cloudtrail: tableOf([
    ...EVENT_DERIVED,
    ...MEMBERS.flatMap((row): Row[] => {
      if (row.drop === undefined && row.object === undefined) return []
      return [{ member: row.path, lean: row.drop === 'always' ? 'dropped' : 'plain', ...absentOf(row) }]
    }),
  ]),
  'access-log': tableOf([...FIELDS, ...LINE_DERIVED]),
}
/** Where one value goes, its absence says it. */
function absentOf({ drop, object, usual = [] }: MemberRow): Pick<Row, 'absent'> {
  if ((drop ?? object) !== 'ordinary' || usual.length !== 1) return {}
  return { absent: JSON.parse(usual[0]!) as string | boolean }
}

const NAME: Readonly<Record<LogKind, string>> = { cloudtrail: 'CloudTrail', 'access-log': 'access-log' }

/** The kinds of logs whose events a pattern can match, of those that its rule watches. */
export function kindsSeen(expression: Expression<JsonCondition>, sources: readonly string[]): readonly LogKind[] {
  return LOG_KINDS.filter((kind) => sources.includes(kind) && !isAboutOthers(expression, kind))
}

/** Whether lean records of a kind leave a member out, in some of them or in all. */
export function isLeftOut(selector: string, kind: LogKind): boolean {
  return (TABLES[kind].get(selector.slice(2))?.lean ?? 'kept') !== 'kept'
}

/** Whether a pattern asks for records that are no events of a kind: another's, texts that could not be read. */
function isAboutOthers(node: Expression<JsonCondition>, kind: LogKind): boolean {
  const isOther = (operand: Expression<JsonCondition>) => isAboutOthers(operand, kind)
  if (isCompound(node)) return node.type === 'and' ? node.operands.some(isOther) : node.operands.every(isOther)
  if (node.type !== 'comparison' || node.operator !== '=' || node.literal.type !== 'string') return false
  const selector = formatSelector(node.selector)
  const { value } = node.literal
  return (selector === '$.source' && value !== KINDS[kind].source) || (selector === '$.kind' && value !== 'event')
}

export type Said = Pick<LintFinding, 'severity' | 'message' | 'fix'>

/**
 * The conditions of a pattern that ask for what lean records of a kind leave out, and what to say of each.
 *
 * @example
 * [...leftOut(expression, 'access-log')]
 */
export function* leftOut(
  node: Expression<JsonCondition>,
  kind: LogKind,
  ancestors: readonly Compound<JsonCondition>[] = [],
): Generator<readonly [JsonCondition, Said]> {
  if (isCompound(node)) {
    // An alternative about other records needs no guard.
    if (node.type === 'and' && isAboutOthers(node, kind)) return
    for (const operand of node.operands) yield* leftOut(operand, kind, [...ancestors, node])
    return
  }
  if (node.type === 'notExists') return
  const selector = formatSelector(node.selector)
  const row = TABLES[kind].get(selector.slice(2))
  if (row === undefined || row.lean === 'kept') return
  const isGuarded = ancestors.some(
    ({ type, operands }) => type === 'or' && operands.some((one) => guards(one, selector, row.instead)),
  )
  if (isGuarded) return
  const said = sayOf(row, node, selector, `Lean ${NAME[kind]} records`)
  if (said !== undefined) yield [node, said]
}

/** Whether an alternative is about records without a member: it says so, or asks for what says it there. */
function guards(node: Expression<JsonCondition>, selector: string, instead: string | undefined): boolean {
  if (isCompound(node)) return node.type === 'and' && node.operands.some((one) => guards(one, selector, instead))
  const other = formatSelector(node.selector)
  return other === instead || (node.type === 'notExists' && other === selector)
}

function sayOf(row: Row, node: JsonCondition, selector: string, records: string): Said | undefined {
  const { absent, instead, lean } = row
  const text = formatJsonCondition(node)
  if (lean === 'dropped') return { severity: 'warning', message: `${selector} is in records with detail full only.` }
  if (instead !== undefined) {
    const message = `${records} leave ${selector} out as a rule, so ${text} misses them.`
    return { severity: 'warning', message, fix: { description: `Write (${text} || ${instead} …).` } }
  }
  if (absent === undefined) {
    return { severity: 'info', message: `${records} have ${selector} only where nothing else says it.` }
  }
  if (!asksFor(node, absent)) return undefined
  return {
    severity: 'warning',
    message: `${records} leave ${selector} out where it is ${JSON.stringify(absent)}, so ${text} misses them.`,
    fix: { description: `Write (${selector} NOT EXISTS || ${text}).` },
  }
}

/** Whether a condition is true of a value that its member has. */
function asksFor(condition: JsonCondition, value: string | number | boolean): boolean {
  const member = formatSelector(condition.selector).slice(2)
  return compilePattern(`{ ${formatJsonCondition(condition)} }`).matchParsed({ [member]: value }, '')
}
