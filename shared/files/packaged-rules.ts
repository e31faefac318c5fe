import { readFileSync } from 'node:fs'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { parseHitRules } from '../incident/hit-rules-file.ts'

/**
 * The rules that are packaged with a forwarder; without a file, there are none. Read once, at cold start.
 *
 * @throws BucketwatchError CONFIG_INVALID, also where the file cannot be read.
 * @example
 * const rules = readPackagedRules('dist/functions/hit-rules.json')
 */
export function readPackagedRules(file: string | undefined): readonly HitRule[] | undefined {
  if (file === undefined) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} cannot be read: ${errorMessage(error)}`, { file })
  }
  return parseHitRules(text, file).rules
}
