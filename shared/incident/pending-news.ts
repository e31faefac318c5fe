import type { Incident } from './incident.ts'

/** Adds to what the next update is to tell. */
export function withPending(
  incident: Incident,
  { news, isUrgent }: { readonly news: readonly string[]; readonly isUrgent: boolean },
  now: number,
): Incident {
  const { pending } = incident
  return {
    ...incident,
    pending: {
      since: Math.min(pending?.since ?? now, now),
      latest: Math.max(pending?.latest ?? now, now),
      isUrgent: isUrgent || pending?.isUrgent === true,
      news: [...new Set([...(pending?.news ?? []), ...news])].slice(0, 12),
    },
  }
}
