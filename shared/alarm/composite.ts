import { BucketwatchError } from '../contracts/errors.ts'
import type { AlarmState } from './types.ts'

/** A composite alarm's rule, parsed. */
export type AlarmRule =
  | { readonly type: 'constant'; readonly value: boolean }
  | { readonly type: 'state'; readonly state: AlarmState; readonly alarmName: string }
  | { readonly type: 'not'; readonly operand: AlarmRule }
  | { readonly type: 'and' | 'or'; readonly operands: readonly AlarmRule[] }

const STATES: readonly AlarmState[] = ['ALARM', 'OK', 'INSUFFICIENT_DATA']
const MAX_CHILDREN = 100
const MAX_ELEMENTS = 500
const MAX_LENGTH = 10_240

type Token = { readonly text: string; readonly offset: number; readonly quoted: boolean }

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([()])|([^\s()",]+))/y

function tokenize(rule: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (rule.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(rule)
    if (match === null) {
      const offset = at + rule.slice(at).search(/\S/)
      throw ruleError(rule, offset, `unexpected ${JSON.stringify(rule[offset])}`)
    }
    const [, quoted, parenthesis, word] = match
    const text = quoted === undefined ? (parenthesis ?? word)! : quoted.slice(1, -1).replace(/\\(.)/g, '$1')
    tokens.push({
      text,
      offset: TOKEN.lastIndex - (quoted ?? parenthesis ?? word)!.length,
      quoted: quoted !== undefined,
    })
  }
  return tokens
}

function ruleError(rule: string, offset: number, problem: string): BucketwatchError {
  return new BucketwatchError('CONFIG_INVALID', `Alarm rule, offset ${offset}: ${problem}.`, { rule, offset })
}

/**
 * Parses an AlarmRule: `ALARM(…)`, `OK(…)`, `INSUFFICIENT_DATA(…)`, `TRUE`, `FALSE`, joined by `AND`, `OR`, `NOT` and
 * parentheses. NOT binds tightest, AND before OR. Names may be quoted, and may be alarm ARNs (the name is taken).
 *
 * Limits: 100 different children, 500 elements, 10,240 characters. Errors: CONFIG_INVALID with the offset.
 * Not supported: AT_LEAST.
 *
 * @see CloudWatch API, PutCompositeAlarm, "AlarmRule"
 * @example
 * parseAlarmRule('ALARM(disk) AND NOT OK("memory low")')
 */
export function parseAlarmRule(rule: string): AlarmRule {
  if (rule.length > MAX_LENGTH) throw ruleError(rule, MAX_LENGTH, `longer than ${MAX_LENGTH} characters`)
  const tokens = tokenize(rule)
  let position = 0
  let elements = 0
  const children = new Set<string>()

  const word = (text: string): boolean => {
    const token = tokens[position]
    if (token === undefined || token.quoted || token.text !== text) return false
    position += 1
    return true
  }
  const fail = (expected: string): never => {
    const token = tokens[position]
    const found = token === undefined ? 'the rule ends' : `found "${token.text}"`
    throw ruleError(rule, token?.offset ?? rule.length, `expected ${expected}, ${found}`)
  }
  const expectWord = (text: string): void => {
    if (!word(text)) fail(`"${text}"`)
  }

  const primary = (): AlarmRule => {
    elements += 1
    if (elements > MAX_ELEMENTS)
      throw ruleError(rule, tokens[position]?.offset ?? 0, `more than ${MAX_ELEMENTS} elements`)
    if (word('(')) {
      const inner = or()
      expectWord(')')
      return inner
    }
    if (word('TRUE')) return { type: 'constant', value: true }
    if (word('FALSE')) return { type: 'constant', value: false }
    for (const state of STATES) {
      if (!word(state)) continue
      expectWord('(')
      const name = tokens[position]
      if (name === undefined || (!name.quoted && (name.text === '(' || name.text === ')'))) return fail('an alarm name')
      position += 1
      expectWord(')')
      const alarmName = name.text.replace(/^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:/, '')
      children.add(alarmName)
      if (children.size > MAX_CHILDREN) throw ruleError(rule, name.offset, `more than ${MAX_CHILDREN} alarms`)
      return { type: 'state', state, alarmName }
    }
    return fail('ALARM(…), OK(…), INSUFFICIENT_DATA(…), TRUE, FALSE, NOT or "("')
  }
  const unary = (): AlarmRule => (word('NOT') ? { type: 'not', operand: unary() } : primary())
  const series = (type: 'and' | 'or', operator: string, next: () => AlarmRule): AlarmRule => {
    const operands = [next()]
    while (word(operator)) operands.push(next())
    return operands.length === 1 ? operands[0]! : { type, operands }
  }
  const and = (): AlarmRule => series('and', 'AND', unary)
  const or = (): AlarmRule => series('or', 'OR', and)

  const parsed = or()
  if (position < tokens.length) fail('AND, OR or the end')
  return parsed
}

/** Whether the rule holds. `stateOf` answers with the state of an alarm by its name. */
export function evaluateAlarmRule(rule: AlarmRule, stateOf: (alarmName: string) => AlarmState): boolean {
  switch (rule.type) {
    case 'constant':
      return rule.value
    case 'state':
      return stateOf(rule.alarmName) === rule.state
    case 'not':
      return !evaluateAlarmRule(rule.operand, stateOf)
    case 'and':
      return rule.operands.every((operand) => evaluateAlarmRule(operand, stateOf))
    case 'or':
      return rule.operands.some((operand) => evaluateAlarmRule(operand, stateOf))
  }
}

/** The names of the alarms that the rule speaks of, each once, in order. */
export function alarmRuleChildren(rule: AlarmRule): string[] {
  const names = (part: AlarmRule): string[] => {
    switch (part.type) {
      case 'constant':
        return []
      case 'state':
        return [part.alarmName]
      case 'not':
        return names(part.operand)
      default:
        return part.operands.flatMap(names)
    }
  }
  return [...new Set(names(rule))]
}
