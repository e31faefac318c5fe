import type { TimeWindow } from './window.ts'

/** What the state machine of infra/backfill.ts is started with. */
export interface ExecutionInput {
  readonly bucket: string
  readonly prefix: string
  readonly queueUrl: string
  /** ISO 8601, by the age of the object in the bucket: Step Functions' listing knows no other time. */
  readonly from: string
  readonly to: string
}

/**
 * @example
 * executionInput({ bucket: 'amzn-s3-demo-trail', prefix: 'AWSLogs/', queueUrl, window }).from // '2026-01-01T00:00:00.000Z'
 */
export const executionInput = (job: {
  readonly bucket: string
  readonly prefix: string
  readonly queueUrl: string
  readonly window: TimeWindow
}): ExecutionInput => ({
  bucket: job.bucket,
  prefix: job.prefix,
  queueUrl: job.queueUrl,
  from: new Date(job.window.from).toISOString(),
  to: new Date(job.window.to).toISOString(),
})
