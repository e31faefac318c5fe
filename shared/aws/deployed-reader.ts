/** What the readers of deployed resources share. */
import { isObject } from '../basics/is-object.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { JsonObject } from '../derive/json.ts'
import type { TemplateResource } from '../doctor/template-values.ts'

/**
 * Reads a resource in the template's words; undefined: it is not there. Members that may not be read are `Unresolved`.
 * By types of CloudFormation.
 */
export type Readers = Readonly<Record<string, (resource: TemplateResource) => Promise<JsonObject | undefined>>>

/** A call that is made when somebody first asks, and once. */
export function once<T>(call: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= call()
    return made
  }
}

/** All pages of a listing, whatever its token is called. */
export async function allPages<T extends { NextToken?: string | undefined } | { nextToken?: string | undefined }>(
  page: (token: string | undefined) => Promise<T>,
): Promise<T[]> {
  const pages: T[] = []
  let token: string | undefined
  do {
    const next = await page(token)
    pages.push(next)
    token = 'NextToken' in next ? next.NextToken : 'nextToken' in next ? next.nextToken : undefined
  } while (token !== undefined && token !== '')
  return pages
}

/** Undefined where AWS answers that the thing is not there. */
export async function onMissing<T>(names: readonly string[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof BucketwatchError && names.includes(String(error.details.name))) return undefined
    throw error
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof BucketwatchError ? error.message : errorMessage(error)

/** An SDK's answer as plain members. */
export const asObject = (answer: object): JsonObject => ({ ...answer })

/** Of what a service answers, what the template speaks of: services fill in what nobody has set. */
export function membersOf(wanted: unknown, actual: unknown): unknown {
  if (!isObject(wanted) || !isObject(actual)) return actual
  const found: JsonObject = Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, membersOf(value, actual[name])]),
  )
  return found
}
