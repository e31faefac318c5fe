import { describe, expect, test } from 'vitest'
import { isDenied, isOutage, isThrottling, readAwsError } from '../../shared/aws/failure.ts'

const failure = (name: string, status?: number, clockSkewCorrected = false) => ({
  name,
  status,
  message: '',
  clockSkewCorrected,
})

describe('readAwsError', () => {
  test.each([
    [Object.assign(new Error('m'), { name: 'NoSuchKey' }), 'NoSuchKey'],
    [Object.assign(new Error('m'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [Object.assign(new Error('m'), { name: 'Unknown', Code: 'SlowDown', code: 'x' }), 'SlowDown'],
    [Object.assign(new Error('m'), { name: 'NoSuchKey', Code: 'Other' }), 'NoSuchKey'],
    [new Error('m'), 'Error'],
    [{ Code: 'AccessDenied' }, 'AccessDenied'],
    [{}, 'Unknown'],
    [null, 'Unknown'],
    ['text', 'Unknown'],
    [undefined, 'Unknown'],
  ])('%j is named %s', (error, name) => {
    expect(readAwsError(error).name).toBe(name)
  })

  test('status, message, and whether the clock was wrong', () => {
    const error = Object.assign(new Error('told'), {
      name: 'RequestTimeTooSkewed',
      $metadata: { httpStatusCode: 403, clockSkewCorrected: true },
    })
    expect(readAwsError(error)).toEqual({
      name: 'RequestTimeTooSkewed',
      status: 403,
      message: 'told',
      clockSkewCorrected: true,
    })
    expect(readAwsError(new Error('told'))).toMatchObject({ status: undefined, clockSkewCorrected: false })
  })
})

/** Which of outage, throttling and denied a failure is. */
const kinds = (given: ReturnType<typeof failure>) =>
  [isOutage(given) && 'outage', isThrottling(given) && 'throttling', isDenied(given) && 'denied'].filter(Boolean)

test.each([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'].map((name) => [
    name,
    'outage',
  ]),
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ERR_STREAM_PREMATURE_CLOSE', 'TimeoutError', 'AbortError', 'NetworkingError'].map(
    (name) => [name, 'outage'],
  ),
  ...[
    'ServiceUnavailable',
    'InternalFailure',
    'InternalError',
    'InternalServerError',
    'RequestTimeout',
    'RequestTimeTooSkewed',
    'OperationAborted',
  ].flatMap((name) => [
    [name, 'outage'],
    [`${name}Exception`, 'outage'],
  ]),
  ...[
    'Throttling',
    'Throttled',
    'ThrottledException',
    'ThrottlingException',
    'RequestThrottled',
    'RequestThrottledException',
    'TooManyRequests',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'SlowDown',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceededException',
    'BandwidthLimitExceeded',
  ].map((name) => [name, 'throttling']),
  ...[
    'AccessDenied',
    'AccessDeniedException',
    'AllAccessDisabled',
    'UnrecognizedClientException',
    'ExpiredToken',
    'ExpiredTokenException',
    'InvalidToken',
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'NotAuthorized',
    'CredentialsProviderError',
    'TokenProviderError',
    'KMS.DisabledException',
    'KMSInvalidStateException',
  ].map((name) => [name, 'denied']),
] as [string, string][])('%s is %s, and nothing around it is', (name, kind) => {
  expect(kinds(failure(name))).toEqual([kind])
  expect(kinds(failure(`X${name}`))).toEqual([])
  if (!name.startsWith('KMS')) expect(kinds(failure(`${name}Y`))).toEqual([])
})

test.each([
  [400, []],
  [401, ['denied']],
  [403, ['denied']],
  [404, []],
  [428, []],
  [429, ['throttling']],
  [430, []],
  [499, []],
  [500, ['outage']],
  [503, ['outage']],
  [undefined, []],
])('a status of %s without a known code: %j', (status, expected) => {
  expect(kinds(failure('Something', status))).toEqual(expected)
})

test('a clock that was put right is worth another try', () => {
  expect(kinds(failure('Something', 400, true))).toEqual(['outage'])
})
