import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileProblem } from '../basics/file-problem.ts'
import { joinDetections } from '../detection/join.ts'
import { type Problem, problemsError, type Result } from '../detection/problem.ts'
import type { Detection } from '../detection/schema.ts'
import { checkSequences, type Sequence } from '../detection/sequence.ts'
import { EMPTY_SETTINGS, type KnownRules, type Settings } from '../detection/settings.ts'
import { openPreparedRules, type PreparedRules, type RuleFile } from './prepared-rules.ts'

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
    const found = readFolder(folder, report)
    if (found.length === 0 && problems.length === known)
      report(folder, `holds no rules; a rule is a file ${folder}/<pack>/<id>.yml`)
    files.push(...found)
  }
  const read = await readEach(
    files,
    (from) => prepared().detection(from),
    async () => (await import('../detection/load.ts')).parseDetection,
  )
  const parsed = joinDetections(read)
  return { detections: parsed.detections, problems: [...problems, ...parsed.problems] }
}

/** The folder beside the packs that holds rules over incidents. */
export const SEQUENCES = 'sequences'

let opened: PreparedRules | undefined
function prepared(): PreparedRules {
  opened ??= openPreparedRules()
  return opened
}

/** Who reads a file: its content, or every problem. */
type Read<T> = (text: string, file: string) => Result<T>

/** What was prepared is taken; the libraries that read YAML are loaded where there is something else. */
async function readEach<T>(
  files: readonly RuleFile[],
  prepared: (from: RuleFile) => T | undefined,
  load: () => Promise<Read<T>>,
): Promise<Result<T>[]> {
  const known = files.map(prepared)
  const read = known.includes(undefined) ? await load() : undefined
  return files.map(({ text, file }, index) => {
    const value = known[index]
    return value === undefined ? read!(text, file) : { ok: true, value }
  })
}

function readFolder(folder: string, report: (file: string, message: string) => void): RuleFile[] {
  const files: RuleFile[] = []
  for (const entry of entries(folder, report)) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) {
      if (isYaml(entry.name))
        report(path, `a detection lives in the folder of its pack: ${folder}/<pack>/${entry.name}`)
      continue
    }
    if (entry.name === SEQUENCES) continue
    files.push(...readFiles(path, entries(path, report), report))
  }
  return files
}

/** The YAML files of one folder. In one go: a hundred small files one after the other cost the sixth part so. */
function readFiles(
  folder: string,
  names: readonly { readonly name: string }[],
  report: (file: string, message: string) => void,
): RuleFile[] {
  return names.flatMap(({ name }) => {
    if (!isYaml(name)) return []
    const file = join(folder, name)
    try {
      return [{ file, text: readFileSync(file, 'utf8') }]
    } catch (error) {
      report(file, `cannot be read: ${fileProblem(error)}`)
      return []
    }
  })
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
 * Reads the rules over incidents, `<folder>/sequences/<id>.yml`; a folder may have none. They name rules, so these are
 * given: what is wrong with their ids, names and examples is a problem, too.
 *
 * @example
 * const { sequences, problems } = await readSequences(detections, 'infra/detections')
 */
export async function readSequences(
  detections: readonly Detection[],
  ...folders: readonly string[]
): Promise<{ readonly sequences: Sequence[]; readonly problems: Problem[] }> {
  const problems: Problem[] = []
  const report = (file: string, message: string): void => {
    if (message !== NO_FOLDER) problems.push({ file, line: 1, column: 1, field: '', message })
  }
  const files = folders.flatMap((folder) => {
    const path = join(folder, SEQUENCES)
    return readFiles(path, entries(path, report), report)
  })
  const load = async () => (await import('../detection/sequence-file.ts')).parseSequence
  const read = await readEach(files, (from) => prepared().sequence(from), load)
  problems.push(...read.flatMap((one) => (one.ok ? [] : one.problems)))
  const sequences = read.flatMap((one) => (one.ok ? [one.value] : []))
  const rules = detections.map(({ id }) => id)
  return { sequences, problems: [...problems, ...checkSequences(sequences, rules)] }
}

/**
 * As {@link readSequences}, for callers that can do nothing with half of them.
 *
 * Errors: DETECTION_INVALID with every problem of every file.
 */
export async function loadSequences(
  detections: readonly Detection[],
  ...folders: readonly string[]
): Promise<Sequence[]> {
  const { sequences, problems } = await readSequences(detections, ...folders)
  if (problems.length > 0) throw problemsError('DETECTION_INVALID', problems)
  return sequences
}

/**
 * Reads a settings file; without one, the settings are empty.
 *
 * Errors: SETTINGS_INVALID with every problem, also where the file cannot be read.
 */
export async function loadSettings(file: string | undefined, known?: KnownRules): Promise<Settings> {
  return file === undefined ? EMPTY_SETTINGS : (await readSettings(file, known)).settings
}

/**
 * A settings file as it is written, and what it says.
 *
 * Errors: SETTINGS_INVALID, as {@link loadSettings}.
 */
export async function readSettings(
  file: string,
  known?: KnownRules,
): Promise<{ readonly text: string; readonly settings: Settings }> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const message = `cannot be read: ${fileProblem(error)}`
    throw problemsError('SETTINGS_INVALID', [{ file, line: 1, column: 1, field: '', message }])
  }
  const { parseSettings } = await import('../detection/settings-file.ts')
  const parsed = parseSettings(text, file, known)
  if (!parsed.ok) throw problemsError('SETTINGS_INVALID', parsed.problems)
  return { text, settings: parsed.value }
}

const NO_FOLDER = 'there is no such folder'

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name)

function entries(folder: string, report: (file: string, message: string) => void) {
  try {
    const found = readdirSync(folder, { withFileTypes: true })
    return found.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    report(folder, absent ? NO_FOLDER : `cannot be read: ${fileProblem(error)}`)
    return []
  }
}
