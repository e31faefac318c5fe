/**
 * Rules for the records that AWS itself delivers to CloudWatch Logs: CloudTrail's own, and S3's server access logs as JSON.
 * What those have under another name is renamed; what bucketwatch derives they have not, and a rule that needs it has to get
 * its records through the functions.
 */
import { FIELDS } from '../access-log/table.ts'
import { conditionsOf, type Expression, isCompound, type JsonCondition, type Selector } from '../filter-pattern/ast.ts'
import { formatFilterPattern } from '../filter-pattern/format.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { RECORD_SCHEMAS } from '../filter-pattern/record-schemas.ts'
import { KINDS, type LogKind } from '../kinds/kinds.ts'

/** A rule's pattern for native records, or why there is none. */
export type NativePattern =
  | { readonly ok: true; readonly pattern: string }
  /** Members that only our records have, without `$.`; none: the pattern is no JSON pattern. */
  | { readonly ok: false; readonly needs: readonly string[] }

/**
 * A pattern for the records that AWS delivers. It matches what the rule's own pattern matches in our records.
 *
 * @param pattern valid, with its placeholders filled in.
 * @example
 * renderNative('{ $.source = "cloudtrail" && $.eventName = "StopLogging" }', 'cloudtrail') // { ok: true, pattern: '{ $.eventName = "StopLogging" }' }
 */
export function renderNative(pattern: string, kind: LogKind): NativePattern {
  const parsed = parseFilterPattern(pattern)
  if (!parsed.ok || parsed.pattern.kind !== 'json') return { ok: false, needs: [] }
  const rendered = render(parsed.pattern.expression, kind)
  if (typeof rendered === 'boolean') return { ok: false, needs: [] }
  const needs = [...new Set(conditionsOf(rendered).flatMap((condition) => missing(condition, kind)))].sort()
  if (needs.length > 0) return { ok: false, needs }
  return { ok: true, pattern: formatFilterPattern({ kind: 'json', expression: rename(rendered, kind) }) }
}

/** The member that says where our records come from is the same in all of a native log group. */
function constant(condition: JsonCondition, kind: LogKind): boolean | undefined {
  if (nameOf(condition.selector) !== 'source' || condition.type !== 'comparison') return undefined
  const { operator, literal } = condition
  if (literal.type !== 'string' || literal.value.includes('*')) return undefined
  const isSame = literal.value === KINDS[kind].source
  return operator === '=' ? isSame : operator === '!=' ? !isSame : undefined
}

/** Without what is certain; true or false where that is all. */
function render(node: Expression<JsonCondition>, kind: LogKind): Expression<JsonCondition> | boolean {
  if (!isCompound(node)) return constant(node, kind) ?? node
  const decisive = node.type === 'or'
  const rest: Expression<JsonCondition>[] = []
  for (const operand of node.operands.map((one) => render(one, kind))) {
    if (operand === decisive) return decisive
    if (typeof operand !== 'boolean') rest.push(operand)
  }
  if (rest.length === 0) return !decisive
  return rest.length === 1 ? rest[0]! : { type: node.type, operands: rest }
}

const nameOf = ({ segments }: Selector): string =>
  segments
    .map((segment) => (segment.type === 'name' ? segment.name : segment.type === 'index' ? `[${segment.index}]` : '*'))
    .join('.')

/** Members of our access-log records that a field of S3's JSON says as it stands. Of numbers it is not told how they come. */
const S3_NAMES: ReadonlyMap<string, string> = new Map(
  FIELDS.filter((field) => !('number' in field) && field.member !== 'eventTime' && field.name !== 'key').map(
    ({ member, json: [first] }) => [member, first],
  ),
)

const TRAIL_ROOTS: ReadonlySet<string> = new Set(
  [...RECORD_SCHEMAS.raw.known].map((selector) => selector.slice('$.'.length).split(/[.[]/)[0]!),
)

/** What a condition needs that native records have not. */
function missing(condition: JsonCondition, kind: LogKind): string[] {
  const name = nameOf(condition.selector)
  const [first = ''] = name.split('.')
  const isThere = kind === 'cloudtrail' ? TRAIL_ROOTS.has(first) : S3_NAMES.has(name)
  return isThere ? [] : [name]
}

function rename(node: Expression<JsonCondition>, kind: LogKind): Expression<JsonCondition> {
  if (kind === 'cloudtrail') return node
  if (isCompound(node)) return { type: node.type, operands: node.operands.map((operand) => rename(operand, kind)) }
  const selector: Selector = { segments: [{ type: 'name', name: S3_NAMES.get(nameOf(node.selector))! }] }
  // S3 writes null where a line has a dash.
  return node.type === 'notExists' ? { type: 'is', selector, value: 'NULL' } : { ...node, selector }
}
