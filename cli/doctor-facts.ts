/** `doctor --facts`: the settings that AWS can fill, printed or added to a file. */
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { parseSettings } from '../shared/detection/settings-file.ts'
import { replaceFile } from '../shared/files/replace-file.ts'
import { strangers } from '../shared/ours/compare.ts'
import { addToSettings } from '../shared/ours/merge.ts'
import { unreadLine } from '../shared/ours/unread.ts'
import { type Io, printText, usage } from './io.ts'
import {
  type Looked,
  lookAtOwn,
  type OwnValues,
  openSettings,
  readOwnQuestion,
  type SettingsFile,
} from './own-facts.ts'
import { readProject } from './project.ts'
import { plural } from './render.ts'
import { rulesTurnedOn } from './rules-turned-on.ts'

export interface FactsValues extends OwnValues {
  readonly write?: string | undefined
  readonly settings?: string | undefined
  readonly json?: boolean | undefined
}

/** Prints the settings that AWS tells, or adds them to a file. Exit code 1: something could not be read. */
export async function printFacts(values: FactsValues, io: Io): Promise<number> {
  if (values.write !== undefined && values.settings !== undefined)
    throw usage('--write names the settings file that is compared, too: leave --settings out.')
  const question = await readOwnQuestion(values, io)
  const name = values.write ?? values.settings ?? (await readProject()).settings
  const file = name === undefined ? undefined : await openSettings(name)
  if (file !== undefined && file.text === undefined && values.write === undefined)
    throw usage(`there is no settings file ${name}.`)
  const looked = await lookAtOwn(question, file, io)
  const lines = await remarks(looked, file)
  const added = file === undefined || values.write === undefined ? undefined : await addFacts(file, looked)
  if (values.json === true) await io.out(JSON.stringify(factsJson(looked, file, added)))
  else if (added !== undefined) {
    for (const line of lines) await io.out(line)
    await io.out(writtenLine(file!, added))
  } else {
    const text = snippet(looked).trimEnd()
    if (text !== '') await printText(io, text)
    for (const line of lines) io.err(line)
  }
  return looked.ours.unread.length > 0 ? 1 : 0
}

/**
 * Adds what the settings lack, and takes nothing away.
 *
 * @returns how many values were added
 * @throws BucketwatchError FACTS_REFUSED where the settings know none of the accounts, SETUP_RACE where the file has changed.
 */
export async function addFacts(file: SettingsFile, { ours, comparison }: Looked): Promise<number> {
  const unknown = strangers(ours, file.environment)
  if (unknown.length > 0) {
    const { account } = file.environment
    throw new BucketwatchError(
      'FACTS_REFUSED',
      `${file.file} is of the account ${account}, the credentials of ${unknown.join(', ')}: add it to trustedAccounts first, if it is yours.`,
    )
  }
  const count = [...comparison.added.values()].reduce((sum, items) => sum + items.length, 0)
  if (count === 0) return 0
  const after = addToSettings(file.text ?? '', comparison.added)
  const parsed = parseSettings(after, file.file)
  if (!parsed.ok) throw new BucketwatchError('INTERNAL', parsed.problems[0]?.message ?? '')
  await replaceFile(file.file, { before: file.text, after })
  return count
}

/** The one line that says what became of the file. */
export const writtenLine = ({ file }: SettingsFile, added: number): string =>
  added === 0
    ? `${file} says all of it already: it was left as it is.`
    : `${file}: ${plural(added, 'value')} added. They take effect with the next deployment.`

/** Every list that AWS fills, as lines of a settings file. */
function snippet({ ours }: Looked): string {
  return addToSettings('', new Map([...ours.items].filter(([, items]) => items.length > 0)))
}

/** Of a longer list, people read the beginning; the file, or --json, has all of it. */
const MOST = 20

const OFFICES =
  'AWS knows no addresses but its own: add offices and VPNs to allowRanges, or switch off the rules that need it.'

/** What is to be said beside the settings themselves. */
export async function remarks({ ours, comparison }: Looked, file: SettingsFile | undefined): Promise<string[]> {
  const text = file?.text ?? ''
  const turnedOn = comparison.added.size === 0 ? [] : await rulesTurnedOn(text, addToSettings(text, comparison.added))
  const none = [...ours.items].filter(
    ([key, items]) => items.length === 0 && !ours.unread.some((one) => one.key === key),
  )
  const row = (what: string, text: string) => `${what.padEnd(9)} ${text}`
  const regions = ours.regions.length === 0 ? '' : `, ${plural(ours.regions.length, 'Region')}`
  return [
    row('looked at', `${ours.accounts.join(', ')}${regions}${ours.everywhere ? '' : ' (there may be more)'}`),
    ...(file === undefined ? [] : [...comparison.added]).flatMap(([key, items]) => [
      ...items
        .slice(0, MOST)
        .map(({ value, label }) => row('new', `${key}: ${value}${label === '' ? '' : ` (${label})`}`)),
      ...(items.length > MOST ? [row('new', `${key}: and ${items.length - MOST} more`)] : []),
    ]),
    ...comparison.gone.map(({ key, value, why, sure }) =>
      row(sure ? 'gone' : 'not found', `${key}: ${value}: ${why}; it stays in ${file?.file ?? 'the file'}`),
    ),
    ...turnedOn.map(({ id, title, requires }) => row('rule on', `${id}: ${title} (it needs ${requires.join(', ')})`)),
    ...(turnedOn.some(({ requires }) => requires.includes('allowRanges')) ? [row('', OFFICES)] : []),
    ...ours.leftOut.map(({ key, value, why }) => row('left out', `${key}: ${value}: ${why}`)),
    ...(none.length === 0 ? [] : [row('none', none.map(([key]) => key).join(', '))]),
    ...ours.unread.map((one) => row('unread', unreadLine(one))),
  ]
}

function factsJson({ ours, comparison }: Looked, file: SettingsFile | undefined, added: number | undefined): object {
  const { accounts, regions, everywhere, items, leftOut, unread } = ours
  const values = [...items].map(([key, found]) => [
    key,
    key === 'account' ? found[0]?.value : found.map(({ value }) => value),
  ])
  return {
    accounts,
    regions,
    everywhere,
    settings: Object.fromEntries(values),
    labels: Object.fromEntries(
      [...items].map(([key, found]) => [key, Object.fromEntries(found.map(({ value, label }) => [value, label]))]),
    ),
    file: file?.file,
    new:
      file === undefined
        ? undefined
        : Object.fromEntries([...comparison.added].map(([key, found]) => [key, found.map(({ value }) => value)])),
    gone: comparison.gone,
    leftOut,
    unread,
    written: added,
  }
}
