/** What the saved queries should find, computed from the records that our own readers make. */
import type { Asked } from '../../shared/athena/queries.ts'
import type { LogKind } from '../../shared/kinds/kinds.ts'

/** A record under the names of the queries, whichever log it is from. */
export type Seen = Readonly<Record<string, string | number | undefined>>
type Values = Readonly<Record<Asked, string>>

interface Expectation {
  readonly keep: (record: Seen, asked: Values) => boolean
  /** The columns that are listed, or counted by. */
  readonly columns: readonly string[]
  /** What the counts are called, and of what: all, or what is different in a column. */
  readonly counts?: Readonly<Record<string, string | undefined>>
  readonly sums?: Readonly<Record<string, string>>
}

const CALLS = { calls: undefined }
const ok = ({ status }: Seen): boolean => status !== undefined && Number(status) < 400
const begins = (value: Seen[string], words: string): boolean =>
  words.split(' ').some((word) => String(value ?? '').startsWith(word))
const holds = (value: Seen[string], words: string): boolean =>
  words.split(' ').some((word) => String(value ?? '').includes(word))

const BYTES = { bytes: 'bytes_sent' }

export const EXPECTED: Readonly<Record<LogKind, Readonly<Record<string, Expectation>>>> = {
  cloudtrail: {
    'Who touched a bucket': {
      keep: ({ bucket }, asked) => bucket === asked.bucket,
      columns: ['actor', 'name', 'address', 'error'],
      counts: CALLS,
    },
    'What an access key did': {
      keep: ({ key_id }, asked) => key_id === asked.keyId,
      columns: ['time', 'name', 'service', 'bucket', 'object_key', 'address', 'agent', 'error', 'event_id'],
    },
    'What somebody did': {
      keep: ({ actor }, asked) => actor === asked.actor,
      columns: ['name', 'service', 'bucket', 'address', 'error'],
      counts: CALLS,
    },
    'What came from an address': {
      keep: ({ address }, asked) => address === asked.address,
      columns: ['actor', 'key_id', 'name', 'bucket', 'error'],
      counts: CALLS,
    },
    Deletes: {
      keep: ({ name, error }) => error === undefined && begins(name, 'Delete Terminate Remove'),
      columns: ['actor', 'key_id', 'address', 'name', 'bucket'],
      counts: CALLS,
    },
    Denials: {
      keep: ({ error }) => holds(error, 'AccessDenied Unauthorized Forbidden'),
      columns: ['actor', 'address', 'name', 'bucket', 'error'],
      counts: CALLS,
    },
    'Errors by address': {
      keep: ({ error }) => error !== undefined,
      columns: ['address', 'error'],
      counts: { ...CALLS, names: 'name', actors: 'actor' },
    },
    'Changes of buckets': {
      keep: ({ service, name }) =>
        service === 's3.amazonaws.com' &&
        ['Put', 'Delete', 'Create'].some((verb) =>
          begins(name, ['Bucket', 'Account', 'Public', 'Access'].map((noun) => verb + noun).join(' ')),
        ),
      columns: ['time', 'actor', 'name', 'bucket', 'address', 'error', 'event_id'],
    },
    'Anonymous calls': {
      keep: ({ actorType }) => actorType === 'anonymous',
      columns: ['bucket', 'name', 'address', 'error'],
      counts: CALLS,
    },
  },
  'access-log': {
    'Who touched a bucket': {
      keep: ({ bucket }, asked) => bucket === asked.bucket,
      columns: ['requester', 'operation', 'address', 'status'],
      counts: CALLS,
      sums: BYTES,
    },
    'What somebody did': {
      keep: ({ actor }, asked) => actor === asked.actor,
      columns: ['requester', 'operation', 'bucket', 'address', 'status'],
      counts: CALLS,
      sums: BYTES,
    },
    'What came from an address': {
      keep: ({ address }, asked) => address === asked.address,
      columns: ['requester', 'operation', 'bucket', 'status'],
      counts: CALLS,
      sums: BYTES,
    },
    Deletes: {
      keep: (record) =>
        holds(record.operation, 'DELETE EXPIRE') && (record.status === undefined || Number(record.status) < 400),
      columns: ['requester', 'address', 'operation', 'bucket'],
      counts: { objects: undefined },
    },
    'Anonymous reads': {
      keep: (record) =>
        ok(record) && record.actorType === 'anonymous' && begins(record.operation, 'REST.GET WEBSITE.GET SOAP.GET'),
      columns: ['bucket', 'object_key', 'address'],
      counts: CALLS,
      sums: BYTES,
    },
    Denials: {
      keep: ({ status }) => status === 401 || status === 403,
      columns: ['requester', 'address', 'operation', 'bucket', 'error'],
      counts: { ...CALLS, keys: 'object_key' },
    },
    'Errors by address': {
      keep: ({ status }) => Number(status) >= 400,
      columns: ['address', 'status', 'error'],
      counts: { ...CALLS, keys: 'object_key' },
    },
    'Largest downloads': {
      keep: (record) => ok(record) && String(record.operation).endsWith('.GET.OBJECT'),
      columns: ['requester', 'address', 'bucket'],
      counts: CALLS,
      sums: BYTES,
    },
    'Lines that were not read whole': {
      keep: ({ unread }) => unread !== undefined,
      columns: ['time', 'bucket', 'operation', 'unread'],
    },
  },
}

/** The rows of a query, each as JSON, sorted. */
export function expectedRows(expectation: Expectation, records: readonly Seen[], asked: Values): string[] {
  const { keep, columns, counts = {}, sums = {} } = expectation
  const kept = records.filter((record) => keep(record, asked))
  const of = (record: Seen) => Object.fromEntries(columns.map((name) => [name, record[name]]))
  if (Object.keys(counts).length === 0) return kept.map((record) => rowText(of(record))).sort()
  const groups = Map.groupBy(kept, (record) => rowText(of(record)))
  return [...groups.values()].map((members) => rowText({ ...of(members[0]!), ...totals(members, counts, sums) })).sort()
}

function totals(members: readonly Seen[], counts: object, sums: object): Seen {
  const times = members.flatMap(({ time }) => time ?? []).sort()
  const counted = Object.entries(counts).map(([name, column]: [string, string | undefined]) => [
    name,
    column === undefined ? members.length : new Set(members.flatMap((member) => member[column] ?? [])).size,
  ])
  const summed = Object.entries(sums).map(([name, column]: [string, string]) => {
    const values = members.flatMap((member) => member[column] ?? [])
    return [name, values.length === 0 ? undefined : values.reduce((sum: number, value) => sum + Number(value), 0)]
  })
  return { ...Object.fromEntries([...counted, ...summed]), first: times[0], last: times.at(-1) }
}

/** A row as text: names in order, numbers as text, nothing where there is nothing. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(row).filter(([, value]) => value !== undefined && value !== null)
  return JSON.stringify(cells.map(([name, value]) => [name, String(value)]).sort(([a], [b]) => (a! < b! ? -1 : 1)))
}
