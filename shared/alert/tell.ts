import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import type { SequenceRule } from '../detection/sequence.ts'
import type { DossierStore } from '../incident/dossier-store.ts'
import { createDossiers } from '../incident/dossiers.ts'
import type { Finding } from '../incident/finding.ts'
import type { Hit } from '../incident/hit.ts'
import { type Dossier, type Incident, short, type Untold } from '../incident/incident.ts'
import { aliasesOf, belongsTo, isLinked, link, withAlias } from '../incident/link.ts'
import { makeFinding, type RuleText } from '../incident/make-finding.ts'
import type { FindingTarget, HitSink } from '../incident/ports.ts'
import { withSequences } from '../incident/sequence.ts'
import { acknowledge, claimed, dueAt, settle } from '../incident/settle.ts'
import { type TakeOptions, takeHits } from '../incident/take.ts'
import type { IncidentSettings } from '../settings/incidents.ts'
import { type IncidentLinks, incidentLinks } from './incident-links.ts'
import { renderFinding } from './render-finding.ts'
import type { AlertRule } from './rules.ts'

export interface TellerOptions extends IncidentLinks {
  readonly rules: readonly AlertRule[]
  /** Rules over incidents; default: none. */
  readonly sequences?: readonly SequenceRule[] | undefined
  readonly settings: IncidentSettings
  /** Of our own account, where records do not name theirs; may be empty. */
  readonly accountId: string
  /** What is known of whom: see createStateDossiers. */
  readonly dossiers: DossierStore
  /** The log group `findings`: it gets every finding. */
  readonly record: FindingTarget
  /** Where people are told. */
  readonly targets: readonly FindingTarget[]
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly random: () => number
  readonly log: OperatorLog
}

/** What became of hits. */
export interface HitsTaken {
  /** Hits that were new, had been taken before, and were kept out by the settings. */
  readonly taken: number
  readonly repeated: number
  readonly suppressed: number
  /** Findings that were made and taken by all targets. */
  readonly told: number
  /** Ids of hits that could not be taken, and why: they have to come again. */
  readonly failed: ReadonlyMap<string, BucketwatchError>
}

export interface Teller extends HitSink {
  /** Puts hits into incidents and tells what is due. Never throws: what failed is listed. */
  take(hits: readonly Hit[]): Promise<HitsTaken>
  /** What time alone brings about: updates, reminders, closings, and what a target has not taken yet. */
  tick(): Promise<{ readonly told: number }>
  /** When `tick` has something to do next, ms since the epoch; undefined: never. */
  nextDue(): Promise<number | undefined>
  /** Principals whose incidents go on, or of which something is still to be told. */
  awaited(): Promise<readonly string[]>
  /** The incidents of a principal, wherever they are kept. */
  incidentsOf(principal: string): Promise<readonly Incident[]>
  /** A principal's incidents as they stand, told or not; without those that go on in others. */
  findingsOf(principal: string): Promise<readonly Finding[]>
}

/** What the log says where a target has to be tried again, and where there is no sense in it; infra/findings.ts counts both. */
export const UNTOLD_MESSAGE = 'A target did not take a finding; it is tried again.'
export const REFUSED_MESSAGE = 'A target refused a finding; it is not tried again.'

/** Whether a target has yet to take an earlier finding: it gets an incident's in order, so that an end is the end. */
function isBehind(
  target: string,
  incident: Incident,
  { sequence }: Untold,
  taken: ReadonlyMap<string, readonly string[]>,
): boolean {
  return incident.untold.some((earlier) => {
    if (earlier.sequence >= sequence || earlier.to !== 'all') return false
    const told = taken.get(`${incident.id}.${earlier.sequence}`) ?? earlier.told
    return !told.includes(target)
  })
}

/** Its rules ask for an alarm on a kind of call, whatever it means. */
const COMPLIANCE_PACK = 'cis'

