/** What `detail: "lean"` does with a member of a record, or with a derived field: one row of a table. */
export interface Lean {
  /**
   * `kept`: in every record that has it. `dropped`: in none. `plain`: left out where it tells nothing that the rest of
   * the record does not tell.
   */
  readonly lean: 'kept' | 'plain' | 'dropped'
  /** What it costs where it is not left out, bytes a record: the mean over realistic access-log lines of 728 bytes. */
  readonly bytes?: number
  /** Of `plain`: when it is left out. Of `dropped`: why it can be. */
  readonly why?: string
  /** Of `plain`: the value that a record without the member has. Patterns that ask for it need a guard. */
  readonly absent?: string | number | boolean
  /** Of `plain` without one such value: the selector of what says it. Patterns that ask for it need that, too. */
  readonly instead?: `$.${string}`
}

export const kept: Lean = { lean: 'kept' }

export const plain = (why: string, absent?: string | number | boolean): Lean => ({
  lean: 'plain',
  why,
  ...(absent === undefined ? {} : { absent }),
})

/** The values that members have where a lean record leaves them out; those without one value are `undefined`. */
export function absentValues(
  rows: readonly (Lean & { readonly member: string })[],
): ReadonlyMap<string, string | number | boolean | undefined> {
  return new Map(rows.flatMap(({ absent, lean, member }) => (lean === 'plain' ? [[member, absent] as const] : [])))
}

/** A lag of up to two hours is how logs are delivered. */
export const USUAL_LAG_SECONDS = 2 * 3600
/** Older records are history that is read again; CloudWatch Logs itself takes no older time. */
export const LONGEST_LAG_SECONDS = 14 * 86_400

/**
 * Whole seconds from an event to now; undefined where it is not told: of history, and in lean records where it is usual.
 *
 * @param shortest the longest lag that is not told, seconds; -1 where each is.
 */
export function lagOf(eventTimeMs: number, nowMs: number, shortest: number): number | undefined {
  const lag = Math.max(0, Math.round((nowMs - eventTimeMs) / 1000))
  return lag > shortest && lag <= LONGEST_LAG_SECONDS ? lag : undefined
}
