import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alarmNameOf, parseAlarmMessage } from '../../shared/alert/alarm-message.ts'
import { ACCOUNT, alarmMessage, alertRule, compositeMessage, T } from './support.ts'

describe('parseAlarmMessage', () => {
  test('reads what CloudWatch publishes for a metric alarm', () => {
    const message = alarmMessage(alertRule(), { reason: 'Threshold Crossed: …' })
    expect(parseAlarmMessage(message, 0)).toEqual({
      alarmName: 'bucketwatch-prod-s3-policy-public',
      alarmArn: `arn:aws:cloudwatch:eu-central-1:${ACCOUNT}:alarm:bucketwatch-prod-s3-policy-public`,
      alarmDescription: 'Bucket policy made public',
      accountId: ACCOUNT,
      region: 'eu-central-1',
      partition: 'aws',
      newState: 'ALARM',
      oldState: 'OK',
      reason: 'Threshold Crossed: …',
      stateChangeTime: T,
      stateChangeTimeText: '2026-03-17T07:20:31.000+0000',
      period: 300,
      evaluationPeriods: 1,
      composite: false,
      children: [],
    })
  })

  test('reads the period of an alarm on metric math where its metric stands', () => {
    const { Trigger, ...rest } = JSON.parse(alarmMessage(alertRule()))
    const read = (trigger: object) => parseAlarmMessage(JSON.stringify({ ...rest, Trigger: trigger }), 0)
    const { MetricName: _, Namespace: __, Statistic: ___, Period, ...math } = Trigger
    const metric = { Id: 'm', MetricStat: { Metric: { MetricName: 'a' }, Period, Stat: 'Sum' }, ReturnData: false }
    const Metrics = [{ Expression: 'FILL(m, 0)', Id: 'e', ReturnData: true }, metric]
    expect(read({ ...math, Metrics })).toMatchObject({ period: 300, evaluationPeriods: 1 })
    expect(read({ ...math, Metrics, Period: 60 })?.period).toBe(60)
    expect(read({ ...math, Metrics: [{ Expression: 'SELECT 1', Id: 'q', Period: 3600 }] })?.period).toBe(3600)
    for (const Metrics of [[], [null, 7, {}], 'm', [{ MetricStat: { Period: 'x' } }]])
      expect(read({ ...math, Metrics })?.period).toBeUndefined()
  })

  test('reads composite alarms, their children from the list or from the reason', () => {
    const message = compositeMessage(['bucketwatch-prod-a', 'bucketwatch-prod-b'])
    const names = (text: string) => parseAlarmMessage(text, 0)?.children.map(alarmNameOf)
    expect(names(message)).toEqual(['bucketwatch-prod-a', 'bucketwatch-prod-b'])
    const { TriggeringChildren: _, ...rest } = JSON.parse(message)
    expect(names(JSON.stringify(rest))).toEqual(['bucketwatch-prod-a'])
    expect(parseAlarmMessage(message, 0)?.composite).toBe(true)
  })

  test.each([
    ['2026-03-17T07:20:31.123+0000', T + 123],
    ['2026-03-17T07:20:31Z', T],
    ['2026-03-17T09:20:31.000+0200', T],
    ['yesterday', 42],
    [undefined, 42],
  ])('StateChangeTime %s', (StateChangeTime, expected) => {
    const message = JSON.stringify({ AlarmName: 'a', NewStateValue: 'OK', StateChangeTime })
    expect(parseAlarmMessage(message, 42)?.stateChangeTime).toBe(expected)
  })

  test.each([
    ['a subscription test', 'If you see this, the topic works.'],
    ['another JSON message', '{"Records":[]}'],
    ['an alarm without a state', '{"AlarmName":"a"}'],
    ['a state without an alarm', '{"NewStateValue":"ALARM"}'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('%s is no alarm', (_, message) => {
    expect(parseAlarmMessage(message, 0)).toBeUndefined()
  })

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        const body = { AlarmName: 'a', NewStateValue: 'OK', AlarmArn: a, Trigger: b, TriggeringChildren: c }
        expect(parseAlarmMessage(JSON.stringify(body), 0)?.alarmName).toBe('a')
      }),
    )
  })
})
