/** Incidents at the end of a replay: hits in the order of their times, through the teller that is deployed. */
import type { FindingText } from '../alert/render-finding.ts'
import type { AlertRules } from '../alert/rules.ts'
import { createTeller } from '../alert/tell.ts'
import { saysSomething } from '../alert/topic-target.ts'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { LEAST_AHEAD_MS } from '../incident/dossiers.ts'
import type { Finding } from '../incident/finding.ts'
import type { Hit } from '../incident/hit.ts'
import type { Incident } from '../incident/incident.ts'
import { createMemoryDossiers } from '../incident/memory-dossiers.ts'
import type { ReplayIncident, Telling } from './model.ts'

export interface TelltaleOptions {
  readonly alertRules: AlertRules
  readonly stage: string
  readonly accountId: string
  /** Keeps the whole text of each message. */
  readonly showAlerts: boolean
}

export interface Telltale {
  /** Takes hits that are told at a time, ms since the epoch; times never go back. */
  take(time: number, hits: readonly Hit[]): Promise<void>
  /** The incidents of a principal, as they stand at a time. */
  incidentsAt(time: number, principal: string): Promise<readonly Incident[]>
  /** Lets the time go on until all is told, and says what there was. */
  finish(): Promise<{
    readonly incidents: readonly ReplayIncident[]
    readonly leftOut: number
    readonly tellings: readonly Telling[]
    /** Hits by rule. */
    readonly hits: ReadonlyMap<string, number>
    /** All incidents by rule, the ones left out too. */
    readonly byRule: ReadonlyMap<string, number>
  }>
}

/** Incidents that are kept whole, and messages. */
const MAX_INCIDENTS = 2_000
const MAX_TELLINGS = 10_000
/** The severities' places in the list of all, the worst last. */
const rankOf = (severity: Severity): number => SEVERITIES.indexOf(severity)

interface Followed {
  finding: Finding
  readonly opened: string
  closed: string | undefined
  messages: number
}

/**
 * @example
 * const telltale = createTelltale({ alertRules, stage: 'replay', accountId: '', showAlerts: false }); await telltale.take(hit.at, [hit])
 */
export function createTelltale(options: TelltaleOptions): Telltale {
  const { alertRules: rules, stage, accountId, showAlerts } = options
  const incidents = new Map<string, Followed>()
  /** Of incidents that are left out: rule → incidents. */
  const byRule = new Map<string, number>()
  let leftOut = 0
  let tellings: Telling[] = []
  const hits = new Map<string, number>()
  const principals = new Set<string>()
  let clock = 0
  const now = () => clock
  /** Until then nothing is to be done. */
  let idleUntil = 0
  const teller = createTeller({
    rules: rules.rules,
    sequences: rules.sequences,
    settings: rules.incidents,
    stage,
    accountId,
    // There is no console to look into.
    region: '',
    partition: '',
    logGroupPrefix: `/bucketwatch/${stage}`,
    dossiers: createMemoryDossiers({ stage, now }),
    record: { name: 'record', send: async (finding) => follow(finding) },
    targets: [
      {
        name: 'people',
        async send(finding, text) {
          if (saysSomething(finding)) tell(finding, text)
        },
      },
    ],
    now,
    sleep: async () => {},
    random: () => 0,
    log: QUIET,
  })

  function follow(finding: Finding): void {
    const { incidentId, mergedInto, isOver } = finding
    if (mergedInto !== undefined) {
      incidents.delete(incidentId)
      return
    }
    const known = incidents.get(incidentId) ?? { finding, opened: time(), closed: undefined, messages: 0 }
    known.finding = finding
    known.closed = isOver ? time() : undefined
    incidents.set(incidentId, known)
    if (incidents.size >= 2 * MAX_INCIDENTS) forget()
  }

  function tell(finding: Finding, said: FindingText): void {
    const { incidentId, event, severity } = finding
    const known = incidents.get(incidentId)
    if (known !== undefined) known.messages += 1
    const { subject } = said
    tellings.push({ time: time(), incidentId, event, severity, subject, ...(showAlerts ? { text: said.text } : {}) })
    if (tellings.length >= 2 * MAX_TELLINGS) tellings = worst(tellings)
  }

  const time = () => new Date(clock).toISOString()

  /** The least severe that are over go first, the oldest of them. */
  function forget(): void {
    const order = [...incidents.values()].sort(
      (a, b) =>
        Number(a.closed === undefined) - Number(b.closed === undefined) ||
        rankOf(a.finding.severity) - rankOf(b.finding.severity) ||
        (a.finding.firstTime < b.finding.firstTime ? -1 : 1),
    )
    for (const { finding } of order.slice(0, Math.max(0, incidents.size - MAX_INCIDENTS))) {
      incidents.delete(finding.incidentId)
      leftOut += 1
      count(finding)
    }
  }

  function count({ rules: of }: Finding): void {
    for (const { id } of of) byRule.set(id, (byRule.get(id) ?? 0) + 1)
  }

  async function pass(until: number): Promise<void> {
    while (until >= idleUntil) {
      idleUntil = (await teller.nextDue()) ?? Number.POSITIVE_INFINITY
      if (idleUntil > until) break
      clock = Math.max(idleUntil, clock)
      await teller.tick()
    }
    clock = Math.max(clock, until)
  }

  /** Whose findings do not say all that is known. The end of an incident does, but for what is kept out of it after that. */
  const unsaid = async (): Promise<Iterable<string>> =>
    rules.incidents.suppressions.length > 0 ? principals : teller.awaited()

  return {
    async incidentsAt(at, principal) {
      await pass(at)
      return teller.incidentsOf(principal)
    },
    async take(at, more) {
      await pass(at)
      for (const { rule, principal } of more) {
        hits.set(rule, (hits.get(rule) ?? 0) + 1)
        principals.add(principal)
      }
      await teller.put(more)
      idleUntil = Math.min(idleUntil, clock + LEAST_AHEAD_MS)
    },
    async finish() {
      // An incident is over when nothing was heard for so long.
      await pass(clock + (rules.incidents.quietMinutes + 5) * 60_000)
      for (const principal of await unsaid()) {
        for (const finding of await teller.findingsOf(principal)) {
          const known = incidents.get(finding.incidentId)
          if (known === undefined) continue
          known.finding = { ...finding, time: known.finding.time, event: known.finding.event }
          if (!finding.isOver) known.closed = undefined
        }
      }
      forget()
      const all = [...incidents.values()].sort(
        (a, b) =>
          Date.parse(a.finding.firstTime) - Date.parse(b.finding.firstTime) ||
          (a.finding.incidentId < b.finding.incidentId ? -1 : 1),
      )
      for (const { finding } of all) count(finding)
      return {
        incidents: all.map(({ finding, opened, closed, messages }) => ({
          // What is new in it is nothing to a reader of all of it.
          finding: { ...finding, news: [], added: 0 },
          opened,
          ...(closed === undefined ? {} : { closed }),
          messages,
        })),
        leftOut,
        tellings: worst(tellings),
        hits,
        byRule,
      }
    },
  }
}

/** Of very many, the worst; in the order of their times. */
function worst(tellings: readonly Telling[]): Telling[] {
  if (tellings.length <= MAX_TELLINGS) return [...tellings]
  return tellings
    .toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity))
    .slice(0, MAX_TELLINGS)
    .sort((a, b) => (a.time < b.time ? -1 : 1))
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
