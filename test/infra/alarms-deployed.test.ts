/** What a rule says of its alarm is what is deployed, member by member. */
import { expect, test } from 'vitest'
import { loadDetections } from '../../shared/files/detections.ts'
import { packageTemplate, watchedBy } from './support/packaged.ts'

const template = await packageTemplate({
  parameters: { cloudTrailBuckets: 'amzn-s3-demo-trail', accessLogBuckets: 'amzn-s3-demo-access' },
})
const deployed = new Map(
  Object.entries(template.Resources)
    .filter(([id, { Type }]) => Type === 'AWS::CloudWatch::Alarm' && id.startsWith('Alarm'))
    .map(([, { Properties }]) => [String(Properties.AlarmName).replace('bucketwatch-dev-', ''), Properties]),
)
const rules = (await loadDetections('infra/detections')).filter(({ id }) => deployed.has(id))

test('there are alarms, each of a rule', () => {
  expect(rules.length).toBeGreaterThan(60)
  expect(rules.map(({ id }) => id).toSorted()).toEqual([...deployed.keys()].toSorted())
})

test.each(rules)('$id', ({ id, alarm }) => {
  expect(watchedBy(deployed.get(id)!)).toMatchObject({
    Namespace: 'bucketwatch/dev',
    MetricName: id,
    Statistic: alarm.statistic,
    Period: alarm.periodSeconds,
    Expression: alarm.treatMissingData === 'breaching' ? undefined : 'FILL(m, 0)',
  })
  expect(deployed.get(id)).toMatchObject({
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm ?? alarm.evaluationPeriods,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparisonOperator,
    TreatMissingData: alarm.treatMissingData,
  })
})

test('an alarm on silence goes off when nothing comes, all others stay quiet', () => {
  const missing = Map.groupBy(deployed, ([, { TreatMissingData }]) => TreatMissingData)
  expect([...missing.keys()].toSorted()).toEqual(['breaching', 'notBreaching'])
  for (const [id] of missing.get('breaching')!) expect(id).toMatch(/-silent$/)
})
