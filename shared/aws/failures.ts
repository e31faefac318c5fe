import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { Receipt } from '../forward/receipt.ts'
import { type AdminClients, callAws } from './admin-clients.ts'

/** Why an object failed, and when it did so last. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly time: string
}

const PAGES = 200

/**
 * The last failure of each object, by `bucket/key`, from the receipts of failed objects in the pipeline group.
 *
 * @param since ms since the epoch.
 * @throws BucketwatchError AWS_CALL
 * @example
 * (await readFailures(clients, '/bucketwatch/prod/pipeline', since)).get('amzn-s3-demo-trail/AWSLogs/…')?.code
 */
export async function readFailures(
  { logs }: Pick<AdminClients, 'logs'>,
  logGroupName: string,
  since: number,
): Promise<ReadonlyMap<string, Failure>> {
  const found = new Map<string, Failure>()
  let nextToken: string | undefined
  for (let page = 0; page < PAGES && (page === 0 || nextToken !== undefined); page++) {
    const output = await callAws('logs:FilterLogEvents', () =>
      logs.send(
        new FilterLogEventsCommand({
          logGroupName,
          startTime: since,
          filterPattern: '{ ($.kind = "receipt") && ($.status = "failed") }',
          ...(nextToken !== undefined && { nextToken }),
        }),
      ),
    )
    for (const { message = '' } of output.events ?? []) {
      const receipt = read(message)
      if (receipt?.kind !== 'receipt' || receipt.status !== 'failed') continue
      const id = `${receipt.bucket}/${receipt.key}`
      const { code = 'INTERNAL', message: text = '' } = receipt.error ?? {}
      const time = receipt.time ?? ''
      if (time >= (found.get(id)?.time ?? '')) found.set(id, { code, message: text, time })
    }
    nextToken = output.nextToken
  }
  return found
}

/** Not every emulator evaluates the pattern, and a group may hold anything. */
function read(message: string): Partial<Receipt> | undefined {
  try {
    return JSON.parse(message) as Partial<Receipt>
  } catch {
    return undefined
  }
}
