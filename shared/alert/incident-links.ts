/** Where to look for more: the console's Logs Insights, filled in for an incident, and Athena's saved queries. */
import { type Asked, savedQueryFor } from '../athena/queries.ts'
import { isNamed } from '../incident/actor-name.ts'
import type { Incident } from '../incident/incident.ts'
import { LOG_KINDS } from '../kinds/kinds.ts'
import { actedBy, athenaUrl, hasConsole, logsInsightsUrl, oneOf, type Place, recordsQuery } from './insights.ts'

export interface IncidentLinks extends Place {
  readonly stage: string
  /** Without a trailing slash. */
  readonly logGroupPrefix: string
  /** Athena's workgroup, where the stack has one. */
  readonly athenaWorkgroup?: string | undefined
}

const HOUR_MS = 3_600_000
/** Log events carry the time they were forwarded: access logs are hours late. */
const LATEST_MS = 6 * HOUR_MS
const IN_LINK = 5
/** Browsers and mail programs take this much for certain. */
const MAX_URL = 4000

/** Name → URL; none where the partition's console is not known, or there is nobody to look for. */
export function incidentLinks(incident: Incident, place: IncidentLinks): Readonly<Record<string, string>> {
  if (!hasConsole(place)) return {}
  const { actors, addresses } = incident.rankings
  const named = actors.top.map(([value, , type]) => ({ value, type })).filter(isNamed)
  const who = named.filter(({ type }) => type !== 'anonymous').slice(0, IN_LINK)
  const from = addresses.top.slice(0, IN_LINK).map(([value]) => value)
  const filter =
    who.length > 0
      ? actedBy(who.map(({ value }) => value))
      : from.length > 0
        ? oneOf('sourceIPAddress', from)
        : undefined
  const athena = athenaLink(
    place,
    incident.rankings.keyIds.top.length > 0 ? 'keyId' : who.length > 0 ? 'actor' : 'address',
  )
  if (filter === undefined) return athena
  const url = logsInsightsUrl(place, {
    query: recordsQuery(filter),
    logGroupNames: LOG_KINDS.map((kind) => `${place.logGroupPrefix}/${kind}`),
    window: { start: incident.first - HOUR_MS, end: Math.max(incident.last, incident.heard) + LATEST_MS },
  })
  const name = `All that the same ${who.length > 0 ? 'actors' : 'addresses'} did, from an hour before`
  return url === undefined || url.length > MAX_URL ? athena : { [name]: url, ...athena }
}

/** Log groups forget after some weeks; the objects are there for as long as their bucket keeps them. */
function athenaLink(place: IncidentLinks, asked: Asked): Readonly<Record<string, string>> {
  const { athenaWorkgroup: workgroup } = place
  const url = athenaUrl(place)
  if (workgroup === undefined || url === undefined) return {}
  return { [`Athena (workgroup ${workgroup}, saved query "${savedQueryFor(asked)}")`]: url }
}
