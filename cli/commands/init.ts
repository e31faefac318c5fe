import { accessSync, constants, existsSync, rmSync } from 'node:fs'
import { cp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { BucketwatchError, errorMessage } from '../../shared/contracts/errors.ts'
import { makeFolder, removeFolders } from '../../shared/files/make-folder.ts'
import { PACKAGE_ROOT, packageVersion } from '../../shared/files/package-root.ts'
import { replaceFile } from '../../shared/files/replace-file.ts'
import { addFacts, remarks, writtenLine } from '../doctor-facts.ts'
import { type Command, type Io, usage } from '../io.ts'
import { lookAtOwn, OWN_OPTIONS, OWN_USAGE, type OwnValues, openSettings, readOwnQuestion } from '../own-facts.ts'
import { PROJECT_FILE } from '../project.ts'
import { readArgs } from '../read-args.ts'

const OPTIONS = { ...OWN_OPTIONS, 'from-account': { type: 'boolean' } } as const

/** Files of the template whose names npm would not publish as they are. */
const NAMES: Readonly<Record<string, string>> = { gitignore: '.gitignore' }

/** `init [DIR]`: a project of one's own around a deployment. */
export const init: Command = {
  summary: 'make a project for your own settings, rules and stack parameters',
  usage: `usage: bucketwatch init [DIR] [--from-account [--regions A,B] [options]]

Makes a small project in DIR (default: the current folder): ${PROJECT_FILE}, settings.yml, rules/ with an example,
README.md, and a package.json that asks for this version of bucketwatch or a later patch of it. Files that are there
already stay as they are; a package.json gets what it lacks. package, deploy, remove, doctor and the others work from
there.

--from-account       ask AWS which accounts, organizations, networks, buckets and distributions are yours, and fill
                     settings.yml with them, as \`bucketwatch doctor --facts --write\` does; with these options:
--region REGION      where AWS is asked first (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1)
${OWN_USAGE}

Makes all of it or, where something fails, nothing.
Exit 0: made. 1: there is a project already, the folder cannot be written, or a fact cannot be read. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: OPTIONS,
    })
    if (positionals.length > 1) throw usage('give one folder.')
    const { 'from-account': fromAccount, ...own } = values
    const [alone] = Object.keys(own)
    if (fromAccount !== true && alone !== undefined) throw usage(`--${alone} goes with --from-account.`)
    const folder = positionals[0] ?? '.'
    if (existsSync(path.join(folder, PROJECT_FILE))) {
      io.err(`${path.join(folder, PROJECT_FILE)} is there already: nothing was changed.`)
      return 1
    }
    // Before anything is made: without credentials there is to be no half of a project, and no empty folder.
    refuseUnwritable(folder)
    const fill = fromAccount === true ? await lookForSettings(path.join(folder, 'settings.yml'), own, io) : undefined
    const code = await makeProject(folder, fill, io)
    await io.out(`Next: ${folder === '.' ? '' : `cd ${folder} && `}npm install && npx bucketwatch package`)
    return code
  },
}

const TEMPLATE = path.join(PACKAGE_ROOT, 'templates', 'project')

const unwritten = (folder: string, cause: unknown): BucketwatchError =>
  new BucketwatchError('PROJECT_WRITE', `${folder}: ${fileProblem(cause)}.`, { folder }, { cause })

/** Whoever is to wait for an account is told first that there is no place for what comes of it. */
function refuseUnwritable(folder: string): void {
  try {
    removeFolders(makeFolder(folder))
    if (existsSync(folder)) accessSync(folder, constants.W_OK)
  } catch (error) {
    throw unwritten(folder, error)
  }
}

/** Makes all of a project, or nothing. */
async function makeProject(folder: string, fill: (() => Promise<number>) | undefined, io: Io): Promise<number> {
  const files = (await readdir(TEMPLATE, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(TEMPLATE, path.join(entry.parentPath, entry.name)))
    .sort()
  const folders: string[] = []
  const made: string[] = []
  const packageFile = path.join(folder, 'package.json')
  const before = await textOf(packageFile)
  try {
    for (const file of files) {
      const target = path.join(folder, path.dirname(file), NAMES[path.basename(file)] ?? path.basename(file))
      folders.push(...makeFolder(path.dirname(target)))
      const isNew = await copy(path.join(TEMPLATE, file), target)
      if (isNew) made.push(target)
      await io.out(`${isNew ? 'made' : 'left as it is'}  ${target}`)
    }
    await io.out(`${await writePackage(packageFile, path.basename(path.resolve(folder)))}  ${packageFile}`)
    return (await fill?.()) ?? 0
  } catch (error) {
    for (const file of made) rmSync(file, { force: true })
    await restore(packageFile, before)
    removeFolders(folders)
    throw error instanceof BucketwatchError ? error : unwritten(folder, error)
  }
}

/** A file as it was. What keeps it from being restored kept it from being changed. */
async function restore(file: string, before: string | undefined): Promise<void> {
  const now = await textOf(file)
  if (now === before) return
  if (before === undefined) rmSync(file, { force: true })
  else await replaceFile(file, { before: now, after: before })
}

/** Undefined: it is not there. */
const textOf = async (file: string): Promise<string | undefined> =>
  existsSync(file) ? await readFile(file, 'utf8') : undefined

/** Looks at the account; what is returned adds what was found to the settings. */
async function lookForSettings(name: string, values: OwnValues, io: Io): Promise<() => Promise<number>> {
  const question = await readOwnQuestion(values, io)
  const looked = await lookAtOwn(question, await openSettings(name), io)
  return async () => {
    const file = await openSettings(name)
    const lines = await remarks(looked, file)
    const added = await addFacts(file, looked)
    for (const line of lines) await io.out(line)
    await io.out(writtenLine(file, added))
    return looked.ours.unread.length > 0 ? 1 : 0
  }
}

/** False where the file was there. */
async function copy(from: string, to: string): Promise<boolean> {
  try {
    await cp(from, to, { force: false, errorOnExist: true })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_FS_CP_EEXIST') throw error
    return false
  }
}

/** Writes a package.json that asks for bucketwatch, or adds that to the one that is there. */
async function writePackage(file: string, name: string): Promise<string> {
  const text = await textOf(file)
  let content: { dependencies?: object; devDependencies?: object; name?: string }
  try {
    content = text === undefined ? ({ name: packageName(name), private: true } as object) : JSON.parse(text)
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} is not JSON: ${errorMessage(error)}`)
  }
  if (Object.hasOwn({ ...content.dependencies, ...content.devDependencies }, 'bucketwatch')) return 'left as it is'
  // The lock file pins it; within the caret, `npm update` brings what changes no behaviour that was promised.
  const dependencies = { ...content.dependencies, bucketwatch: `^${packageVersion()}` }
  await replaceFile(file, { before: text, after: `${JSON.stringify({ ...content, dependencies }, null, 2)}\n` })
  return text === undefined ? 'made' : 'added bucketwatch to'
}

/** npm takes lower-case names without spaces. */
const packageName = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'our-bucketwatch'
