import type { ListedObject, ObjectLister } from '../contracts/ports.ts'

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * All objects below a prefix, in the order of their keys (UTF-8, as S3 lists them), folder by folder, so that folders
 * which `enter` refuses are not listed at all. Constant memory: a page a level.
 *
 * @param options.after only keys after this one: where a walk was interrupted, it goes on.
 * @example
 * for await (const object of walk(lister, { bucket, prefix: 'AWSLogs/', enter: (folder) => mayHold(folder, window) })) …
 */
export async function* walk(
  lister: ObjectLister,
  options: {
    readonly bucket: string
    readonly prefix: string
    readonly after?: string | undefined
    readonly enter: (folder: string) => boolean
  },
): AsyncGenerator<ListedObject> {
  const { bucket, prefix, after, enter } = options
  for await (const page of lister.list({ bucket, prefix, startAfter: after })) {
    const entries = [
      ...page.objects.map((object) => ({ name: object.key, object })),
      ...page.folders.map((folder) => ({ name: folder, object: undefined })),
    ].sort((a, b) => compare(a.name, b.name))
    for (const { name, object } of entries) {
      if (object !== undefined) {
        if (after === undefined || compare(name, after) > 0) yield object
      } else if (enter(name) && (after === undefined || compare(name, after) > 0 || after.startsWith(name))) {
        yield* walk(lister, { ...options, prefix: name, after: after?.startsWith(name) === true ? after : undefined })
      }
    }
  }
}
