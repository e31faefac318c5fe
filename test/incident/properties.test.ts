/** Whatever the order, however often, however many at once: the same facts are told, none is lost, none is told twice. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../shared/incident/finding.ts'
import { type Fitting, fitted, MAX_DOSSIER_BYTES, refitted } from '../../shared/incident/fit.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { type Dossier, emptyDossier, type Incident } from '../../shared/incident/incident.ts'
import { acknowledge, claimed, settle } from '../../shared/incident/settle.ts'
import { takeHits } from '../../shared/incident/take.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { call, HOUR, hit, MINUTE, START, tellerOf, testClock } from './support.ts'

const QUIET = 2 * HOUR
const options = { now: START, stage: 'prod', quietMs: QUIET, suppressions: [], isCompliance: () => false }

/** Hits of one person; some together, some a day apart, some of the same calls by two rules. */
const hitsWithin = (minutes: number) =>
  fc
    .array(
      fc.record({
        day: fc.integer({ min: 0, max: 2 }),
        minute: fc.integer({ min: 0, max: minutes }),
        rule: fc.constantFrom('a', 'b', 'c', 'd'),
        severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'critical' as const),
        bucket: fc.constantFrom('x', 'y', 'z'),
        address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
        calls: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 1, maxLength: 14 },
    )
    .map((given) =>
      given.map(({ day, minute, rule, severity, bucket, address, calls }, n) => {
        const at = START - day * 24 * HOUR + minute * MINUTE
        const records = Array.from({ length: calls }, (_, i) =>
          call({ at: at + i, bucket, sourceIPAddress: address, requestID: `R${day}.${minute}.${i}` }),
        )
        return hit(records, { rule, severity, object: `o${n}` })
      }),
    )

/** What is known of an incident, told apart from how it came to be known. */
function factsOf({ first, last, severity, matches, rules, rankings, moments }: Incident) {
  return { first, last, severity, matches, rules, rankings, moments }
}

const factsOfAll = ({ incidents }: Dossier) =>
  incidents.filter(({ mergedInto }) => mergedInto === undefined).map(factsOf)

describe('hits in any order', () => {
  test('give the same incidents', () => {
    fc.assert(
      fc.property(
        // Within a quiet time, and within several: then what comes between two incidents bridges them.
        fc
          .oneof(hitsWithin(90), hitsWithin(600))
          .chain((hits) =>
            fc.tuple(fc.constant(hits), fc.shuffledSubarray([...hits, ...hits], { minLength: hits.length * 2 })),
          ),
        ([hits, shuffled]) => {
          const straight = takeHits(emptyDossier('p'), hits, options).dossier
          let dossier = emptyDossier('p')
          for (const one of shuffled) dossier = takeHits(dossier, [one], options).dossier
          expect(factsOfAll(dossier)).toEqual(factsOfAll(straight))
        },
      ),
    )
  })

  test('told by several instances at once, whose targets fail and who die: all is told, nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(hitsWithin(90), fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (hits, dice) => {
        const roll = () => dice.next().value as number
        const clock = testClock()
        const state = createMemoryState({ now: () => clock.time })
        const sleep = () => new Promise((resolve) => setImmediate(resolve))
        const took: Finding[] = []
        const targets = [
          {
            name: 'mail',
            async send(finding: Finding) {
              if (roll() < 3) throw new Error('down')
              took.push(finding)
            },
          },
        ]
        const make = () => tellerOf({ state, targets, sleep }, clock)
        const instances = [make(), make(), make()]
        const queue: Hit[] = hits.flatMap((one) => (roll() < 3 ? [one, one] : [one]))
        while (queue.length > 0) {
          const batch = queue.splice(0, 1 + (roll() % 4))
          await Promise.all(batch.map((one, n) => instances[n % 3]!.teller.take(roll() < 2 ? [one, one] : [one])))
          clock.time += roll() * MINUTE
        }
        const last = make()
        await last.pass(clock.time + 40 * HOUR)
        const expected = takeHits(emptyDossier('p'), hits, options).dossier.incidents
        const ends = took.filter(({ event }) => event === 'closed')
        const newest = new Map(ends.map((finding) => [finding.incidentId, finding]))
        expect([...newest.values()].map(({ matches }) => matches).sort()).toEqual(
          expected.map(({ matches }) => matches).sort(),
        )
        const told = [...newest.values()].flatMap(({ rules }) => rules.map(({ id, matches }) => `${id} ${matches}`))
        expect(told.sort()).toEqual(
          expected.flatMap(({ rules }) => Object.entries(rules).map(([id, { matches }]) => `${id} ${matches}`)).sort(),
        )
        const ids = took.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(await last.teller.nextDue()).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })
})

