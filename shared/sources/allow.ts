/**
 * What lets the next look see it: the action that was refused, as the reason of an unknown fact names it.
 *
 * @example
 * allow('s3:GetBucketLogging: AccessDenied: Access Denied').fix // 'Allow s3:GetBucketLogging, and repeat the command …'
 */
export function allow(reason: string): { readonly fix: string } {
  const [action] = /\b[a-z][a-z0-9-]+:[A-Z][A-Za-z]+\b/.exec(reason) ?? []
  const refused = /AccessDenied|Unauthorized|Forbidden|NotAuthorized|\b403\b/.test(reason)
  return {
    fix:
      action === undefined || !refused
        ? 'Repeat the command.'
        : `Allow ${action}, and repeat the command (docs/sources.md has all that it needs).`,
  }
}
