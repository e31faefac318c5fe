import { expect, test } from 'vitest'
import { fitted, MAX_DOSSIER_BYTES } from '../../shared/incident/fit.ts'
import type { Dossier } from '../../shared/incident/incident.ts'
import { call, hit, MINUTE, START, tellerOf } from './support.ts'

/** A dossier with a story of so many different calls, each with long names. */
async function longStory(calls: number) {
  const { teller } = tellerOf()
  for (let at = 0; at < calls; at++) {
    const key = `${String(at).padStart(4, '0')}-${'k'.repeat(700)}`
    const record = call({ at: START + at * MINUTE, eventName: `Call${at}`, key, bucket: `amzn-s3-demo-bucket${at}` })
    await teller.take([hit([record], { rule: `rule-${at % 7}`, object: `object-${at}` })])
  }
  const principal = 'person:111122223333/mallory'
  const [incident] = await teller.incidentsOf(principal)
  return incident!
}

test('a dossier that is too long keeps how the story began, and counts what it leaves out', async () => {
  const incident = await longStory(120)
  expect(incident.matches).toBe(120)
  const first = incident.moments[0]!
  expect(first.what).toContain('Call0')
  const told = incident.moments.reduce((sum, { calls }) => sum + calls, 0)
  expect(told + incident.leftOut).toBe(120)
  expect(incident.leftOut).toBeGreaterThan(0)
})

test('what fits stays as it is', async () => {
  const incident = await longStory(2)
  const dossier = {
    version: 1,
    principal: 'person:111122223333/mallory',
    incidents: [incident],
    seen: [],
    suppressed: {},
  } as const
  expect(JSON.parse(fitted(dossier).json)).toEqual(JSON.parse(JSON.stringify(dossier)))
  expect([incident.moments.length, incident.leftOut]).toEqual([2, 0])
})

const dossierOf = (incidents: Dossier['incidents'], seen: readonly string[] = []): Dossier => ({
  version: 1,
  principal: 'person:111122223333/mallory',
  incidents,
  seen: [...seen],
  suppressed: {},
})

test.each([40, 200, 2_000, 8_000])(
  'of a story with texts of %i letters its beginning stays, and the rest is counted',
  async (letters) => {
    const incident = await longStory(1)
    const moments = Array.from({ length: 60 }, (_, n) => ({
      ...incident.moments[0]!,
      id: `m${n}`,
      what: `Call${n}`,
      calls: 2,
      on: 'k'.repeat(letters),
    }))
    const calls = Array.from({ length: 300 }, (_, n) => `call-${n}`)
    const { dossier, json } = fitted(dossierOf([{ ...incident, moments, calls, leftOut: 5 }]))
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(dossier)))
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_DOSSIER_BYTES)
    const [kept] = dossier.incidents
    expect(kept!.moments.map(({ what }) => what)).toEqual(
      moments.slice(0, kept!.moments.length).map(({ what }) => what),
    )
    expect(kept!.leftOut).toBe(5 + 2 * (60 - kept!.moments.length))
    // Of calls those that came last: they may come again.
    expect(kept!.calls).toEqual(calls.slice(calls.length - kept!.calls.length))
    expect(kept!.matches).toBe(incident.matches)
  },
)

test('what is over and told goes before the story of what goes on; what is untold stays', async () => {
  const incident = await longStory(1)
  const moments = Array.from({ length: 20 }, (_, n) => ({ ...incident.moments[0]!, id: `m${n}`, on: 'k'.repeat(600) }))
  const open = { ...incident, id: 'open', moments, isOver: false, untold: [] }
  const over = { ...incident, id: 'over', moments, isOver: true, untold: [] }
  const { dossier } = fitted(dossierOf([over, over, open]))
  expect(dossier.incidents.find(({ id }) => id === 'open')!.moments).toHaveLength(20)
  expect(dossier.incidents.filter(({ id }) => id === 'over').every((one) => one.moments.length === 0)).toBe(true)
  const untold = { ...over, id: 'untold', untold: open.untold.concat(['x'] as never) }
  expect(fitted(dossierOf([untold, open])).dossier.incidents.map(({ id }) => id)).toEqual(['untold', 'open'])
  const many = Array.from({ length: 12 }, (_, n) => ({ ...over, id: `over-${n}`, moments: [] }))
  expect(fitted(dossierOf([...many, open])).dossier.incidents[0]!.id).toBe('over-4')
})
