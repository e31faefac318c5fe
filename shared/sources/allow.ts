import { refusedAction } from '../doctor/refused.ts'

/**
 * What lets the next look see it: the action that was refused, as the reason of an unknown fact names it.
 *
 * @example
 * allow('s3:GetBucketLogging: AccessDenied: Access Denied').fix // 'Allow s3:GetBucketLogging, and repeat the command …'
 */
export function allow(reason: string): { readonly fix: string } {
  const action = refusedAction(reason)
  return {
    fix:
      action === undefined
        ? 'Repeat the command.'
        : `Allow ${action}, and repeat the command (docs/sources.md has all that it needs).`,
  }
}
