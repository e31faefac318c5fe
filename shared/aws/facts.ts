/** Turns calls that may fail into facts that say so. */
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { type Fact, known, unknown } from '../doctor/finding.ts'
import { callAws } from './admin-clients.ts'
import { readAwsError } from './failure.ts'

/** What may not be looked at is a fact that says why. */
export async function fact<T>(call: () => Promise<T>): Promise<Fact<T>> {
  try {
    return known(await call())
  } catch (error) {
    if (error instanceof BucketwatchError && error.code === 'AWS_CALL') return unknown(error.message)
    return unknown(errorMessage(error))
  }
}

/** A setting that S3 answers with an error of its own where it was never made. */
export function unless<T>(
  missing: string | undefined,
  value: T,
  action: string,
  call: () => Promise<T>,
): Promise<Fact<T>> {
  return fact(() =>
    callAws(action, async () => {
      try {
        return await call()
      } catch (error) {
        if (missing !== undefined && readAwsError(error).name === missing) return value
        throw error
      }
    }),
  )
}
