/** The derived fields of a CloudTrail record, in the order in which they are written. docs/record.md says what each means. */
export const DERIVED_FIELDS = (
  'kind source service action change outcome errorClass actorType awsService anonymous tool toolRisk weakens actor ' +
  'actorAccount person keyId root crossAccount onBehalf mfa ipClass https tlsVersion tlsOutdated presigned website ' +
  'aclRequired bytesIn bytesOut public external expireDays sse kmsExternal keyClass logBucket watched actorKnown ' +
  'keyQuarantine truncated timeMissing lagSeconds'
).split(' ')

/** Further names that are ours. */
const OTHERS = ['copy', 'parse', 'raw', 'parseErrorReason', 'collided', 'truncatedFields']

const TAKEN: ReadonlySet<string> = new Set([...DERIVED_FIELDS, ...OTHERS])

/** Whether a name is one of ours: no member of the record itself may have it. */
export function isTaken(name: string): boolean {
  return TAKEN.has(name)
}
