import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileProblem } from '../basics/file-problem.ts'
import { parseDetections } from '../detection/load.ts'
import { type Problem, problemsError } from '../detection/problem.ts'
import type { Detection } from '../detection/schema.ts'
import { EMPTY_SETTINGS, type KnownRules, parseSettings, type Settings } from '../detection/settings.ts'

/**
 * Reads every detection file below the folders, `<folder>/<pack>/<id>.yml`, folder by folder in the order of their paths.
 * A file that cannot be read is a problem like any other, and so is a folder that is not there or holds no rules: who
 * names a folder means to have its rules.
 *
 * @example
 * const { detections, problems } = await readDetections('infra/detections', 'my-rules')
 */
export async function readDetections(
  ...folders: readonly string[]
): Promise<{ readonly detections: Detection[]; readonly problems: Problem[] }> {
  const problems: Problem[] = []
  const report = (file: string, message: string): void => {
    problems.push({ file, line: 1, column: 1, field: '', message })
  }
  const files: RuleFile[] = []
  for (const folder of folders) {
    const known = problems.length
    const found = await readFolder(folder, report)
    if (found.length === 0 && problems.length === known)
      report(folder, `holds no rules; a rule is a file ${folder}/<pack>/<id>.yml`)
    files.push(...found)
  }
  const parsed = parseDetections(files)
  return { detections: parsed.detections, problems: [...problems, ...parsed.problems] }
}

interface RuleFile {
  readonly file: string
  readonly text: string
}

async function readFolder(folder: string, report: (file: string, message: string) => void): Promise<RuleFile[]> {
  const files: RuleFile[] = []
  for (const entry of await entries(folder, report)) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) {
      if (isYaml(entry.name))
        report(path, `a detection lives in the folder of its pack: ${folder}/<pack>/${entry.name}`)
      continue
    }
    for (const { name } of await entries(path, report)) {
      if (!isYaml(name)) continue
      const file = join(path, name)
      try {
        files.push({ file, text: await readFile(file, 'utf8') })
      } catch (error) {
        report(file, `cannot be read: ${fileProblem(error)}`)
      }
    }
  }
  return files
}

/**
 * As {@link readDetections}, for callers that can do nothing with half of them.
 *
 * Errors: DETECTION_INVALID with every problem of every file.
 */
export async function loadDetections(...folders: readonly string[]): Promise<Detection[]> {
  const { detections, problems } = await readDetections(...folders)
  if (problems.length > 0) throw problemsError('DETECTION_INVALID', problems)
  return detections
}

/**
 * Reads a settings file; without one, the settings are empty.
 *
 * Errors: SETTINGS_INVALID with every problem, also where the file cannot be read.
 */
export async function loadSettings(file: string | undefined, known?: KnownRules): Promise<Settings> {
  if (file === undefined) return EMPTY_SETTINGS
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const message = `cannot be read: ${fileProblem(error)}`
    throw problemsError('SETTINGS_INVALID', [{ file, line: 1, column: 1, field: '', message }])
  }
  const parsed = parseSettings(text, file, known)
  if (!parsed.ok) throw problemsError('SETTINGS_INVALID', parsed.problems)
  return parsed.value
}

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name)

async function entries(folder: string, report: (file: string, message: string) => void) {
  try {
    const found = await readdir(folder, { withFileTypes: true })
    return found.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    report(folder, absent ? 'there is no such folder' : `cannot be read: ${fileProblem(error)}`)
    return []
  }
}
