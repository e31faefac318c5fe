/** Keeps what is known of a principal within what an item of the state should hold. */
import { isObject } from '../basics/is-object.ts'
import { own } from '../basics/own.ts'
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
 * The same dossier as {@link fitted} makes, without a text of all of it where what is new fits: that is measured, and what is gone
 * is not.
 */
export function refitted(before: Fitting, after: Dossier): Fitting {
  const dossier = withoutOldest(after)
  const bytes = before.bytes + bytesOfNews(before.dossier, dossier)
  if (bytes <= MAX_DOSSIER_BYTES) return { dossier, bytes }
  const { dossier: fitting, json } = fitted(after)
  return { dossier: fitting, bytes: Buffer.byteLength(json) }
}

function bytesOfNews(before: Dossier, after: Dossier): number {
  const { incidents: known, ...rest } = before
  const { incidents, ...restAfter } = after
  let bytes = moreBytes(rest, restAfter)
  for (const incident of incidents)
    bytes +=
      1 +
      moreBytes(
        known.find(({ id }) => id === incident.id),
        incident,
      )
  return bytes
}

/** By so many bytes JSON of a value may be longer than of the one before; what both hold is told by its being the same. */
function moreBytes(before: unknown, after: unknown): number {
  if (before === after || after === undefined) return 0
  if (Array.isArray(before) && Array.isArray(after)) return moreItems(before, after)
  if (isObject(before) && isObject(after)) {
    let bytes = 0
    for (const name in after) {
      const known = own(before, name)
      // With a colon and a comma.
      if (known === undefined) bytes += 2 + Buffer.byteLength(JSON.stringify(name))
      bytes += moreBytes(known, after[name])
    }
    return bytes
  }
  return typeof after === 'number' ? MAX_NUMBER_BYTES : Buffer.byteLength(JSON.stringify(after))
}

/** Of lists that are changed here and there, and keep their order. */
function moreItems(before: readonly unknown[], after: readonly unknown[]): number {
  let bytes = 0
  let next = 0
  for (const item of after) {
    const at = before[next] === item ? next : before.indexOf(item, next)
    if (at >= 0) next = at + 1
    // With a comma.
    else bytes += 1 + moreBytes(undefined, item)
  }
  return bytes
}

/** As JavaScript writes the longest. */
const MAX_NUMBER_BYTES = 25

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
