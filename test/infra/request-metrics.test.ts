import { describe, expect, test } from 'vitest'
import type { Resources } from '../../infra/cfn.ts'
import { readRequestMetrics } from '../../infra/request-metrics-parameter.ts'
import { makeTemplate } from '../../infra/template.ts'
import { defaultParameters } from './support/packaged.ts'

const make = async (requestMetrics: string): Promise<Resources> =>
  (await makeTemplate('prod', { ...defaultParameters(), cloudTrailBuckets: 'amzn-s3-demo-trail', requestMetrics }))
    .resources.Resources
// biome-ignore lint/suspicious/noExplicitAny: a template's properties are as many as AWS has resource types.
const properties = (resources: Resources, id: string): any => resources[id]?.Properties
const ids = (resources: Resources) => Object.keys(resources).filter((id) => id.startsWith('RequestMetrics'))

test.each([
  ['amzn-s3-demo-bucket', { filter: 'EntireBucket', clientErrors: 25, serverErrors: 5, bytes: 'off', requests: 'off' }],
  ['amzn-s3-demo-bucket/web', { filter: 'web' }],
  ['amzn-s3-demo-bucket:4xx=10:5xx=off', { clientErrors: 10, serverErrors: 'off' }],
  ['amzn-s3-demo-bucket:bytes=50e9:requests=anomaly', { bytes: 50_000_000_000, requests: 'anomaly' }],
])('%s is read', (item, expected) => {
  expect(readRequestMetrics(item)).toMatchObject({ bucket: 'amzn-s3-demo-bucket', ...expected })
})

test.each([
  ...['Bucket', 'amzn-s3-demo-bucket:4xx', 'amzn-s3-demo-bucket:4xx=101', 'amzn-s3-demo-bucket:4xx=anomaly'],
  ...['amzn-s3-demo-bucket:bytes=0', 'amzn-s3-demo-bucket:bytes=many', 'amzn-s3-demo-bucket:3xx=5', 'a b'],
])('%s is refused, with what is expected', async (item) => {
  expect(readRequestMetrics(item)).toBeUndefined()
  await expect(make(item)).rejects.toThrow(/requestMetrics.*expected bucket or bucket\/configuration-id/)
})

describe('alarms', () => {
  test('none without a bucket; rates of a bucket without more words', async () => {
    expect(ids(await make(''))).toEqual([])
    expect(ids(await make('amzn-s3-demo-bucket'))).toEqual([
      'RequestMetricsAlarmAmznS3DemoBucketEntireBucket4xxErrors',
      'RequestMetricsAlarmAmznS3DemoBucketEntireBucket5xxErrors',
    ])
  })

  test('a rate is of the requests, and none where hardly anybody asks', async () => {
    const alarm = properties(
      await make('amzn-s3-demo-bucket/web:4xx=10'),
      'RequestMetricsAlarmAmznS3DemoBucketWeb4xxErrors',
    )
    const [rate, errors, requests] = alarm.Metrics
    expect(rate.Expression).toBe('IF(FILL(requests, 0) >= 100, 100 * FILL(errors, 0) / requests, 0)')
    expect([errors.Id, errors.MetricStat.Metric.MetricName]).toEqual(['errors', '4xxErrors'])
    expect([requests.Id, requests.MetricStat.Metric.MetricName]).toEqual(['requests', 'AllRequests'])
    expect(errors.MetricStat.Metric.Dimensions).toEqual([
      { Name: 'BucketName', Value: 'amzn-s3-demo-bucket' },
      { Name: 'FilterId', Value: 'web' },
    ])
    expect(alarm).toMatchObject({ Threshold: 10, EvaluationPeriods: 3, TreatMissingData: 'notBreaching' })
    // One is looked at, the others only serve it.
    expect(alarm.Metrics.map(({ ReturnData }: { ReturnData: boolean }) => ReturnData)).toEqual([true, false, false])
  })

  test('amounts: a number, or what is unusual', async () => {
    const resources = await make('amzn-s3-demo-bucket:bytes=50e9:requests=anomaly')
    const prefix = 'RequestMetricsAlarmAmznS3DemoBucketEntireBucket'
    expect(properties(resources, `${prefix}BytesDownloaded`)).toMatchObject({
      Threshold: 50_000_000_000,
      AlarmDescription: expect.stringContaining('more than 50,000,000,000 bytes downloaded in five minutes'),
    })
    const unusual = properties(resources, `${prefix}AllRequests`)
    expect(unusual).toMatchObject({ ThresholdMetricId: 'band', ComparisonOperator: 'GreaterThanUpperThreshold' })
    expect(unusual).not.toHaveProperty('Threshold')
    expect(properties(resources, 'RequestMetricsDetectorAmznS3DemoBucketEntireBucketAllRequests')).toMatchObject({
      MetricName: 'AllRequests',
      Stat: 'Sum',
    })
  })

  test('say what the metrics are worth, fit, and are told to people', async () => {
    const resources = await make(`${'a'.repeat(63)}/${'f'.repeat(64)}:bytes=anomaly:requests=1`)
    for (const id of ids(resources).filter((one) => one.includes('Alarm'))) {
      const { AlarmName, AlarmDescription, AlarmActions } = properties(resources, id)
      expect(AlarmName.length).toBeLessThanOrEqual(255)
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024)
      expect(AlarmDescription).toMatch(/best effort: counts may be partial/)
      expect(AlarmActions).toEqual([{ Ref: 'AlarmsTopic' }])
      expect(id.length).toBeLessThanOrEqual(255)
    }
  })

  test('stand on the dashboard, with what they look at', async () => {
    const body = properties(await make('amzn-s3-demo-bucket'), 'Dashboard').DashboardBody['Fn::Sub']
    const { widgets } = JSON.parse(body.replaceAll(/\$\{[^}]*\}/g, 'x'))
    const titles = widgets.map(({ properties: { title } }: { properties: { title: string } }) => title)
    expect(titles).toContain('amzn-s3-demo-bucket: errors, % of requests')
    expect(body).toContain(`\${RequestMetricsAlarmAmznS3DemoBucketEntireBucket4xxErrors.Arn}`)
    // Two buckets that differ in a character that logical ids have not would be one.
    await expect(make('amzn-s3-demo.bucket,amzn-s3-demo-bucket')).rejects.toThrow(/logical id/)
  })
})
