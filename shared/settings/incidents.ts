/** The settings' keys about incidents: how hits are kept together, when people are told, and what is kept out. */
import * as z from 'zod/mini'

/** Hits that are kept out of incidents, but counted. All that is given must hold; `*` stands for any characters. */
export interface Suppression {
  /** A rule's id. */
  readonly rule?: string | undefined
  readonly actor?: string | undefined
  readonly person?: string | undefined
  /** An access key id. */
  readonly key?: string | undefined
  readonly bucket?: string | undefined
  /** What happens from then on is told again; ms since the epoch. */
  readonly until: number
  readonly reason: string
}

/** How incidents are kept together and told; docs/findings.md. */
export interface IncidentSettings {
  /** Hits of one principal further apart are two incidents; one is closed when nothing was heard for so long. Minutes. */
  readonly quietMinutes: number
  /** An incident that goes on is told again after so many hours. */
  readonly remindHours: number
  readonly suppressions: readonly Suppression[]
}

export const DEFAULT_INCIDENT_SETTINGS: IncidentSettings = { quietMinutes: 120, remindHours: 24, suppressions: [] }

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/
const UNTIL = 'expected a date (2026-12-31: until its beginning, UTC) or a time with a zone (2026-12-31T18:00Z)'

const until = z.pipe(
  z.string({ error: UNTIL }).check(z.refine((text) => TIME.test(text) && Number.isFinite(Date.parse(text)), UNTIL)),
  z.transform((text) => Date.parse(text)),
)
const glob = z
  .string({ error: 'expected a text; "*" stands for any characters' })
  .check(z.minLength(1), z.maxLength(512))

const suppression = z
  .strictObject({
    rule: z.optional(glob),
    actor: z.optional(glob),
    person: z.optional(glob),
    key: z.optional(glob),
    bucket: z.optional(glob),
    until,
    reason: z.string().check(z.minLength(1), z.maxLength(300)),
  })
  .check(
    z.refine(
      ({ rule, actor, person, key, bucket }) => [rule, actor, person, key, bucket].some((one) => one !== undefined),
      'expected at least one of rule, actor, person, key, bucket',
    ),
  )

const whole = (least: number, most: number, unit: string) => {
  const error = `expected a whole number of ${unit} from ${least} to ${most}`
  return z.int({ error }).check(z.minimum(least, error), z.maximum(most, error))
}

/** The fields of {@link IncidentSettings} as a schema. */
export const incidentFields = {
  quietMinutes: z._default(whole(5, 1440, 'minutes'), DEFAULT_INCIDENT_SETTINGS.quietMinutes),
  remindHours: z._default(whole(1, 720, 'hours'), DEFAULT_INCIDENT_SETTINGS.remindHours),
  suppressions: z._default(z.array(suppression), []),
}
