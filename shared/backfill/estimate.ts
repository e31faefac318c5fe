import { PRICES } from '../basics/prices.ts'

/** Bytes ingested for one stored byte, measured on mixed traffic: inflated size times what a lean record keeps. */
const INGESTED_PER_STORED = { cloudtrail: 6.6 * 0.75, 'access-log': 0.78 } as const

export interface Estimate {
  readonly objects: number
  readonly bytes: number
  readonly ingestedBytes: number
  readonly dollars: { readonly ingestion: number; readonly objects: number; readonly total: number }
}

/**
 * What it costs to send objects through a function, roughly: ratios of ordinary traffic, prices of one day.
 *
 * @param bytes as stored: gzipped for CloudTrail, plain text for access logs.
 * @example
 * estimateBackfill('cloudtrail', { objects: 1000, bytes: 1e9 }).dollars.ingestion // about 2.5
 */
export function estimateBackfill(
  kind: keyof typeof INGESTED_PER_STORED,
  { objects, bytes }: { readonly objects: number; readonly bytes: number },
): Estimate {
  const ingestedBytes = Math.round(bytes * INGESTED_PER_STORED[kind])
  const ingestion = (ingestedBytes / 1e9) * PRICES.logsIngestionGb
  const perMillion = PRICES.sqs + PRICES.s3Get + PRICES.lambda + PRICES.receipts + PRICES.tableWrite
  const ofObjects = (objects / 1e6) * perMillion
  return { objects, bytes, ingestedBytes, dollars: { ingestion, objects: ofObjects, total: ingestion + ofObjects } }
}
