import type { JsonObject } from '../derive/json.ts'
import type { Expression, FilterPattern, JsonCondition, Literal, Selector } from '../filter-pattern/ast.ts'
import { isCompound } from '../filter-pattern/ast.ts'
import { compileFilterPattern } from '../filter-pattern/compile.ts'
import { parseNumber } from '../filter-pattern/literal.ts'
import { parseRegex, type RegexItem } from '../filter-pattern/regex-syntax.ts'
import { edited, removeAt, type Step, setAt, type Tree } from './edit.ts'
import { TYPICAL_RECORDS } from './typical.ts'

/** How many ways to match, and variations of each, are tried: enough for every pattern of 1,024 characters in use. */
const MAX_ALTERNATIVES = 64
const MAX_CONDITIONS = 24

type Conjunction = readonly JsonCondition[]

/**
 * Records made up for a pattern: of each kind of typical record, one for each way in which the pattern can match, and
 * beside it those in which one condition is just missed, by another value and by absence. So what a pattern reads is
 * tried even where no log at hand shows it. Only JSON patterns have such records; the others have none.
 *
 * @example witnesses(parsed.pattern, 4) // for { $.eventName = "StopLogging" }: typical records of that name, and others
 * @param alternatives how many of the ways to match are varied; all of them where it is left out.
 */
export function witnesses(pattern: FilterPattern, alternatives = MAX_ALTERNATIVES): readonly JsonObject[] {
  if (pattern.kind !== 'json') return []
  const { matchParsed } = compileFilterPattern(pattern)
  const made = new Map<string, JsonObject>()
  const add = (record: JsonObject): void => void made.set(JSON.stringify(record), record)
  for (const conjunction of alternativesOf(pattern.expression).slice(0, alternatives)) {
    for (const base of TYPICAL_RECORDS) {
      const match = satisfy(base, conjunction)
      if (!matchParsed(match) || isObjectCall(match) !== isObjectCall(base)) continue
      add(match)
      for (const condition of conjunction.slice(0, MAX_CONDITIONS)) {
        add(edited(match, (record) => removeAt(record, stepsOf(condition.selector))))
        add(edited(match, (record) => miss(record, condition)))
      }
    }
  }
  return [...made.values()]
}

/** S3 logs calls on objects as data events and all others as management events: no record is half of each. */
export function isObjectCall({ eventSource, eventName }: JsonObject): boolean {
  return eventSource === 's3.amazonaws.com' && /Object(?!Lock)|Multipart|UploadPart|ListParts/.test(String(eventName))
}

/** The expression as alternatives of conditions that hold together. */
function alternativesOf(node: Expression<JsonCondition>): readonly Conjunction[] {
  if (!isCompound(node)) return [[node]]
  const operands = node.operands.map(alternativesOf)
  if (node.type === 'or') return operands.flat().slice(0, MAX_ALTERNATIVES)
  return operands.reduce<readonly Conjunction[]>(
    (ways, more) => ways.flatMap((way) => more.map((one) => [...way, ...one])).slice(0, MAX_ALTERNATIVES),
    [[]],
  )
}

function satisfy(base: JsonObject, conjunction: Conjunction): JsonObject {
  return edited(base, (record) => {
    // Twice: what one condition sets, a later one on the same member may need otherwise (!= beside =).
    for (let round = 0; round < 2; round += 1) {
      for (const condition of conjunction) {
        const holds = compileFilterPattern({ kind: 'json', expression: condition }).matchParsed
        if (holds(record)) continue
        if (condition.type === 'notExists') removeAt(record, stepsOf(condition.selector))
        else
          for (const value of valuesFor(condition)) {
            setAt(record, stepsOf(condition.selector), value)
            if (holds(record)) break
          }
      }
    }
  })
}

/** Makes a condition fail by a value, not by absence. */
function miss(record: Tree, condition: JsonCondition): void {
  setAt(record, stepsOf(condition.selector), valueAgainst(condition))
}

function valueAgainst(condition: JsonCondition): unknown {
  if (condition.type === 'notExists') return 'example'
  if (condition.type === 'is') return condition.value !== 'TRUE'
  if (condition.operator === '!=') return equalTo(condition.literal)
  if (condition.operator === '=') return 'another'
  const bound = numberOf(condition.literal)
  return condition.operator.startsWith('<') ? bound + 1000 : bound - 1000
}

/** Values that may make a condition true, the likeliest first. */
function valuesFor(condition: JsonCondition): readonly unknown[] {
  if (condition.type === 'notExists') return []
  if (condition.type === 'is') return [condition.value === 'NULL' ? null : condition.value === 'TRUE']
  const { operator, literal } = condition
  if (operator === '=') return [equalTo(literal), literal.type === 'number' ? literal.text : undefined]
  if (operator === '!=') return ['another', 'example', 4711]
  const bound = numberOf(literal)
  return [operator.startsWith('<') ? bound - 1 : bound + 1]
}

function numberOf(literal: Literal): number {
  return (literal.type === 'number' && parseNumber(literal.text)) || 0
}

function equalTo(literal: Literal): unknown {
  if (literal.type === 'number') return parseNumber(literal.text)
  if (literal.type === 'regex') return textOfRegex(literal.source)
  const { value } = literal
  if (!value.includes('*')) return value
  if (/^\*+$/.test(value)) return 'example'
  return value.replace(/^\*+/, 'x').replace(/\*+$/, 'x').replace(/\*+/g, '0')
}

/** A text that a regular expression finds: of each repetition the least, of each class the first letter or digit. */
function textOfRegex(source: string): string {
  const parsed = parseRegex(source)
  return parsed.ok ? (parsed.alternatives[0] ?? []).map(textOfItem).join('') : source
}

const PREFERRED = [...'aA0_-:/. ', ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456789@#=;,*+'].map(
  (character) => character.charCodeAt(0),
)

function textOfItem(item: RegexItem): string {
  if (item.kind !== 'chars') return ''
  const code = PREFERRED.find((candidate) => item.set.table[candidate] === 1) ?? item.set.table.indexOf(1)
  return String.fromCharCode(Math.max(32, code)).repeat(Math.min(item.min, 64))
}

/** A wildcard stands for the first element, or for a member of an object. */
function stepsOf(selector: Selector): readonly Step[] {
  return selector.segments.map((segment) => {
    if (segment.type === 'name') return segment.name
    if (segment.type === 'index') return segment.index
    return segment.style === 'bracket' ? 0 : 'any'
  })
}
