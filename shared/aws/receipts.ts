/** The youngest receipt in the pipeline log group. */
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { ReceiptFacts } from '../doctor/facts.ts'
import { type AdminClients, callAws } from './admin-clients.ts'

const MINUTE = 60_000
/** FilterLogEvents gives the oldest first: short windows first, so that a busy group is not read through. */
const WINDOWS = [10 * MINUTE, 60 * MINUTE, 6 * 60 * MINUTE, 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE]
const PAGES_A_WINDOW = 20

/**
 * The last receipt that a filter pattern finds within a week; undefined: none.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * await readLastReceipt(clients, '/bucketwatch/prod/pipeline', receiptPattern('cloudtrail'), Date.now())
 */
export async function readLastReceipt(
  { logs }: Pick<AdminClients, 'logs'>,
  logGroupName: string,
  filterPattern: string,
  now: number,
): Promise<ReceiptFacts | undefined> {
  let endTime = now + MINUTE
  for (const window of WINDOWS) {
    const startTime = now - window
    let last: ReceiptFacts | undefined
    let nextToken: string | undefined
    for (let page = 0; page < PAGES_A_WINDOW && (page === 0 || nextToken !== undefined); page++) {
      const input = { logGroupName, filterPattern, startTime, endTime, ...(nextToken !== undefined && { nextToken }) }
      const output = await callAws('logs:FilterLogEvents', () => logs.send(new FilterLogEventsCommand(input)))
      for (const { message = '', timestamp = 0 } of output.events ?? []) {
        if (last === undefined || timestamp >= last.time) last = readReceipt(message, timestamp) ?? last
      }
      nextToken = output.nextToken
    }
    if (last !== undefined) return last
    endTime = startTime
  }
  return undefined
}

/**
 * The filter pattern for receipts of a function, of a bucket, of keys that begin with a prefix.
 *
 * @example
 * receiptPattern('cloudtrail', 'amzn-s3-demo-trail')
 * // '{ ($.kind = "receipt") && ($.function = "cloudtrail") && ($.bucket = "amzn-s3-demo-trail") }'
 */
export function receiptPattern(functionName: string, bucket?: string, prefix = ''): string {
  // A star in it would be a wildcard: then all of the bucket is looked at.
  const inPrefix = prefix === '' || prefix.includes('*') ? [] : [`($.key = ${JSON.stringify(`${prefix}*`)})`]
  const parts = [
    '($.kind = "receipt")',
    `($.function = "${functionName}")`,
    ...(bucket === undefined ? [] : [`($.bucket = "${bucket}")`, ...inPrefix]),
  ]
  return `{ ${parts.join(' && ')} }`
}

function readReceipt(message: string, time: number): ReceiptFacts | undefined {
  try {
    const { status, key, error } = JSON.parse(message) as Partial<ReceiptFacts>
    if (typeof status !== 'string' || typeof key !== 'string') return undefined
    return { time, status, key, ...(error !== undefined && { error }) }
  } catch {
    return undefined
  }
}
