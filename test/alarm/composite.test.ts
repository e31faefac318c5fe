import { describe, expect, it } from 'vitest'
import { alarmRuleChildren, evaluateAlarmRule, parseAlarmRule } from '../../shared/alarm/composite.ts'
import type { AlarmState } from '../../shared/alarm/types.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'

const STATE_OF: Readonly<Record<string, AlarmState>> = {
  red: 'ALARM',
  green: 'OK',
  grey: 'INSUFFICIENT_DATA',
  'with space (and) "quote"': 'ALARM',
}
const holds = (rule: string) => evaluateAlarmRule(parseAlarmRule(rule), (name) => STATE_OF[name]!)

describe('alarm rules', () => {
  it.each([
    ['ALARM(red)', true],
    ['ALARM(green)', false],
    ['OK(green)', true],
    ['INSUFFICIENT_DATA(grey)', true],
    ['OK(grey)', false],
    ['TRUE', true],
    ['FALSE', false],
    ['NOT ALARM(red)', false],
    ['NOT NOT ALARM(red)', true],
    ['NOT (ALARM(red) AND ALARM(green))', true],
    ['ALARM(red) AND NOT ALARM(green)', true],
    // AND binds before OR: read as TRUE OR (TRUE AND FALSE).
    ['TRUE OR TRUE AND FALSE', true],
    ['(TRUE OR TRUE) AND FALSE', false],
    ['NOT FALSE AND FALSE', false],
    [' ALARM ( "red" )\n\tOR FALSE', true],
    ['ALARM("with space (and) \\"quote\\"")', true],
    ['ALARM(arn:aws:cloudwatch:eu-central-1:111122223333:alarm:red)', true],
    ['ALARM("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:red")', true],
  ] as const)('%s is %s', (rule, expected) => {
    expect(holds(rule)).toBe(expected)
  })

  it('lists each child once', () => {
    expect(alarmRuleChildren(parseAlarmRule('ALARM(b) OR (OK(a) AND NOT ALARM(b)) OR TRUE'))).toEqual(['b', 'a'])
  })

  it.each([
    ['', 0],
    ['ALARM', 5],
    ['ALARM()', 6],
    ['ALARM(red', 9],
    ['ALARM(red))', 10],
    ['(TRUE', 5],
    ['red', 0],
    ['"TRUE"', 0],
    ['TRUE TRUE', 5],
    ['TRUE AND', 8],
    ['TRUE, FALSE', 4],
    ['ALARM("red', 6],
    ['alarm(red)', 0],
    ['BROKEN(red)', 0],
  ])('refuses %j at offset %i', (rule, offset) => {
    expect(() => parseAlarmRule(rule)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { rule, offset } }),
    )
  })

  it('keeps to the limits', () => {
    const children = (count: number) => Array.from({ length: count }, (_, index) => `ALARM(a${index})`).join(' OR ')
    expect(alarmRuleChildren(parseAlarmRule(children(100)))).toHaveLength(100)
    expect(() => parseAlarmRule(children(101))).toThrow(/more than 100 alarms/)
    expect(() => parseAlarmRule(`${'('.repeat(501)}TRUE`)).toThrow(/more than 500 elements/)
    expect(() => parseAlarmRule(`${'NOT '.repeat(5000)}TRUE`)).toThrow(BucketwatchError)
  })
})
