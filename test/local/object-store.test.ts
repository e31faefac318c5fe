import { appendFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { decodeFileName, encodeFileName } from '../../shared/local/file-name.ts'
import { addressOfFile, createFolderObjectStore, openLines, writeObject } from '../../shared/local/object-store.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { generateAccessLogLines } from '../support/generate.ts'

const BUCKET = 'amzn-s3-demo-bucket'
let folder = ''
let root = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-store-'))
  root = path.join(folder, 'buckets')
  await mkdir(path.join(root, BUCKET), { recursive: true })
  await writeFile(path.join(folder, 'secret'), 'secret')
})
afterAll(() => rm(folder, { recursive: true }))

async function read(key: string): Promise<string> {
  const { body } = await createFolderObjectStore(root).open({ bucket: BUCKET, key })
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

describe('createFolderObjectStore', () => {
  test('a symbolic link that leads outside is no object; one that stays inside is', async () => {
    await writeFile(path.join(root, BUCKET, 'target'), 'inside')
    await symlink(path.join(folder, 'secret'), path.join(root, BUCKET, 'leads-out'))
    await symlink(folder, path.join(root, BUCKET, 'folder-out'))
    await symlink('target', path.join(root, BUCKET, 'stays-in'))
    expect(await read('stays-in')).toBe('inside')
    await expect(read('leads-out')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
    await expect(read('folder-out/secret')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
  })

  test('files named as the key is, special characters and all, are found', async () => {
    await writeFile(path.join(root, BUCKET, 'as:synced%20'), 'literal')
    expect(await read('as:synced%20')).toBe('literal')
  })

  test('a file that is deleted between opening and reading: OBJECT_READ', async () => {
    await writeFile(path.join(root, BUCKET, 'short-lived'), 'x')
    const { body } = await createFolderObjectStore(root).open({ bucket: BUCKET, key: 'short-lived' })
    await rm(path.join(root, BUCKET, 'short-lived'))
    await expect(body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'OBJECT_READ' })
  })

  test('property: no key reads the file beside the root', async () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      'secret',
      'buckets',
      '\0',
      '%2E%2E',
      '..\\',
      '/',
      '//',
      'a',
      'leads-out',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 6 }),
        fc.constantFrom(BUCKET, '..', '.', ''),
        async (parts, bucket) => {
          const opened = await createFolderObjectStore(root)
            .open({ bucket, key: parts.join('/') })
            .catch((error) => error)
          expect(opened).toMatchObject({ code: 'OBJECT_NOT_FOUND' })
        },
      ),
    )
  })
})

describe('a chunk that is given back', () => {
  const text = `${[...generateAccessLogLines({ lines: 3_000, seed: 3 })].join('\n')}\n`
  const key = '2026-03-17-06-00-00-0123456789ABCDEF'
  const readers = createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'full', capBytes: 8192, now: () => 0 })
  const messagesOf = async (body: AsyncIterable<Uint8Array>) => {
    const messages: string[] = []
    const result = await readLog(body, {
      readers,
      key,
      maxInflatedBytes: Number.MAX_SAFE_INTEGER,
      maxRecordBytes: 1024 * 1024,
      onRecord({ message }) {
        messages.push(message)
        return undefined
      },
      onUnreadable: () => undefined,
    })
    return { messages, result }
  }

  test.each([
    ['plain', Buffer.from(text)],
    ['packed', gzipSync(text)],
    ['packed in several members', Buffer.concat([gzipSync(text.slice(0, 400_000)), gzipSync(text.slice(400_000))])],
    ['cut off', gzipSync(text).subarray(0, 60_000)],
    ['damaged', Buffer.concat([gzipSync(text).subarray(0, 60_000), Buffer.alloc(500, 7)])],
  ])('is not missed: %s', async (_, stored) => {
    await writeFile(path.join(root, BUCKET, key), stored)
    const { body } = await createFolderObjectStore(root).open({ bucket: BUCKET, key })
    const kept = await messagesOf(
      (async function* () {
        yield new Uint8Array(stored)
      })(),
    )
    const found = await messagesOf(body)
    expect(found).toEqual(kept)
    expect(found.messages.length).toBeGreaterThan(300)
  })

  test('is empty from then on; what is not the body’s stays as it is', async () => {
    await writeFile(path.join(root, BUCKET, key), text)
    const { body } = await createFolderObjectStore(root).open({ bucket: BUCKET, key })
    const foreign = new Uint8Array(256 * 1024)
    let rest = ''
    for await (const chunk of body) {
      rest += Buffer.from(chunk).toString()
      body.release!(foreign)
      body.release!(chunk.subarray(1))
      expect(chunk.length).toBe(0)
    }
    expect(rest).toBe(text)
    expect(foreign.length).toBe(256 * 1024)
  })

  test('is not missed by what reads a part of the lines', async () => {
    const file = path.join(root, BUCKET, key)
    await writeFile(file, text)
    let found = ''
    for (let from = 0; from < text.length; from += 400_000) {
      const { body } = openLines(file, { from, to: Math.min(text.length, from + 400_000) }, { bucket: BUCKET, key })
      for await (const chunk of body) {
        found += Buffer.from(chunk).toString()
        body.release!(chunk)
      }
    }
    expect(found).toBe(text)
  })

  test('what has come while it was read is read', async () => {
    const file = path.join(root, BUCKET, key)
    await writeFile(file, text)
    const { body } = await createFolderObjectStore(root).open({ bucket: BUCKET, key })
    await appendFile(file, 'x'.repeat(20_000))
    let found = ''
    for await (const chunk of body) found += Buffer.from(chunk).toString()
    expect(found).toBe(`${text}${'x'.repeat(20_000)}`)
  })
})

describe('writeObject', () => {
  test('leaves nothing but the object, and refuses what cannot be a file', async () => {
    await writeObject(root, { bucket: 'amzn-s3-demo-bucket2', key: 'a/b' }, 'text')
    expect(await readdir(path.join(root, 'amzn-s3-demo-bucket2', 'a'))).toEqual(['b'])
    await expect(writeObject(root, { bucket: BUCKET, key: '../x' }, '')).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    })
  })
})

test.each([
  ['amzn-s3-demo-bucket/a/b', { bucket: BUCKET, key: 'a/b' }],
  ['amzn-s3-demo-bucket\\a\\b', { bucket: BUCKET, key: 'a/b' }],
  ['amzn-s3-demo-bucket/a%3Ab%25', { bucket: BUCKET, key: 'a:b%' }],
  ['amzn-s3-demo-bucket/a%20b', { bucket: BUCKET, key: 'a%20b' }],
  ['stray-file', undefined],
  ['.hidden/x', undefined],
])('addressOfFile(%j)', (relativePath, expected) => {
  expect(addressOfFile(relativePath)).toEqual(expected)
})

test('property: encodeFileName is reversible and leaves nothing that a file system forbids', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const encoded = encodeFileName(name)
      expect(decodeFileName(encoded)).toBe(name)
      expect(encoded).not.toMatch(/[\u0000-\u001f<>:"|?*\\]/)
    }),
  )
})
