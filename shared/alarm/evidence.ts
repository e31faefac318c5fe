import { MINUTE_MS } from '../metric/store.ts'

/** A log event that a metric filter matched, kept to show why an alarm went off. */
export interface EvidenceEvent {
  readonly logGroupName: string
  readonly filterName: string
  /** The log event's timestamp, ms since the epoch. */
  readonly timestamp: number
  readonly message: string
}

/** What matched in the windows of the breaching datapoints: a bounded number of events, and how many there were. */
export interface Evidence {
  readonly events: readonly EvidenceEvent[]
  readonly total: number
}

export const NO_EVIDENCE: Evidence = { events: [], total: 0 }

/** Remembers matches by the minute, a bounded number each. */
export interface EvidenceLog {
  add(event: EvidenceEvent): void
  /** What matched inside any of the windows [start, end), oldest first. */
  within(windows: readonly (readonly [start: number, end: number])[]): Evidence
  dropBefore(time: number): void
}

/** Creates an {@link EvidenceLog} that keeps at most `limit` events a minute, and hands out at most `limit`. */
export function createEvidenceLog(limit: number): EvidenceLog {
  const minutes = new Map<number, { total: number; events: EvidenceEvent[] }>()
  let oldest = Number.POSITIVE_INFINITY
  return {
    add(event) {
      const minute = Math.floor(event.timestamp / MINUTE_MS) * MINUTE_MS
      let kept = minutes.get(minute)
      if (kept === undefined) {
        kept = { total: 0, events: [] }
        minutes.set(minute, kept)
        oldest = Math.min(oldest, minute)
      }
      kept.total += 1
      if (kept.events.length < limit) kept.events.push(event)
    },
    within(windows) {
      const events: EvidenceEvent[] = []
      let total = 0
      for (const [start, end] of windows.toSorted((a, b) => a[0] - b[0])) {
        for (let minute = start; minute < end; minute += MINUTE_MS) {
          const kept = minutes.get(minute)
          if (kept === undefined) continue
          total += kept.total
          if (events.length < limit) events.push(...kept.events.slice(0, limit - events.length))
        }
      }
      return { events, total }
    },
    dropBefore(time) {
      if (oldest >= time) return
      oldest = Number.POSITIVE_INFINITY
      for (const minute of minutes.keys()) {
        if (minute < time) minutes.delete(minute)
        else oldest = Math.min(oldest, minute)
      }
    },
  }
}
