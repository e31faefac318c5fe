/** The items of the parameter `requestMetrics`, see request-metrics.ts. */

/** What one of the alarms goes off at: a number, what is unusual for the hour, or never. */
export type Threshold = number | 'anomaly' | 'off'

/** A bucket whose request metrics are on, the id of its metrics configuration, and what is too much. */
export interface RequestMetrics {
  readonly bucket: string
  readonly filter: string
  /** Percent of the requests. */
  readonly clientErrors: number | 'off'
  readonly serverErrors: number | 'off'
  /** Bytes, and requests, in five minutes. */
  readonly bytes: Threshold
  readonly requests: Threshold
}

/** The id that the console gives to a configuration of the whole bucket. */
const DEFAULT_FILTER = 'EntireBucket'
const DEFAULTS = { clientErrors: 25, serverErrors: 5, bytes: 'off', requests: 'off' } as const
const NAMES = { '4xx': 'clientErrors', '5xx': 'serverErrors', bytes: 'bytes', requests: 'requests' } as const

const LOCATION = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._-]{1,64}))?$/
/** What the reader says of an item that it does not understand. */
export const EXPECTED =
  'expected bucket or bucket/configuration-id, then :4xx=PERCENT, :5xx=PERCENT, :bytes=NUMBER, :requests=NUMBER as wanted (off; for the last two also anomaly)'

/**
 * Reads an item of the parameter `requestMetrics`; undefined where it is none.
 *
 * @example
 * readRequestMetrics('amzn-s3-demo-bucket:4xx=10:bytes=50e9:requests=anomaly')
 */
export function readRequestMetrics(item: string): RequestMetrics | undefined {
  const [place = '', ...settings] = item.split(':')
  const [, bucket, filter = DEFAULT_FILTER] = LOCATION.exec(place) ?? []
  if (bucket === undefined) return undefined
  const read: Record<string, Threshold> = { ...DEFAULTS }
  for (const setting of settings) {
    const [, name, value] = /^([a-z0-9]+)=(\S+)$/.exec(setting) ?? []
    if (name === undefined || value === undefined || !Object.hasOwn(NAMES, name)) return undefined
    const threshold = readThreshold(value, name === 'bytes' || name === 'requests' ? Number.MAX_SAFE_INTEGER : 100)
    if (threshold === undefined || (threshold === 'anomaly' && name.endsWith('xx'))) return undefined
    read[NAMES[name as keyof typeof NAMES]] = threshold
  }
  return { bucket, filter, ...read } as RequestMetrics
}

function readThreshold(value: string, most: number): Threshold | undefined {
  if (value === 'off' || value === 'anomaly') return value
  const number = /^\d{1,15}(?:\.\d{1,3})?(?:e\d{1,2})?$/.test(value) ? Number(value) : Number.NaN
  return number > 0 && number <= most ? number : undefined
}
