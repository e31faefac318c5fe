import { describe, expect, test } from 'vitest'
import { deriveErrorClass } from '../../shared/derive/error-class.ts'

describe('deriveErrorClass', () => {
  test.each([
    [undefined, undefined, 'none'],
    ['', undefined, 'none'],
    ['-', 200, 'none'],
    [undefined, 206, 'none'],
    [undefined, 304, 'none'],
    ['NotModified', 304, 'none'],
    ['AccessDenied', undefined, 'denied'],
    ['AccessDeniedException', undefined, 'denied'],
    ['Client.UnauthorizedOperation', undefined, 'denied'],
    ['VpceAccessDenied', undefined, 'denied'],
    ['AllAccessDisabled', 403, 'denied'],
    ['SignatureDoesNotMatch', 403, 'denied'],
    ['InvalidAccessKeyId', undefined, 'denied'],
    ['SomethingNew', 403, 'denied'],
    ['InvalidObjectState', 403, 'client'],
    [undefined, 403, 'denied'],
    [undefined, 401, 'denied'],
    ['NoSuchKey', 404, 'notFound'],
    ['NoSuchBucketPolicy', undefined, 'notFound'],
    ['TrailNotFoundException', undefined, 'notFound'],
    ['Client.InvalidInstanceID.NotFound', undefined, 'notFound'],
    [undefined, 404, 'notFound'],
    ['SlowDown', 503, 'throttled'],
    ['ThrottlingException', undefined, 'throttled'],
    ['Client.RequestLimitExceeded', undefined, 'throttled'],
    [undefined, 429, 'throttled'],
    ['InternalError', 500, 'server'],
    ['InternalError', 200, 'server'],
    ['ServiceUnavailable', 503, 'server'],
    ['SomethingNew', 500, 'server'],
    [undefined, 503, 'server'],
    ['BucketNotEmpty', 409, 'client'],
    ['PreconditionFailed', 412, 'client'],
    ['ValidationException', undefined, 'client'],
    [undefined, 400, 'client'],
  ])('%s, %s → %s', (errorCode, httpStatus, errorClass) => {
    expect(deriveErrorClass(errorCode, httpStatus)).toBe(errorClass)
  })
})
