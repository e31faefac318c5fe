import { call, data } from '../../cases/cloudtrail-records.ts'

/** A small trail. */
export const TRAIL = [
  call('cloudtrail.amazonaws.com', 'StopLogging', { requestParameters: { name: 'management-trail' } }),
  data('GetObject'),
  data('PutObject', { key: 'a.txt' }),
]

/** An access-log line of an operation and a status. */
export function accessLogLineOf(operation: string, status: number): string {
  const owner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'
  return `${owner} amzn-s3-demo-bucket1 [06/Feb/2026:00:00:38 +0000] 192.0.2.3 ${owner} 3E57427F3EXAMPLE ${operation} a.txt "GET /a.txt HTTP/1.1" ${status} - 113 - 7 - "-" "curl/8.7.1" - - SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSv1.2 - - us-west-1`
}
