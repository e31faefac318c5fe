import { describe, expect, it } from 'vitest'
import { checkSequences, compileSequences, completes, type Sequence } from '../../shared/detection/sequence.ts'
import { parseSequence } from '../../shared/detection/sequence-file.ts'
import { loadDetections, readSequences } from '../../shared/files/detections.ts'

const FILE = 'rules/sequences/seq-one.yml'
const TEXT = `
id: seq-one
kind: sequence
title: First this, then that
severity: high
description: Why it matters.
steps:
  - { name: this, rules: [rule-a, rule-b] }
  - { name: that, rules: [rule-c] }
within: 3600
falsePositives: [None known.]
runbook: [Look.]
examples:
  hits:
    - { name: in order, of: [{ rule: rule-a, minute: 0 }, { rule: rule-c, minute: 60 }] }
  misses:
    - { name: the other way round, of: [{ rule: rule-c, minute: 0 }, { rule: rule-a, minute: 1 }] }
`
const RULES = ['rule-a', 'rule-b', 'rule-c']

function parsed(text = TEXT, file = FILE): Sequence {
  const result = parseSequence(text, file)
  if (!result.ok) throw new Error(result.problems.map(({ field, message }) => `${field}: ${message}`).join('\n'))
  return result.value
}

describe('parseSequence', () => {
  it('reads a file', () => {
    expect(parsed()).toMatchObject({ id: 'seq-one', within: 3600, mitre: [], file: FILE })
    expect(checkSequences([parsed()], RULES)).toEqual([])
  })

  it.each<[string, string, string, RegExp]>([
    ['another kind', 'kind: sequence', 'kind: rule', /kind/],
    ['another file name', 'id: seq-one', 'id: seq-two', /the file is named "seq-one"/],
    ['one step', '  - { name: that, rules: [rule-c] }\n', '', /steps/],
    ['a step without rules', 'rules: [rule-c]', 'rules: []', /steps/],
    ['a time beyond a week', 'within: 3600', 'within: 604801', /within/],
    ['an unknown key', 'within: 3600', 'within: 3600\nwithn: 1', /withn/],
    ['no examples', 'examples:', 'exampels:', /examples|exampels/],
  ])('%s is a problem', (_, from, to, said) => {
    expect(() => parsed(TEXT.replace(from, to))).toThrow(said)
  })
})

describe('checkSequences', () => {
  const problems = (text: string, rules = RULES) => checkSequences([parsed(text)], rules).map(({ message }) => message)

  it.each<[string, string, RegExp]>([
    ['a rule that is not there', TEXT.replaceAll('rule-c', 'rule-d'), /there is no rule "rule-d"; did you mean/],
    ['a rule in two steps', TEXT.replace('[rule-a, rule-b]', '[rule-a, rule-c]'), /"rule-c" is named twice/],
    ['a hit that is none', TEXT.replace('minute: 60', 'minute: 61'), /the hit "in order" comes out wrong/],
    ['a miss that is a hit', TEXT.replace('rule-a, minute: 1', 'rule-a, minute: 0'), /the miss "the other way/],
  ])('%s', (_, text, said) => {
    expect(problems(text).join('\n')).toMatch(said)
  })

  it('an id that a rule, or another sequence, has', () => {
    expect(checkSequences([parsed()], [...RULES, 'seq-one']).map(({ field }) => field)).toEqual(['id'])
    expect(checkSequences([parsed(), parsed()], RULES).map(({ field }) => field)).toEqual(['id'])
  })
})

describe('completes', () => {
  it.each<[string, number[][], number, number[] | undefined]>([
    ['in order', [[10], [30]], 20, [10, 30]],
    ['at once', [[10], [10]], 20, [10, 10]],
    ['too late', [[10], [31]], 20, undefined],
    ['the other way round', [[10], [5]], 20, undefined],
    [
      'a later beginning',
      [
        [10, 40],
        [5, 50],
      ],
      20,
      [40, 50],
    ],
    [
      'unsorted',
      [
        [40, 10],
        [50, 12],
      ],
      20,
      [10, 12],
    ],
    ['three steps', [[0], [10, 5], [7]], 20, [0, 5, 7]],
    ['the third before the second', [[0], [10], [7]], 20, undefined],
    ['a step without hits', [[0], []], 20, undefined],
  ])('%s', (_, steps, within, times) => {
    expect(completes(steps, within)).toEqual(times)
  })
})

describe('compileSequences', () => {
  it('keeps the rules that are on; a step without any leaves it out, and says so', () => {
    const some = compileSequences([parsed()], (rule) => rule !== 'rule-b')
    expect(some).toMatchObject({ sequences: [{ id: 'seq-one', steps: [['rule-a'], ['rule-c']] }], leftOut: [] })
    const none = compileSequences([parsed()], (rule) => rule !== 'rule-c')
    expect(none).toEqual({ sequences: [], leftOut: ['seq-one: no rule of its step "that" is on'] })
  })
})

it('those that come with the package are right', async () => {
  const { sequences, problems } = await readSequences(await loadDetections('infra/detections'), 'infra/detections')
  expect(problems).toEqual([])
  expect(sequences.map(({ id }) => id)).toEqual(['seq-controls-off', 'seq-probe-then-take'])
})

it('a folder without sequences has none, and is no problem', async () => {
  expect(await readSequences([], 'test/detection')).toEqual({ sequences: [], problems: [] })
})