/** An alias of an alias: a bucket that a key opened that turned out to be a person's. */
const MAX_HOPS = 3

/**
 * Tells people of incidents: the one responder to hits, in the cloud, in tests and on this machine. A finding is written
 * into the incident before anybody is told, and marked when all have taken it: what a crash or a target that fails
 * leaves is told later, and nothing that a target has taken comes to it again.
 *
 * @example
 * const teller = createTeller(options); await teller.take(hits); await teller.tick()
 */
export function createTeller(options: TellerOptions): Teller {
  const { stage, settings, now, log, record, targets } = options
  const quietMs = settings.quietMinutes * 60_000
  const remindMs = settings.remindHours * 3_600_000
  const { sequences = [] } = options
  const packs = new Map(options.rules.map(({ id, pack }) => [id, pack]))
  const rules = new Map<string, RuleText>([...options.rules, ...sequences].map((rule) => [rule.id, rule]))
  const dossiers = createDossiers({
    ...options,
    store: options.dossiers,
    dueAt: (dossier) => dueAt(dossier, { quietMs, remindMs }),
  })
  const settled = (dossier: Dossier): Dossier => settle(dossier, { now: now(), quietMs, remindMs })
  /** The same, and what its new hits make of it together with those before. */
  const completed = (before: Dossier, after: Dossier): Dossier =>
    settled(withSequences(before, after, { sequences, suppressions: settings.suppressions, now: now() }))
  const takeOptions = (): TakeOptions => ({
    now: now(),
    stage,
    quietMs,
    suppressions: settings.suppressions,
    isCompliance: (rule) => packs.get(rule) === COMPLIANCE_PACK,
  })

  type Counts = { taken: number; repeated: number; suppressed: number; told: number }

  const findingOf = (principal: string, incident: Incident, untold: Untold): Finding =>
    makeFinding(incident, untold, {
      principal,
      rules,
      stage,
      accountId: options.accountId,
      region: options.region,
      links: (of) => incidentLinks(of, options),
    })

  /** Tells what a written change has taken on, and notes who took it. Returns how many were told to all. */
  async function tellClaimed(before: Dossier, after: Dossier): Promise<number> {
    let told = 0
    const taken = new Map<string, readonly string[]>()
    for (const { incident, untold } of claimed(before, after)) {
      const { principal } = after
      const finding = findingOf(principal, incident, untold)
      const wanted = untold.to === 'record' ? [record] : [record, ...targets]
      const behind = targets.filter(({ name }) => isBehind(name, incident, untold, taken))
      const took = await send(
        finding,
        wanted.filter((target) => !untold.told.includes(target.name) && !behind.includes(target)),
      )
      const all = [...untold.told, ...took]
      taken.set(finding.id, all)
      const isDone = wanted.every(({ name }) => all.includes(name))
      if (isDone) told += 1
      const { incidentId, sequence } = finding
      await dossiers.change(principal, (dossier) => acknowledge(dossier, { incidentId, sequence }, took, isDone, now()))
    }
    return told
  }

  /** Sends a finding to targets, all at once; names those that took it. */
  async function send(finding: Finding, to: readonly FindingTarget[]): Promise<string[]> {
    const text = renderFinding(finding)
    const results = await Promise.allSettled(to.map(async (target) => target.send(finding, text)))
    return results.flatMap((result, index) => {
      const { name } = to[index]!
      if (result.status === 'fulfilled') return [name]
      // It would refuse it again, and what else there is to tell must not wait for that.
      const isRefused = result.reason instanceof BucketwatchError && !result.reason.retryable
      log.error(isRefused ? REFUSED_MESSAGE : UNTOLD_MESSAGE, {
        target: name,
        finding: finding.id,
        reason: errorMessage(result.reason),
      })
      return isRefused ? [name] : []
    })
  }

  /** Hits of a principal into its dossier, or into that of whoever it turned out to be. */
  async function place(principal: string, hits: readonly Hit[], counts: Counts, hops = 0): Promise<void> {
    let alias: string | undefined
    let counted = { taken: 0, repeated: 0, suppressed: 0 }
    const put = (dossier: Dossier): Dossier => {
      alias = hops < MAX_HOPS ? dossier.alias : undefined
      if (alias !== undefined) return withAlias(dossier, alias, now())
      const result = takeHits(dossier, hits, takeOptions())
      counted = result
      return completed(dossier, result.dossier)
    }
    const { before, after } = await dossiers.change(principal, put)
    if (alias === undefined) {
      counts.taken += counted.taken
      counts.repeated += counted.repeated
      counts.suppressed += counted.suppressed
      counts.told += await tellClaimed(before, after)
      return
    }
    const target = await dossiers.read(alias)
    const seen = new Set(before.seen)
    const fresh = hits.filter(({ id }) => !seen.has(short(id)))
    counts.repeated += hits.length - fresh.length
    const [theirs, own] = [true, false].map((wanted) =>
      fresh.filter((hit) => belongsTo(target, hit, quietMs) === wanted),
    ) as [Hit[], Hit[]]
    if (theirs.length > 0) await place(alias, theirs, counts, hops + 1)
    if (own.length > 0) await place(principal, own, counts, MAX_HOPS)
  }

  /** Principals that the hits show to be this one. */
  async function linkAliases(principal: string, hits: readonly Hit[], counts: Counts): Promise<void> {
    for (const alias of new Set(hits.flatMap(aliasesOf))) {
      if (isLinked(await dossiers.read(alias), principal, now())) continue
      const changes = await dossiers.changeBoth(principal, alias, (target, source) => {
        const linked = link(target, source, { now: now(), quietMs })
        return [completed(target, linked.target), settled(linked.source)]
      })
      for (const { before, after } of changes) counts.told += await tellClaimed(before, after)
    }
  }

  async function take(hits: readonly Hit[]): Promise<HitsTaken> {
    const counts: Counts = { taken: 0, repeated: 0, suppressed: 0, told: 0 }
    const failed = new Map<string, BucketwatchError>()
    for (const [principal, of] of Map.groupBy(hits, (hit) => hit.principal)) {
      try {
        await place(principal, of, counts)
        await linkAliases(principal, of, counts)
      } catch (error) {
        log.error('Hits could not be taken; they come again.', { principal, reason: errorMessage(error) })
        const coded =
          error instanceof BucketwatchError
            ? error
            : new BucketwatchError('INTERNAL', errorMessage(error), {}, { cause: error })
        for (const { id } of of) failed.set(id, coded)
      }
    }
    return { ...counts, failed }
  }

  return {
    take,
    async put(hits) {
      const { failed } = await take(hits)
      for (const error of failed.values()) throw error
    },
    async tick() {
      let told = 0
      for (const principal of await dossiers.due()) {
        try {
          const { before, after } = await dossiers.change(principal, settled)
          told += await tellClaimed(before, after)
        } catch (error) {
          log.error('An incident could not be looked at; the next minute tries again.', {
            principal,
            reason: errorMessage(error),
          })
        }
      }
      return { told }
    },
    nextDue: dossiers.nextDue,
    awaited: dossiers.awaited,
    async findingsOf(principal) {
      const { incidents } = await dossiers.read(principal)
      return incidents
        .filter(({ mergedInto }) => mergedInto === undefined)
        .map((incident) => {
          const { sequence, isOver, heard: time } = incident
          const event = isOver ? 'closed' : 'opened'
          return findingOf(principal, incident, {
            sequence,
            event,
            time,
            news: [],
            added: 0,
            to: 'all',
            told: [],
            until: 0,
            tries: 0,
          })
        })
    },
    async incidentsOf(principal) {
      const { incidents, alias } = await dossiers.read(principal)
      return alias === undefined ? incidents : [...incidents, ...(await dossiers.read(alias)).incidents]
    },
  }
}
