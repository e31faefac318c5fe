/**
 * The action that was refused, as the reason of an unknown fact names it; undefined where it failed otherwise.
 *
 * @example
 * refusedAction('s3:GetBucketLogging: AccessDenied: Access Denied') // 's3:GetBucketLogging'
 */
export function refusedAction(reason: string): string | undefined {
  if (!/AccessDenied|Unauthorized|Forbidden|NotAuthorized|\b403\b/.test(reason)) return undefined
  return /\b[a-z][a-z0-9-]+:[A-Z][A-Za-z]+\b/.exec(reason)?.[0]
}
