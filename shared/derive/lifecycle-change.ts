/** What lifecycle rules destroy, and how soon. */
import { type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts'
import { parseIsoTime } from './time.ts'

/** Lifecycle rules that expire objects within this many days destroy rather than tidy up. */
const SHORT_EXPIRY_DAYS = 7
const DAY_MS = 86_400_000

/** Prefixes under which things are kept for a short time anyway: words of their parts. */
const SCRATCH =
  /(?:^|[/_.\-=])(?:te?mp|temporary|_temporary|scratch|stag(?:e|ing)|cache[ds]?|spill|spool|trash|deleted|expired?|ephemeral|transient|short-?lived|athena(?:-?(?:query-?)?results?)?|query-?results?|results?|unsaved|spark|emr|hive|glue|shuffle|checkpoints?|intermediate|work(?:ing)?|sandbox|tests?|ci|builds?|artifacts?|previews?|pr|sessions?|uploads?-?parts|multipart|incoming|landing|quarantine|debug|\d+d(?:ays?)?)(?:$|[/_.\-=])/i

/** The shortest expiry of the enabled rules, and whether one destroys what people keep. */
export interface Expiry {
  readonly expireDays?: number
  readonly weakens?: boolean
}

/**
 * Reads a lifecycle configuration: rules that expire objects, or versions, within a week destroy, unless they are for
 * tagged objects or for a prefix that is made for short-lived things ("tmp/", "athena-results/"). Those that move them
 * to an archive as soon put them out of reach.
 *
 * @see Amazon S3 API Reference, "PutBucketLifecycleConfiguration"
 */
export function readLifecycle(parameters: JsonObject, eventTimeMs: number | undefined): Expiry {
  const settings = objectOf(parameters.LifecycleConfiguration)
  const given = rulesIn(settings)
  const expiry = expiryOf(given.map((rule) => ({ days: daysOf(rule, eventTimeMs), isScratch: isScratch(rule) })))
  return given.some((rule) => archives(rule, eventTimeMs)) ? { ...expiry, weakens: true } : expiry
}

/** What is read only after hours, and for money. */
const ARCHIVE = /^(?:GLACIER|DEEP_ARCHIVE)$/

/** Moves all that there is out of reach, or all of a part that nobody tagged, within a week. */
function archives(rule: JsonObject, eventTimeMs: number | undefined): boolean {
  if ((rule.Status !== undefined && rule.Status !== 'Enabled') || isScratch(rule)) return false
  return listOf(rule.Transition)
    .map(objectOf)
    .some((one) => {
      const days = numberOf(one.Days) ?? daysUntil(one.Date, eventTimeMs)
      return ARCHIVE.test(textOf(one.StorageClass) ?? '') && days !== undefined && days <= SHORT_EXPIRY_DAYS
    })
}

/** `Rule`, `Rules`, `rules`; S3 on Outposts has them one level deeper: `Rules: { Rule: … }`. */
export function rulesIn(settings: JsonObject): readonly JsonObject[] {
  return listOf(settings.Rule ?? settings.Rules ?? settings.rules)
    .flatMap((item) => listOf(objectOf(item).Rule ?? item))
    .map(objectOf)
}

function expiryOf(rules: readonly { readonly days: readonly number[]; readonly isScratch: boolean }[]): Expiry {
  const days = rules.flatMap((rule) => rule.days)
  if (days.length === 0) return {}
  const isDestroyed = rules.some((rule) => !rule.isScratch && rule.days.some((day) => day <= SHORT_EXPIRY_DAYS))
  return { expireDays: Math.min(...days), weakens: isDestroyed }
}

function daysOf(rule: JsonObject, eventTimeMs: number | undefined): readonly number[] {
  if (rule.Status !== undefined && rule.Status !== 'Enabled') return []
  const expirations = listOf(rule.Expiration).map(objectOf)
  const noncurrent = listOf(rule.NoncurrentVersionExpiration).map(objectOf)
  return [
    ...expirations.map((one) => numberOf(one.Days) ?? daysUntil(one.Date, eventTimeMs)),
    ...noncurrent.map((one) => numberOf(one.NoncurrentDays) ?? numberOf(one.Days)),
  ].filter((value) => value !== undefined)
}

function daysUntil(date: unknown, eventTimeMs: number | undefined): number | undefined {
  const text = textOf(date)
  if (text === undefined || eventTimeMs === undefined) return undefined
  const time = parseIsoTime(text) ?? parseIsoTime(`${text}T00:00:00Z`) ?? asWritten(text)
  return time === undefined ? undefined : Math.max(0, Math.ceil((time - eventTimeMs) / DAY_MS))
}

/** `Jan 16, 2026, 12:00:00 AM`, as some services log dates: UTC. */
function asWritten(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2} \d{1,2}, \d{4}/.test(text)) return undefined
  const time = Date.parse(`${text.replaceAll('\u202f', ' ')} UTC`)
  return Number.isNaN(time) ? undefined : time
}

function isScratch(rule: JsonObject): boolean {
  const filter = objectOf(rule.Filter)
  const and = objectOf(filter.And)
  // Only what somebody tagged for it.
  if (listOf(filter.Tag).length > 0 || listOf(and.Tag).length > 0) return true
  const prefix = textOf(rule.Prefix) ?? textOf(filter.Prefix) ?? textOf(and.Prefix) ?? ''
  return SCRATCH.test(prefix)
}

/**
 * Reads how long the records of a table of S3 Tables stay.
 *
 * @see Amazon S3 Tables API Reference, "PutTableRecordExpirationConfiguration"
 */
export function readRecordExpiration(parameters: JsonObject): Expiry {
  const value = objectOf(parameters.value)
  if (textOf(value.status)?.toLowerCase() === 'disabled') return {}
  const days = numberOf(objectOf(value.settings).days)
  return days === undefined ? {} : expiryOf([{ days: [days], isScratch: false }])
}

/** Snapshots that are gone within a day leave no way back; S3 Tables keeps them for five days by itself. */
const SHORT_HISTORY_HOURS = 24

/**
 * Reads how long the snapshots of a table of S3 Tables stay: its earlier versions.
 *
 * @see Amazon S3 Tables API Reference, "PutTableMaintenanceConfiguration"
 */
export function readSnapshots(parameters: JsonObject): Expiry & { readonly change?: 'lifecycle' } {
  const value = objectOf(parameters.value)
  const hours = numberOf(objectOf(objectOf(value.settings).icebergSnapshotManagement).maxSnapshotAgeHours)
  if (hours === undefined || textOf(value.status)?.toLowerCase() === 'disabled') return {}
  if (hours > SHORT_HISTORY_HOURS) return {}
  return { change: 'lifecycle', expireDays: Math.ceil(hours / 24), weakens: true }
}
