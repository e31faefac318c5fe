/** What every ObjectStore must do: run by object-store.test.ts against S3's SDK, a folder, and single files. */
import { describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../shared/contracts/ports.ts'

const BUCKET = 'amzn-s3-demo-bucket'

export type CreateStore = (objects: ReadonlyMap<string, Uint8Array>) => Promise<ObjectStore>

async function read(store: ObjectStore, bucket: string, key: string): Promise<Buffer> {
  const { body } = await store.open({ bucket, key })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const BIG = Buffer.alloc(700_001, 'abcdefg')
const KEYS = [
  'plain',
  'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/25/111122223333_x.json.gz',
  'with space & ünïcode/日本.log',
  'a%20b+c',
  'colon:question?star*pipe|"<>\\',
  'dots..in/..name/name..',
  '100%',
  'a%3Ab',
]
const ABSENT = [
  'absent',
  'plain/below-an-object',
  'AWSLogs',
  '',
  '.',
  '..',
  '../outside',
  'a/../../outside',
  '../amzn-s3-demo-bucket/plain',
  './plain',
  '/etc/passwd',
  'AWSLogs//111122223333',
  'plain/',
  'nul\0',
  'plain\0',
  '..\\outside',
  'x'.repeat(300),
  'y/'.repeat(600),
  'ü'.repeat(600),
]

export function objectStoreSuite(name: string, create: CreateStore): void {
  describe(`ObjectStore: ${name}`, () => {
    const objects = new Map<string, Uint8Array>(KEYS.map((key) => [`${BUCKET}/${key}`, Buffer.from(`body of ${key}`)]))
    objects.set(`${BUCKET}/big`, BIG)
    objects.set(`${BUCKET}/empty`, Buffer.alloc(0))

    test.each(KEYS)('reads %j', async (key) => {
      expect((await read(await create(objects), BUCKET, key)).toString()).toBe(`body of ${key}`)
    })

    test('reads a body larger than a chunk, and tells its length', async () => {
      const store = await create(objects)
      expect((await read(store, BUCKET, 'big')).equals(BIG)).toBe(true)
      const opened = await store.open({ bucket: BUCKET, key: 'big' })
      expect(opened.contentLength).toBe(BIG.byteLength)
      for await (const _ of opened.body) break
    })

    test('reads an empty body', async () => {
      expect(await read(await create(objects), BUCKET, 'empty')).toHaveLength(0)
    })

    test('chunks are not overwritten by those that follow', async () => {
      const { body } = await (await create(objects)).open({ bucket: BUCKET, key: 'big' })
      const kept: { chunk: Uint8Array; copy: Buffer }[] = []
      for await (const chunk of body) kept.push({ chunk, copy: Buffer.from(chunk) })
      expect(kept.length).toBeGreaterThan(1)
      expect(kept.every(({ chunk, copy }) => copy.equals(chunk))).toBe(true)
    })

    test.each(ABSENT)('no object %j', async (key) => {
      const store = await create(objects)
      await expect(store.open({ bucket: BUCKET, key })).rejects.toMatchObject({
        name: 'BucketwatchError',
        code: 'OBJECT_NOT_FOUND',
        retryable: true,
      })
    })

    test.each(['amzn-s3-demo-other', '', '..', '.', '../x', 'a/b'])('no bucket %j', async (bucket) => {
      const store = await create(objects)
      await expect(store.open({ bucket, key: 'plain' })).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
    })
  })
}
