import type { JsonObject } from '../derive/json.ts'
import type { Expression, FilterPattern, JsonCondition, Literal, Selector } from '../filter-pattern/ast.ts'
import { isCompound } from '../filter-pattern/ast.ts'
import { compileFilterPattern } from '../filter-pattern/compile.ts'
import { parseNumber } from '../filter-pattern/literal.ts'
import { parseRegex, type RegexItem } from '../filter-pattern/regex-syntax.ts'
import { withCoherent } from './coherent.ts'
import { edited, removeAt, type Step, setAt, type Tree, valueAt } from './edit.ts'

/** How many ways to match, and variations of each, are tried: enough for every pattern of 1,024 characters in use. */
const MAX_ALTERNATIVES = 64
const MAX_CONDITIONS = 24

type Conjunction = readonly JsonCondition[]

/**
 * Records made up for a pattern: of each kind of typical record, one for each way in which the pattern can match, and
 * beside it those in which one condition is just missed, by another value and by absence. So what a pattern reads is
 * tried even where no log at hand shows it. Only JSON patterns have such records; the others have none.
 *
 * @example witnesses(parsed.pattern, TYPICAL_RECORDS) // of { $.eventName = "StopLogging" }: typical records of that name, and others
 * @param bases what they are made of.
 * @param alternatives how many of the ways to match are varied; all of them where it is left out.
 */
export function witnesses(
  pattern: FilterPattern,
  bases: readonly JsonObject[],
  alternatives = MAX_ALTERNATIVES,
): readonly JsonObject[] {
  if (pattern.kind !== 'json') return []
  const { matchParsed } = compileFilterPattern(pattern)
  const made = new Map<string, JsonObject>()
  for (const conjunction of alternativesOf(pattern.expression).slice(0, alternatives)) {
    for (const base of bases) {
      const add = (changed: JsonObject): void => {
        for (const record of withCoherent(changed, base)) made.set(JSON.stringify(record), record)
      }
      const match = satisfy(base, conjunction)
      if (!matchParsed(match) || isObjectCall(match) !== isObjectCall(base)) continue
      add(match)
      for (const condition of conjunction.slice(0, MAX_CONDITIONS)) {
        add(edited(match, (record) => removeAt(record, stepsOf(condition.selector))))
        add(edited(match, (record) => miss(record, condition)))
        // Whoever asks whether something is absent means what is there as a rule.
        const usual = condition.type === 'notExists' ? valueAt(base, stepsOf(condition.selector)) : undefined
        if (usual !== undefined) add(edited(match, (record) => setAt(record, stepsOf(condition.selector), usual)))
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
  const { operator, literal, selector } = condition
  if (operator === '=' && literal.type === 'string' && endsInArn(selector)) return arnsLike(literal.value)
  if (operator === '=') return [equalTo(literal), literal.type === 'number' ? literal.text : undefined]
  if (operator === '!=') return ['another', 'example', 4711]
  const bound = numberOf(literal)
  return [operator.startsWith('<') ? bound - 1 : bound + 1]
}

function endsInArn(selector: Selector): boolean {
  const last = selector.segments.at(-1)
  return last?.type === 'name' && last.name === 'arn'
}

/** What a wildcard in front may stand for in the ARN of a session or of a role. */
const ARN_BEGINNINGS = ['arn:aws:sts::111122223333', 'arn:aws:iam::111122223333', 'arn:aws:iam::111122223333:role/']
const WHOLE_ARN = /^arn:aws:(?:iam::\d+:role\/[\w+=,.@-]+|sts::\d+:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+)$/

/** Texts that fit a glob, whole ARNs of roles and sessions first. */
function arnsLike(glob: string): readonly string[] {
  const plain = textOfGlob(glob)
  if (!glob.startsWith('*')) return [plain]
  const rest = textOfGlob(glob.replace(/^\*+(?:role\/)?/, ''))
  return [...ARN_BEGINNINGS.map((beginning) => beginning + rest).filter((arn) => WHOLE_ARN.test(arn)), plain]
}

function numberOf(literal: Literal): number {
  return (literal.type === 'number' && parseNumber(literal.text)) || 0
}

function equalTo(literal: Literal): unknown {
  if (literal.type === 'number') return parseNumber(literal.text)
  if (literal.type === 'regex') return textOfRegex(literal.source)
  return textOfGlob(literal.value)
}

function textOfGlob(value: string): string {
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
