/**
 * What should be noticed in the sample morning, and nothing else: rule ids of the detection catalogue. The README's
 * timeline is checked against this list.
 */
export interface Moment {
  /** UTC, of the event. */
  readonly time: string
  readonly who: string
  readonly what: string
  /** Rules whose alarm this raises. */
  readonly alarms: readonly string[]
}

const LEAKED = 'user legacy-report-export from 192.0.2.66'
const NOBODY = 'anonymous from 198.51.100.200, .213, .231'

/** The intrusion, in order. */
export const INTRUSION: readonly Moment[] = [
  {
    time: '07:12:05',
    who: LEAKED,
    what: 'GetCallerIdentity, with an offensive distribution’s agent',
    alarms: ['offensive-ua'],
  },
  { time: '07:12:20', who: LEAKED, what: 'ListBuckets, four times until 07:19', alarms: ['s3-bucket-enum'] },
  {
    time: '07:16:02',
    who: LEAKED,
    what: '70 reads of the settings of seven buckets within 50 seconds',
    alarms: ['s3-posture-recon', 'sal-offensive-ua'],
  },
  {
    time: '07:21:10',
    who: LEAKED,
    what: '48 refused calls, and 48 more from 07:26:40',
    alarms: ['ct-denied-spike', 'cis-01-unauthorized'],
  },
  {
    time: '07:36:18',
    who: LEAKED,
    what: 'reads ops/bootstrap/credentials and deploy-key.pem',
    alarms: ['data-cred-file', 'sal-unknown-requester'],
  },
  {
    time: '07:46:10',
    who: LEAKED,
    what: 'DeleteBucketPublicAccessBlock on customer-data',
    alarms: ['s3-bpa-bucket', 'cis-08-s3-policy', 'ip-outside-allow'],
  },
  {
    time: '07:48:02',
    who: LEAKED,
    what: 'PutBucketPolicy: everyone may list and read customer-data',
    alarms: ['s3-policy-public'],
  },
  {
    time: '07:51:05',
    who: NOBODY,
    what: 'lists customer-data six times',
    alarms: ['data-anon-list', 'data-anon-read', 'ip-blocklist'],
  },
  {
    time: '08:01:02',
    who: NOBODY,
    what: '64 downloads, 66 GB, until 08:17',
    alarms: ['sal-anon-get', 'data-exfil-bytes', 'sal-exfil-bytes'],
  },
  {
    time: '08:19:40',
    who: LEAKED,
    what: 'PutBucketLogging: access logging of customer-data off',
    alarms: ['s3-logging-disabled'],
  },
  { time: '08:21:15', who: LEAKED, what: 'PutBucketVersioning: suspended', alarms: ['s3-versioning-off'] },
  {
    time: '08:30:05',
    who: LEAKED,
    what: '540 DeleteObject in four and a half minutes (CloudTrail)',
    alarms: ['data-mass-delete'],
  },
  { time: '08:36:30', who: LEAKED, what: 'PutObject HOW_TO_RECOVER_YOUR_FILES.txt', alarms: ['data-ransom-note'] },
  {
    time: '08:50:41',
    who: LEAKED,
    what: 'StopLogging: from here on CloudTrail is silent',
    alarms: ['trail-stopped', 'cis-05-trail-config', 'pipe-trail-silent'],
  },
  {
    time: '08:57:10',
    who: LEAKED,
    what: 'two DeleteObjects, 620 keys of backups (access log only)',
    alarms: ['sal-mass-delete'],
  },
  {
    time: '09:03:10',
    who: LEAKED,
    what: 'PutObject RANSOM_NOTE.txt in backups (access log only)',
    alarms: ['data-ransom-note'],
  },
]

/** What comes of the response and of the damaged input: due, but not the intruder's doing. */
export const AFTERMATH: readonly Moment[] = [
  {
    time: '10:31:12',
    who: 'user martha, console with MFA, from the office',
    what: 'StartLogging',
    alarms: ['cis-05-trail-config'],
  },
  {
    time: '11:25:00',
    who: 'a damaged object',
    what: 'its gzip data ends too early: a record is cut in two',
    alarms: ['pipe-parse-errors'],
  },
]

/** Ids of the rules whose alarms the morning raises. */
export const EXPECTED_ALARMS: ReadonlySet<string> = new Set(
  [...INTRUSION, ...AFTERMATH].flatMap(({ alarms }) => alarms),
)
