/**
 * What the sources cost, in US dollars of us-east-1. Source: the price pages of AWS CloudTrail, Amazon CloudWatch and
 * Amazon S3, November 2026; other Regions cost more.
 */
import { PRICES } from '../basics/prices.ts'

/** Delivered data events, per million. */
export const DATA_EVENTS_PER_MILLION = PRICES.dataEvents
/** Management events of a second and further trail, per million; the first trail's are free. */
export const FURTHER_MANAGEMENT_EVENTS_PER_MILLION = PRICES.furtherManagementEvents
/** Request metrics are billed as custom metrics, a month each. aws: S3 User Guide, "Metrics and dimensions". */
export const METRIC_A_MONTH = PRICES.metric
/** AllRequests, Get, Put, Delete, Head, Post, Select, List, BytesDownloaded, BytesUploaded, 4xx, 5xx, two latencies. */
export const METRICS_A_FILTER = 14
/** Storage of S3 Standard, per GB and month. */
export const STORAGE_A_GB_MONTH = PRICES.s3StorageGb
/** A line of an access log with all its fields. */
export const ACCESS_LOG_LINE_BYTES = 650

const dollars = (value: number): string =>
  value < 0.005
    ? 'less than $0.01'
    : `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`

/**
 * Data events of buckets, for a month.
 *
 * @param requests of the last 30 days; undefined: not counted
 * @example
 * dataEventsPrice(2_500_000) // 'about $2.50 a month (2,500,000 requests in the last 30 days, $1.00 per million)'
 */
export function dataEventsPrice(requests: number | undefined): string {
  const price = `$${DATA_EVENTS_PER_MILLION.toFixed(2)} per million`
  if (requests === undefined) return `${price} requests; how many there are, request metrics tell`
  const cost = dollars((requests / 1e6) * DATA_EVENTS_PER_MILLION)
  return `about ${cost} a month (${requests.toLocaleString('en-US')} requests in the last 30 days, ${price})`
}

/** Access logs: delivery is free, what lies in the target bucket is stored. */
export function accessLogsPrice(requests: number | undefined): string {
  const price = `delivery is free; storage $${STORAGE_A_GB_MONTH} a GB and month`
  if (requests === undefined) return price
  const gigabytes = (requests * ACCESS_LOG_LINE_BYTES) / 1e9
  return `${price}, ${dollars(gigabytes * STORAGE_A_GB_MONTH)} for a month's lines`
}

/** Request metrics of a number of buckets or prefixes. */
export function requestMetricsPrice(filters: number): string {
  return `at most ${dollars(filters * METRICS_A_FILTER * METRIC_A_MONTH)} a month (${METRICS_A_FILTER} metrics a bucket or prefix, $${METRIC_A_MONTH.toFixed(2)} each; only those with requests are billed)`
}
