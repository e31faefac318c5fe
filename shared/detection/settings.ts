/**
 * The settings file: what a deployment knows about its surroundings, and how its rules are tuned. One YAML or JSON
 * file, one schema; docs/writing-detections.md has the reference.
 */
import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { TREAT_MISSING_DATA } from '../alarm/types.ts'
import { EMPTY_ENVIRONMENT, type Environment } from '../contracts/record.ts'
import { environmentFields, isCidr, passing, withLogBuckets } from '../settings/environment.ts'
import { DEFAULT_INCIDENT_SETTINGS, type IncidentSettings, incidentFields } from '../settings/incidents.ts'
import { readDocument } from './document.ts'
import type { Result } from './problem.ts'
import { alarmFields, SEVERITIES } from './schema.ts'
import { suggest } from './suggest.ts'

/** IPv4 ranges that a text glob can express, and single addresses. */
function isAddressOrOctetRange(text: string): boolean {
  if (isIP(text) !== 0) return true
  return isCidr(text) && isIP(text.split('/')[0]!) === 4 && /\/(8|16|24|32)$/.test(text)
}

/** `*` only first or last, and not alone: CloudWatch's meaning of one in the middle is not documented. */
function isGlob(text: string): boolean {
  return text.length > 0 && text !== '*' && text !== '**' && !text.slice(1, -1).includes('*') && /^[ -~]+$/.test(text)
}

const glob = (noun: string) => passing(isGlob, `expected ${noun}; "*" only at the start or at the end, not alone`)

const onOff = z.pipe(
  z.union([z.boolean(), z.enum(['on', 'off'])], { error: 'expected on or off (true or false)' }),
  z.transform((value) => value === true || value === 'on'),
)

const { threshold, periodSeconds, evaluationPeriods, datapointsToAlarm } = alarmFields
const overridable = <T extends z.ZodMiniType>(field: z.ZodMiniDefault<T>) => z.optional(field._zod.def.innerType)

const ruleSettings = z.strictObject({
  enabled: z.optional(onOff),
  severity: z.optional(z.enum(SEVERITIES)),
  threshold: overridable(threshold),
  /** The count with which one entity hits, where the rule has one beside its alarm's. */
  countThreshold: z.optional(z.number().check(z.positive())),
  periodSeconds: overridable(periodSeconds),
  evaluationPeriods: overridable(evaluationPeriods),
  datapointsToAlarm,
  treatMissingData: z.optional(z.enum(TREAT_MISSING_DATA)),
  /** Leave out records whose actor is one of these. */
  allowActors: z._default(z.array(glob('an ARN or a service name')), []),
  allowBuckets: z._default(z.array(glob('a bucket name')), []),
  allowTools: z._default(z.array(glob('a tool name such as terraform')), []),
  allowAddresses: z._default(
    z.array(
      passing(
        isAddressOrOctetRange,
        'expected an address, or an IPv4 range of /8, /16 or /24; for others use allowRanges with allowKnownRanges: true',
      ),
    ),
    [],
  ),
  /** Leave out records whose address is in the settings' allowRanges. */
  allowKnownRanges: z._default(z.boolean(), false),
})
export type RuleSettings = z.output<typeof ruleSettings>

export const settingsSchema = z.strictObject({
  about: z.optional(z.string()),
  ...environmentFields,
  ...incidentFields,
  detections: z._default(
    z.strictObject({
      packs: z._default(z.record(z.string(), onOff), {}),
      rules: z._default(z.record(z.string(), ruleSettings), {}),
    }),
    { packs: {}, rules: {} },
  ),
})

/** Settings, checked: the environment for the normalizers, and the tuning for the rules. */
export interface Settings {
  readonly environment: Environment
  /** Pack → whether all its rules are on, or off. */
  readonly packs: Readonly<Record<string, boolean>>
  readonly rules: Readonly<Record<string, RuleSettings>>
  readonly incidents: IncidentSettings
}

/** Settings that say nothing: an empty environment, every rule as its file says. */
export const EMPTY_SETTINGS: Settings = {
  environment: EMPTY_ENVIRONMENT,
  packs: {},
  rules: {},
  incidents: DEFAULT_INCIDENT_SETTINGS,
}

/** The packs and rules that exist, so that settings for others can be told apart from typing errors. */
export interface KnownRules {
  readonly packs: readonly string[]
  readonly rules: readonly string[]
}

/**
 * Reads a settings file, YAML or JSON. An empty file is an empty settings file. Every problem is reported at once, with
 * line, column and field; with `known`, settings for packs and rules that do not exist are problems too.
 *
 * @example
 * parseSettings('account: "111122223333"', 'bucketwatch.yml')
 */
export function parseSettings(text: string, file: string, known?: KnownRules): Result<Settings> {
  if (/^(?:\s|#[^\n]*(?:\n|$))*$/.test(text)) return { ok: true, value: EMPTY_SETTINGS }
  const read = readDocument(text, file, settingsSchema, (content, report) => {
    const detections = (content as { detections?: unknown } | null)?.detections
    for (const section of ['packs', 'rules'] as const) {
      const given = (detections as Partial<Record<string, unknown>> | null | undefined)?.[section]
      if (known === undefined || typeof given !== 'object' || given === null) continue
      for (const id of Object.keys(given)) {
        if (known[section].includes(id)) continue
        const noun = section === 'packs' ? 'pack' : 'rule'
        report(['detections', section], `there is no ${noun} "${id}"${suggest(id, known[section])}`, id)
      }
    }
  })
  if (!read.ok) return read
  const { about: _, detections, quietMinutes, remindHours, suppressions, ...environment } = read.value
  const incidents = { quietMinutes, remindHours, suppressions }
  const { packs, rules } = detections
  return { ok: true, value: { environment: withLogBuckets(environment), packs, rules, incidents } }
}
