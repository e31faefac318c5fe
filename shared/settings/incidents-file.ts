/** How the settings' keys about incidents are read. */
import * as z from 'zod/mini'
import { DEFAULT_INCIDENT_SETTINGS } from './incidents.ts'

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
