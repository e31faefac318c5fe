import type { ListedObject } from '../contracts/ports.ts'

/**
 * The notification that sends an existing object through a function to the group `history`: an S3 event record, with
 * what only the stack's own senders can add (a bucket's notification has no such member, and queue policies admit nobody
 * else).
 *
 * @example
 * historyNotification('amzn-s3-demo-trail', { key: 'a b', size: 1, lastModified: 0 })
 * // '{"bucketwatch":{"group":"history"},"Records":[{…"key":"a%20b"…}]}'
 */
export function historyNotification(bucket: string, { key, size, eTag, versionId }: ListedObject): string {
  return JSON.stringify({
    bucketwatch: { group: 'history' },
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Backfill',
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), size, eTag, versionId } },
      },
    ],
  })
}
