import { expect, test } from 'vitest'
import { nextStep } from '../../cli/next-step.ts'
import { callAws } from '../../shared/aws/admin-clients.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'

const failed = async (name: string, status?: number): Promise<BucketwatchError> => {
  const error = Object.assign(new Error('as AWS says'), { name, $metadata: { httpStatusCode: status } })
  return callAws('s3:ListBucket', () => Promise.reject(error)).catch((told) => told)
}

test.each([
  ['CredentialsProviderError', undefined, 'aws sso login'],
  ['ExpiredToken', 400, 'sign in again'],
  ['UnrecognizedClientException', 400, 'sign in again'],
  ['AccessDenied', 403, 'needs the right s3:ListBucket'],
  ['ThrottlingException', 400, 'in a minute'],
  ['ENOTFOUND', undefined, 'the network'],
  ['NoSuchBucket', 404, 'the right account'],
  ['ResourceNotFoundException', 400, 'the right account'],
  ['PermanentRedirect', 301, '--region'],
])('%s (%s) comes with what to do', async (name, status, said) => {
  expect(nextStep(await failed(name, status))).toContain(said)
})

test('what nobody can advise on, and what is no call of AWS, has none', async () => {
  expect(nextStep(await failed('ValidationError', 400))).toBeUndefined()
  expect(nextStep(new BucketwatchError('SETUP_RACE'))).toBeUndefined()
})

test('where nobody noted the name, the cause has it', () => {
  const cause = Object.assign(new Error('no'), { name: 'CredentialsProviderError' })
  const port = Object.assign(new Error('no', { cause }), { name: 'LogsPortError' })
  for (const of of [cause, port]) {
    const error = new BucketwatchError(
      'AWS_CALL',
      'logs:FilterLogEvents',
      { action: 'logs:FilterLogEvents' },
      { cause: of },
    )
    expect(nextStep(error)).toContain('Credentials')
  }
})
