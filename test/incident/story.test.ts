import { describe, expect, test } from 'vitest'
import type { Moment } from '../../shared/incident/incident.ts'
import { addMoments, MAX_MOMENTS, runs } from '../../shared/incident/moments.ts'
import { storyOf } from '../../shared/incident/story.ts'
import { call, hit, MINUTE, START, tellerOf } from './support.ts'

const moment = (given: Partial<Moment> = {}): Moment => ({
  id: 'm',
  time: START,
  until: START,
  calls: 1,
  what: 'GetObject',
  rules: ['data-cred-file'],
  severity: 'high',
  ...given,
})

test('one call is told as it is; calls of a kind that follow each other are a run', () => {
  const one = moment({ id: 'one', keys: 1 })
  expect(runs([one])).toEqual([one])
  const [run, ...more] = runs([moment({ id: 'a' }), moment({ id: 'b', time: START + MINUTE, until: START + MINUTE })])
  expect([run!.calls, run!.until - run!.time, more]).toEqual([2, MINUTE, []])
  const later = START + 60 * MINUTE
  expect(runs([moment(), moment({ time: later, until: later })])).toHaveLength(2)
})

test('by whom and from where stands where it is not who and where most of the incident is', async () => {
  const { teller } = tellerOf()
  const by = (given: object, at: number) => call({ at: START + at * MINUTE, ...given })
  await teller.take([
    hit([by({ eventName: 'PutBucketPolicy' }, 0)], { object: 'one', rule: 'one' }),
    hit([by({ eventName: 'PutBucketAcl' }, 1)], { object: 'two', rule: 'two' }),
    hit([by({ eventName: 'DeleteBucket', sourceIPAddress: '192.0.2.9' }, 2)], { object: 'three', rule: 'three' }),
  ])
  const [incident] = await teller.incidentsOf('person:111122223333/mallory')
  const lines = storyOf(incident!).map(({ text }) => text)
  expect(lines).toHaveLength(3)
  expect(lines.filter((line) => line.includes(' by '))).toEqual([])
  expect(lines.map((line) => line.includes(' from 192.0.2.9'))).toEqual([false, false, true])
})

test('one run that two rules tell is one line, whatever each has kept of it; another caller, span or number is not', async () => {
  const { teller } = tellerOf()
  await teller.take([hit([call({ at: START })], { object: 'one', rule: 'one' })])
  const [incident] = await teller.incidentsOf('person:111122223333/mallory')
  const run = { time: START, until: START + MINUTE, calls: 540, what: 'DeleteObject', on: 'amzn-s3-demo-bucket' }
  const textsOf = (...moments: Moment[]) => storyOf({ ...incident!, moments }).map(({ text, rules }) => [text, rules])
  const a = moment({ ...run, id: 'a', keys: 512, sample: ['1', '2'], rules: ['data-mass-delete'] })
  const b = moment({ ...run, id: 'b', keys: 540, sample: ['3', '4'], rules: ['ip-blocklist'] })
  const one = [['540 × DeleteObject on amzn-s3-demo-bucket (at least 540 keys)', ['data-mass-delete', 'ip-blocklist']]]
  expect(textsOf(a, b)).toEqual(one)
  expect(textsOf(b, a)).toEqual(one)
  for (const other of [
    { by: 'trudy' },
    { from: '192.0.2.9' },
    { calls: 541 },
    { until: START },
    { error: 'AccessDenied' },
  ])
    expect(textsOf(a, { ...b, ...other })).toHaveLength(2)
})

test('a run that others were joined to is still known by its calls', async () => {
  const { teller } = tellerOf()
  await teller.take([hit([call({ at: START })], { object: 'one', rule: 'one' })])
  const [incident] = await teller.incidentsOf('person:111122223333/mallory')
  const sweep = { what: 'GetBucketAcl', on: 'amzn-s3-demo-bucket', sample: ['1', '2', '3', '4'] }
  const before = moment({ id: 'before', what: 'ListBuckets', rules: ['offensive-ua'] })
  const tool = { ...before, ...sweep, id: 'tool', time: START + MINUTE, until: START + 3 * MINUTE, calls: 73 }
  const recon = { ...tool, id: 'recon', until: START + 2 * MINUTE, calls: 70, rules: ['s3-posture-recon'] }
  const [run] = runs([before, tool])
  expect(run).toMatchObject({ calls: 74, sample: sweep.sample })
  expect(storyOf({ ...incident!, moments: [run!, recon] }).map(({ text, rules }) => [text, rules])).toEqual([
    ['74 × ListBuckets, GetBucketAcl on amzn-s3-demo-bucket', ['offensive-ua', 's3-posture-recon']],
  ])
})

describe('calls that were joined to a run', () => {
  const SECOND = 1000
  /** Reads of one caller, each of a key of its own, as one rule tells them. */
  const reads = (rule: string, count = 8): Moment[] =>
    Array.from({ length: count }, (_, n) =>
      moment({
        id: `read-${n}`,
        time: START + n * SECOND,
        until: START + n * SECOND,
        on: `amzn-s3-demo-bucket/key-${n}`,
        from: `192.0.2.${n % 2}`,
        detail: `${1000 + n} bytes read`,
        rules: [rule],
      }),
    )
  /** So many more calls, far apart, that there is no room for each. */
  const others = Array.from({ length: MAX_MOMENTS }, (_, n) => {
    const time = START + (n + 1) * 60 * MINUTE
    return moment({ id: `other-${n}`, time, until: time, on: `amzn-s3-demo-bucket/other-${n}`, severity: 'critical' })
  }).slice(0, MAX_MOMENTS - 2)

  test('are the same line when another rule tells of them later, and no key’s name stands beside their number', async () => {
    const { teller } = tellerOf()
    await teller.take([hit([call({ at: START })], { object: 'one', rule: 'one' })])
    const [incident] = await teller.incidentsOf('person:111122223333/mallory')
    const known = addMoments([], [...others, ...reads('data-anon-read')]).moments
    for (const second of [
      reads('ip-blocklist'),
      reads('ip-blocklist').slice(3, 4),
      reads('ip-blocklist').toReversed(),
    ]) {
      const { moments, leftOut } = addMoments(known, second)
      const lines = storyOf({ ...incident!, moments }).filter(({ text }) => text.includes('key'))
      expect([lines.map(({ text, rules }) => [text, rules]), leftOut]).toEqual([
        [
          [
            '8 × GetObject on amzn-s3-demo-bucket (8 keys) from 192.0.2.0, 192.0.2.1: 8,028 bytes read',
            ['data-anon-read', 'ip-blocklist'],
          ],
        ],
        0,
      ])
    }
  })

  test('say together how much, where each says so', () => {
    const [run] = runs(reads('a'))
    expect(run).toMatchObject({ calls: 8, keys: 8, on: 'amzn-s3-demo-bucket', detail: '8028 bytes read' })
    const { detail: _, ...silent } = reads('a')[7]!
    expect(runs([...reads('a', 7), silent])[0]).not.toHaveProperty('detail')
    const written = { ...reads('a')[7]!, detail: '5 bytes written' }
    expect(runs([...reads('a', 7), written])[0]).not.toHaveProperty('detail')
  })
})
