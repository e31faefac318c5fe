/** A trail that falls silent: told in the incident of whoever stopped it, when its alarm goes off, as the deployed function does. */
import { describe, expect, test } from 'vitest'
import { event, MINUTE, objectsOf, replayed, START, stopLogging } from './support.ts'

const RULE = 'pipe-trail-silent'
const at = (minutes: number) => START + minutes * MINUTE
const stop = (minutes: number, given: object = {}): object => stopLogging({ at: at(minutes), ...given })

/** An object every five minutes until an hour has gone, then these, then nothing for three hours, then one record. */
function silence(last: readonly object[], from = 0): object[][] {
  const busy = Array.from({ length: (60 - from) / 5 + 1 }, (_, slot) => [
    event({ at: at(from + slot * 5), user: 'deploy' }),
  ])
  return [...busy, [...last], [event({ at: at(4 * 60), user: 'deploy' })]]
}

const told = async (records: object[][], each?: number) => {
  const { model } = await replayed({ ...objectsOf(records), ...(each === undefined ? {} : { each }) })
  const rule = model.rules.find(({ id }) => id === RULE)!
  const of = model.incidents.filter(({ finding }) => finding.rules.some(({ id }) => id === RULE))
  return { model, rule, of }
}

describe('a silence', () => {
  test('is part of the incident of whoever stopped the trail, and is told', async () => {
    const { model, rule, of } = await told(silence([stop(62)]))
    expect([rule.alarm?.fired, rule.incidents, rule.hits]).toEqual([1, 1, 1])
    expect(of.map(({ finding }) => finding.person)).toEqual(['mallory'])
    const [{ finding }] = of as [(typeof of)[number]]
    const fired = rule.alarm!.changes.find(({ state }) => state === 'ALARM')!
    expect(finding.lastTime).toBe(fired.time)
    expect(finding.story.at(-1)).toMatchObject({
      rules: [RULE],
      text: expect.stringMatching(/^No record: nothing came to /),
    })
    expect(model.tellings.map(({ incidentId }) => incidentId)).toContain(finding.incidentId)
    expect(model.tellings.filter(({ time }) => time >= fired.time).length).toBeGreaterThan(0)
  })

  test('comes to the same however objects are put together', async () => {
    const records = silence([stop(62)])
    const [one, all] = await Promise.all([told(records, 1), told(records, 20)])
    expect(one.model).toEqual(all.model)
  })

  test('that nobody brought about is an alarm, and nobody’s incident', async () => {
    const { rule, of } = await told(silence([event({ at: at(62), user: 'mallory' })]))
    expect([rule.alarm?.fired, rule.incidents, of]).toEqual([1, 0, []])
  })

  test('is not brought about by a call that was refused, nor by one that lies more than an hour before', async () => {
    const refused = await told(silence([stop(62, { errorCode: 'AccessDenied' })]))
    const [first, ...rest] = silence([], -240)
    const early = await told([[...first!, stop(-239)], ...rest])
    for (const { rule, of } of [refused, early]) expect([rule.alarm?.fired, of]).toEqual([1, []])
  })

  test('that did not come is none', async () => {
    const records = Array.from({ length: 40 }, (_, slot) => [
      event({ at: at(slot * 5), user: 'deploy' }),
      ...(slot === 12 ? [stop(61)] : []),
    ])
    const { rule, of } = await told(records)
    expect([rule.alarm?.fired ?? 0, of]).toEqual([0, []])
  })
})
