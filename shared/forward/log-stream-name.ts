/** How the log streams of a group are named. */

/**
 * The name of the log stream that one instance of a function writes to on one day (UTC): `YYYY/MM/DD/<function>/<instance>`.
 * One writer a stream keeps its events in order. `:` and `*`, which AWS does not allow, and control characters become
 * `-`; the name stays within 512 characters.
 *
 * Source: CloudWatch Logs API Reference, "CreateLogStream".
 *
 * @example
 * logStreamName({ functionName: 'cloudtrail', instanceId: '3f9c', now: Date.now }) // "2026/11/25/cloudtrail/3f9c"
 */
export function logStreamName(options: {
  readonly functionName: string
  readonly instanceId: string
  readonly now: () => number
}): string {
  const day = new Date(options.now()).toISOString().slice(0, 10).replaceAll('-', '/')
  return `${day}/${clean(options.functionName)}/${clean(options.instanceId)}`
}

function clean(text: string): string {
  // 240 each, so that the whole stays below 512.
  return text.replace(/[:*\u0000-\u001f\u007f]/g, '-').slice(0, 240) || '-'
}
