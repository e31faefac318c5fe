/** How the settings file is read: one YAML or JSON file, one schema; docs/writing-detections.md has the reference. */
import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { TREAT_MISSING_DATA } from '../alarm/types.ts'
import { environmentFields, isCidr, passing, withLogBuckets } from '../settings/environment.ts'
import { incidentFields } from '../settings/incidents-file.ts'
import { alarmFields } from './detection-file.ts'
import { readDocument } from './document.ts'
import type { Result } from './problem.ts'
import { SEVERITIES } from './schema.ts'
import { EMPTY_SETTINGS, type KnownRules, type Settings } from './settings.ts'
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
  countThreshold: z.optional(z.number().check(z.positive())),
  periodSeconds: overridable(periodSeconds),
  evaluationPeriods: overridable(evaluationPeriods),
  datapointsToAlarm,
  treatMissingData: z.optional(z.enum(TREAT_MISSING_DATA)),
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
  allowKnownRanges: z._default(z.boolean(), false),
})

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
