/** How `bucketwatch.yml` is read; loaded where there is one. */
import * as z from 'zod/mini'
import { unknownParameter } from '../infra/parameters.ts'
import type { StageParameters } from '../infra/stage.ts'
import { readDocument } from '../shared/detection/document.ts'
import { problemsError } from '../shared/detection/problem.ts'

export interface Project {
  /** True where there is a project file. */
  readonly exists: boolean
  readonly settings: string | undefined
  /** Folders of own rules. */
  readonly rules: readonly string[]
  readonly parameters: StageParameters
}

const value = z.pipe(
  z.union([z.string(), z.number(), z.boolean()], { error: 'expected text, a number, or true or false' }),
  z.transform(String),
)
const values = z.nullish(z.record(z.string(), value))

const SCHEMA = z.strictObject({
  settings: z.optional(z.string()),
  rules: z._default(z.array(z.string()), []),
  parameters: z._default(z.record(z.string(), values), {}),
})

/**
 * Reads the text of a project file.
 *
 * @throws BucketwatchError CONFIG_INVALID with every problem, a parameter that does not exist among them.
 */
export function parseProject(text: string, file: string): Project {
  const read = readDocument(text, file, SCHEMA, (content, report) => {
    const stages = (content as { parameters?: unknown } | null)?.parameters
    for (const [stage, given] of entriesOf(stages)) {
      for (const [name] of entriesOf(given)) {
        const problem = unknownParameter(name)
        if (problem !== undefined) report(['parameters', stage], problem, name)
      }
    }
  })
  if (!read.ok) throw problemsError('CONFIG_INVALID', read.problems)
  const { settings, rules, parameters } = read.value
  return {
    exists: true,
    settings,
    rules,
    parameters: Object.fromEntries(Object.entries(parameters).map(([stage, given]) => [stage, given ?? {}])),
  }
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []
