import { describe, expect, it } from 'vitest'
import { alarmNotification } from '../../shared/alarm/notification.ts'
import { simulate } from '../../shared/alarm/simulate.ts'
import type { AlarmConfig, MetricAlarmConfig } from '../../shared/alarm/types.ts'
import { createMetricFilter } from '../../shared/metric/filter.ts'

const START = Date.UTC(2026, 10, 25, 9, 0)
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:alarms'

const ALARMS: readonly AlarmConfig[] = [
  {
    alarmName: 'bucketwatch-prod-trail-stopped',
    alarmDescription: 'Trail stopped.',
    alarmActions: [TOPIC],
    namespace: 'bucketwatch/prod',
    metricName: 'trail-stopped',
    dimensions: { Stage: 'prod' },
    statistic: 'Sum',
    period: 300,
    evaluationPeriods: 1,
    threshold: 1,
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    treatMissingData: 'notBreaching',
  },
  { alarmName: 'any', alarmRule: 'ALARM(bucketwatch-prod-trail-stopped)' },
]

describe('alarmNotification', () => {
  const changes = simulate({
    alarms: ALARMS,
    filters: [
      createMetricFilter({
        logGroupName: 'g',
        filterName: 'f',
        filterPattern: 'StopLogging',
        metricTransformations: [{ metricNamespace: 'bucketwatch/prod', metricName: 'trail-stopped', metricValue: '1' }],
      }),
    ],
    events: [{ logGroupName: 'g', timestamp: START + 90_000, message: 'StopLogging' }],
    clock: { start: START, end: START + 600_000 },
    owner: { accountId: '111122223333', region: 'eu-central-1' },
  })

  it('is what CloudWatch publishes for a metric alarm', () => {
    // The filter publishes without dimensions, so the alarm with one sees nothing.
    const [change] = changes
    expect(alarmNotification(change!)).toEqual({
      AlarmName: 'bucketwatch-prod-trail-stopped',
      AlarmDescription: 'Trail stopped.',
      AWSAccountId: '111122223333',
      AlarmConfigurationUpdatedTimestamp: '2026-11-25T09:00:00.000+0000',
      NewStateValue: 'OK',
      NewStateReason:
        'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
      StateChangeTime: '2026-11-25T09:01:00.000+0000',
      Region: 'EU (Frankfurt)',
      AlarmArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:bucketwatch-prod-trail-stopped',
      OldStateValue: 'INSUFFICIENT_DATA',
      OKActions: [],
      AlarmActions: [TOPIC],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: 'trail-stopped',
        Namespace: 'bucketwatch/prod',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [{ value: 'prod', name: 'Stage' }],
        Period: 300,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
        EvaluateLowSampleCountPercentile: '',
      },
    })
    expect(changes.some(({ newState }) => newState === 'ALARM')).toBe(false)
  })

  it('carries the rule for a composite alarm', () => {
    const composite = alarmNotification(changes.find(({ alarm }) => alarm.alarmName === 'any')!)
    expect(composite).toMatchObject({ AlarmDescription: null, AlarmRule: 'ALARM(bucketwatch-prod-trail-stopped)' })
    expect(composite).not.toHaveProperty('Trigger')
  })

  it('names the expression and its metric where the alarm watches FILL', () => {
    const [change] = changes
    const { Trigger } = alarmNotification({ ...change!, alarm: { ...(ALARMS[0] as MetricAlarmConfig), fill: 0 } })
    expect(Trigger).toMatchObject({ Period: 300, Threshold: 1, TreatMissingData: 'notBreaching' })
    expect(Trigger).not.toHaveProperty('MetricName')
    expect(Trigger?.Metrics).toEqual([
      { Expression: 'FILL(m, 0)', Id: 'e', ReturnData: true },
      {
        Id: 'm',
        MetricStat: {
          Metric: {
            Dimensions: [{ name: 'Stage', value: 'prod' }],
            MetricName: 'trail-stopped',
            Namespace: 'bucketwatch/prod',
          },
          Period: 300,
          Stat: 'Sum',
        },
        ReturnData: false,
      },
    ])
  })

  it('names the actions of each state', () => {
    const [change] = changes
    const alarm = { ...change!.alarm, okActions: ['ok'], alarmActions: ['on'], insufficientDataActions: ['no data'] }
    expect(alarmNotification({ ...change!, alarm })).toMatchObject({
      OKActions: ['ok'],
      AlarmActions: ['on'],
      InsufficientDataActions: ['no data'],
    })
  })

  it('gives a Region without a known name by its code', () => {
    const [change] = changes
    const alarmArn = 'arn:aws:cloudwatch:xx-test-1:111122223333:alarm:a'
    expect(alarmNotification({ ...change!, alarmArn })).toMatchObject({ Region: 'xx-test-1', AlarmArn: alarmArn })
  })
})
