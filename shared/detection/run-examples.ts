import { isObject } from '../basics/is-object.ts'
import { own } from '../basics/own.ts'
import type { Detail, NormalizeOptions } from '../contracts/record.ts'
import { completeRecord } from '../object/complete.ts'
import { createReaders } from '../object/readers.ts'
import { EXAMPLE_ENVIRONMENT, EXAMPLE_NOW, exampleText } from './example-input.ts'
import { compileRuleMatchers, type RuleMatcher } from './match-rules.ts'
import type { Detection, Example } from './schema.ts'

/** How one example came out, in one detail. */
export interface ExampleResult {
  readonly id: string
  readonly file: string
  readonly list: 'hits' | 'misses'
  readonly name: string
  /** `record`: an example that is a record already, and needs no normalizing. */
  readonly detail: Detail | 'record'
  readonly ok: boolean
  /** What came out wrong, a sentence each; empty if `ok`. */
  readonly problems: readonly string[]
  /** The record that the pattern was matched against. */
  readonly message: string
}

const DETAILS: readonly Detail[] = ['lean', 'full']

/**
 * Runs every example of the detections through normalizing (lean and full) and the rule's pattern: hits must match,
 * misses must not, and where an example says what to `expect` of the record, that must hold too.
 *
 * @example
 * runExamples(detections).filter((result) => !result.ok)
 */
export function runExamples(detections: readonly Detection[]): ExampleResult[] {
  const readers = DETAILS.map((detail) => {
    const options: NormalizeOptions = {
      environment: EXAMPLE_ENVIRONMENT,
      detail,
      capBytes: 8192,
      now: () => EXAMPLE_NOW,
    }
    return { detail, of: createReaders(options) }
  })
  const messagesOf = (example: Example): { detail: Detail | 'record'; message: string }[] => {
    if (example.kind === 'record') return [{ detail: 'record', message: JSON.stringify(example.input) }]
    const text = exampleText(example)
    return readers.map(({ detail, of }) => ({ detail, message: of[example.kind].normalize(text).message }))
  }

  const matchers = compileRuleMatchers(detections, { account: EXAMPLE_ENVIRONMENT.account, stage: 'test' })
  return detections.flatMap((detection, index) =>
    (['hits', 'misses'] as const).flatMap((list) =>
      detection.examples[list].flatMap((example) =>
        messagesOf(example).map(({ detail, message }): ExampleResult => {
          const problems = check(example, list, matchers[index]!, message)
          const { id, file } = detection
          return { id, file, list, name: example.name, detail, ok: problems.length === 0, problems, message }
        }),
      ),
    ),
  )
}

function check(example: Example, list: 'hits' | 'misses', { pattern }: RuleMatcher, message: string): string[] {
  const problems: string[] = []
  const matched = pattern.match(message)
  if (list === 'hits' && !matched) problems.push('should match, and does not')
  if (list === 'misses' && matched) problems.push('should not match, and does')
  if (example.expect !== undefined) {
    const record: unknown = JSON.parse(message)
    const said = isObject(record) ? completeRecord(record) : record
    problems.push(...differences(example.expect, said, ''))
  }
  return problems
}

/** Where a record does not hold what is expected; `null` expects the field to be absent. */
function differences(expected: unknown, actual: unknown, path: string): string[] {
  if (expected === null) {
    return actual === undefined ? [] : [`${path} should be absent, is ${JSON.stringify(actual)}`]
  }
  if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, own(actual, key), path === '' ? key : `${path}.${key}`),
    )
  }
  if (JSON.stringify(expected) === JSON.stringify(actual)) return []
  return [
    `${path} should be ${JSON.stringify(expected)}, is ${actual === undefined ? 'absent' : JSON.stringify(actual)}`,
  ]
}
