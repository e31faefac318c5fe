import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { joinDetections, logicalName } from '../../shared/detection/join.ts'
import { parseDetection } from '../../shared/detection/load.ts'
import { formatProblem, formatProblems } from '../../shared/detection/problem.ts'

const FILE = 'infra/detections/s3-control/s3-policy-deleted.yml'
const SAMPLE = readFileSync(FILE, 'utf8')

const MINIMAL = `id: a-rule
title: A rule
severity: low
description: What it sees.
sources: [cloudtrail]
pattern: '{ $.eventName = "A" }'
falsePositives: [none known]
runbook: [Look.]
examples:
  hits:
    - {name: one, kind: cloudtrail, input: {eventName: A}}
    - {name: two, kind: record, input: {eventName: A}}
  misses:
    - {name: one, kind: cloudtrail, input: {eventName: B}}
    - {name: two, kind: access-log, input: {operation: REST.GET.OBJECT, httpStatus: 200}}
`

/** The problems of a text, without the file's name. */
function problems(text: string, file = 'infra/detections/custom/a-rule.yml'): string[] {
  const parsed = parseDetection(text, file)
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem(problem).slice(file.length + 1))
}

describe('parseDetection', () => {
  it('reads the sample', () => {
    const parsed = parseDetection(SAMPLE, FILE)
    expect(parsed.ok ? [] : formatProblems(parsed.problems)).toEqual([])
    expect(parsed).toMatchObject({
      value: { id: 's3-policy-deleted', pack: 's3-control', file: FILE, mitre: ['T1562'] },
    })
  })

  it('fills in the defaults', () => {
    const parsed = parseDetection(MINIMAL, 'infra/detections/custom/a-rule.yml')
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        enabled: true,
        requires: [],
        metric: { value: 1, unit: 'None' },
        alarm: {
          statistic: 'Sum',
          periodSeconds: 300,
          evaluationPeriods: 1,
          threshold: 1,
          comparisonOperator: 'GreaterThanOrEqualToThreshold',
          treatMissingData: 'notBreaching',
        },
        mitre: [],
        cis: [],
        references: [],
        tuning: [],
      },
    })
  })

  it('reports every problem at once, in order, with its place', () => {
    const text = MINIMAL.replace('severity: low', 'serverity: hgih\nseverity: hgih')
      .replace(
        "pattern: '{",
        'cis: [4.8]\nmitre: [1530]\nalarm: {comparison: ">=", threshold: "1", periodSeconds: 90}\npattern: \'{',
      )
      .replace('"A" }', '"A }')
      .replace('kind: record', 'kind: recrod')
      .replace('misses:', 'mises:')
      .replace('id: a-rule', 'id: b-rule')
    expect(problems(text)).toEqual([
      '1:5 id: the file is named "a-rule", so the id must be "a-rule", found "b-rule"',
      '3:1 serverity: unknown key "serverity"; did you mean "severity"?',
      '4:11 severity: expected one of info, low, medium, high, critical, found "hgih"; did you mean "high"?',
      '7:7 cis[0]: expected text, found 4.8 (a number)',
      '8:9 mitre[0]: expected text, found 1530 (a number)',
      '9:9 alarm.comparison: unknown key "comparison"; did you mean "comparisonOperator"?',
      '9:38 alarm.threshold: expected a number, found "1"',
      expect.stringMatching(/^9:58 alarm\.periodSeconds: expected a whole number of minutes in seconds/),
      expect.stringMatching(/^10:10 pattern: /),
      '14:3 examples.misses: missing: expected a list',
      expect.stringMatching(/^16:25 examples\.hits\[1\]\.kind: expected one of .*did you mean "record"\?$/),
      '17:3 examples.mises: unknown key "mises"; did you mean "misses"?',
    ])
  })

  it.each([
    ['the empty text', '', '1:1 expected a mapping, found nothing (null)'],
    ['a list', '- 1', '1:1 expected a mapping, found a list of 1'],
    ['a key given twice', `${MINIMAL}id: a-rule\n`, '16:1 not valid YAML: Map keys must be unique'],
    ['an unclosed quote', `id: "a\n`, '2:1 not valid YAML: Missing closing "quote'],
  ])('refuses %s', (_name, text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)])
  })

  it.each([
    [
      'one hit only',
      ['    - {name: two, kind: record, input: {eventName: A}}\n', ''],
      '11:5 examples.hits: expected at least 2 items, found a list of 1',
    ],
    [
      'a name twice',
      ['name: two, kind: record', 'name: one, kind: record'],
      '12:14 examples.hits[1].name: the name "one" is taken',
    ],
    [
      'a hit that the rule cannot see',
      ['sources: [cloudtrail]', 'sources: [access-log]'],
      '11:25 examples.hits[0].kind: the rule does not watch cloudtrail: see sources',
    ],
    [
      'an unknown source',
      ['[cloudtrail]', '[cloudtrial, cloudtrail]'],
      '5:11 sources[0]: expected one of cloudtrail, access-log, pipeline, found "cloudtrial"; did you mean "cloudtrail"?',
    ],
    [
      'an unknown log field',
      ['operation: REST', 'operaton: REST'],
      '15:45 examples.misses[1].input.operaton: unknown access-log field "operaton"; did you mean "operation"?',
    ],
    [
      'an unknown placeholder',
      ['"A" }', '"{{acount}}" }'],
      '6:10 pattern: there is no placeholder {{acount}}; did you mean "account"?; there are account, stage',
    ],
    [
      'a key that only examples of this kind have',
      ['input: {eventName: A}}\n    - {name: two', 'verbatm: true, input: {eventName: A}}\n    - {name: two'],
      'examples.hits[0].verbatm: unknown key "verbatm"; did you mean "verbatim"?',
    ],
    [
      'a key that examples of another kind have',
      ['kind: record, input', 'kind: record, verbatm: true, input'],
      /unknown key "verbatm"$/,
    ],
    [
      'M above N',
      ['falsePositives', 'alarm: {datapointsToAlarm: 2}\nfalsePositives'],
      'datapointsToAlarm (2) is more than evaluationPeriods (1)',
    ],
    [
      'more than a day',
      ['falsePositives', 'alarm: {evaluationPeriods: 289}\nfalsePositives'],
      'CloudWatch allows 86400 s',
    ],
    [
      'more than a week',
      ['falsePositives', 'alarm: {periodSeconds: 86400, evaluationPeriods: 8}\nfalsePositives'],
      'CloudWatch allows 604800 s',
    ],
    [
      'a wildcard as value',
      ['falsePositives', 'metric: {value: "$.a[*]"}\nfalsePositives'],
      'expected a number, or a selector without wildcard',
    ],
    ['a pattern that CloudWatch rejects', ['$.eventName = "A"', '$.eventName == "A"'], '6:10 pattern: '],
    [
      'a bad reference',
      ['falsePositives', 'references: [docs]\nfalsePositives'],
      '7:14 references[0]: expected a URL, found "docs"',
    ],
  ] as const)('refuses %s', (_name, [from, to], problem) => {
    expect(MINIMAL).toContain(from)
    expect(problems(MINIMAL.replace(from, to))).toEqual([
      typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
    ])
  })

  it('takes an alarm over a day, and over a week where the period is an hour', () => {
    const alarm = (text: string) => problems(MINIMAL.replace('falsePositives', `alarm: ${text}\nfalsePositives`))
    expect(alarm('{evaluationPeriods: 288, datapointsToAlarm: 1}')).toEqual([])
    expect(alarm('{periodSeconds: 3600, evaluationPeriods: 168}')).toEqual([])
  })

  it('refuses a pack that is no name', () => {
    expect(problems(MINIMAL, 'detections/My Pack/a-rule.yml')).toEqual([
      expect.stringContaining('"My Pack" is no pack name'),
    ])
  })

  it('does not let a small text grow without bounds', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]`
    expect(problems(bomb)).toEqual([expect.stringContaining('not valid YAML')])
  })
})

describe('joinDetections', () => {
  it('keeps what is right, and finds ids that clash', () => {
    const other = MINIMAL.replace('id: a-rule', 'id: arule')
    const { detections, problems: found } = joinDetections([
      parseDetection(MINIMAL, 'd/x/a-rule.yml'),
      parseDetection(MINIMAL, 'd/y/a-rule.yml'),
      parseDetection(other, 'd/y/arule.yml'),
      parseDetection('', 'd/y/broken.yml'),
      parseDetection(SAMPLE, FILE),
    ])
    expect(detections.map(({ id, pack }) => `${pack}/${id}`)).toEqual(['x/a-rule', 's3-control/s3-policy-deleted'])
    expect(found.map(formatProblem)).toEqual([
      'd/y/a-rule.yml:1:1 id: the id "a-rule" is already taken by d/x/a-rule.yml ("a-rule")',
      'd/y/arule.yml:1:1 id: the id "arule" is already taken by d/x/a-rule.yml ("a-rule")',
      'd/y/broken.yml:1:1 expected a mapping, found nothing (null)',
    ])
  })

  it('makes logical names of letters and digits', () => {
    expect(logicalName('cis-08-s3-policy')).toBe('Cis08S3Policy')
  })
})
