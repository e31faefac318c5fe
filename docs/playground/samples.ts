/** Messages to try patterns on: one event in the forms that a log group may hold it in. */
export interface SampleEvent {
  readonly title: string
  readonly forms: Readonly<Partial<Record<'raw' | 'lean' | 'full', string>>>
}

/** Patterns to begin with. */
export const SAMPLE_PATTERNS: readonly { readonly title: string; readonly pattern: string }[] = [
  {
    title: 'Console sign-in without MFA (CIS)',
    pattern: '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
  },
  {
    title: 'Access denied (CIS)',
    pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
  },
  {
    title: 'Trail changed (CIS)',
    pattern: '{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) || ($.eventName = UpdateTrail) }',
  },
  { title: 'A bucket made public (bucketwatch record)', pattern: '{ $.public IS TRUE && $.weakens IS TRUE }' },
  { title: '!= on a key that may be absent', pattern: '{ $.errorCode != "AccessDenied" }' },
  { title: 'Fields of an access-log line', pattern: '[owner, bucket, time, ip, requester = "-", ...]' },
  { title: 'Any of several words', pattern: '?ERROR ?WARN ?Exception' },
]
