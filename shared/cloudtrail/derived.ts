import { absentValues, kept, type Lean, plain } from '../derive/lean.ts'

/** A derived field of a CloudTrail record. */
export interface DerivedRow extends Lean {
  readonly member: string
}

/**
 * The derived fields, in the order in which they are written, and what becomes of them in lean records: what is left out
 * there can be said again (complete.ts). docs/record.md says what each means.
 */
export const DERIVED = [
  { member: 'kind', ...plain('`event`', 'event') },
  { member: 'source', ...plain('`cloudtrail`', 'cloudtrail') },
  { member: 'service', ...plain('the first label of `eventSource`'), instead: '$.eventSource' },
  { member: 'action', ...kept },
  { member: 'change', ...plain('`none`', 'none') },
  { member: 'outcome', ...kept },
  { member: 'errorClass', ...plain('`none`', 'none') },
  {
    member: 'actorType',
    ...plain('what `userIdentity.type` says: `root` of `Root`, `role` of `AssumedRole` …'),
    instead: '$.userIdentity.type',
  },
  { member: 'awsService', ...plain('false', false) },
  { member: 'anonymous', ...plain('false', false) },
  { member: 'tool', ...kept },
  { member: 'toolRisk', ...plain('`none`', 'none') },
  { member: 'weakens', ...plain('false', false) },
  { member: 'actor', ...plain('`userIdentity.arn` without its session'), instead: '$.userIdentity.arn' },
  { member: 'actorAccount', ...kept },
  { member: 'person', ...plain('the IAM user or the EC2 instance that the ARN ends with; other names stay') },
  { member: 'keyId', ...plain('always: `userIdentity.accessKeyId`'), instead: '$.userIdentity.accessKeyId' },
  { member: 'root', ...kept },
  { member: 'crossAccount', ...kept },
  { member: 'onBehalf', ...kept },
  { member: 'mfa', ...plain('what `sessionContext.attributes.mfaAuthenticated` says; of S3 data events false') },
  { member: 'ipClass', ...plain('`public`', 'public') },
  { member: 'https', ...plain('true, and `tlsDetails` says it') },
  { member: 'tlsVersion', ...plain('what `tlsDetails` says; of S3 data events TLS 1.2 and 1.3') },
  { member: 'tlsOutdated', ...kept },
  { member: 'presigned', ...kept },
  { member: 'website', ...plain('false', false) },
  { member: 'aclRequired', ...kept },
  { member: 'bytesIn', ...kept },
  { member: 'bytesOut', ...kept },
  { member: 'public', ...kept },
  { member: 'external', ...kept },
  { member: 'expireDays', ...kept },
  { member: 'sse', ...kept },
  { member: 'kmsExternal', ...kept },
  { member: 'keyClass', ...kept },
  { member: 'logBucket', ...kept },
  { member: 'ownStack', ...kept },
  { member: 'deployer', ...kept },
  { member: 'watched', ...kept },
  { member: 'actorKnown', ...kept },
  { member: 'keyQuarantine', ...kept },
  { member: 'truncated', ...kept },
  { member: 'timeMissing', ...kept },
  {
    member: 'lagSeconds',
    ...plain('up to two hours, as is usual; in `full`, too, from 14 days on, which is history read again'),
  },
] as const satisfies readonly DerivedRow[]

export type DerivedField = (typeof DERIVED)[number]['member']

export const DERIVED_FIELDS: readonly string[] = DERIVED.map(({ member }) => member)

/** The values of derived fields where a lean record leaves them out. */
export const ABSENT = absentValues(DERIVED)

/** Further names that are ours. */
const OTHERS = ['copy', 'parse', 'raw', 'parseErrorReason', 'collided', 'truncatedFields']

const TAKEN: ReadonlySet<string> = new Set([...DERIVED_FIELDS, ...OTHERS])

/** Whether a name is one of ours: no member of the record itself may have it. */
export function isTaken(name: string): boolean {
  return TAKEN.has(name)
}
