import type { ErrorClass } from '../contracts/record.ts'
import { memoize } from './bounded-memo.ts'

/** Both "not allowed" and "not recognized": S3 answers 403 to either. */
const DENIED =
  /AccessDenied|Unauthori[sz]ed|NotAuthorized|Forbidden|AllAccessDisabled|AccountProblem|AuthorizationError|AuthFailure|AuthorizationHeaderMalformed|InvalidAccessKeyId|InvalidClientTokenId|InvalidSecurity|InvalidToken|ExpiredToken|TokenRefreshRequired|SignatureDoesNotMatch|UnrecognizedClient|MissingAuthenticationToken|MissingSecurityHeader|NotSignedUp|OptInRequired|RequestExpired|RequestTimeTooSkewed|CrossLocationLoggingProhibited|InvalidPayer/
const THROTTLED =
  /Throttl|SlowDown|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|BandwidthLimitExceeded|RateExceeded|RequestThrottled/
const NOT_FOUND = /NoSuch|NotFound|NotExist|DoesNotExist/
const SERVER = /Internal(?:Error|Failure|Server|Service)|Unavailable|ServiceException|^Server\./

const classifyCode = memoize((code: string): ErrorClass => {
  if (DENIED.test(code)) return 'denied'
  if (THROTTLED.test(code)) return 'throttled'
  if (NOT_FOUND.test(code)) return 'notFound'
  if (SERVER.test(code)) return 'server'
  // Some services give the HTTP status of a success as their code.
  return code === 'NotModified' || /^[23]\d\d$/.test(code) ? 'none' : 'client'
})

function classifyStatus(status: number): ErrorClass {
  if (status === 403 || status === 401) return 'denied'
  if (status === 404) return 'notFound'
  if (status === 429) return 'throttled'
  if (status >= 500) return 'server'
  return status >= 400 ? 'client' : 'none'
}

/**
 * The kind of failure, the same for both sources: CloudTrail's `errorCode`, S3's error code with the HTTP status.
 * `none` where neither tells of a failure; an empty code or "-" counts as absent. A code that says nothing specific
 * (`client`) yields to the status, except InvalidObjectState: an archived object is answered 403, but nobody was denied.
 *
 * @see Amazon S3 API Reference, "Error responses"; CloudTrail record contents (errorCode)
 * @example
 * deriveErrorClass('Client.UnauthorizedOperation') // 'denied'
 * deriveErrorClass(undefined, 503) // 'server'
 */
export function deriveErrorClass(errorCode?: string, httpStatus?: number): ErrorClass {
  if (errorCode === undefined || errorCode === '' || errorCode === '-') {
    return httpStatus === undefined ? 'none' : classifyStatus(httpStatus)
  }
  const byCode = classifyCode(errorCode)
  if (byCode !== 'client' || httpStatus === undefined || httpStatus < 400 || errorCode === 'InvalidObjectState') {
    return byCode
  }
  return classifyStatus(httpStatus)
}
