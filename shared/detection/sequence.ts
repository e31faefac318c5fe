/**
 * Rules over incidents: what one principal did first, and then. A sequence is a YAML file with `kind: sequence`; its steps
 * name rules, and it is told when hits of each step are there in order, within a time. docs/writing-detections.md,
 * "Sequences".
 */
import type { Problem } from './problem.ts'
import type { Severity } from './schema.ts'
import { suggest } from './suggest.ts'

/** A hit of an example: a rule, and minutes from the beginning. */
interface ExampleHit {
  readonly rule: string
  readonly minute: number
}

interface SequenceExample {
  readonly name: string
  readonly of: readonly ExampleHit[]
}

/** A sequence as its file says it. */
export interface Sequence {
  readonly id: string
  readonly kind: 'sequence'
  readonly title: string
  readonly severity: Severity
  readonly description: string
  /** In order; each is fulfilled by a hit of any of its rules. */
  readonly steps: readonly { readonly name: string; readonly rules: readonly string[] }[]
  /** Seconds of event time from the first step to the last. */
  readonly within: number
  readonly mitre: readonly string[]
  readonly falsePositives: readonly string[]
  readonly runbook: readonly string[]
  readonly examples: { readonly hits: readonly SequenceExample[]; readonly misses: readonly SequenceExample[] }
  readonly file: string
}

/** A sequence, as far as the alert function needs it. */
export interface SequenceRule {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly description: string
  readonly steps: readonly (readonly string[])[]
  /** Seconds. */
  readonly within: number
  readonly mitre: readonly string[]
  readonly falsePositives: readonly string[]
  readonly runbook: readonly string[]
}

/**
 * What is wrong with sequences beside their rules: rules that do not exist, ids that are taken, a rule in two steps
 * (one hit would be two steps), and examples that come out wrong.
 */
export function checkSequences(sequences: readonly Sequence[], rules: readonly string[]): Problem[] {
  const known = new Set(rules)
  const taken = new Set(rules)
  const problems: Problem[] = []
  for (const sequence of sequences) {
    const report = (field: string, message: string) =>
      problems.push({ file: sequence.file, line: 1, column: 1, field, message })
    if (taken.has(sequence.id)) report('id', `the id "${sequence.id}" is already taken`)
    taken.add(sequence.id)
    const named = sequence.steps.flatMap((step) => step.rules)
    for (const rule of named.filter((one) => !known.has(one)))
      report('steps', `there is no rule "${rule}"${suggest(rule, rules)}`)
    for (const rule of new Set(named.filter((one, index) => named.indexOf(one) !== index)))
      report('steps', `the rule "${rule}" is named twice`)
    for (const { list, name } of wrongExamples(sequence))
      report('examples', `${list === 'hits' ? 'the hit' : 'the miss'} "${name}" comes out wrong`)
  }
  return problems
}

function wrongExamples({ steps, within, examples: { hits, misses } }: Sequence) {
  const isTold = (of: (typeof hits)[number]['of']): boolean => {
    const times = steps.map(({ rules }) =>
      of.filter(({ rule }) => rules.includes(rule)).map(({ minute }) => minute * 60_000),
    )
    return completes(times, within * 1000) !== undefined
  }
  return [
    ...hits.filter(({ of }) => !isTold(of)).map(({ name }) => ({ list: 'hits', name })),
    ...misses.filter(({ of }) => isTold(of)).map(({ name }) => ({ list: 'misses', name })),
  ]
}

/**
 * The earliest times, one of each step, that are in order and within the time; undefined: there are none.
 *
 * @param steps of each step, when its rules hit. Milliseconds.
 * @example
 * completes([[10], [5, 30]], 60) // [10, 30]
 */
export function completes(steps: readonly (readonly number[])[], withinMs: number): readonly number[] | undefined {
  const [first = [], ...rest] = steps
  for (const start of first.toSorted((a, b) => a - b)) {
    const times = [start]
    for (const step of rest) {
      const after = step.filter((time) => time >= times.at(-1)! && time <= start + withinMs)
      if (after.length === 0) break
      times.push(Math.min(...after))
    }
    if (times.length === steps.length) return times
  }
  return undefined
}

/**
 * The sequences that can be told: those of whose every step at least one rule is on.
 *
 * @param isOn whether a rule is on
 */
export function compileSequences(
  sequences: readonly Sequence[],
  isOn: (rule: string) => boolean,
): { readonly sequences: readonly SequenceRule[]; readonly leftOut: readonly string[] } {
  const leftOut: string[] = []
  const compiled = sequences.flatMap((sequence): SequenceRule[] => {
    const { title, severity, description, within, mitre, falsePositives, runbook } = sequence
    const steps = sequence.steps.map(({ rules }) => rules.filter(isOn))
    const blind = sequence.steps.find((_, index) => steps[index]!.length === 0)
    if (blind === undefined)
      return [{ id: sequence.id, title, severity, description, steps, within, mitre, falsePositives, runbook }]
    leftOut.push(`${sequence.id}: no rule of its step "${blind.name}" is on`)
    return []
  })
  return { sequences: compiled, leftOut }
}
