import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, test } from 'vitest'
import { createDynamoState } from '../../shared/aws/state.ts'
import { createFileState } from '../../shared/local/state.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { fakeDynamo } from './fake-dynamo.ts'
import { stateStoreSuite } from './state-store.suite.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-state-'))
  folders.push(folder)
  return folder
}

/** A clock that the test moves. */
function clock() {
  let time = Date.UTC(2026, 10, 25, 12)
  return {
    now: () => time,
    advance(ms: number) {
      time += ms
    },
  }
}

stateStoreSuite('memory', async () => {
  const { now, advance } = clock()
  return { state: createMemoryState({ now }), now, advance }
})

stateStoreSuite('a file', async () => {
  const { now, advance } = clock()
  return { state: createFileState({ root: newFolder(), name: 'test', now }), now, advance }
})

stateStoreSuite('two processes on one file', async () => {
  const { now, advance } = clock()
  const root = newFolder()
  const [a, b] = [1, 2].map(() => createFileState({ root, name: 'test', now }))
  let turn = false
  const either = () => {
    turn = !turn
    return turn ? a! : b!
  }
  return {
    state: {
      get: (key) => either().get(key),
      write: (write) => either().write(write),
      writeAll: (writes) => either().writeAll(writes),
      remove: (key, when) => either().remove(key, when),
    },
    now,
    advance,
  }
})

stateStoreSuite('DynamoDB', async () => {
  const { now, advance } = clock()
  return { state: createDynamoState({ client: fakeDynamo().client, tableName: 'state', now }), now, advance }
})

describe('in a file', () => {
  const { now } = clock()
  const expiresAt = now() + 86_400_000
  const open = (root: string) => createFileState({ root, name: 'test', now })
  const journal = (root: string) => path.join(root, 'state', 'test.jsonl')

  test('it outlives the process, and a line that a crash cut off is cut away', async () => {
    const root = newFolder()
    await open(root).write({ key: 'a', set: { n: 1 }, expiresAt })
    appendFileSync(journal(root), '{"key":"b","item":{"n"')
    const state = open(root)
    expect(await state.get('a')).toEqual({ n: 1 })
    expect(await state.get('b')).toBeUndefined()
    await state.write({ key: 'b', set: { n: 2 }, expiresAt })
    expect(await open(root).get('b')).toEqual({ n: 2 })
    expect(
      readFileSync(journal(root), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).key),
    ).toEqual(['a', 'b'])
  })

  test('a lock of a process that is gone is broken; a lock is never left behind', async () => {
    const root = newFolder()
    const state = open(root)
    await state.write({ key: 'a', set: { n: 1 }, expiresAt })
    const lock = path.join(root, 'state', 'test.lock')
    // No process has this number: it is beyond what Linux gives.
    writeFileSync(lock, '4194999')
    expect(await state.get('a')).toEqual({ n: 1 })
    await expect(state.write({ key: 'a', when: [{ attribute: 'n', is: 'absent' }], expiresAt })).rejects.toMatchObject({
      failure: 'condition',
    })
    expect(existsSync(lock)).toBe(false)
  })

  test('a journal that has grown is rewritten, and others notice', async () => {
    const root = newFolder()
    const [a, b] = [open(root), open(root)]
    const text = 'x'.repeat(10_000)
    for (let n = 0; n < 130; n++) await (n % 2 === 0 ? a : b).write({ key: `k${n % 3}`, set: { n, text }, expiresAt })
    expect(readFileSync(journal(root)).length).toBeLessThan(600_000)
    for (const state of [a, b, open(root)]) {
      expect((await state.get('k0'))?.n).toBe(129)
      expect((await state.get('k1'))?.n).toBe(127)
    }
  })

  test('where a file stands in its way, it says so', async () => {
    const root = newFolder()
    writeFileSync(path.join(root, 'state'), 'not a folder')
    await expect(open(root).get('a')).rejects.toMatchObject({ name: 'StateError', failure: 'unavailable' })
  })
})

describe('in DynamoDB', () => {
  const { now } = clock()
  const expiresAt = now() + 86_400_500

  test('an item has the key and the time to live of the table, and one write is one call', async () => {
    const { client, items, calls } = fakeDynamo()
    const state = createDynamoState({ client, tableName: 'state', now })
    await state.write({ key: 'object#a', set: { s: 'x', n: 1 }, expiresAt })
    expect([...items.values()]).toEqual([
      { id: { S: 'object#a' }, s: { S: 'x' }, n: { N: '1' }, expiration: { N: String(Math.ceil(expiresAt / 1000)) } },
    ])
    expect(calls).toEqual(['UpdateItem'])
  })

  test.each([
    [new ProvisionedThroughputExceededException({ message: 'x', $metadata: { httpStatusCode: 400 } }), 'throttled'],
    [Object.assign(new Error('x'), { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }), 'unavailable'],
    [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'unavailable'],
    [Object.assign(new Error('x'), { name: 'AccessDeniedException' }), 'denied'],
    [Object.assign(new Error('x'), { name: 'ResourceNotFoundException' }), 'other'],
  ])('%s is %s', async (error, failure) => {
    const fake = fakeDynamo()
    fake.before = () => {
      throw error
    }
    const state = createDynamoState({ client: fake.client, tableName: 'state', now })
    await expect(state.get('a')).rejects.toMatchObject({ name: 'StateError', failure })
    await expect(state.write({ key: 'a', expiresAt })).rejects.toMatchObject({ name: 'StateError', failure })
    await expect(state.writeAll([{ key: 'a', expiresAt }])).rejects.toMatchObject({ name: 'StateError', failure })
    await expect(state.remove('a')).rejects.toMatchObject({ name: 'StateError', failure })
  })

  test('what keeps an expired item from being cleared away is the failure of the write', async () => {
    const { now: at, advance } = clock()
    const fake = fakeDynamo()
    const state = createDynamoState({ client: fake.client, tableName: 'state', now: at })
    await state.write({ key: 'a', set: { n: 1 }, expiresAt: at() + 1_000 })
    advance(3_600_000)
    fake.before = (call) => {
      if (call === 'DeleteItem') throw Object.assign(new Error('x'), { name: 'AccessDeniedException' })
    }
    const write = { key: 'a', when: [{ attribute: 'n', is: 'absent' }], expiresAt: at() + 1_000 } as const
    await expect(state.write(write)).rejects.toMatchObject({ name: 'StateError', failure: 'denied' })
    fake.before = () => {}
    await state.write(write)
    expect(await state.get('a')).toEqual({})
  })

  test('conditions without a value have none', async () => {
    const fake = fakeDynamo()
    const state = createDynamoState({ client: fake.client, tableName: 'state', now })
    await state.remove('a', [{ attribute: 'n', is: 'absent' }])
    await state.write({ key: 'a', set: { n: 1 }, expiresAt })
    await expect(state.remove('a', [{ attribute: 'n', is: 'absent' }])).rejects.toMatchObject({ failure: 'condition' })
    await state.remove('a', [{ attribute: 'n', is: 'present' }])
    expect(await state.get('a')).toBeUndefined()
  })
})
