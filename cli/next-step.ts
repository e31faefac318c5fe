/** What whoever runs a command can do about a call of AWS that failed: the error alone says what AWS said. */
import { isDenied, isOutage, isThrottling } from '../shared/aws/failure.ts'
import type { BucketwatchError } from '../shared/contracts/errors.ts'

const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError)$/
const OLD_CREDENTIALS =
  /^(?:ExpiredToken|ExpiredTokenException|InvalidToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException)$/
const NOT_THERE = /^(?:NoSuch\w+|NotFound|\w*NotFoundException|ResourceNotFound\w*|NonExistent\w*|QueueDoesNotExist)$/

/**
 * One sentence; undefined where there is nothing to advise.
 *
 * @example
 * nextStep(error) // 'Credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run `aws sso login`.'
 */
export function nextStep({ code, details, message, cause }: BucketwatchError): string | undefined {
  if (code !== 'AWS_CALL') return undefined
  const name = nameOf(details, cause)
  const status = typeof details.status === 'number' ? details.status : undefined
  const failure = { name, status, message, clockSkewCorrected: false }
  if (NO_CREDENTIALS.test(name)) return 'Credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run `aws sso login`.'
  if (OLD_CREDENTIALS.test(name)) return 'The credentials are old or wrong: sign in again, and look at AWS_PROFILE.'
  if (isThrottling(failure)) return 'AWS is busy with this account: the same command in a minute.'
  if (isOutage(failure)) return 'AWS did not answer: look at the network, the proxy and the Region, and try again.'
  if (isDenied(failure)) return `Whoever runs this needs the right ${actionOf(details) ?? 'for the call'} there.`
  if (status === 404 || NOT_THERE.test(name)) return 'Is it the right account (AWS_PROFILE), Region and name?'
  if (status === 301) return 'It is in another Region: give --region.'
  return undefined
}

/** The error's name as AWS or the SDK has it; where nobody noted it, as the cause has it. */
function nameOf(details: BucketwatchError['details'], cause: unknown): string {
  if (typeof details.name === 'string') return details.name
  if (typeof details.awsCode === 'string') return details.awsCode
  const { name = '', cause: inner } = (cause ?? {}) as { readonly name?: string; readonly cause?: { name?: string } }
  return inner?.name ?? name
}

const actionOf = ({ action }: BucketwatchError['details']): string | undefined =>
  typeof action === 'string' ? action : undefined
