/** What every StateStore must do: run against memory, a file, DynamoDB behind the SDK, and (e2e) an emulator. */
import { describe, expect, test } from 'vitest'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'

const DAY = 86_400_000

export interface StateSubject {
  readonly state: StateStore
  readonly now: () => number
  /** Lets time pass; false where it cannot. */
  readonly advance?: ((ms: number) => void) | undefined
}

const conditionFailure = (item: unknown) => ({ name: 'StateError', failure: 'condition', item })

export function stateStoreSuite(name: string, create: () => Promise<StateSubject>): void {
  let count = 0

  async function setUp() {
    const subject = await create()
    count += 1
    const later = () => subject.now() + DAY
    return { ...subject, key: `object#suite/${count}-${process.pid}-${Date.now()}`, later }
  }

  describe(`StateStore: ${name}`, () => {
    test('what is written is read, changed and removed', async () => {
      const { state, key, later } = await setUp()
      expect(await state.get(key)).toBeUndefined()
      const set = { state: 'open', name: 'ü "quoted"\n', size: 1.5, long: 2 ** 53 - 1, zero: 0, empty: '' }
      expect(await state.write({ key, set, expiresAt: later() })).toEqual(set)
      expect(await state.get(key)).toEqual(set)
      const change = { key, set: { state: 'done' }, add: { size: -2, seen: 3 }, remove: ['long', 'absent'] }
      const changed = { state: 'done', name: set.name, size: -0.5, zero: 0, empty: '', seen: 3 }
      expect(await state.write({ ...change, expiresAt: later() })).toEqual(changed)
      expect(await state.get(key)).toEqual(changed)
      await state.remove(key)
      expect(await state.get(key)).toBeUndefined()
      await state.remove(key)
    })

    test('a write whose condition does not hold changes nothing, and tells what there is', async () => {
      const { state, key, later } = await setUp()
      const claim = {
        key,
        set: { owner: 'a' },
        when: [{ attribute: 'owner', is: 'absent' }] as const,
        expiresAt: later(),
      }
      await state.write(claim)
      await expect(state.write({ ...claim, set: { owner: 'b' } })).rejects.toMatchObject(
        conditionFailure({ owner: 'a' }),
      )
      await expect(state.write({ ...claim, set: { owner: 'b' } })).rejects.toBeInstanceOf(StateError)
      expect(await state.get(key)).toEqual({ owner: 'a' })
      const present = [{ attribute: 'owner', is: 'present' }] as const
      await expect(state.write({ ...claim, key: `${key}x`, when: present })).rejects.toMatchObject(
        conditionFailure(undefined),
      )
      await state.write({ ...claim, set: { owner: 'c' }, when: present })
      expect(await state.get(key)).toEqual({ owner: 'c' })
    })

    test.each([
      ['=', 5, [5]],
      ['<', 5, [4]],
      ['<=', 5, [4, 5]],
      ['>', 5, [6]],
      ['>=', 5, [5, 6]],
    ] as const)('compares %s %i', async (is, value, holding) => {
      const { state, key, later } = await setUp()
      const when = [{ attribute: 'number', is, value }]
      for (const number of [4, 5, 6, 10]) {
        await state.write({ key, set: { number, hit: 0 }, expiresAt: later() })
        const wanted = number === 10 ? is.startsWith('>') : (holding as readonly number[]).includes(number)
        const hit = await state.write({ key, set: { hit: 1 }, when, expiresAt: later() }).then(
          () => true,
          () => false,
        )
        expect({ number, hit }).toEqual({ number, hit: wanted })
      }
      // Of another type nothing holds, and of nothing either.
      await state.write({ key, set: { number: '5' }, expiresAt: later() })
      await expect(state.write({ key, set: { hit: 1 }, when, expiresAt: later() })).rejects.toMatchObject({
        failure: 'condition',
      })
      await expect(state.write({ key: `${key}x`, set: { hit: 1 }, when, expiresAt: later() })).rejects.toMatchObject({
        failure: 'condition',
      })
    })

    test('all conditions must hold', async () => {
      const { state, key, later } = await setUp()
      await state.write({ key, set: { rev: 1, owner: 'a' }, expiresAt: later() })
      const when = (rev: number, owner: string) =>
        [
          { attribute: 'rev', is: '=', value: rev },
          { attribute: 'owner', is: '=', value: owner },
        ] as const
      await expect(state.write({ key, when: when(1, 'b'), expiresAt: later() })).rejects.toMatchObject({
        failure: 'condition',
      })
      await state.write({ key, set: { rev: 2 }, when: when(1, 'a'), expiresAt: later() })
      expect(await state.get(key)).toEqual({ rev: 2, owner: 'a' })
      await expect(state.remove(key, when(1, 'a'))).rejects.toMatchObject(conditionFailure({ rev: 2, owner: 'a' }))
      await state.remove(key, when(2, 'a'))
      expect(await state.get(key)).toBeUndefined()
      await state.remove(key, when(2, 'a'))
    })

    test('of many who claim at once, one does', async () => {
      const { state, key, later } = await setUp()
      const claims = Array.from({ length: 20 }, (_, index) =>
        state.write({
          key,
          set: { owner: index },
          when: [{ attribute: 'owner', is: 'absent' }],
          expiresAt: later(),
        }),
      )
      const results = await Promise.allSettled(claims)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('additions at once all count', async () => {
      const { state, key, later } = await setUp()
      await Promise.all(Array.from({ length: 20 }, () => state.write({ key, add: { seen: 2 }, expiresAt: later() })))
      expect(await state.get(key)).toEqual({ seen: 40 })
    })

    test('several writes: all of them, or none', async () => {
      const { state, key, later } = await setUp()
      const other = `${key}/other`
      const when = [{ attribute: 'seen', is: 'absent' }] as const
      await state.writeAll([
        { key, add: { seen: 1 }, when, expiresAt: later() },
        { key: other, set: { by: 'a' }, expiresAt: later() },
      ])
      expect([await state.get(key), await state.get(other)]).toEqual([{ seen: 1 }, { by: 'a' }])
      await expect(
        state.writeAll([
          { key: other, set: { by: 'b' }, expiresAt: later() },
          { key, add: { seen: 1 }, when, expiresAt: later() },
        ]),
      ).rejects.toMatchObject(conditionFailure({ seen: 1 }))
      expect([await state.get(key), await state.get(other)]).toEqual([{ seen: 1 }, { by: 'a' }])
    })

    test('what has expired is absent, for reads, conditions and additions alike', async () => {
      const { state, key, now, later, advance } = await setUp()
      const passed = advance ?? (() => {})
      const expiresAt = advance === undefined ? now() - 5_000 : now() + 60_000
      for (const each of [key, `${key}/b`, `${key}/c`, `${key}/d`]) {
        await state.write({ key: each, set: { owner: 'a', seen: 5 }, expiresAt })
      }
      passed(61_000)
      expect(await state.get(key)).toBeUndefined()
      const when = [{ attribute: 'owner', is: 'absent' }] as const
      expect(await state.write({ key, set: { state: 'new' }, when, expiresAt: later() })).toEqual({ state: 'new' })
      expect(await state.write({ key: `${key}/b`, add: { seen: 1 }, expiresAt: later() })).toEqual({ seen: 1 })
      await state.writeAll([
        { key: `${key}/c`, set: { state: 'new' }, when, expiresAt: later() },
        { key: `${key}/new`, set: { state: 'new' }, when, expiresAt: later() },
      ])
      expect(await state.get(`${key}/c`)).toEqual({ state: 'new' })
      const present = [{ attribute: 'owner', is: 'present' }] as const
      await expect(state.write({ key: `${key}/d`, when: present, expiresAt: later() })).rejects.toMatchObject(
        conditionFailure(undefined),
      )
    })
  })
}
