/** A project: a folder with `bucketwatch.yml`, as `bucketwatch init` makes it. Commands started there follow it. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { SHIPPED_RULES } from '../shared/files/package-root.ts'
import type { Project } from './project-file.ts'

/** The project's file. */
export const PROJECT_FILE = 'bucketwatch.yml'

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
  const { parseProject } = await import('./project-file.ts')
  return parseProject(text, PROJECT_FILE)
}

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
