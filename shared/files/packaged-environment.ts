import { readFileSync } from 'node:fs'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { EMPTY_ENVIRONMENT, type Environment } from '../contracts/record.ts'
import { parseEnvironment } from '../settings/environment.ts'

/**
 * The environment from the settings that are packaged with a function, as JSON; without a file, nothing is known of it.
 * Read once, at cold start. (The command line reads YAML too, and tells positions: see `loadSettings`.)
 *
 * @throws BucketwatchError SETTINGS_INVALID with every problem, also where the file cannot be read.
 * @example
 * const environment = readPackagedEnvironment('settings.json')
 */
export function readPackagedEnvironment(file: string | undefined): Environment {
  if (file === undefined) return EMPTY_ENVIRONMENT
  let settings: unknown
  try {
    settings = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new BucketwatchError(
      'SETTINGS_INVALID',
      `${file} cannot be read: ${errorMessage(error)}`,
      {},
      { cause: error },
    )
  }
  return parseEnvironment(settings)
}
