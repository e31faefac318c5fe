/** The state of incidents, the same over every store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createDynamoState } from '../../shared/aws/state.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { createDossiers } from '../../shared/incident/dossiers.ts'
import type { Dossier } from '../../shared/incident/incident.ts'
import { createFileState } from '../../shared/local/state.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { memoryLog } from '../alert/support.ts'
import { fakeDynamo } from '../ports/fake-dynamo.ts'
import { call, HOUR, hit, MINUTE, START, tellerOf, testClock } from './support.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const STORES: Readonly<Record<string, (now: () => number) => StateStore>> = {
  memory: (now) => createMemoryState({ now }),
  'a file': (now) => {
    const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-incidents-'))
    folders.push(root)
    return createFileState({ root, name: 'test', now })
  },
  DynamoDB: (now) => createDynamoState({ client: fakeDynamo().client, tableName: 'state', now }),
}

describe.each(Object.entries(STORES))('in %s', (_name, create) => {
  function setUp(state?: StateStore) {
    const clock = testClock()
    const now = () => clock.time
    const store = state ?? create(now)
    const log = memoryLog()
    /** What is due stands in the number of hits seen: only for these tests. */
    const dueAt = ({ suppressed }: Dossier) => suppressed.due
    const dossiers = createDossiers({
      state: store,
      stage: 'prod',
      dueAt,
      now,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      random: () => 0.5,
      log,
    })
    return { clock, store, dossiers, log }
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
    let writes = 0
    const counting: StateStore = {
      ...store,
      write: (write) => {
        writes += 1
        return store.write(write)
      },
    }
    const again = setUp(counting).dossiers
    await dossiers.change('a', due(START + HOUR))
    await again.change('a', due(START + HOUR))
    await again.change('a', due(START + 2 * HOUR))
    // The dossier itself, and nothing else.
    expect(writes).toBe(2)
    await again.change('a', due(START + HOUR / 2))
    expect(writes).toBe(4)
  })

  test('two are changed together, or neither is', async () => {
    const { dossiers } = setUp()
    await dossiers.changeBoth('a', 'b', (a, b) => [
      { ...a, aliases: ['b'] },
      { ...b, alias: 'a' },
    ])
    expect(await dossiers.read('a')).toMatchObject({ aliases: ['b'] })
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

  test('a teller over it tells once, and ends with nothing to do', async () => {
    const clock = testClock()
    const state = create(() => clock.time)
    const { teller, mail, pass } = tellerOf({ state }, clock)
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
})

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
        state: {
          ...state,
          write: (write) => state.write({ ...write, set: { ...write.set, dossier: '{' } }),
        },
        stage: 'prod',
        dueAt: () => undefined,
        now: () => clock.time,
        sleep: async () => {},
        random: () => 0,
        log,
      })
      await dossiers.change(one.principal, (dossier) => ({ ...dossier }))
    }
    await spoil()
    await teller.take([one])
    expect(mail.findings).toHaveLength(2)
    expect(log.lines).toContain('error An incident cannot be read; it is begun anew.')
  })
})
