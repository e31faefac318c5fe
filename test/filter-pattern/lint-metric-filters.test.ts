import { describe, expect, test } from 'vitest'
import type {
  LintedMetricFilter,
  MetricFilterLintOptions,
  MetricFilterRule,
} from '../../shared/filter-pattern/lint-metric-filters.ts'
import {
  lintMetricFilters,
  looksHighCardinality,
  METRIC_FILTER_RULES,
} from '../../shared/filter-pattern/lint-metric-filters.ts'

const METRIC = { metricName: 'Denied', metricNamespace: 'demo', metricValue: '1' }

function filter(
  over: Partial<LintedMetricFilter> = {},
  transformation: Partial<LintedMetricFilter['metricTransformations'][number]> = {},
): LintedMetricFilter {
  return {
    name: 'denied',
    logGroupName: '/demo',
    filterPattern: '{ $.errorCode = "AccessDenied" }',
    metricTransformations: [{ ...METRIC, ...transformation }],
    ...over,
  }
}

const many = (count: number, filterPattern: string): LintedMetricFilter[] =>
  Array.from({ length: count }, (_, index) => filter({ name: `f${index}`, filterPattern }))

const CASES: readonly (readonly [
  string,
  readonly LintedMetricFilter[],
  readonly MetricFilterRule[],
  MetricFilterLintOptions?,
])[] = [
  ['a plain filter', [filter()], []],
  ['a filter with its alarm', [filter({ alarms: [{ alarmName: 'a', statistic: 'Sum' }] })], []],
  [
    'an alarm by metric name',
    [filter()],
    [],
    { alarms: [{ alarmName: 'a', metricName: 'Denied', namespace: 'demo' }] },
  ],
  ['a metric-math alarm', [filter()], [], { alarms: [{ alarmName: 'a' }] }],
  ['a pattern AWS rejects', [filter({ filterPattern: '{ $.a = x:y }' })], ['invalid-pattern']],
  ['5 filters with regexes', many(5, '{ $.a = %x% }'), []],
  ['6 filters with regexes', many(6, '{ $.a = %x% }'), ['regex-filters-per-group']],
  [
    '6 filters with regexes in two groups',
    [...many(3, '%x%'), ...many(3, '[a=%x%, ...]').map((f) => ({ ...f, logGroupName: '/other' }))],
    [],
  ],
  [
    'a subscription filter with a regex counts',
    many(5, '{ $.a = %x% }'),
    ['regex-filters-per-group'],
    { subscriptionFilters: [{ logGroupName: '/demo', filterPattern: '%y%' }] },
  ],
  ['100 filters', many(100, 'ERROR'), []],
  ['101 filters', many(101, 'ERROR'), ['filters-per-group']],
  ['two filters of one name', [filter(), filter()], ['duplicate-filter-name']],
  ['no transformation', [filter({ metricTransformations: [] })], ['one-transformation']],
  ['two transformations', [filter({ metricTransformations: [METRIC, METRIC] })], ['one-transformation']],
  ['a value from the record', [filter({}, { metricValue: '$.bytes' })], []],
  ['a value with a wildcard', [filter({}, { metricValue: '$.bytes[*]' })], ['metric-value']],
  ['a value that is a word', [filter({}, { metricValue: 'one' })], ['metric-value']],
  ['a value from a terms pattern', [filter({ filterPattern: 'ERROR' }, { metricValue: '$.n' })], ['metric-value']],
  ['a value from a field', [filter({ filterPattern: '[ip, ..., bytes]' }, { metricValue: '$bytes' })], []],
  [
    'a value from a field that is not declared',
    [filter({ filterPattern: '[ip, ..., bytes]' }, { metricValue: '$size' })],
    ['metric-value'],
  ],
  ['a default value', [filter({}, { defaultValue: 0 })], []],
  ['a dimension', [filter({}, { dimensions: { Region: '$.awsRegion' } })], []],
  [
    'a dimension and a default value',
    [filter({}, { dimensions: { Region: '$.awsRegion' }, defaultValue: 0 })],
    ['dimension-default'],
  ],
  ['4 dimensions', [filter({}, { dimensions: { A: '$.a', B: '$.b', C: '$.c', D: '$.d' } })], ['dimension-count']],
  [
    'system fields count as dimensions',
    [filter({ emitSystemFieldDimensions: ['@aws.account', '@aws.region'] }, { dimensions: { A: '$.a', B: '$.b' } })],
    ['dimension-count'],
  ],
  [
    'a dimension of a terms pattern',
    [filter({ filterPattern: 'ERROR' }, { dimensions: { A: '$.a' } })],
    ['dimension-pattern-kind'],
  ],
  [
    'a dimension of the empty pattern',
    [filter({ filterPattern: '' }, { dimensions: { A: '$.a' } })],
    ['dimension-pattern-kind'],
  ],
  ['a dimension that is no reference', [filter({}, { dimensions: { A: 'a' } })], ['dimension-reference']],
  ['a dimension of many values', [filter({}, { dimensions: { Ip: '$.sourceIPAddress' } })], ['dimension-cardinality']],
  [
    'a judgement of its own',
    [filter({}, { dimensions: { Ip: '$.sourceIPAddress' } })],
    [],
    { isHighCardinality: () => false },
  ],
  [
    'an alarm without the dimension',
    [filter({ alarms: [{ alarmName: 'a' }] }, { dimensions: { Region: '$.awsRegion' } })],
    ['alarm-dimensions'],
  ],
  [
    'an alarm with the dimension',
    [
      filter(
        { alarms: [{ alarmName: 'a', dimensions: { Region: 'eu-west-1' } }] },
        { dimensions: { Region: '$.awsRegion' } },
      ),
    ],
    [],
  ],
  [
    'an alarm with a dimension nobody publishes',
    [filter({ alarms: [{ alarmName: 'a', dimensions: { Region: 'x' } }] })],
    ['alarm-dimensions'],
  ],
  [
    'an alarm on another metric',
    [filter({ alarms: [{ alarmName: 'a', metricName: 'Typo' }] })],
    ['alarm-without-filter'],
  ],
  [
    'an alarm in another namespace',
    [filter()],
    ['alarm-without-filter'],
    { alarms: [{ alarmName: 'a', metricName: 'Denied', namespace: 'x' }] },
  ],
  [
    'an average over default values',
    [filter({ alarms: [{ alarmName: 'a', statistic: 'Average' }] }, { defaultValue: 0 })],
    ['alarm-statistic-default'],
  ],
  [
    'a count over default values',
    [filter({ alarms: [{ alarmName: 'a', statistic: 'SampleCount' }] }, { defaultValue: 0 })],
    ['alarm-statistic-default'],
  ],
  ['a sum over default values', [filter({ alarms: [{ alarmName: 'a', statistic: 'Sum' }] }, { defaultValue: 0 })], []],
]

