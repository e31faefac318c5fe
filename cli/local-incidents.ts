/** Incidents on this machine: the teller that runs in the cloud, over memory, telling whoever asks. */
import { createFindingsLog } from '../shared/alert/findings-log.ts'
import type { AlertRules } from '../shared/alert/rules.ts'
import { createTeller } from '../shared/alert/tell.ts'
import { saysSomething } from '../shared/alert/topic-target.ts'
import type { Finding } from '../shared/incident/finding.ts'
import type { Hit } from '../shared/incident/hit.ts'
import type { Incident } from '../shared/incident/incident.ts'
import { createMemoryDossiers } from '../shared/incident/memory-dossiers.ts'
import type { HitSink } from '../shared/incident/ports.ts'
import { createLocalLogs } from '../shared/local/logs.ts'

export interface LocalIncidents extends HitSink {
  /** Findings that people would have been told, in order. */
  readonly told: readonly Finding[]
  /** Those since the last call. */
  news(): readonly Finding[]
  /**
   * Lets the time go on, minute by minute where something is to be done.
   *
   * @param set puts the clock forward; absent: it goes by itself, and only what is due now is done.
   */
  pass(until: number, set?: (now: number) => void): Promise<void>
  /** All incidents as they stand. */
  current(): Promise<readonly Finding[]>
  incidentsOf(principal: string): Promise<readonly Incident[]>
}

/**
 * @param options.root where the log groups are; findings go to `<logGroupPrefix>/findings`.
 */
export function createLocalIncidents(options: {
  readonly rules: AlertRules
  readonly stage: string
  readonly logGroupPrefix: string
  readonly accountId: string
  readonly root: string
  readonly now: () => number
}): LocalIncidents {
  const { rules, logGroupPrefix, root, now } = options
  const told: Finding[] = []
  const principals = new Set<string>()
  let seen = 0
  const logGroupName = `${logGroupPrefix}/findings`
  const logs = createLocalLogs({ root, now })
  const log = createFindingsLog({ logs, logGroupName, logStreamName: `alert/${process.pid}`, now })
  let group: Promise<void> | undefined
  const teller = createTeller({
    ...options,
    rules: rules.rules,
    sequences: rules.sequences,
    settings: rules.incidents,
    // There is no console to look into, and a Region would be invented.
    region: '',
    partition: '',
    dossiers: createMemoryDossiers(options),
    record: {
      name: log.name,
      async send(finding, text) {
        group ??= logs.createLogGroup(logGroupName)
        await group
        await log.send(finding, text)
      },
    },
    targets: [
      {
        name: 'screen',
        async send(finding) {
          if (saysSomething(finding)) told.push(finding)
        },
      },
    ],
    sleep: async () => {},
    random: Math.random,
    log: QUIET,
  })
  return {
    told,
    async put(hits: readonly Hit[]) {
      for (const { principal } of hits) principals.add(principal)
      await teller.put(hits)
    },
    news() {
      const fresh = told.slice(seen)
      seen = told.length
      return fresh
    },
    async pass(until, set) {
      for (;;) {
        const due = await teller.nextDue()
        if (due === undefined || due > until) break
        set?.(Math.max(due, now()))
        const { told: more } = await teller.tick()
        // The clock does not go on here: what is not due now comes with the next look.
        if (set === undefined && more === 0) break
      }
      set?.(until)
    },
    async current() {
      const all = await Promise.all([...principals].map((principal) => teller.findingsOf(principal)))
      return all.flat()
    },
    incidentsOf: teller.incidentsOf,
  }
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
