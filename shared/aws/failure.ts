/** What an error of the AWS SDK says, whichever service and protocol it comes from. */
import { errorMessage } from '../contracts/errors.ts'

export interface AwsFailure {
  /** The error's code, as in the API reference: `NoSuchKey`, `ThrottlingException`; for network errors Node's code. */
  readonly name: string
  /** The HTTP status, if there was an answer. */
  readonly status?: number | undefined
  readonly message: string
  /** The SDK has found our clock wrong and corrected it: the same call can succeed now. */
  readonly clockSkewCorrected: boolean
}

/**
 * Reads an SDK error. HEAD-like answers without a body have no code: then `name` is the SDK's (`Unknown`, `403`) and
 * `status` decides.
 *
 * @example
 * const { name, status } = readAwsError(error)
 */
export function readAwsError(error: unknown): AwsFailure {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: string
    code?: string
    Code?: string
    $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean }
  }
  const generic = fields.name === undefined || fields.name === 'Error' || fields.name === 'Unknown'
  return {
    name: (generic ? (fields.Code ?? fields.code) : undefined) ?? fields.name ?? 'Unknown',
    status: fields.$metadata?.httpStatusCode,
    message: errorMessage(error),
    clockSkewCorrected: fields.$metadata?.clockSkewCorrected === true,
  }
}

const NETWORK =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_PREMATURE_CLOSE|TimeoutError|AbortError|NetworkingError)$/

/** The call may not have arrived, or its answer may not have: trying again can help, and may do the thing twice. */
export function isOutage({ name, status, clockSkewCorrected }: AwsFailure): boolean {
  return (
    clockSkewCorrected ||
    (status !== undefined && status >= 500) ||
    NETWORK.test(name) ||
    /^(ServiceUnavailable|InternalFailure|InternalError|InternalServerError|RequestTimeout|RequestTimeTooSkewed|OperationAborted)(Exception)?$/.test(
      name,
    )
  )
}

/** Too many calls. Source: the SDK's own list of throttling codes, and status 429. */
export function isThrottling({ name, status }: AwsFailure): boolean {
  return (
    status === 429 ||
    /^(Throttling|Throttled|ThrottledException|ThrottlingException|RequestThrottled|RequestThrottledException|TooManyRequests|TooManyRequestsException|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|ProvisionedThroughputExceededException|BandwidthLimitExceeded)$/.test(
      name,
    )
  )
}

/** We may not: rights, credentials, keys. */
export function isDenied({ name, status }: AwsFailure): boolean {
  return (
    status === 401 ||
    status === 403 ||
    /^(AccessDenied|AccessDeniedException|AllAccessDisabled|UnrecognizedClientException|ExpiredToken|ExpiredTokenException|InvalidToken|InvalidAccessKeyId|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|NotAuthorized|CredentialsProviderError|TokenProviderError|KMS.*)$/.test(
      name,
    )
  )
}
