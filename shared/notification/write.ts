import type { ObjectRef } from './parse.ts'

/**
 * A notification of objects, as S3 would write it and `parseNotificationBody` reads it: for the messages that we send
 * ourselves.
 *
 * Source: Amazon S3 User Guide, "Event message structure".
 *
 * @example
 * parseNotificationBody(writeNotification([ref])).objects // [ref]
 */
export function writeNotification(objects: readonly ObjectRef[]): string {
  // What only our own senders add: all objects of a message have it in common.
  const { history, records } = objects[0] ?? {}
  const own = history === undefined && records === undefined ? undefined : { group: history && 'history', records }
  return JSON.stringify({
    bucketwatch: own,
    Records: objects.map(({ bucket, key, size, eTag, versionId, sequencer, eventName, eventTime, awsRegion }) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion,
      eventTime,
      eventName: eventName?.startsWith('ObjectCreated') === true ? eventName : 'ObjectCreated:Put',
      s3: {
        s3SchemaVersion: '1.0',
        bucket: { name: bucket },
        object: { key: encodeURIComponent(key).replaceAll('%20', '+'), size, eTag, versionId, sequencer },
      },
    })),
  })
}
