/** The youngest receipt in the pipeline log group, and the youngest canary in the findings. */
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { CanaryFacts, ReceiptFacts } from '../doctor/facts.ts'
import type { Receipt } from '../forward/receipt.ts'
import type { CanaryNote } from '../incident/canary.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { type AdminClients, callAws } from './admin-clients.ts'

const MINUTE = 60_000
/** FilterLogEvents gives the oldest first: short windows first, so that a busy group is not read through. */
const WINDOWS = [10 * MINUTE, 60 * MINUTE, 6 * 60 * MINUTE, 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE]
const PAGES_A_WINDOW = 20

/**
 * The last receipt of those wanted within a week; undefined: none.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * await readLastReceipt(clients, '/bucketwatch/prod/pipeline', { functionName: 'cloudtrail' }, Date.now())
 */
export async function readLastReceipt(
  { logs }: Pick<AdminClients, 'logs'>,
  logGroupName: string,
  wanted: WantedReceipts,
  now: number,
): Promise<ReceiptFacts | undefined> {
  return readLast(logs, logGroupName, {
    filterPattern: receiptPattern(wanted),
    windows: WINDOWS,
    read: (message, time) => readReceipt(message, time, wanted),
    now,
  })
}

/** A canary comes every quarter of an hour: what is older than a day is no news. */
const CANARY_WINDOWS = WINDOWS.filter((window) => window <= 24 * 60 * MINUTE)

/**
 * The last canary of a kind that arrived within a day; undefined: none.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * await readLastCanary(clients, '/bucketwatch/prod/findings', 'cloudtrail', Date.now())
 */
export async function readLastCanary(
  { logs }: Pick<AdminClients, 'logs'>,
  logGroupName: string,
  source: LogKind,
  now: number,
): Promise<CanaryFacts | undefined> {
  return readLast(logs, logGroupName, {
    filterPattern: `{ $.kind = "canary" && $.source = "${source}" }`,
    windows: CANARY_WINDOWS,
    read: (message, time) => readCanary(message, time, source),
    now,
  })
}

/** The youngest of what `read` takes. */
async function readLast<T extends { readonly time: number }>(
  logs: AdminClients['logs'],
  logGroupName: string,
  {
    filterPattern,
    windows,
    read,
    now,
  }: {
    readonly filterPattern: string
    /** ms. */
    readonly windows: readonly number[]
    readonly read: (message: string, time: number) => T | undefined
    readonly now: number
  },
): Promise<T | undefined> {
  let endTime = now + MINUTE
  for (const window of windows) {
    const startTime = now - window
    let last: T | undefined
    let nextToken: string | undefined
    for (let page = 0; page < PAGES_A_WINDOW && (page === 0 || nextToken !== undefined); page++) {
      const input = { logGroupName, filterPattern, startTime, endTime, ...(nextToken !== undefined && { nextToken }) }
      const output = await callAws('logs:FilterLogEvents', () => logs.send(new FilterLogEventsCommand(input)))
      for (const { message = '', timestamp = 0 } of output.events ?? []) {
        if (last === undefined || timestamp >= last.time) last = read(message, timestamp) ?? last
      }
      nextToken = output.nextToken
    }
    if (last !== undefined) return last
    endTime = startTime
  }
  return undefined
}

/** Receipts of a function, of a bucket, of keys that begin with a prefix. */
export interface WantedReceipts {
  readonly functionName: string
  readonly bucket?: string | undefined
  readonly prefix?: string | undefined
}

/**
 * The filter pattern that spares the transfer of all others.
 *
 * @example
 * receiptPattern({ functionName: 'cloudtrail', bucket: 'amzn-s3-demo-trail' })
 * // '{ ($.kind = "receipt") && ($.function = "cloudtrail") && ($.bucket = "amzn-s3-demo-trail") }'
 */
export function receiptPattern({ functionName, bucket, prefix = '' }: WantedReceipts): string {
  const parts = [
    '($.kind = "receipt")',
    `($.function = "${functionName}")`,
    ...(bucket === undefined ? [] : [`($.bucket = "${bucket}")`]),
    // A star in it would be a wildcard: then more comes than is wanted.
    ...(prefix === '' || prefix.includes('*') ? [] : [`($.key = ${JSON.stringify(`${prefix}*`)})`]),
  ]
  return `{ ${parts.join(' && ')} }`
}

/** Asks again for what the pattern asked for: not every emulator evaluates it. */
function readReceipt(message: string, time: number, wanted: WantedReceipts): ReceiptFacts | undefined {
  try {
    const receipt = JSON.parse(message) as Partial<Receipt>
    const { kind, status, key, error } = receipt
    if (kind !== 'receipt' || typeof status !== 'string' || typeof key !== 'string') return undefined
    if (receipt.function !== wanted.functionName) return undefined
    if (wanted.bucket !== undefined && receipt.bucket !== wanted.bucket) return undefined
    if (!key.startsWith(wanted.prefix ?? '')) return undefined
    return { time, status, key, ...(error !== undefined && { error }) }
  } catch {
    return undefined
  }
}

function readCanary(message: string, time: number, wanted: LogKind): CanaryFacts | undefined {
  try {
    const { kind, source, seconds } = JSON.parse(message) as Partial<CanaryNote>
    return kind === 'canary' && source === wanted ? { time, seconds: Number(seconds) } : undefined
  } catch {
    return undefined
  }
}
