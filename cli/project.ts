/** A project: a folder with `bucketwatch.yml`, as `bucketwatch init` makes it. Commands started there follow it. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod/mini'
import { unknownParameter } from '../infra/parameters.ts'
import type { StageParameters } from '../infra/stage.ts'
import { readDocument } from '../shared/detection/document.ts'
import { problemsError } from '../shared/detection/problem.ts'
import { SHIPPED_RULES } from '../shared/files/package-root.ts'

/** The project's file. */
export const PROJECT_FILE = 'bucketwatch.yml'

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
 * Reads the project file of the current folder; without one there is nothing of a project's own.
 *
 * @throws BucketwatchError CONFIG_INVALID with every problem, a parameter that does not exist among them.
 */
export async function readProject(): Promise<Project> {
  let text: string
  try {
    text = await readFile(PROJECT_FILE, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { exists: false, settings: undefined, rules: [], parameters: {} }
  }
  const read = readDocument(text, PROJECT_FILE, SCHEMA, (content, report) => {
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

/** The options of all commands that read rules. */
export const RULE_OPTIONS = {
  rules: { type: 'string', multiple: true },
  folder: { type: 'string' },
} as const

/** Their lines in a usage text. */
export const RULE_USAGE = `--rules DIR    own rules, DIR/<pack>/<id>.yml, besides those of the package (may be repeated)
--folder DIR   these rules in place of those of the package`

/** Where the rules are: those of the package (or of --folder), the project's, and those of --rules. */
export function ruleFolders(
  given: { readonly rules?: readonly string[] | undefined; readonly folder?: string | undefined },
  project: Project,
): string[] {
  const all = [
    given.folder ?? SHIPPED_RULES,
    ...(given.folder === undefined ? project.rules : []),
    ...(given.rules ?? []),
  ]
  const seen = new Set<string>()
  return all.filter((folder) => {
    const full = path.resolve(folder)
    return !seen.has(full) && seen.add(full)
  })
}
