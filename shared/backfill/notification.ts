import type { RecordRange } from '../contracts/ports.ts'

interface NamedObject {
  readonly key: string
  readonly size?: number | undefined
  readonly eTag?: string | undefined
  readonly versionId?: string | undefined
}

/**
 * What only the stack's own senders can add to a notification (a bucket's notification has no such member, and queue
 * policies admit nobody else).
 */
export interface OwnMember {
  /** The records go to this group instead of their kind's. */
  readonly group?: 'history'
  /** Only these records of the object are delivered: a replay of what was put aside. */
  readonly records?: readonly RecordRange[]
}

/**
 * The notification that sends an existing object through a function to the group `history`.
 *
 * @param records of a replay: only these.
 * @example
 * historyNotification('amzn-s3-demo-trail', { key: 'a b' })
 * // '{"bucketwatch":{"group":"history"},"Records":[{…"key":"a%20b"…}]}'
 */
export const historyNotification = (bucket: string, object: NamedObject, records?: readonly RecordRange[]): string =>
  notification(bucket, object, 'ObjectCreated:Backfill', { group: 'history', ...(records && { records }) })

/**
 * The notification that sends an object through a function once more, for some of its records.
 *
 * @example
 * replayNotification('amzn-s3-demo-trail', { key: 'a.json.gz' }, [{ from: 3, to: 3 }])
 */
export const replayNotification = (bucket: string, object: NamedObject, records: readonly RecordRange[]): string =>
  notification(bucket, object, 'ObjectCreated:Replay', { records })

function notification(
  bucket: string,
  { key, size, eTag, versionId }: NamedObject,
  eventName: string,
  bucketwatch: OwnMember,
): string {
  return JSON.stringify({
    bucketwatch,
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName,
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), size, eTag, versionId } },
      },
    ],
  })
}
