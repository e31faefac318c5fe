/** The state of incidents, the same over every store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createDynamoState } from '../../shared/aws/state.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import type { DossierStore, DossierWrite, Loaded } from '../../shared/incident/dossier-store.ts'
import { createDossiers } from '../../shared/incident/dossiers.ts'
import type { Dossier, Incident } from '../../shared/incident/incident.ts'
import { createMemoryDossiers } from '../../shared/incident/memory-dossiers.ts'
import { createStateDossiers } from '../../shared/incident/state-dossiers.ts'
import { createFileState } from '../../shared/local/state.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { memoryLog } from '../alert/support.ts'
import { fakeDynamo } from '../ports/fake-dynamo.ts'
import { BUCKET, call, HOUR, hit, MINUTE, nobody, START, tellerOf, testClock } from './support.ts'

const STAGE = 'prod'
const nobodyAt = (bucket: string) => `anonymous@${bucket}`
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Over each state, and without one. */
const STORES: Readonly<Record<string, (now: () => number) => DossierStore>> = {
  'the process': (now) => createMemoryDossiers({ stage: STAGE, now }),
  'a state in memory': (now) => overState(createMemoryState({ now }), now),
  'a state in a file': (now) => {
    const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-incidents-'))
    folders.push(root)
    return overState(createFileState({ root, name: 'test', now }), now)
  },
  DynamoDB: (now) => overState(createDynamoState({ client: fakeDynamo().client, tableName: 'state', now }), now),
}

function overState(state: StateStore, now: () => number): DossierStore {
  return createStateDossiers({ state, stage: STAGE, now, log: memoryLog() })
}

