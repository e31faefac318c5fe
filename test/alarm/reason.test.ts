import { describe, expect, it } from 'vitest'
import { evaluateAlarm } from '../../shared/alarm/evaluate.ts'
import { stateReason, stateReasonData } from '../../shared/alarm/reason.ts'
import type { AlarmState, MetricAlarmConfig } from '../../shared/alarm/types.ts'

const START = Date.UTC(2026, 10, 25, 9, 0)

const alarm = (overrides: Partial<MetricAlarmConfig>): MetricAlarmConfig => ({
  alarmName: 'a',
  namespace: 'n',
  metricName: 'm',
  statistic: 'Sum',
  period: 60,
  evaluationPeriods: 1,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  ...overrides,
})

function evaluate(config: MetricAlarmConfig, values: readonly (number | undefined)[], state: AlarmState = 'OK') {
  const points = values.map((value, index) =>
    value === undefined ? undefined : { start: START + index * 60_000, value, sampleCount: 2 },
  )
  return evaluateAlarm(config, points, state)
}

describe('stateReason, worded as CloudWatch words it', () => {
  it.each([
    {
      name: 'one breach',
      config: {},
      values: [2],
      reason:
        'Threshold Crossed: 1 out of the last 1 datapoints [2.0 (25/11/26 09:00:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
    },
    {
      name: 'M of N: only the breaches are listed, newest first',
      config: {
        evaluationPeriods: 4,
        datapointsToAlarm: 2,
        comparisonOperator: 'GreaterThanThreshold',
        threshold: 10.7,
      },
      values: [10.79, 3, 11.5, 1],
      reason:
        'Threshold Crossed: 2 out of the last 4 datapoints [11.5 (25/11/26 09:02:00), 10.79 (25/11/26 09:00:00)] were greater than the threshold (10.7) (minimum 2 datapoints for OK -> ALARM transition).',
    },
    {
      name: 'back to OK',
      config: { comparisonOperator: 'GreaterThanThreshold', threshold: 50 },
      values: [0.25],
      reason:
        'Threshold Crossed: 1 out of the last 1 datapoints [0.25 (25/11/26 09:00:00)] was not greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).',
    },
    {
      name: 'back to OK takes N - M + 1 points',
      config: { evaluationPeriods: 3, datapointsToAlarm: 2, comparisonOperator: 'LessThanThreshold' },
      values: [0, 5e10, 0.0001234],
      reason: '(minimum 2 datapoints for OK -> ALARM transition).',
    },
    {
      name: 'large numbers',
      config: { threshold: 50_000_000_000 },
      values: [61_234_567_890],
      reason: '[6.123456789E10 (25/11/26 09:00:00)] was greater than or equal to the threshold (5.0E10)',
    },
    {
      name: 'silence, good',
      config: { treatMissingData: 'notBreaching' },
      values: [undefined],
      reason:
        'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    },
    {
      name: 'silence, bad',
      config: { treatMissingData: 'breaching', evaluationPeriods: 4 },
      values: [undefined, undefined, undefined, undefined],
      reason:
        'Threshold Crossed: no datapoints were received for 4 periods and 4 missing datapoints were treated as [Breaching].',
    },
    {
      name: 'silence makes the difference',
      config: { treatMissingData: 'breaching', evaluationPeriods: 3, datapointsToAlarm: 2 },
      values: [undefined, 0, undefined],
      reason:
        'Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].',
    },
    {
      name: 'not enough',
      config: { evaluationPeriods: 3 },
      values: [undefined, undefined, undefined],
      reason: 'Insufficient Data: 3 datapoints were unknown.',
    },
    { name: 'not enough, one', config: {}, values: [undefined], reason: 'Insufficient Data: 1 datapoint was unknown.' },
  ] as const)('$name', ({ config, values, reason }) => {
    const made = alarm(config)
    expect(stateReason(made, evaluate(made, values))).toContain(reason)
  })

  it('gives the numbers as data', () => {
    const config = alarm({ evaluationPeriods: 2 })
    expect(JSON.parse(stateReasonData(config, evaluate(config, [2, 3]), START + 120_500))).toEqual({
      version: '1.0',
      queryDate: '2026-11-25T09:02:00.500+0000',
      startDate: '2026-11-25T09:00:00.000+0000',
      statistic: 'Sum',
      period: 60,
      recentDatapoints: [2, 3],
      threshold: 1,
      evaluatedDatapoints: [
        { timestamp: '2026-11-25T09:01:00.000+0000', sampleCount: 2, value: 3 },
        { timestamp: '2026-11-25T09:00:00.000+0000', sampleCount: 2, value: 2 },
      ],
    })
  })
})