describe('what is kept', () => {
  test('is at most 32 KB, whatever comes, and what is untold stays', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 900 }), { minLength: 5, maxLength: 5 }), (texts) => {
        let dossier = emptyDossier('p')
        for (let n = 0; n < 300; n += 1) {
          const [user, key, bucket, rule, sourceIPAddress] = texts.map((text) => `${n}${text}`) as [
            string,
            string,
            string,
            string,
            string,
          ]
          const at = START + n * 20 * MINUTE
          const records = [call({ user, key, bucket, sourceIPAddress, at, userAgent: key, errorMessage: key })]
          dossier = takeHits(dossier, [hit(records, { rule, object: `o${n}` })], { ...options, now: at }).dossier
          dossier = fitted(settle(dossier, { now: at, quietMs: QUIET, remindMs: 24 * HOUR })).dossier
        }
        const { json } = fitted(dossier)
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_DOSSIER_BYTES)
        expect(dossier.incidents.at(-1)!.untold[0]!.event).toBe('opened')
      }),
      { numRuns: 3 },
    )
  })

  test('is the same whether all of it is measured or only what is new, and what its JSON says', () => {
    const story = fc.array(fc.record({ step: fc.nat(3), minutes: fc.nat(200), length: fc.nat(900) }), { maxLength: 60 })
    fc.assert(
      fc.property(story, (steps) => {
        let [now, before]: [number, Fitting] = [START, { dossier: emptyDossier('p'), bytes: MAX_DOSSIER_BYTES }]
        for (const [n, { step, minutes, length }] of steps.entries()) {
          now += minutes * MINUTE
          const after = changed(before.dossier, step, { n, now, text: 'ü'.repeat(length) })
          const whole = fitted(after)
          const next = refitted(before, after)
          expect(next.dossier).toStrictEqual(whole.dossier)
          expect(next.dossier).toStrictEqual(JSON.parse(whole.json))
          expect(next.bytes).toBeGreaterThanOrEqual(Buffer.byteLength(whole.json))
          before = next
        }
      }),
      { numRuns: 60 },
    )
  })

  /** More hits, or only what is told of those before. */
  function changed(dossier: Dossier, step: number, at: { n: number; now: number; text: string }): Dossier {
    const { n, now, text } = at
    const settled = settle(dossier, { now, quietMs: QUIET, remindMs: HOUR })
    if (step === 0) return settled
    if (step === 1) {
      const told = settled.incidents.flatMap(({ id, untold }) => untold.map(({ sequence }) => ({ id, sequence })))
      return told.reduce(
        (all, { id, sequence }) => acknowledge(all, { incidentId: id, sequence }, [text], n % 2 === 0, now),
        settled,
      )
    }
    const records = [call({ at: now, key: `${n}${text}`, errorMessage: text })]
    const rule = ['rule-0', 'rule-1', '"rule"', 'règle', 'rule-4'][n % 5]!
    return takeHits(settled, [hit(records, { rule, object: `o${n}` })], { ...options, now }).dossier
  }

  test('names that every object has are names of rules and of reasons like others', () => {
    const suppressions = [{ rule: 'off-*', reason: 'constructor', until: Number.POSITIVE_INFINITY }]
    const take = (dossier: Dossier, rule: string, object: string) =>
      takeHits(dossier, [hit([call({ key: object })], { rule, object })], { ...options, suppressions }).dossier
    const of = (rule: string) => take(take(take(emptyDossier('p'), rule, 'a'), rule, 'b'), 'off-a', 'c')
    const [usual, odd] = [of('usual'), of('constructor')].map(({ incidents: [incident] }) => incident!)
    expect(JSON.stringify(odd!.rules).replaceAll('constructor', 'usual')).toBe(JSON.stringify(usual!.rules))
    expect(Object.entries(odd!.suppressed)).toEqual([['constructor', 1]])
  })

  test('a finding is claimed by who wrote it, and once told it is gone', () => {
    const before = emptyDossier('p')
    const after = settle(takeHits(before, [hit([call()])], options).dossier, {
      now: START,
      quietMs: QUIET,
      remindMs: HOUR,
    })
    const [claim] = claimed(before, after)
    expect(claim!.untold).toMatchObject({ event: 'opened', sequence: 1 })
    expect(claimed(after, settle(after, { now: START + 1, quietMs: QUIET, remindMs: HOUR }))).toEqual([])
    const told = acknowledge(after, { incidentId: claim!.incident.id, sequence: 1 }, ['mail'], true, START)
    expect(told.incidents[0]!.untold).toEqual([])
  })
})