describe.each(Object.entries(STORES))('in %s', (_name, create) => {
  function setUp(given?: DossierStore) {
    const clock = testClock()
    const now = () => clock.time
    const store = given ?? create(now)
    /** What is due stands in the number of hits seen: only for these tests. */
    const dueAt = ({ suppressed }: Dossier) => suppressed.due
    const dossiers = createDossiers({
      store,
      dueAt,
      now,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      random: () => 0.5,
    })
    return { clock, store, dossiers }
  }
  const due = (at: number) => (dossier: Dossier) => ({ ...dossier, suppressed: { due: at } })
  const never = (dossier: Dossier) => ({ ...dossier, suppressed: {} })

  test('changes at once are made one after the other', async () => {
    const { dossiers } = setUp()
    const add = (dossier: Dossier) => ({ ...dossier, seen: [...dossier.seen, String(dossier.seen.length)] })
    await Promise.all(Array.from({ length: 8 }, () => dossiers.change('person:mallory', add)))
    expect((await dossiers.read('person:mallory')).seen).toHaveLength(8)
    expect((await dossiers.read('person:trudy')).seen).toHaveLength(0)
  })

  test('what the agenda has is not noted again', async () => {
    const { dossiers, store } = setUp()
    const calls: string[] = []
    const counting: DossierStore = {
      ...store,
      save(writes) {
        calls.push('save')
        return store.save(writes)
      },
      note(principal, at) {
        calls.push('note')
        return store.note(principal, at)
      },
    }
    const again = setUp(counting).dossiers
    await dossiers.change('a', due(START + HOUR))
    await again.change('a', due(START + HOUR))
    await again.change('a', due(START + 2 * HOUR))
    // The dossier itself, and nothing else.
    expect(calls).toEqual(['save', 'save'])
    await again.change('a', due(START + HOUR / 2))
    expect(calls).toEqual(['save', 'save', 'note', 'save'])
  })

  test('two are changed together, or neither is', async () => {
    const { dossiers } = setUp()
    await dossiers.changeBoth('a', 'b', (a, b) => [
      { ...a, seen: ['b'] },
      { ...b, alias: 'a' },
    ])
    expect(await dossiers.read('a')).toMatchObject({ seen: ['b'] })
    expect(await dossiers.read('b')).toMatchObject({ alias: 'a' })
  })

  test('the agenda tells what is due, and no more once it is done', async () => {
    const { dossiers, clock } = setUp()
    await dossiers.change('a', due(START + HOUR))
    await dossiers.change('b', due(START + 2 * HOUR))
    expect(await dossiers.due()).toEqual([])
    expect(await dossiers.nextDue()).toBe(START + HOUR)
    clock.time = START + HOUR
    expect(await dossiers.due()).toEqual(['a'])
    await dossiers.change('a', never)
    expect(await dossiers.due()).toEqual([])
    expect(await dossiers.nextDue()).toBe(START + 2 * HOUR)
    // What became due earlier is found earlier; what became due later is looked for again then.
    await dossiers.change('b', due(START + 90 * MINUTE))
    clock.time = START + 90 * MINUTE
    expect(await dossiers.due()).toEqual(['b'])
    await dossiers.change('b', due(START + 3 * HOUR))
    expect(await dossiers.due()).toEqual([])
    clock.time = START + 3 * HOUR
    expect(await dossiers.due()).toEqual(['b'])
  })

  test('whoever something is to be done about is awaited, however late that is', async () => {
    const { dossiers, clock } = setUp()
    await dossiers.change('a', due(START + HOUR))
    await dossiers.change('b', due(START + 20 * HOUR))
    await dossiers.change('c', never)
    expect((await dossiers.awaited()).toSorted()).toEqual(['a', 'b'])
    clock.time = START + HOUR
    await dossiers.change('a', never)
    await dossiers.due()
    expect(await dossiers.awaited()).toEqual(['b'])
  })

  test('a teller over it tells once, and ends with nothing to do', async () => {
    const clock = testClock()
    const { teller, mail, pass } = tellerOf({ dossiers: create(() => clock.time) }, clock)
    const one = hit([call({ eventName: 'PutBucketPolicy' })])
    await teller.take([one])
    await teller.take([one])
    await pass(START + 24 * HOUR)
    expect(mail.findings.map(({ event, matches }) => [event, matches])).toEqual([
      ['opened', 1],
      ['closed', 1],
    ])
    expect(await teller.nextDue()).toBeUndefined()
  })

  describe('whoever reads a bucket that somebody opened', () => {
    const DAY = 24 * HOUR
    const CLOSED = 6 * HOUR
    const { principal } = hit([call()])
    const [DAYS, HOURS] = [70, 42 * 24]
    const opening = (at: number) =>
      hit([call({ at, eventName: 'PutBucketPolicy', public: true })], { object: `o${at}` })
    const reading = (at: number) =>
      hit([nobody({ at })], { object: `r${at}`, rule: 'data-anon-read', severity: 'critical' })
    const setUpStory = () => {
      const clock = testClock()
      return tellerOf({ dossiers: create(() => clock.time) }, clock)
    }
    const kept = (incidents: readonly Incident[]) => incidents.filter(({ mergedInto }) => mergedInto === undefined)

    test.each([
      ['after it', [opening, reading]],
      ['as logs tell it, the reads first', [reading, opening]],
    ] as const)('is in his incident on each of 70 days: %s', async (_order, hits) => {
      const { teller, clock, mail, pass } = setUpStory()
      for (let day = 0; day < DAYS; day += 1) {
        for (const [n, of] of hits.entries()) {
          clock.time = START + day * DAY + n * MINUTE
          await teller.take([of(clock.time)])
        }
        await pass(START + day * DAY + CLOSED)
      }
      expect(kept(await teller.incidentsOf(nobodyAt(BUCKET)))).toHaveLength(8)
      const ends = mail.findings.filter(({ event, mergedInto }) => event === 'closed' && mergedInto === undefined)
      expect(ends).toHaveLength(DAYS)
      for (const { principal: of, matches, rules } of ends) {
        expect({ principal: of, matches, rules: rules.length }).toEqual({ principal, matches: 2, rules: 2 })
      }
    })

    test('is in it where he opened it once and goes on, whenever the reads come', async () => {
      const { teller, clock, mail, pass } = setUpStory()
      await teller.take([opening(START)])
      for (let hour = 1; hour < HOURS; hour += 1) {
        clock.time = START + hour * HOUR
        // Nobody read it for the first month.
        const isRead = hour === 35 * 24 || hour === HOURS - 1
        await teller.take([
          hit([call({ at: clock.time })], { object: `h${hour}`, rule: 'data-exfil' }),
          ...(isRead ? [reading(clock.time)] : []),
        ])
      }
      await pass(clock.time + CLOSED)
      const [end, ...others] = mail.findings.filter(({ event }) => event === 'closed')
      expect(others).toEqual([])
      expect(end).toMatchObject({ principal, matches: HOURS + 2 })
    })

    test('is nobody’s where nothing was heard of him for long', async () => {
      const { teller, clock, mail, pass } = setUpStory()
      await teller.take([opening(START)])
      await pass(START + 500 * DAY)
      clock.time = START + 500 * DAY
      await teller.take([reading(clock.time)])
      expect(mail.findings.at(-1)).toMatchObject({ event: 'opened', principal: nobodyAt(BUCKET) })
    })
  })

  test('of two that loaded the same, one writes; neither is written where one of both cannot be', async () => {
    const { store } = setUp()
    const [a, b] = [await store.load('a'), await store.load('b')]
    const write = (before: Loaded, seen: string): DossierWrite => {
      const { principal } = before.dossier
      return { principal, before, after: { ...before.dossier, seen: [seen] }, due: undefined }
    }
    await store.save([write(a, 'first')])
    await expect(store.save([write(b, 'second'), write(a, 'second')])).rejects.toMatchObject({ failure: 'condition' })
    expect((await store.load('a')).dossier.seen).toEqual(['first'])
    expect((await store.load('b')).dossier.seen).toEqual([])
    await store.save([write(b, 'third'), write(await store.load('a'), 'third')])
    expect((await store.load('a')).dossier.seen).toEqual(['third'])
    expect((await store.load('b')).dossier.seen).toEqual(['third'])
  })

  test('what is loaded is what JSON makes of what was written, whether something is to be done about it or not', async () => {
    const { store, clock } = setUp()
    const { teller } = tellerOf({ dossiers: store }, clock)
    const one = hit([call({ eventName: 'PutBucketPolicy' }), call({ key: 'a "quoted"\u0007\ud800 key' })])
    await teller.take([one])
    const { dossier: open, rev } = await store.load(one.principal)
    expect(open.incidents).toHaveLength(1)
    expect(open).toStrictEqual(JSON.parse(JSON.stringify(open)))
    const due = (await teller.nextDue())!
    const [entry] = await store.agenda(due)
    await store.putOff(entry!, undefined)
    expect(await store.load(one.principal)).toStrictEqual({ dossier: open, rev, due })
  })

  test('an entry that somebody else has written is not put off', async () => {
    const { store } = setUp()
    await store.note('a', START)
    const [entry] = await store.agenda(START)
    await store.note('a', START + HOUR)
    await store.putOff(entry!, undefined)
    await store.putOff(entry!, START + 2 * HOUR)
    expect(await store.nextDue()).toBe(START + HOUR)
    // Nothing is known of it: it was noted, and the dossier not written.
    expect(await store.find(entry!.name)).toBeUndefined()
  })

  test('a principal of whom nothing is heard for 30 days is forgotten', async () => {
    const { store, clock, dossiers } = setUp()
    await dossiers.change('a', due(START + HOUR))
    const [entry] = await store.agenda(START + HOUR)
    clock.time = START + 30 * 24 * HOUR - 1
    expect((await store.find(entry!.name))?.principal).toBe('a')
    clock.time += 1
    expect(await store.find(entry!.name)).toBeUndefined()
    expect(await store.load('a')).toMatchObject({ rev: undefined, due: undefined, dossier: { suppressed: {} } })
    await dossiers.change('a', due(clock.time + HOUR))
    expect((await dossiers.read('a')).suppressed.due).toBe(clock.time + HOUR)
  })
})

