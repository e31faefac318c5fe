import { describe, expect, test } from 'vitest'
import { compileAlertRules, findRule, watchesSilence, worstSeverity } from '../../shared/alert/rules.ts'
import { parseAlertRules } from '../../shared/alert/rules-file.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { alertRule, silenceRule } from './support.ts'

const compiled = compileDetections({ detections: await loadDetections('infra/detections'), stage: 'prod' })

describe('the rules file', () => {
  test('holds every enabled rule, under its alarm name, with its pattern and log groups', () => {
    const { rules } = compileAlertRules(compiled)
    expect(rules).toHaveLength(compiled.rules.length)
    const rule = findRule(rules, 'bucketwatch-prod-s3-policy-deleted')
    expect(rule).toMatchObject({
      id: 's3-policy-deleted',
      pack: 's3-control',
      title: 'Bucket policy deleted',
      severity: 'medium',
      pattern:
        '{ $.change = "policy" && ($.eventName = "DeleteBucketPolicy" || $.eventName = "DeleteTableBucketPolicy" || $.eventName = "DeleteTablePolicy" || $.eventName = "DeleteVectorBucketPolicy") && $.outcome = "success" && ($.toolRisk NOT EXISTS || $.toolRisk != "iac") }',
      logGroupNames: ['/bucketwatch/prod/cloudtrail'],
      metricValue: '1',
      alarm: { period: 300, evaluationPeriods: 1, comparisonOperator: 'GreaterThanOrEqualToThreshold' },
    })
    expect(rule?.runbook.length).toBeGreaterThan(0)
  })

  test('comes back from its text as it was', () => {
    const rules = compileAlertRules(compiled)
    expect(parseAlertRules(JSON.stringify(rules), 'alert-rules.json')).toEqual(rules)
  })

  test.each([
    ['{', 'alert-rules.json is not JSON'],
    ['{"version":2,"rules":[]}', 'alert-rules.json: version:'],
    ['{"version":1,"rules":[{"id":"x"}]}', 'alert-rules.json: rules.0.title:'],
    ['null', 'alert-rules.json: :'],
  ])('a text %s that is none is told', (text, message) => {
    expect(() => parseAlertRules(text, 'alert-rules.json')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    )
  })
})

test('watchesSilence goes by the comparison', () => {
  expect(watchesSilence(silenceRule())).toBe(true)
  expect(watchesSilence(alertRule())).toBe(false)
})

test('worstSeverity', () => {
  expect(worstSeverity(['low', 'critical', 'high'])).toBe('critical')
  expect(worstSeverity([])).toBeUndefined()
})
