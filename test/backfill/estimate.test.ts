import { expect, test } from 'vitest'
import { estimateBackfill } from '../../shared/backfill/estimate.ts'
import { historyNotification, replayNotification } from '../../shared/backfill/notification.ts'
import { PRICES } from '../../shared/basics/prices.ts'

test('a backfill costs its bytes and its objects', () => {
  const { ingestedBytes, dollars } = estimateBackfill('access-log', { objects: 2_000_000, bytes: 10e9 })
  expect(ingestedBytes).toBeGreaterThan(5e9)
  expect(ingestedBytes).toBeLessThan(11e9)
  expect(dollars.ingestion).toBeCloseTo((ingestedBytes / 1e9) * PRICES.logsIngestionGb)
  expect(dollars.objects).toBeCloseTo(
    2 * (PRICES.sqs + PRICES.s3Get + PRICES.lambda + PRICES.receipts + PRICES.tableWrite),
  )
  expect(dollars.total).toBeCloseTo(dollars.ingestion + dollars.objects)
})

test('gzipped objects grow before they are ingested, plain ones do not', () => {
  const of = (kind: 'cloudtrail' | 'access-log') => estimateBackfill(kind, { objects: 1, bytes: 1_000 }).ingestedBytes
  expect(of('cloudtrail')).toBeGreaterThan(2_000)
  expect(of('access-log')).toBeLessThan(1_000)
})

test('an object of the past goes to the group history; a replay goes where its records were going', () => {
  const past = JSON.parse(historyNotification('amzn-s3-demo-logs', { key: 'a b', size: 7 }))
  expect(past).toMatchObject({ bucketwatch: { group: 'history' } })
  expect(past.bucketwatch).not.toHaveProperty('records')
  expect(past.Records[0].s3).toMatchObject({ bucket: { name: 'amzn-s3-demo-logs' }, object: { key: 'a%20b' } })
  const ranges = [{ from: 3, to: 5 }]
  expect(JSON.parse(historyNotification('amzn-s3-demo-logs', { key: 'a' }, ranges)).bucketwatch).toEqual({
    group: 'history',
    records: ranges,
  })
  expect(JSON.parse(replayNotification('amzn-s3-demo-logs', { key: 'a' }, ranges)).bucketwatch).toEqual({
    records: ranges,
  })
})
