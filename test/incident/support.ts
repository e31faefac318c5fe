/** Hits made by hand, and a teller over a state in memory whose clock the test moves. */

import { createTeller, type TellerOptions } from '../../shared/alert/tell.ts'
import type { StateStore } from '../../shared/contracts/state.ts'
import type { Severity } from '../../shared/detection/schema.ts'
import { createFactsTally } from '../../shared/incident/evidence.ts'
import { type EventFacts, readFacts } from '../../shared/incident/facts.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import type { FindingTarget } from '../../shared/incident/ports.ts'
import { principalOf } from '../../shared/incident/principal.ts'
import { createStateDossiers } from '../../shared/incident/state-dossiers.ts'
import { DEFAULT_INCIDENT_SETTINGS } from '../../shared/settings/incidents.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { alertRule, memoryLog } from '../alert/support.ts'

export const ACCOUNT = '111122223333'
export const BUCKET = 'amzn-s3-demo-bucket'
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** When things begin. */
export const START = Date.UTC(2026, 2, 17, 9)

let requests = 0

/** One call by a user, as CloudTrail tells it, normalized. */
export function call(
  given: Record<string, unknown> & { user?: string; at?: number; bucket?: string; key?: string } = {},
) {
  const { user = 'mallory', at = START, bucket = BUCKET, key, ...rest } = given
  requests += 1
  return {
    kind: 'event',
    source: 'cloudtrail',
    eventTime: new Date(at).toISOString(),
    eventName: 'GetObject',
    outcome: 'success',
    actorType: 'user',
    actor: `arn:aws:iam::${ACCOUNT}:user/${user}`,
    person: user,
    keyId: `AKIA${user.toUpperCase().padEnd(9, '0')}EXAMPLE`,
    sourceIPAddress: '198.51.100.7',
    ipClass: 'public',
    recipientAccountId: ACCOUNT,
    awsRegion: 'eu-central-1',
    requestID: `R${requests}`,
    requestParameters: { bucketName: bucket, ...(key === undefined ? {} : { key }) },
    ...rest,
  }
}

/** The same by nobody in particular. */
export function nobody(given: Parameters<typeof call>[0] = {}) {
  return call({
    actorType: 'anonymous',
    actor: undefined,
    person: undefined,
    keyId: undefined,
    anonymous: true,
    source: 's3access',
    ...given,
  })
}

export interface HitOptions {
  readonly rule?: string
  readonly severity?: Severity
  /** Name of the object; hits of one rule, principal and object are one hit. */
  readonly object?: string
  readonly log?: 'cloudtrail' | 'access-log'
  readonly threshold?: number
  readonly records?: number
}

/** What the matcher makes of an object's records that match a rule. */
export function hit(records: readonly Record<string, unknown>[], options: HitOptions = {}): Hit {
  const { rule = 's3-policy-public', severity = 'high', object = `object-${requests}`, log = 'cloudtrail' } = options
  const logGroupName = `/bucketwatch/prod/${log}`
  const facts: EventFacts[] = records.map((record) => readFacts(record, { timestamp: 0, message: '', logGroupName }))
  const tally = createFactsTally({ top: 10, records: 5 })
  for (const one of facts) tally.add(one, Date.parse(one.time))
  const times = facts.map(({ time }) => Date.parse(time))
  const principal = principalOf(facts[0]!)
  return {
    version: 1,
    id: `${object} ${rule} ${principal}`,
    rule,
    severity,
    principal,
    entity: { principal },
    first: Math.min(...times),
    last: Math.max(...times),
    at: Math.max(...times),
    matches: records.length,
    count: 'events',
    amount: records.length,
    threshold: options.threshold ?? 1,
    window: options.threshold === undefined ? 0 : 300,
    evidence: tally.result(),
    calls: facts.slice(0, 64).map(({ requestID, key }) => `${requestID} ${key ?? ''}`),
    object: { bucket: 'amzn-s3-demo-logs', key: object },
    logGroupName,
  }
}

/** A target that keeps what it gets; `isDown` makes it fail. */
export function memoryTarget(name: string): FindingTarget & { readonly findings: Finding[]; isDown: boolean } {
  const findings: Finding[] = []
  return {
    name,
    findings,
    isDown: false,
    async send(finding) {
      if (this.isDown) throw new Error(`${name} is down`)
      findings.push(finding)
    },
  }
}

/** A clock that stands where the test puts it. */
export function testClock(time = START) {
  return {
    time,
    now(): number {
      return this.time
    },
  }
}

/** @param given.state of it the dossiers, where there are no others; default: one in memory. */
export function tellerOf(
  given: Partial<Omit<TellerOptions, 'now'>> & { readonly state?: StateStore } = {},
  clock = testClock(),
) {
  const record = memoryTarget('findings')
  const mail = memoryTarget('mail')
  const now = () => clock.time
  const { state = createMemoryState({ now }), stage = 'prod', log = memoryLog(), ...others } = given
  const options: TellerOptions = {
    rules: [],
    settings: DEFAULT_INCIDENT_SETTINGS,
    stage,
    logGroupPrefix: '/bucketwatch/prod',
    accountId: ACCOUNT,
    region: 'eu-central-1',
    partition: 'aws',
    dossiers: createStateDossiers({ state, stage, now, log }),
    record,
    targets: [mail],
    now,
    sleep: async () => {},
    random: () => 0.5,
    log,
    ...others,
  }
  const teller = createTeller(options)
  /** Lets the time go on to `until`, and the schedule look whenever there is something to do. */
  async function pass(until: number): Promise<void> {
    for (;;) {
      const due = await teller.nextDue()
      if (due === undefined || due > until) break
      clock.time = Math.max(clock.time + 1, due)
      await teller.tick()
    }
    clock.time = Math.max(clock.time, until)
  }
  return { teller, clock, record, mail, options, pass, events: () => mail.findings.map(({ event }) => event) }
}

export const rulesOf = (...ids: readonly string[]) => ids.map((id) => alertRule({ id, title: `Title of ${id}` }))
