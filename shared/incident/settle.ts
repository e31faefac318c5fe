/** When people are told of an incident: at once, of updates in batches, daily while it goes on, at its end. Pure. */
import type { FindingEvent } from './finding.ts'
import { type Dossier, type Incident, quietOf, type Untold } from './incident.ts'

const MINUTE_MS = 60_000
/** After each update the next one waits longer; the last step stays. */
const UPDATE_GAPS_MS = [30, 60, 120, 240].map((minutes) => minutes * MINUTE_MS)
/** News waits for what comes with it: until none has come for so long, and so long in all at the most. */
const LULL_MS = 20 * MINUTE_MS
const LONGEST_STORM_MS = 60 * MINUTE_MS
/** A higher severity, or a critical rule, waits so long for what comes with it. */
const URGENT_GAP_MS = MINUTE_MS
/** Whoever makes a finding has so long to tell it before others try. */
export const TELLING_MS = 90_000
/** Findings that may wait to be told; of more, the oldest updates go: every finding tells all that is known. */
const MAX_UNTOLD = 6
/** What nobody takes is tried again after this at the latest. */
const LONGEST_WAIT_MS = 60 * MINUTE_MS

export interface SettleOptions {
  /** ms since the epoch. */
  readonly now: number
  readonly quietMs: number
  /** An incident that goes on is told again after this. Milliseconds. */
  readonly remindMs: number
}

/**
 * Makes the findings that are due, and takes those that somebody else should have told by now. The caller is to tell
 * what {@link claimed} lists, once it has written the dossier: nobody else does for the next 90 seconds.
 */
export function settle(dossier: Dossier, options: SettleOptions): Dossier {
  const incidents = dossier.incidents.map((incident) => retaken(settled(incident, options), options.now))
  const isSame = incidents.every((incident, index) => incident === dossier.incidents[index])
  return isSame ? dossier : { ...dossier, incidents }
}

function settled(incident: Incident, { now, quietMs, remindMs }: SettleOptions): Incident {
  const { sequence, pending, toldAt, isOver, heard, mergedInto } = incident
  if (mergedInto !== undefined) return incident
  if (sequence === 0) return withFinding(incident, 'opened', now, Object.keys(incident.rules))
  if (isOver) return incident
  if (now >= heard + quietOf(incident.isSlow === true, quietMs))
    return { ...withFinding(incident, 'closed', now, pending?.news ?? []), isOver: true }
  if (pending !== undefined && now >= updateAt(incident)) {
    const told = withFinding(incident, 'escalated', now, pending.news)
    return pending.isUrgent ? told : { ...told, updates: incident.updates + 1 }
  }
  if (now >= toldAt + remindMs && incident.matches > incident.toldMatches) {
    return withFinding(incident, 'reminded', now, [])
  }
  return incident
}

/** When an update may be told. */
function updateAt({ pending, toldAt, updates }: Incident): number {
  if (pending?.isUrgent === true) return toldAt + URGENT_GAP_MS
  const earliest = toldAt + UPDATE_GAPS_MS[Math.min(updates, UPDATE_GAPS_MS.length - 1)]!
  if (pending === undefined) return earliest
  const { since, latest = since } = pending
  return Math.max(earliest, Math.min(latest + LULL_MS, since + LONGEST_STORM_MS))
}

function withFinding(incident: Incident, event: FindingEvent, now: number, news: readonly string[]): Incident {
  const { pending: _, isLate, ...rest } = incident
  const sequence = incident.sequence + 1
  const untold: Untold = {
    sequence,
    event,
    time: now,
    news,
    added: incident.matches - incident.toldMatches,
    to: isLate === true ? 'record' : 'all',
    told: [],
    until: now + TELLING_MS,
    tries: 0,
  }
  return { ...rest, sequence, toldAt: now, toldMatches: incident.matches, untold: bounded([...rest.untold, untold]) }
}

/** An opening and a closing stay; of what is between, the newest. */
function bounded(untold: readonly Untold[]): readonly Untold[] {
  const spare = untold.length - MAX_UNTOLD
  if (spare <= 0) return untold
  const updates = untold.filter(({ event }) => event === 'escalated' || event === 'reminded').slice(0, spare)
  return untold.filter((one) => !updates.includes(one)).slice(-MAX_UNTOLD)
}

function retaken(incident: Incident, now: number): Incident {
  if (incident.untold.every(({ until }) => until > now)) return incident
  const untold = incident.untold.map((one) =>
    one.until > now ? one : { ...one, until: now + TELLING_MS, tries: one.tries + 1 },
  )
  return { ...incident, untold }
}

/** The findings that a change of the dossier has taken on: who wrote it tells them. */
export function claimed(
  before: Dossier,
  after: Dossier,
): readonly { readonly incident: Incident; readonly untold: Untold }[] {
  const leases = new Map(
    before.incidents.flatMap(({ id, untold }) => untold.map((one) => [`${id}.${one.sequence}`, one.until] as const)),
  )
  return after.incidents.flatMap((incident) =>
    incident.untold
      .filter(({ sequence, until }) => leases.get(`${incident.id}.${sequence}`) !== until)
      .map((untold) => ({ incident, untold })),
  )
}

/**
 * Notes who took a finding.
 *
 * @param told names of the targets that took it, now or before.
 * @param isDone all that are to be told have been; else it is tried again, later each time.
 */
export function acknowledge(
  dossier: Dossier,
  finding: { readonly incidentId: string; readonly sequence: number },
  told: readonly string[],
  isDone: boolean,
  now: number,
): Dossier {
  const incidents = dossier.incidents.map((incident) => {
    if (incident.id !== finding.incidentId) return incident
    const untold = incident.untold.flatMap((one) => {
      if (one.sequence !== finding.sequence) return [one]
      if (isDone) return []
      const wait = Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(one.tries, 10))
      return [{ ...one, told: [...new Set([...one.told, ...told])], until: now + wait }]
    })
    return { ...incident, untold }
  })
  return { ...dossier, incidents }
}

/** When something is to be done about a principal's incidents next, ms since the epoch; undefined: never. */
export function dueAt(dossier: Dossier, options: Omit<SettleOptions, 'now'>): number | undefined {
  let due = Number.POSITIVE_INFINITY
  for (const incident of dossier.incidents) {
    for (const { until } of incident.untold) due = Math.min(due, until)
    if (incident.mergedInto === undefined && !incident.isOver) due = Math.min(due, changesAt(incident, options))
  }
  return due === Number.POSITIVE_INFINITY ? undefined : due
}

/** When there is something to tell of an incident that goes on: its beginning, its end, news, or that it does. */
function changesAt(incident: Incident, { quietMs, remindMs }: Omit<SettleOptions, 'now'>): number {
  const { sequence, heard, isSlow, pending, matches, toldAt, toldMatches } = incident
  if (sequence === 0) return 0
  const end = heard + quietOf(isSlow === true, quietMs)
  const news = pending === undefined ? end : Math.min(end, updateAt(incident))
  return matches > toldMatches ? Math.min(news, toldAt + remindMs) : news
}
