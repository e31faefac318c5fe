import type { RecordView } from '../../shared/contracts/record.ts'

/** A record view of an ordinary successful read, with the given members changed. */
export function view(changes: Partial<RecordView> = {}): RecordView {
  return {
    kind: 'event',
    source: 'cloudtrail',
    eventTimeMs: Date.parse('2026-03-17T08:00:00Z'),
    identity: 'id-1',
    eventName: 'GetObject',
    eventSource: 's3.amazonaws.com',
    eventCategory: 'Data',
    action: 'object.read',
    outcome: 'success',
    errorClass: 'none',
    readOnly: true,
    actor: 'arn:aws:iam::111122223333:role/app',
    awsService: false,
    anonymous: false,
    sourceIPAddress: '198.51.100.7',
    bucket: 'amzn-s3-demo-bucket',
    key: 'a.txt',
    bytesOut: 10,
    logBucket: false,
    ...changes,
  }
}
