import { describe, expect, test } from 'vitest'
import { alertWindow, closingWindow } from '../../shared/alert/window.ts'
import { alarmChange, alertRule, MINUTE, T } from './support.ts'

const rule = (period: number, evaluationPeriods: number) =>
  alertRule({ alarm: { ...alertRule().alarm, period, evaluationPeriods } })
const reason = (...times: string[]) =>
  `Threshold Crossed: ${times.length} out of the last 1 datapoints [${times.map((time) => `1.0 (${time})`).join(', ')}] was …`

describe('alertWindow', () => {
  test.each([
    ['the evaluation period before the change', 300, 1, '', T - 5 * MINUTE],
    ['all evaluation periods', 60, 3, '', T - 3 * MINUTE],
    ['an earlier datapoint that the reason names', 300, 1, reason('17/03/26 07:13:00'), Date.UTC(2026, 2, 17, 7, 13)],
    ['the earliest of several', 60, 2, reason('17/03/26 07:18:00', '17/03/26 07:17:00'), Date.UTC(2026, 2, 17, 7, 17)],
    ['a later datapoint does not shorten it', 300, 1, reason('17/03/26 07:19:00'), T - 5 * MINUTE],
    ['a time that cannot be meant is not trusted', 300, 1, reason('16/03/26 07:19:00'), T - 5 * MINUTE],
    ['nor one that is none', 300, 1, reason('99/99/26 07:19:00'), T - 5 * MINUTE],
  ])('%s', (_, period, evaluationPeriods, text, start) => {
    const given = rule(period, evaluationPeriods)
    expect(alertWindow(alarmChange(given, { reason: text }), given, 2 * MINUTE)).toEqual({
      start: start - 2 * MINUTE,
      end: T + 2 * MINUTE,
    })
  })

  test('goes by what the message says of the alarm, then by the rule', () => {
    const { period: _, evaluationPeriods: __, ...rest } = alarmChange(rule(3600, 1))
    expect(alertWindow(alarmChange(rule(3600, 1)), rule(300, 1), 0).start).toBe(T - 60 * MINUTE)
    expect(alertWindow({ ...rest, period: undefined, evaluationPeriods: undefined }, rule(300, 2), 0).start).toBe(
      T - 10 * MINUTE,
    )
  })
})

describe('closingWindow', () => {
  test('goes from what set the alarm off to its end', () => {
    const given = rule(300, 1)
    const window = closingWindow(alarmChange(given, { to: 'OK', from: 'ALARM' }), given, T - 40 * MINUTE, MINUTE)
    expect(window).toEqual({ start: T - 46 * MINUTE, end: T + MINUTE })
  })

  test('without a known start, as far back as CloudWatch kept looking', () => {
    const given = rule(300, 1)
    expect(closingWindow(alarmChange(given), given, undefined, MINUTE).start).toBe(T - 16 * MINUTE)
  })
})
