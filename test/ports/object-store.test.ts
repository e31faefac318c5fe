import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { createS3ObjectStore } from '../../shared/aws/s3.ts'
import { createFileObjectStore, createFolderObjectStore, writeObject } from '../../shared/local/object-store.ts'
import { fakeS3Client } from './fake-aws.ts'
import { objectStoreSuite } from './object-store.suite.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-objects-'))
  folders.push(folder)
  return folder
}

objectStoreSuite('S3 (SDK)', async (objects) => createS3ObjectStore({ client: fakeS3Client(objects) }))

objectStoreSuite('a folder', async (objects) => {
  const folder = await temporary()
  const root = path.join(folder, 'buckets')
  await writeFile(path.join(folder, 'outside'), 'must not be read')
  for (const [name, body] of objects) {
    const [bucket = '', ...key] = name.split('/')
    await writeObject(root, { bucket, key: key.join('/') }, body)
  }
  return createFolderObjectStore(root)
})

objectStoreSuite('single files', async (objects) => {
  const folder = await temporary()
  const files = new Map<string, string>()
  for (const [name, body] of objects) {
    const file = path.join(folder, `${files.size}`)
    await writeFile(file, body)
    files.set(name, file)
  }
  return createFileObjectStore(files)
})
