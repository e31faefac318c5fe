import { expect, test } from 'vitest'
import { alarmFields } from '../../shared/detection/detection-file.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { suggest } from '../../shared/detection/suggest.ts'

test.each([
  ['treshold', ['threshold', 'period'], 'threshold'],
  ['>=', ['GreaterThanOrEqualToThreshold', 'LessThanThreshold'], 'GreaterThanOrEqualToThreshold'],
  ['>', ['GreaterThanOrEqualToThreshold', 'GreaterThanThreshold'], 'GreaterThanThreshold'],
  ['<', ['LessThanThreshold'], 'LessThanThreshold'],
  ['name', ['title', 'description'], 'title'],
  // A synonym that is not to be had here is no answer.
  ['logs', ['title', 'enabled'], undefined],
  ['log', ['sources'], 'sources'],
  ['THRESHOLD', ['threshold'], 'threshold'],
  ['evaluation', ['evaluationPeriods'], 'evaluationPeriods'],
  ['abc', ['abx', 'abz'], 'abx'],
  ['abc', ['xyz'], undefined],
  ['abcdefghi', ['abcxxxghi'], 'abcxxxghi'],
  ['abcdefghi', ['abxxxxghi'], undefined],
  [true, ['true'], 'true'],
  [5, ['5'], undefined],
  [undefined, ['undefined'], undefined],
])('%j of %j: %j', (given, known, expected) => {
  expect(suggest(given, known)).toBe(expected === undefined ? '' : `; did you mean "${expected}"?`)
})

test.each(['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'])(
  'an alarm may use %s, as CloudWatch calls it',
  (name) => {
    expect(alarmFields.statistic.safeParse(name).success).toBe(true)
    expect(alarmFields.statistic.safeParse(name.toLowerCase()).success).toBe(false)
  },
)

test('the stage that nobody named is the local run', () => {
  const rules = compileRuleMatchers([
    { id: 'r', pattern: '{ $.stage = "{{stage}}" }' },
    { id: 's', pattern: '{ $.account = "{{account}}" }' },
  ])
  expect(matchRules({ stage: 'local', account: '111122223333' }, rules)).toEqual(['r'])
  const named = compileRuleMatchers([{ id: 'r', pattern: '{ $.stage = "{{stage}}" }' }], { stage: 'prod' })
  expect([matchRules({ stage: 'local' }, named), matchRules({ stage: 'prod' }, named)]).toEqual([[], ['r']])
})

test.each(['detections:\n', 'detections:\n  packs:\n', 'detections: null', 'account: "111122223333"'])(
  'settings without packs and rules are read with the known ones too: %j',
  (text) => {
    const known = { packs: ['s3'], rules: ['r'] }
    const read = parseSettings(text, 'f.yml', known)
    if (!read.ok) for (const { message } of read.problems) expect(message).not.toMatch(/there is no/)
  },
)
