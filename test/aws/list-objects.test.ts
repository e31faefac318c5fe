import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createS3Lister } from '../../shared/aws/list-objects.ts'

const mock = mockClient(S3Client)
const lister = createS3Lister({ client: new S3Client({ region: 'eu-west-1' }) })
async function list(startAfter?: string): Promise<unknown[]> {
  const pages: unknown[] = []
  for await (const page of lister.list({ bucket: 'amzn-s3-demo-bucket', prefix: 'logs/', startAfter })) pages.push(page)
  return pages
}
beforeEach(() => mock.reset())

test('gives the objects and folders of a level, page by page, and begins after a key once', async () => {
  mock
    .on(ListObjectsV2Command)
    .resolvesOnce({
      Contents: [{ Key: 'logs/a', Size: 7, LastModified: new Date(5_000), ETag: '"d41d8"' }, { Size: 1 }],
      CommonPrefixes: [{ Prefix: 'logs/2026/' }, {}],
      IsTruncated: true,
      NextContinuationToken: 'next',
    })
    .resolvesOnce({ Contents: [{ Key: 'logs/b' }], IsTruncated: false, NextContinuationToken: 'unused' })
  expect(await list('logs/0')).toEqual([
    { objects: [{ key: 'logs/a', size: 7, lastModified: 5_000, eTag: 'd41d8' }], folders: ['logs/2026/'] },
    { objects: [{ key: 'logs/b', size: 0, lastModified: 0, eTag: undefined }], folders: [] },
  ])
  const asked = { Bucket: 'amzn-s3-demo-bucket', Prefix: 'logs/', Delimiter: '/' }
  expect(mock.commandCalls(ListObjectsV2Command).map(({ args }) => args[0].input)).toEqual([
    { ...asked, StartAfter: 'logs/0' },
    { ...asked, ContinuationToken: 'next' },
  ])
})

test('an empty level is one page with nothing in it', async () => {
  mock.on(ListObjectsV2Command).resolves({})
  expect(await list()).toEqual([{ objects: [], folders: [] }])
})

test('a failure names the call', async () => {
  mock.on(ListObjectsV2Command).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }))
  await expect(list()).rejects.toMatchObject({ code: 'AWS_CALL', message: expect.stringContaining('s3:ListBucket') })
})