test('many at once are told in the same order, whatever keeps them, and nobody changes a dossier in place', async () => {
  const told = await Promise.all(
    Object.values(STORES).map(async (create) => {
      const clock = testClock()
      const { teller, mail, record, pass } = tellerOf({ dossiers: frozen(create(() => clock.time)) }, clock)
      const names = Array.from({ length: 60 }, (_, n) => `caller${n}`)
      for (const [n, user] of names.entries())
        await teller.take([hit([call({ user, requestID: `A${n}` })], { object: `one-${n}` })])
      await pass(START + 40 * MINUTE)
      for (const [n, user] of names.toReversed().entries()) {
        const more = call({ user, at: START + 30 * MINUTE, requestID: `B${n}`, bucket: `amzn-s3-demo-bucket${n % 5}` })
        await teller.take([hit([more], { rule: 'another', severity: 'critical', object: `two-${n}` })])
      }
      await pass(START + 24 * HOUR)
      return { mail: mail.findings, record: record.findings }
    }),
  )
  const [{ mail }] = told as [(typeof told)[number]]
  expect(mail.map(({ event }) => event).filter((event) => event === 'closed')).toHaveLength(60)
  expect(mail.length).toBeGreaterThan(120)
  for (const one of told) expect(one).toStrictEqual(told[0])
})

/** A store of which nothing that it hands out or gets can be changed. */
function frozen(store: DossierStore): DossierStore {
  return {
    ...store,
    load: async (principal) => deepFrozen(await store.load(principal)),
    save: (writes) => store.save(deepFrozen(writes)),
    find: async (name) => deepFrozen(await store.find(name)),
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const one of Object.values(value)) deepFrozen(one)
  }
  return value
}

describe('where the state fails', () => {
  test('hits come again, with a coded error; the schedule says so', async () => {
    const state = createMemoryState({ now: () => START })
    const broken: StateStore = {
      ...state,
      get: async () => {
        throw new StateError('denied', 'AccessDeniedException')
      },
    }
    const { teller, mail } = tellerOf({ state: broken })
    const one = hit([call()])
    const { failed } = await teller.take([one])
    expect(failed.get(one.id)).toMatchObject({ code: 'INCIDENT_STATE', retryable: true })
    await expect(teller.put([one])).rejects.toMatchObject({ code: 'INCIDENT_STATE' })
    await expect(teller.tick()).rejects.toMatchObject({ code: 'INCIDENT_STATE' })
    expect(mail.findings).toEqual([])
  })

  test('one that cannot be read is begun anew, and said', async () => {
    const clock = testClock()
    const state = createMemoryState({ now: () => clock.time })
    const log = memoryLog()
    const { teller, mail } = tellerOf({ state, log }, clock)
    const one = hit([call()])
    await teller.take([one])
    const spoil = async () => {
      const dossiers = createDossiers({
        store: overState(
          { ...state, write: (write) => state.write({ ...write, set: { ...write.set, dossier: '{' } }) },
          () => clock.time,
        ),
        dueAt: () => undefined,
        now: () => clock.time,
        sleep: async () => {},
        random: () => 0,
      })
      await dossiers.change(one.principal, (dossier) => ({ ...dossier }))
    }
    await spoil()
    await teller.take([one])
    expect(mail.findings).toHaveLength(2)
    expect(log.lines).toContain('error An incident cannot be read; it is begun anew.')
  })
})
