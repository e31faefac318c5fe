/** Keeps what is known of a principal within what an item of the state should hold. */
import type { Dossier, Incident } from './incident.ts'
import { cut } from './kept.ts'

/** A DynamoDB item holds 400 KB, and a write costs a unit a KB: what people read of an incident fits in this. */
export const MAX_DOSSIER_BYTES = 32_768

/** Incidents that are over and told; of more, the oldest are forgotten. */
const MAX_OVER = 8

/**
 * The dossier in at most 32 KB of JSON. What goes first is the story of incidents that are over, then these themselves,
 * then the oldest hits and calls that are remembered, then the story of the open one; findings that are not told stay.
 */
export function fitted(dossier: Dossier): { readonly dossier: Dossier; readonly json: string } {
  let fitting = withoutOldest(dossier)
  for (const shrink of STEPS) {
    const json = JSON.stringify(fitting)
    if (Buffer.byteLength(json) <= MAX_DOSSIER_BYTES) return { dossier: fitting, json }
    fitting = shrink(fitting)
  }
  return { dossier: fitting, json: JSON.stringify(fitting) }
}

/** A dossier that fits, and how many bytes of JSON it is at most. */
export interface Fitting {
  readonly dossier: Dossier
  readonly bytes: number
}

/**
 * The same dossier as {@link fitted} makes, without a text of all of it where only what is told of incidents has changed and
 * must fit: that is measured, and what is gone is not.
 */
export function refitted(before: Fitting, after: Dossier): Fitting {
  const dossier = withoutOldest(after)
  const bytes = before.bytes + bytesOfNews(before.dossier, dossier)
  if (bytes <= MAX_DOSSIER_BYTES) return { dossier, bytes }
  const { dossier: fitting, json } = fitted(after)
  return { dossier: fitting, bytes: Buffer.byteLength(json) }
}

/** Of what is new in incidents whose hits are the same; infinitely many where there are new hits. */
function bytesOfNews(before: Dossier, after: Dossier): number {
  if (after.seen !== before.seen) return Number.POSITIVE_INFINITY
  let bytes = newMembers(before, after)
  for (const incident of after.incidents) {
    const known = before.incidents.find(({ id }) => id === incident.id)
    if (known?.moments !== incident.moments) return Number.POSITIVE_INFINITY
    bytes += newMembers(known, incident)
  }
  return bytes
}

/** The marks of a name and a comma included; of a dossier without its incidents. */
function newMembers<T extends object>(before: T, after: T): number {
  if (before === after) return 0
  let bytes = 0
  for (const name in after) {
    const value = after[name]
    if (value === undefined || value === before[name] || name === 'incidents') continue
    bytes += name.length + 4 + Buffer.byteLength(JSON.stringify(value))
  }
  return bytes
}

/** Nothing is left to tell of it. */
const isSettled = ({ isOver, untold, mergedInto }: Incident): boolean =>
  (isOver || mergedInto !== undefined) && untold.length === 0

function withoutOldest(dossier: Dossier): Dossier {
  const settled = dossier.incidents.filter(isSettled)
  if (settled.length <= MAX_OVER) return dossier
  const oldest = new Set(settled.slice(0, settled.length - MAX_OVER))
  return { ...dossier, incidents: dossier.incidents.filter((incident) => !oldest.has(incident)) }
}

/** From what is missed least to what is missed most. */
const STEPS: readonly ((dossier: Dossier) => Dossier)[] = [
  eachIncident((incident) => (isSettled(incident) ? brief(incident) : incident)),
  (dossier) => ({ ...dossier, incidents: dossier.incidents.filter((incident) => !isSettled(incident)) }),
  (dossier) => ({ ...dossier, seen: dossier.seen.slice(-400) }),
  eachIncident((incident) => shorter(incident, 24, 200)),
  eachIncident((incident) => shorter(withShorterRankings(incident, 4), 12, 100)),
  (dossier) => ({ ...dossier, seen: dossier.seen.slice(-100) }),
  eachIncident((incident) => shorter(withShorterRankings(incident, 2), 4, 20)),
  eachIncident((incident) => shorter(withFewRules(withShorterRankings(incident, 1)), 0, 0)),
]

function eachIncident(change: (incident: Incident) => Incident): (dossier: Dossier) => Dossier {
  return (dossier) => ({ ...dossier, incidents: dossier.incidents.map(change) })
}

function brief(incident: Incident): Incident {
  return shorter(withShorterRankings(incident, 2), 0, 200)
}

function shorter(incident: Incident, moments: number, calls: number): Incident {
  const dropped = incident.moments.slice(moments)
  return {
    ...incident,
    moments: incident.moments.slice(0, moments),
    leftOut: incident.leftOut + dropped.reduce((sum, moment) => sum + moment.calls, 0),
    calls: calls === 0 ? [] : incident.calls.slice(-calls),
  }
}

function withShorterRankings(incident: Incident, limit: number): Incident {
  const rankings = Object.fromEntries(
    Object.entries(incident.rankings).map(([name, ranking]) => [name, cut(ranking, limit)]),
  ) as Incident['rankings']
  return { ...incident, rankings }
}

/** Rules are a few dozen; somebody's own may be hundreds. */
function withFewRules(incident: Incident): Incident {
  return { ...incident, rules: Object.fromEntries(Object.entries(incident.rules).slice(0, 40)) }
}
