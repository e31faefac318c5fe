import { BucketwatchError } from '../contracts/errors.ts'
import { isDenied, isOutage, isThrottling, readAwsError } from './failure.ts'

/** What an error of the SDK means for a target: not there, not allowed, or not wanted. */
export function targetError(target: string, error: unknown): BucketwatchError {
  const failure = readAwsError(error)
  const code =
    isOutage(failure) || isThrottling(failure)
      ? 'TARGET_UNAVAILABLE'
      : isDenied(failure) || failure.name === 'AuthorizationErrorException' || failure.name === 'AuthorizationError'
        ? 'TARGET_DENIED'
        : 'TARGET_REFUSED'
  return new BucketwatchError(code, `${target}: ${failure.name}: ${failure.message}`, { target }, { cause: error })
}
