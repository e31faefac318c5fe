import { errorMessage } from '../contracts/errors.ts'
import { type LogSearch, type LogsFailure, LogsPortError } from '../contracts/ports.ts'
import { compileMetricValue } from '../filter-pattern/extract.ts'
import {
  createFactsTally,
  DEFAULT_SUMMARY_LIMITS,
  type FactsSummary,
  isoWindow,
  type SummaryLimits,
} from '../incident/evidence.ts'
import { type EventFacts, readFacts } from '../incident/facts.ts'
import { compilePattern } from '../metric/filter.ts'
import type { AlertRule } from './rules.ts'
import type { Window } from './window.ts'

/** What was found in the log groups of a rule. Plain data; part of the alert's JSON. */
export interface Evidence extends FactsSummary {
  /** `partial`: something is missing, `problems` say what. `unavailable`: nothing could be read. */
  readonly status: 'complete' | 'partial' | 'unavailable'
  /** Sentences. */
  readonly problems: readonly string[]
  /** The window that was looked at, ISO 8601. */
  readonly windowStart: string
  readonly windowEnd: string
  /** There may be more than `total`. */
  readonly atLeast: boolean
}

export interface CollectOptions {
  readonly search: LogSearch
  readonly rule: AlertRule
  readonly window: Window
  readonly maxEvents: number
  /** Ends the search; what was found by then counts. */
  readonly signal: AbortSignal
  /** How much is kept: values a ranking, records at each end of a log group. */
  readonly limits?: SummaryLimits | undefined
  /** Told of each matching record. */
  readonly onFacts?:
    | ((facts: EventFacts, event: { readonly timestamp: number }, amount: number | undefined) => void)
    | undefined
}

/** Sums up what matches one rule in one window: events go in one by one, in constant memory. */
export interface EvidenceTally {
  /** Takes an event of the window; one that the rule does not match changes nothing. */
  take(event: { readonly timestamp: number; readonly message: string }, logGroupName: string): void
  /** More events matched than are counted. */
  readonly full: boolean
  readonly total: number
  /** What was found; with what went wrong in the search, in sentences. */
  result(search?: {
    readonly problems: readonly string[]
    /** There may be more than was found. */
    readonly atLeast: boolean
    /** Nothing could be read at all. */
    readonly nothing: boolean
  }): Evidence
}

/**
 * The one reader of evidence: the alert function's search and the local command's both end here. Every event is checked
 * with our own filter engine, whatever the search has found.
 *
 * @throws BucketwatchError PATTERN_SYNTAX: the rule's pattern cannot be read.
 */
export function createEvidenceTally(
  options: Pick<CollectOptions, 'rule' | 'window' | 'maxEvents' | 'limits' | 'onFacts'>,
): EvidenceTally {
  const { rule, window, maxEvents, limits = DEFAULT_SUMMARY_LIMITS } = options
  const read = createReader(rule)
  const tally = createFactsTally(limits)
  let full = false

  return {
    get full() {
      return full
    },
    get total() {
      return tally.total()
    },
    take(event, logGroupName) {
      const found = read(event.message)
      if (found === undefined) return
      if (tally.total() >= maxEvents) {
        full = true
        return
      }
      const facts = readFacts(found.record, { ...event, logGroupName })
      tally.add(facts, event.timestamp, found.amount)
      options.onFacts?.(facts, event, found.amount)
    },
    result(search = { problems: [], atLeast: false, nothing: false }) {
      const cut = full ? [`The search was ended at ${maxEvents} matching records; there are more.`] : []
      const problems = [...search.problems, ...cut]
      return {
        status: problems.length === 0 ? 'complete' : tally.total() === 0 && search.nothing ? 'unavailable' : 'partial',
        problems,
        ...isoWindow(window),
        atLeast: full || search.atLeast,
        ...tally.result(),
      }
    },
  }
}

/**
 * Looks up what matched a rule in a window and sums it up, page by page. Never throws: what could not be read is said in
 * `problems`.
 *
 * @example
 * const evidence = await collectEvidence({ search, rule, window, maxEvents: 50_000, signal: AbortSignal.timeout(20_000) })
 */
export async function collectEvidence(options: CollectOptions): Promise<Evidence> {
  const { search, rule, window, signal } = options
  let tally: EvidenceTally
  try {
    tally = createEvidenceTally(options)
  } catch (error) {
    return unavailable(window, [`The rule's filter pattern could not be read: ${errorMessage(error)}`])
  }
  const problems: string[] = []
  let failed = 0

  async function searchGroup(logGroupName: string): Promise<void> {
    try {
      const pages = search.filterLogEvents({
        logGroupName,
        filterPattern: rule.pattern,
        startTime: window.start,
        endTime: window.end,
        signal,
      })
      for await (const page of pages) {
        for (const event of page) tally.take(event, logGroupName)
        if (signal.aborted || tally.full) break
      }
    } catch (error) {
      if (signal.aborted) return
      failed += 1
      problems.push(describeFailure(error, logGroupName))
    }
  }

  await Promise.all(rule.logGroupNames.map(searchGroup))
  if (signal.aborted) problems.push('The search was ended because it took too long; there may be more.')
  return tally.result({
    problems,
    atLeast: signal.aborted || failed > 0,
    nothing: signal.aborted || failed === rule.logGroupNames.length,
  })
}

/** Reads a message: undefined where it does not match, else what it says and what it adds to the metric. */
function createReader(rule: AlertRule) {
  const pattern = compilePattern(rule.pattern)
  const plain = Number.isFinite(Number(rule.metricValue))
  const value = plain ? undefined : compileMetricValue(rule.metricValue, pattern)
  return (message: string): { record: unknown; amount: number | undefined } | undefined => {
    let record: unknown
    try {
      record = JSON.parse(message)
    } catch {
      record = null
    }
    if (!pattern.matchParsed(record, message)) return undefined
    if (value === undefined || !value.ok) return { record, amount: undefined }
    const read = value.read({ message, parsed: record })
    return { record, amount: read.status === 'value' ? read.value : 0 }
  }
}

const FAILURES: Readonly<Record<LogsFailure, string>> = {
  denied: 'access was denied',
  notFound: 'it does not exist',
  throttled: 'CloudWatch Logs took no more calls (throttling)',
  unavailable: 'CloudWatch Logs could not be reached',
  invalid: 'CloudWatch Logs refused the search',
  other: 'CloudWatch Logs failed',
}

function describeFailure(error: unknown, logGroupName: string): string {
  const why = error instanceof LogsPortError ? `${FAILURES[error.failure]} (${error.message})` : errorMessage(error)
  return `The log group ${logGroupName} could not be searched: ${why}.`
}

function unavailable(window: Window, problems: readonly string[]): Evidence {
  return {
    status: 'unavailable',
    problems,
    ...isoWindow(window),
    atLeast: true,
    ...createFactsTally().result(),
  }
}
