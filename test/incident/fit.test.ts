import { expect, test } from 'vitest'
import { fitted } from '../../shared/incident/fit.ts'
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
    aliases: [],
  } as const
  expect(JSON.parse(fitted(dossier).json)).toEqual(JSON.parse(JSON.stringify(dossier)))
  expect([incident.moments.length, incident.leftOut]).toEqual([2, 0])
})
