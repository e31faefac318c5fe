import type { LogSearch } from '../contracts/ports.ts'
import type { Receipt } from './receipt.ts'

/** Why an object failed, and when it did so last. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly time: string
}

/**
 * The last failure of each object, by `bucket/key`, from the receipts of failed objects in the pipeline group.
 *
 * @param startTime ms since the epoch; `endTime` likewise.
 * @throws what the search throws.
 * @example
 * (await readFailures(search, { logGroupName, startTime, endTime })).get('amzn-s3-demo-trail/AWSLogs/…')?.code
 */
export async function readFailures(
  search: LogSearch,
  where: { readonly logGroupName: string; readonly startTime: number; readonly endTime: number },
): Promise<ReadonlyMap<string, Failure>> {
  const found = new Map<string, Failure>()
  const filterPattern = '{ ($.kind = "receipt") && ($.status = "failed") }'
  for await (const page of search.filterLogEvents({ ...where, filterPattern })) {
    for (const { message } of page) {
      const receipt = read(message)
      if (receipt?.kind !== 'receipt' || receipt.status !== 'failed') continue
      const id = `${receipt.bucket}/${receipt.key}`
      const { code = 'INTERNAL', message: text = '' } = receipt.error ?? {}
      const time = receipt.time ?? ''
      if (time >= (found.get(id)?.time ?? '')) found.set(id, { code, message: text, time })
    }
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