describe('lintMetricFilters', () => {
  test.each(CASES.map(([name, filters, rules, options]) => ({ name, filters, rules, options })))(
    '$name',
    ({ filters, rules, options }) => {
      const findings = lintMetricFilters(filters, options)
      expect(findings.map(({ rule }) => rule)).toEqual(rules)
      for (const finding of findings) {
        expect(finding.message).toMatch(/\.$/)
        expect(finding.fix).toMatch(/\.$/)
        expect(finding.reason).toBe(METRIC_FILTER_RULES[finding.rule].why)
      }
    },
  )

  test('every rule has a case', () => {
    expect(new Set(CASES.flatMap(([, , rules]) => rules))).toEqual(new Set(Object.keys(METRIC_FILTER_RULES)))
  })

  test('findings name what they are about', () => {
    const [finding] = lintMetricFilters([filter({ alarms: [{ alarmName: 'a', metricName: 'Typo' }] })])
    expect(finding).toMatchObject({ severity: 'error', alarmName: 'a', filterName: 'denied', logGroupName: '/demo' })
  })
})

test.each([
  ['$.sourceIPAddress', true],
  ['$.userIdentity.arn', true],
  ['$.requestParameters.key', true],
  ['$.userAgent', true],
  ['$.eventID', true],
  ['$.resources[0].ARN', true],
  ["$.['x-amz-request-id']", true],
  ['$ip', true],
  ['$.eventTime', true],
  ['$.awsRegion', false],
  ['$.eventName', false],
  ['$.recipientAccountId', false],
  ['$.keyClass', false],
  ['$.requestParameters.bucketName', false],
])('%s takes many values: %s', (reference, expected) => {
  expect(looksHighCardinality(reference)).toBe(expected)
})
