/**
 * `fail`: logs or alerts do not get through (or will not). `warn`: look at it. `note`: good to know. `ok`: looked at, and
 * right.
 */
export type Level = 'ok' | 'note' | 'warn' | 'fail'

/** What a check has found. */
export interface Finding {
  /** Which check it was: stable, `queue-policy`. */
  readonly check: string
  readonly level: Level
  /** What was looked at: the stack, a kind of logs, or a bucket. */
  readonly subject: string
  readonly what: string
  /** What follows from it. */
  readonly why?: string | undefined
  /** The exact statement or command that mends it. */
  readonly fix?: string | undefined
}

/** Something that was asked of AWS: known, or why it is not. */
export type Fact<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string }

export const known = <T>(value: T): Fact<T> => ({ known: true, value })
export const unknown = (reason: string): Fact<never> => ({ known: false, reason })

/** The findings of one check; an unknown fact is a warning that says so. */
export type Report = (level: Level, check: string, what: string, more?: { why?: string; fix?: string }) => Finding

export function createReport(subject: string): Report {
  return (level, check, what, more = {}) => ({ check, level, subject, what, ...more })
}

/** Checks a fact if it is known, and otherwise reports that it is not. */
export function withFact<T>(
  report: Report,
  check: string,
  fact: Fact<T>,
  look: (value: T) => Finding | readonly Finding[] | undefined,
): readonly Finding[] {
  if (!fact.known) return [report('warn', check, `Could not look: ${fact.reason}`)]
  const found = look(fact.value)
  return found === undefined ? [] : 'level' in found ? [found] : found
}
