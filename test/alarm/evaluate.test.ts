import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AlarmPoint, evaluateAlarm } from '../../shared/alarm/evaluate.ts'
import {
  type AlarmState,
  COMPARISON_OPERATORS,
  type MetricAlarmConfig,
  TREAT_MISSING_DATA,
} from '../../shared/alarm/types.ts'

const STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA']

const alarm = (overrides: Partial<MetricAlarmConfig>): MetricAlarmConfig => ({
  alarmName: 'errors',
  namespace: 'test',
  metricName: 'errors',
  statistic: 'Sum',
  period: 300,
  evaluationPeriods: 3,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  ...overrides,
})

/** `0-X` → points: X breaches the threshold of 1, 0 does not, - is missing. */
function points(text: string): (AlarmPoint | undefined)[] {
  return [...text].map((sign, index) =>
    sign === '-' ? undefined : { start: index * 300_000, value: sign === 'X' ? 1 : 0, sampleCount: 1 },
  )
}

/** The two tables of the CloudWatch guide, "How alarm state is evaluated when data is missing"; keep = retain state. */
const PUBLISHED = [
  { datapointsToAlarm: 3, data: '0-X-X', missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
  { datapointsToAlarm: 3, data: '0----', missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
  {
    datapointsToAlarm: 3,
    data: '-----',
    missing: 'INSUFFICIENT_DATA',
    ignore: 'keep',
    breaching: 'ALARM',
    notBreaching: 'OK',
  },
  { datapointsToAlarm: 3, data: '0XX-X', missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { datapointsToAlarm: 3, data: '--X--', missing: 'ALARM', ignore: 'keep', breaching: 'ALARM', notBreaching: 'OK' },
  { datapointsToAlarm: 2, data: '0-X-X', missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { datapointsToAlarm: 2, data: '00X0X', missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { datapointsToAlarm: 2, data: '0-X--', missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
  { datapointsToAlarm: 2, data: '----0', missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
  { datapointsToAlarm: 2, data: '---X-', missing: 'ALARM', ignore: 'keep', breaching: 'ALARM', notBreaching: 'OK' },
] as const

describe('evaluateAlarm, the published tables', () => {
  for (const row of PUBLISHED) {
    for (const treatMissingData of TREAT_MISSING_DATA) {
      const expected = row[treatMissingData]
      it(`${row.datapointsToAlarm} of 3, ${row.data}, ${treatMissingData} → ${expected}`, () => {
        const config = alarm({ datapointsToAlarm: row.datapointsToAlarm, treatMissingData })
        for (const state of STATES) {
          expect(evaluateAlarm(config, points(row.data), state).state).toBe(expected === 'keep' ? state : expected)
        }
      })
    }
  }
})

describe('evaluateAlarm', () => {
  it.each([
    // The guide's examples for "Avoiding premature transitions to alarm state", M = N = 3.
    { data: '----X', state: 'OK', expected: 'OK' },
    { data: '---X-', state: 'OK', expected: 'OK' },
    { data: '----X', state: 'INSUFFICIENT_DATA', expected: 'INSUFFICIENT_DATA' },
    { data: '--X--', state: 'OK', expected: 'ALARM' },
    { data: '--XX-', state: 'OK', expected: 'ALARM' },
    { data: '---X0', state: 'ALARM', expected: 'OK' },
    { data: '--X-0', state: 'ALARM', expected: 'OK' },
    // Older than the last N periods, and alone: not the premature rule's.
    { data: '-X---', state: 'OK', expected: 'OK' },
  ] as const)('missing data as missing, 3 of 3, $data in $state → $expected', ({ data, state, expected }) => {
    expect(evaluateAlarm(alarm({ treatMissingData: 'missing' }), points(data), state).state).toBe(expected)
  })

  it('takes older points of the range instead of filling in, so one breach alarms for the whole range', () => {
    const config = alarm({ evaluationPeriods: 1, treatMissingData: 'notBreaching' })
    expect(['--X', '-X-', 'X--', '---'].map((data) => evaluateAlarm(config, points(data), 'OK').state)).toEqual([
      'ALARM',
      'ALARM',
      'ALARM',
      'OK',
    ])
  })

  it('treats missing data as missing where nothing is said', () => {
    expect(evaluateAlarm(alarm({}), points('-----'), 'OK').state).toBe('INSUFFICIENT_DATA')
  })

  it('reports what it looked at, newest first', () => {
    const { evaluated, breaching, missing } = evaluateAlarm(alarm({ datapointsToAlarm: 1 }), points('0-X-0'), 'OK')
    expect(evaluated.map((point) => point.start / 300_000)).toEqual([4, 2, 0])
    expect(breaching.map((point) => point.start / 300_000)).toEqual([2])
    expect(missing).toBe(0)
  })

  it.each([
    { comparisonOperator: 'GreaterThanOrEqualToThreshold', breaches: [false, true, true] },
    { comparisonOperator: 'GreaterThanThreshold', breaches: [false, false, true] },
    { comparisonOperator: 'LessThanThreshold', breaches: [true, false, false] },
    { comparisonOperator: 'LessThanOrEqualToThreshold', breaches: [true, true, false] },
  ] as const)('$comparisonOperator compares 4, 5 and 6 with 5', ({ comparisonOperator, breaches }) => {
    const config = alarm({ evaluationPeriods: 1, threshold: 5, comparisonOperator })
    const states = [4, 5, 6].map(
      (value) => evaluateAlarm(config, [{ start: 0, value, sampleCount: 1 }], 'INSUFFICIENT_DATA').state,
    )
    expect(states).toEqual(breaches.map((breach) => (breach ? 'ALARM' : 'OK')))
  })

  it('does not look at treatMissingData when there is enough data, nor at the state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('0', 'X'), { minLength: 3, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(...STATES),
        fc.constantFrom(...COMPARISON_OPERATORS),
        (data, datapointsToAlarm, state, comparisonOperator) => {
          const states = TREAT_MISSING_DATA.map(
            (treatMissingData) =>
              evaluateAlarm(
                alarm({ datapointsToAlarm, treatMissingData, comparisonOperator }),
                points(data.join('')),
                state,
              ).state,
          )
          expect(new Set(states).size).toBe(1)
          expect(states[0]).not.toBe('INSUFFICIENT_DATA')
        },
      ),
      { numRuns: 200 },
    )
  })
})
