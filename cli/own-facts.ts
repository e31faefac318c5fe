/** What AWS knows to be ours, looked at with the credentials given, beside a settings file. */
import { existsSync } from 'node:fs'
import type { OwnClients } from '../shared/aws/own-clients.ts'
import type { Environment } from '../shared/contracts/record.ts'
import { EMPTY_SETTINGS } from '../shared/detection/settings.ts'
import { suggest } from '../shared/detection/suggest.ts'
import { readSettings } from '../shared/files/detections.ts'
import { type Comparison, compareOurs, strayBuckets } from '../shared/ours/compare.ts'
import { OUR_KEYS, type OurKey, type OwnAccount, USUAL_KEYS } from '../shared/ours/facts.ts'
import { remarksOf } from '../shared/ours/merge.ts'
import { type Ours, oursOf } from '../shared/ours/ours.ts'
import { type Io, usage } from './io.ts'
import { type Asked, readAsked, type SourceValues } from './source-options.ts'

export const OWN_OPTIONS = {
  region: { type: 'string' },
  regions: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  profile: { type: 'string', multiple: true },
  'role-arn': { type: 'string', multiple: true },
} as const

export const OWN_USAGE = `--regions A,B        the Regions whose networks and trails are looked at (default: all that the account has switched on)
--only KEY,…         only these: ${USUAL_KEYS.slice(0, 5).join(', ')},
                     ${USUAL_KEYS.slice(5).join(', ')}; or principalIds, which is
                     left out otherwise
--profile A,B        look at the accounts of these profiles (of ~/.aws/config); may be repeated
--role-arn ARN,…     look at the accounts of these roles, assumed with the default credentials; may be repeated`

export interface OwnValues extends SourceValues {
  readonly regions?: readonly string[] | undefined
  readonly only?: readonly string[] | undefined
}

/** A settings file, be it one that is still to be made. */
export interface SettingsFile {
  readonly file: string
  /** undefined: there is none yet. */
  readonly text: string | undefined
  readonly environment: Environment
}

/** What was asked of AWS, and what came of it. */
export interface Looked {
  readonly ours: Ours
  readonly comparison: Comparison
  /** For commands that are to mean the same accounts. */
  readonly options: string
}

/** What the arguments say by themselves, before AWS is asked anything. */
export interface OwnQuestion {
  readonly asked: Asked
  readonly keys: readonly OurKey[]
  readonly regions: readonly string[] | undefined
}

export async function readOwnQuestion(values: OwnValues, io: Io): Promise<OwnQuestion> {
  const listOf = (given: readonly string[] | undefined) => [
    ...new Set((given ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '')),
  ]
  const regions = listOf(values.regions)
  const wrong = regions.find((region) => !/^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(region))
  if (wrong !== undefined) throw usage(`--regions ${JSON.stringify(wrong)} is not the name of a Region.`)
  const only = listOf(values.only)
  const isKey = (key: string): key is OurKey => OUR_KEYS.some((one) => one === key)
  const strange = only.find((key) => !isKey(key))
  if (strange !== undefined)
    throw usage(`--only ${JSON.stringify(strange)} is no such setting${suggest(strange, OUR_KEYS)}.`)
  if ((values.regions !== undefined && regions.length === 0) || (values.only !== undefined && only.length === 0))
    throw usage('--regions and --only take names, separated by commas.')
  return {
    asked: await readAsked([], values, io),
    keys: only.length === 0 ? USUAL_KEYS : OUR_KEYS.filter((key) => only.includes(key)),
    regions: regions.length === 0 ? undefined : regions,
  }
}

/** Reads a settings file; one that is not there says nothing. @throws BucketwatchError SETTINGS_INVALID */
export async function openSettings(file: string): Promise<SettingsFile> {
  if (!existsSync(file)) return { file, text: undefined, environment: EMPTY_SETTINGS.environment }
  const { text, settings } = await readSettings(file)
  return { file, text, environment: settings.environment }
}

/**
 * Looks at the accounts, one after the other: each asks for many things at once.
 *
 * @throws BucketwatchError AWS_CALL where credentials do not say whose they are.
 */
export async function lookAtOwn(question: OwnQuestion, file: SettingsFile | undefined, io: Io): Promise<Looked> {
  // Loaded only now: these clients are the largest of all.
  const { createOwnClients } = await import('../shared/aws/own-clients.ts')
  const { fetchOwnAccount, findAbsentBuckets } = await import('../shared/aws/own-facts.ts')
  const { asked, keys, regions } = question
  const accounts: OwnAccount[] = []
  let first: OwnClients | undefined
  try {
    for (const access of asked.accesses) {
      const clients = createOwnClients({ region: asked.region, ...(access !== undefined && { access }) })
      first ??= clients
      accounts.push(await fetchOwnAccount(clients, { keys, regions, onProgress: (what) => io.progress(what) }))
    }
    const environment = file?.environment ?? EMPTY_SETTINGS.environment
    const ours = oursOf(accounts, keys, environment)
    const stray = strayBuckets(ours, environment).map(({ bucket }) => bucket)
    const absent = await findAbsentBuckets(first!, stray)
    const comparison = compareOurs(ours, environment, (bucket) => absent.has(bucket), remarksOf(file?.text ?? ''))
    return { ours, comparison, options: optionsOf(asked) }
  } finally {
    io.progress('')
  }
}

function optionsOf({ accesses, region }: Asked): string {
  const of = (kind: 'profile' | 'roleArn') =>
    accesses.flatMap((access) => (access !== undefined && kind in access ? Object.values(access) : []))
  const profiles = of('profile')
  const roles = of('roleArn')
  return [
    `--region ${region}`,
    ...(profiles.length === 0 ? [] : [`--profile ${profiles.join(',')}`]),
    ...(roles.length === 0 ? [] : [`--role-arn ${roles.join(',')}`]),
  ].join(' ')
}
