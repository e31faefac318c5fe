/** How a file that the package was made with is read at cold start. */
import type * as z from 'zod/mini'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'

/**
 * Reads a file's text: JSON of the form that whoever packaged it wrote.
 *
 * @throws BucketwatchError CONFIG_INVALID: it is no JSON, or of another form; all that is wrong is named.
 * @example
 * parsePackagedJson(hitRules, text, 'hit-rules.json').rules
 */
export function parsePackagedJson<T>(schema: z.ZodMiniType<T>, json: string, file: string): T {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} is not JSON: ${errorMessage(error)}`, { file })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`)
  throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
}
