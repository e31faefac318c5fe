import { compileGlobs } from '../basics/glob.ts'
import type { Purpose } from '../contracts/record.ts'
import { principalFromArn } from '../derive/arn.ts'
import type { RuleSettings } from './settings.ts'

/** What the placeholders of a pattern stand for. */
export interface PlaceholderValues {
  readonly account?: string | undefined
  readonly stage: string
}

/** The placeholders there are, as they are written between double braces. */
export const PLACEHOLDERS = ['account', 'stage'] as const satisfies readonly (keyof PlaceholderValues)[]

const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_.]*)\s*\}\}/g

/**
 * Puts values for the `{{…}}` of a pattern. `unknown` are placeholders that do not exist, `unset` those whose setting is
 * empty; both stay in the text.
 *
 * @example
 * resolvePlaceholders('{ $.recipientAccountId != "{{account}}" }', { account: '111122223333', stage: 'prod' }).pattern
 */
export function resolvePlaceholders(
  pattern: string,
  values: PlaceholderValues,
): { readonly pattern: string; readonly unknown: readonly string[]; readonly unset: readonly string[] } {
  const unknown: string[] = []
  const unset: string[] = []
  const resolved = pattern.replace(PLACEHOLDER, (whole, name: string) => {
    const known = PLACEHOLDERS.find((placeholder) => placeholder === name)
    const value = known === undefined ? undefined : values[known]
    if (value === undefined) (known === undefined ? unknown : unset).push(name)
    return value ?? whole
  })
  return { pattern: resolved, unknown, unset }
}

/** The allow-lists of a rule's settings. */
export type AllowLists = Pick<
  RuleSettings,
  'allowActors' | 'allowBuckets' | 'allowTools' | 'allowAddresses' | 'allowKnownRanges'
>

export const NO_LISTS: AllowLists = {
  allowActors: [],
  allowBuckets: [],
  allowTools: [],
  allowAddresses: [],
  allowKnownRanges: false,
}

/** Buckets that a rule leaves out, and those of them that it looks at all the same. Globs with `*` first or last. */
export interface OrdinaryBuckets {
  readonly leftOut: readonly string[]
  readonly except: readonly string[]
}

/**
 * The buckets at which a rule's matches are ordinary. A name says more than a glob that it falls under.
 *
 * @example
 * ordinaryBuckets(['website'], { 'site-*': 'website', 'site-admin': 'private' }) // { leftOut: ['site-*'], except: ['site-admin'] }
 */
export function ordinaryBuckets(
  ordinaryFor: readonly Purpose[],
  purposes: Readonly<Record<string, Purpose>> = {},
): OrdinaryBuckets {
  const isOrdinary = (name: string) => ordinaryFor.includes(purposes[name]!)
  const names = Object.keys(purposes).toSorted()
  const leftOut = names.filter(isOrdinary)
  const isUnderGlob = compileGlobs(leftOut.filter((name) => name.includes('*')))
  return { leftOut, except: names.filter((name) => !isOrdinary(name) && isUnderGlob(name)) }
}

/**
 * Leaves buckets out of a pattern. Returns undefined for a pattern that takes no conditions.
 *
 * @example
 * leaveOut('{ $.a = 1 }', { leftOut: ['b'], except: [] }) // '{ ($.a = 1) && ($.requestParameters.bucketName NOT EXISTS || …) }'
 */
export function leaveOut(pattern: string, { leftOut, except }: OrdinaryBuckets): string | undefined {
  const unnamed = unless(BUCKET_NAME, leftOut, false)
  if (unnamed === undefined) return pattern
  const named = except.map((name) => `${BUCKET_NAME} = ${quoted(name)}`)
  return withConditions(pattern, [named.length === 0 ? unnamed : `(${[unnamed, ...named].join(' || ')})`])
}

const BUCKET_NAME = '$.requestParameters.bucketName'

/**
 * Adds a rule's allow-lists to its pattern, as conditions: a filter pattern cannot test membership of a set. A record
 * that lacks the field is never left out, hence the NOT EXISTS (on an absent field `!=` is false).
 *
 * Returns undefined for a pattern that takes no conditions (terms, space-delimited).
 *
 * @example
 * addAllowLists('{ $.a = 1 }', { allowTools: ['terraform'], … }) // '{ ($.a = 1) && $.tool != "terraform" }'
 */
export function addAllowLists(pattern: string, lists: AllowLists): string | undefined {
  const actors = lists.allowActors.map(actorGlob)
  const isArn = (actor: string) => actor.startsWith('arn:')
  const conditions = [
    // Whoever has an ARN has it in every record, be it lean, full or as AWS delivers it; the actor is derived from it, and
    // left out of lean records where it says no more. Services and people without an ARN have a name only.
    unless(
      '$.actor',
      actors.filter((actor) => !isArn(actor)),
      false,
    ),
    unless('$.userIdentity.arn', actors.filter(isArn).map(arnGlob), false),
    unless(BUCKET_NAME, lists.allowBuckets, false),
    unless('$.tool', lists.allowTools, true),
    unless('$.sourceIPAddress', lists.allowAddresses.map(addressGlob), false),
    unless('$.ipClass', lists.allowKnownRanges ? ['allow'] : [], false),
  ].filter((condition) => condition !== undefined)
  return withConditions(pattern, conditions)
}

function withConditions(pattern: string, conditions: readonly string[]): string | undefined {
  if (conditions.length === 0) return pattern
  const trimmed = pattern.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined
  return `{ (${trimmed.slice(1, -1).trim()}) && ${conditions.join(' && ')} }`
}

const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

function unless(selector: string, values: readonly string[], alwaysPresent: boolean): string | undefined {
  if (values.length === 0) return undefined
  const none = values.map((value) => `${selector} != ${quoted(value)}`)
  if (alwaysPresent) return none.join(' && ')
  const joined = none.length === 1 ? none[0] : `(${none.join(' && ')})`
  return `(${selector} NOT EXISTS || ${joined})`
}

/** Records name a role as `arn:aws:sts::…:assumed-role/<role>`, without path and session; people write its IAM ARN. */
function actorGlob(actor: string): string {
  const role = /^(arn:aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(actor)
  if (role !== null) return `${role[1]}:sts::${role[2]}:assumed-role/${role[3]}`
  return actor.includes('*') ? actor : (principalFromArn(actor)?.actor ?? actor)
}

/** An actor as userIdentity.arn has it: the sessions of a role, a user as it is. */
function arnGlob(actor: string): string {
  return actor.includes(':assumed-role/') && !actor.endsWith('*') ? `${actor}/*` : actor
}

/** `203.0.113.0/24` → `203.0.113.*`; single addresses stay. */
function addressGlob(address: string): string {
  const [base = '', prefix] = address.split('/')
  if (prefix === undefined || prefix === '32') return base
  return `${base
    .split('.')
    .slice(0, Number(prefix) / 8)
    .join('.')}.*`
}
