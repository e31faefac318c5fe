/**
 * What is no log of ours, named for what it is: each with the way round, or with a word where there is nothing to do
 * about it. Told by the content where that is certain, else by the key.
 */
import { BucketwatchError } from '../contracts/errors.ts'

interface ForeignRow {
  /** As a sentence has it: `This is …`. */
  readonly what: string
  /** What to do, in one sentence. Absent: it is no log at all, and is passed over with `skip`. */
  readonly instead?: string
  readonly skip?: string
  /** Logs of another kind for certain: no record that a rule would read is in it. */
  readonly isOtherLog?: true
  /** The first bytes, as Latin-1. */
  readonly magic?: RegExp
  /** The text from its beginning. */
  readonly text?: RegExp
  /** The member names of the first JSON object. */
  readonly json?: (names: readonly string[]) => boolean
  readonly key?: RegExp
}

const has =
  (...wanted: readonly string[]) =>
  (names: readonly string[]) =>
    wanted.every((name) => names.includes(name))
const TABLES = 'Query it where it lies (Athena), or export the rows you need as CSV or JSON.'
const OTHER_LOGS = 'Give the objects of a trail or of S3 server access logging; no rule reads these.'
const UNPACK = 'Unpack it and upload the files that are in it; the local command unpacks it itself.'

export const FOREIGN: Readonly<Record<string, ForeignRow>> = {
  parquet: { what: 'a Parquet file', instead: TABLES, magic: /^PAR1/ },
  orc: { what: 'an ORC file', instead: TABLES, magic: /^ORC/ },
  avro: { what: 'an Avro file', instead: TABLES, magic: /^Obj\x01/ },
  zip: { what: 'a zip archive', instead: UNPACK, magic: /^PK\x03\x04|^PK\x05\x06/ },
  tar: { what: 'a tar archive', instead: UNPACK, magic: /^[\s\S]{257}ustar/ },
  bzip2: { what: 'bzip2 data', instead: UNPACK, magic: /^BZh[1-9]1AY&SY/ },
  xz: { what: 'xz data', instead: 'Unpack it first (xz -d).', magic: /^\xfd7zXZ\x00/ },
  '7z': { what: 'a 7z archive', instead: 'Unpack it first.', magic: /^7z\xbc\xaf\x27\x1c/ },
  'utf-16': {
    what: 'UTF-16 text',
    instead: 'Write it as UTF-8 first (iconv -f UTF-16 -t UTF-8).',
    magic: /^(?:\xff\xfe|\xfe\xff|[\t-~]\0[\t-~]\0|\0[\t-~]\0[\t-~])/,
  },
  ocsf: {
    what: 'OCSF, as Security Lake writes it',
    instead: 'Give the trail’s own objects (AWSLogs/…/CloudTrail/…): OCSF leaves out members that rules read.',
    json: has('class_uid', 'metadata'),
  },
  own: {
    what: 'records that bucketwatch wrote',
    instead:
      'Give the log objects they were made from; `detections match` and `pattern test` take records as they are.',
    json: (names) => has('action', 'outcome')(names) && (names.includes('source') || names.includes('tool')),
  },
  config: {
    what: 'AWS Config history or a snapshot',
    instead: OTHER_LOGS,
    isOtherLog: true,
    json: (names) => names.includes('configurationItems') || names.includes('configSnapshotId'),
    key: /\/AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/Config\//,
  },
  guardduty: {
    what: 'GuardDuty findings',
    instead: 'GuardDuty tells of its findings itself, through EventBridge.',
    isOtherLog: true,
    json: has('schemaVersion', 'accountId', 'severity'),
    key: /\/GuardDuty\//,
  },
  waf: {
    what: 'AWS WAF logs',
    instead: OTHER_LOGS,
    isOtherLog: true,
    json: has('webaclId', 'httpRequest'),
    key: /\/WAFLogs\//,
  },
  resolver: {
    what: 'Route 53 resolver query logs',
    instead: OTHER_LOGS,
    isOtherLog: true,
    json: has('query_name', 'query_type'),
  },
  'load-balancer': {
    what: 'a load balancer access log',
    instead: OTHER_LOGS,
    isOtherLog: true,
    text: /^(?:(?:https?|h2|grpcs?|wss?|tls) )?\d{4}-\d\d-\d\dT[\d:.]+Z? (?:app|net)?\/?[\w/.-]+ [\d.:a-f-]+ /,
    key: /\/elasticloadbalancing\//,
  },
  cloudfront: {
    what: 'a CloudFront access log',
    instead: OTHER_LOGS,
    isOtherLog: true,
    text: /^#Version: 1\.0\r?\n#Fields:/,
  },
  'flow-log': {
    what: 'a VPC flow log',
    instead: OTHER_LOGS,
    isOtherLog: true,
    text: /^(?:version account-id |\d+ \d{12} (?:eni|-)[\w-]* )/,
    key: /\/vpcflowlogs\//,
  },
  inventory: {
    what: 'an S3 Inventory manifest',
    instead: OTHER_LOGS,
    isOtherLog: true,
    json: has('sourceBucket', 'fileFormat', 'files'),
  },
  image: {
    what: 'an image',
    skip: 'image',
    magic: /^(?:\x89PNG|\xff\xd8\xff|GIF8|RIFF[\s\S]{4}WEBP|\x00\x00\x01\x00)/,
  },
  pdf: { what: 'a PDF', skip: 'pdf', magic: /^%PDF-/ },
  finder: {
    what: 'a folder’s settings',
    skip: 'folderSettings',
    key: /(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini)$/,
  },
  readme: {
    what: 'a note',
    skip: 'note',
    key: /(?:^|\/)(?:README|LICENSE|CHANGELOG|NOTICE)(?:\.\w+)?$|(?:^|\/)[^/]+\.(?:md|rst|docx?|html?)$/i,
  },
  repository: { what: 'part of a git repository', skip: 'repository', key: /(?:^|\/)\.git\// },
}

/** What an object is, where it is no log of ours. */
export interface Foreign {
  readonly name: string
  readonly skip?: string | undefined
  readonly error?: BucketwatchError | undefined
}

/** By the content; `names` are the member names of its first JSON object. */
export function foreignByContent(head: Uint8Array, text: string, names: readonly string[]): Foreign | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 512)).toString('latin1')
  return find(
    ({ magic, text: begins, json }) =>
      magic?.test(bytes) === true || begins?.test(text) === true || (names.length > 0 && json?.(names) === true),
  )
}

export const foreignByKey = (key: string): Foreign | undefined => find((row) => row.key?.test(key) === true)

function find(test: (row: ForeignRow) => boolean): Foreign | undefined {
  const found = Object.entries(FOREIGN).find(([, row]) => test(row))
  if (found === undefined) return undefined
  const [name, { what, instead, skip, isOtherLog }] = found
  if (skip !== undefined) return { name, skip }
  return {
    name,
    error: new BucketwatchError('OBJECT_FOREIGN', `This is ${what}. ${instead}`, { form: name, isOtherLog }),
  }
}
