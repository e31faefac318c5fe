/** Secrets of targets, from Parameter Store or, by way of it, from Secrets Manager. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import { parameterName } from '../alert/config.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { SecretSource } from '../incident/ports.ts'
import { readAwsError } from './failure.ts'

/** Within this time a secret that was refreshed is not read again: a target that denies all would cost a call a finding. */
const REFRESH_MS = 60_000

/**
 * The SecretSource over Parameter Store, whose API also reads secrets of Secrets Manager. The secret is its text, or the
 * one value of a JSON object, as Secrets Manager's console makes it (`{"url":"https://…"}`).
 *
 * Needs ssm:GetParameter; for a secret of Secrets Manager secretsmanager:GetSecretValue besides, for a key of one's own
 * kms:Decrypt.
 *
 * Source: Systems Manager API Reference, GetParameter; user guide, "Referencing AWS Secrets Manager secrets from
 * Parameter Store parameters".
 *
 * @param options.reference `/path/of/parameter`, or `secretsmanager:<name of secret>`.
 * @throws (of `get` and `refresh`) BucketwatchError TARGET_SECRET
 * @example
 * createSecretSource({ client: createSsmClient(), reference: 'secretsmanager:bucketwatch/slack' })
 */
export function createSecretSource(options: {
  readonly client: SSMClient
  readonly reference: string
  readonly now?: (() => number) | undefined
}): SecretSource {
  const { client, reference, now = Date.now } = options
  let value: Promise<string> | undefined
  let readAt = Number.NEGATIVE_INFINITY

  async function read(): Promise<string> {
    try {
      const { Parameter } = await client.send(
        new GetParameterCommand({ Name: parameterName(reference), WithDecryption: true }),
      )
      return parseSecret(Parameter?.Value ?? '')
    } catch (error) {
      if (error instanceof BucketwatchError) throw error
      const { name, message } = readAwsError(error)
      throw new BucketwatchError('TARGET_SECRET', `${reference}: ${name}: ${message}`, { reference }, { cause: error })
    }
  }

  function readOnce(): Promise<string> {
    readAt = now()
    const reading = read()
    value = reading
    // What could not be read is asked for again.
    reading.catch(() => {
      if (value === reading) value = undefined
    })
    return reading
  }

  function parseSecret(text: string): string {
    const trimmed = text.trim()
    if (trimmed !== '' && !trimmed.startsWith('{')) return trimmed
    const values = Object.values(parseObject(trimmed)).filter((each) => typeof each === 'string' && each !== '')
    if (values.length === 1) return String(values[0]).trim()
    const problem = trimmed === '' ? 'is empty' : 'holds no JSON object with exactly one text'
    throw new BucketwatchError('TARGET_SECRET', `${reference} ${problem}`, { reference })
  }

  return {
    get: () => value ?? readOnce(),
    refresh: () => (value !== undefined && now() - readAt < REFRESH_MS ? value : readOnce()),
  }
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
