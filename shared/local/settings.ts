import { readFileSync } from 'node:fs'
import { problemsError } from '../detection/problem.ts'
import { parseSettings } from '../detection/settings.ts'
import { BucketwatchError, errorMessage } from '../errors.ts'
import { EMPTY_ENVIRONMENT, type Environment } from '../record.ts'

/**
 * The environment of a settings file (JSON or YAML; see docs/settings.md), read at cold start; without a file, nothing
 * is known of the environment.
 *
 * @throws BucketwatchError SETTINGS_INVALID with every problem, also where the file cannot be read.
 * @example
 * const environment = readEnvironment('settings.json')
 */
export function readEnvironment(file: string | undefined): Environment {
  if (file === undefined) return EMPTY_ENVIRONMENT
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BucketwatchError(
      'SETTINGS_INVALID',
      `${file} cannot be read: ${errorMessage(error)}`,
      {},
      { cause: error },
    )
  }
  const result = parseSettings(text, file)
  if (result.ok) return result.value.environment
  throw problemsError('SETTINGS_INVALID', result.problems)
}
