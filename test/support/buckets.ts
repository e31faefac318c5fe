/** S3 with buckets in memory, behind the SDK's client. */
import { Readable } from 'node:stream'
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3'
import type { AwsClientStub } from 'aws-sdk-client-mock'

type Mock = AwsClientStub<S3Client> & { readonly _?: [ServiceInputTypes, ServiceOutputTypes] }

/** Lists by prefix and delimiter, reads (ranges too), looks and writes; what is not there is 404. */
export function standInBuckets(s3: Mock, buckets: Readonly<Record<string, Map<string, Buffer>>>): void {
  const bucket = (name: string | undefined) => buckets[name ?? ''] ?? new Map<string, Buffer>()
  const missing = () =>
    Object.assign(new Error('no such key'), { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } })
  const bodyOf = (name: string | undefined, key: string | undefined): Buffer => {
    const body = bucket(name).get(key ?? '')
    if (body === undefined) throw missing()
    return body
  }

  s3.on(ListObjectsV2Command).callsFake(({ Bucket, Prefix = '', Delimiter }) => {
    const all = bucket(Bucket)
    const keys = [...all.keys()].filter((key) => key.startsWith(Prefix)).sort()
    const folders = new Set<string>()
    const Contents = keys.flatMap((Key) => {
      const slash = Delimiter === undefined ? -1 : Key.indexOf('/', Prefix.length)
      if (slash >= 0) folders.add(Key.slice(0, slash + 1))
      return slash >= 0 ? [] : [{ Key, Size: all.get(Key)!.length, ETag: '"e"', LastModified: new Date(0) }]
    })
    return { Contents, CommonPrefixes: [...folders].map((folder) => ({ Prefix: folder })) }
  })
  s3.on(GetObjectCommand).callsFake(({ Bucket, Key, Range }) => {
    const body = bodyOf(Bucket, Key)
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(Range ?? '') ?? []
    const part = from === undefined ? body : body.subarray(Number(from), to === '' ? undefined : Number(to) + 1)
    return { Body: Readable.from([part]), ContentLength: part.length }
  })
  s3.on(HeadObjectCommand).callsFake(({ Bucket, Key }) => {
    bodyOf(Bucket, Key)
    return {}
  })
  s3.on(PutObjectCommand).callsFake(({ Bucket, Key, Body }) => {
    bucket(Bucket).set(Key, Buffer.from(Body))
    return {}
  })
}
