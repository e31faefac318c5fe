/**
 * Carries a plan out. The notification configuration has no version to put against, so between reading and putting
 * somebody else can write, and one of the two is lost: it is read again right before and right after, which leaves
 * moments, not minutes, and tells when it happened.
 */
import { canonical } from '../connect/configuration.ts'
import { findDifferences, type Plan } from '../connect/plan.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { AdminClients } from './admin-clients.ts'
import { putNotificationConfiguration, readNotificationConfiguration } from './notification-configuration.ts'

const VERIFY_ATTEMPTS = 5
const VERIFY_DELAY_MS = 1000

/**
 * Puts `plan.after`, if the bucket still has `plan.before`, and makes sure that it is there.
 *
 * @throws BucketwatchError CONNECT_RACE, CONNECT_REFUSED, AWS_CALL
 * @example
 * await changeConfiguration(clients, 'amzn-s3-demo-trail', planConnect(current, connection), { sleep })
 */
export async function changeConfiguration(
  clients: Pick<AdminClients, 's3'>,
  bucket: string,
  plan: Plan,
  options: {
    readonly sleep: (ms: number) => Promise<unknown>
    readonly skipDestinationValidation?: boolean | undefined
  },
): Promise<void> {
  const { configuration } = await readNotificationConfiguration(clients, bucket)
  if (canonical(configuration) !== canonical(plan.before)) {
    throw new BucketwatchError('CONNECT_RACE', 'Nothing was put: look at it again and repeat the command.', { bucket })
  }
  await putNotificationConfiguration(clients, bucket, plan.after, options.skipDestinationValidation)
  let differences: string[] = []
  for (let attempt = 0; attempt < VERIFY_ATTEMPTS; attempt++) {
    // S3 may answer with the old one for a moment.
    if (attempt > 0) await options.sleep(VERIFY_DELAY_MS)
    const { configuration: found } = await readNotificationConfiguration(clients, bucket)
    differences = findDifferences(plan.after, found)
    if (differences.length === 0) return
  }
  throw new BucketwatchError(
    'CONNECT_RACE',
    `It was put, and is now different: ${differences.join('; ')}. Ask who else configures the bucket, and repeat the command.`,
    { bucket, differences },
  )
}
