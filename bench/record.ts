import { gunzipSync } from 'node:zlib'
import { MEMBERS } from '../shared/cloudtrail/members.ts'
import { createCloudTrailReader } from '../shared/cloudtrail/normalize.ts'
import { createRecordSplitter } from '../shared/cloudtrail/split.ts'
import { type Detail, EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { isObject } from '../shared/derive/json.ts'
import { isGzip } from '../shared/object/inflate.ts'

/** What is looked into: every object of which the table of members names a member. */
const OPENED: ReadonlySet<string> = new Set(
  MEMBERS.flatMap(({ path }) => path.split('.').map((_, index, names) => names.slice(0, index).join('.'))).filter(
    (path) => path !== '',
  ),
)

/** As logged, and in the records that are made of it. */
export const FORMS = ['raw', 'lean', 'full'] as const
export type Form = (typeof FORMS)[number]
type Bytes = Record<Form, number>
const none = (): Bytes => ({ raw: 0, lean: 0, full: 0 })

/** The records of one category, `Data` or `Management`. */
export interface MeasuredRecords {
  readonly records: number
  /** Bytes a record: in all, and of each member that has no members of its own here. */
  readonly total: Readonly<Bytes>
  readonly members: ReadonlyMap<string, Readonly<Bytes>>
}

export interface Measured {
  readonly categories: ReadonlyMap<string, MeasuredRecords>
  readonly counts: ReturnType<ReturnType<typeof createCloudTrailReader>['counts']>
}

/**
 * Where the bytes of CloudTrail records are: a category and a member, as logged and in the records made of them by a
 * stack in the Region of the first.
 *
 * @param now when they are read; what a record says of its lag depends on it.
 */
export function measureRecords(records: Iterable<Uint8Array | string>, now: () => number): Measured {
  const given = [...records]
  const environment = { ...EMPTY_ENVIRONMENT, region: regionAmong(given[0] ?? '') }
  const make = (detail: Detail) => createCloudTrailReader({ environment, capBytes: 8192, now, detail })
  const lean = make('lean')
  const full = make('full')
  const sums = new Map<string, { records: number; total: Bytes; members: Map<string, Bytes> }>()
  for (const record of given) {
    const { message, view } = lean.normalize(record)
    const category = view.eventCategory ?? view.kind
    const sum = sums.get(category) ?? { records: 0, total: none(), members: new Map() }
    sums.set(category, sum)
    sum.records += 1
    const texts = { raw: Buffer.from(record).toString(), lean: message, full: full.normalize(record).message }
    for (const form of FORMS) {
      sum.total[form] += Buffer.byteLength(texts[form])
      add(sum.members, form, JSON.parse(texts[form]))
    }
  }
  const mean = (bytes: Bytes, count: number): Bytes => ({
    raw: bytes.raw / count,
    lean: bytes.lean / count,
    full: bytes.full / count,
  })
  const categories = [...sums].map(([category, { records: count, total, members }]) => {
    const means = new Map([...members].map(([path, bytes]) => [path, mean(bytes, count)] as const))
    return [category, { records: count, total: mean(total, count), members: means }] as const
  })
  return { categories: new Map(categories), counts: lean.counts() }
}

/** The first Region that a text names. */
export function regionAmong(text: Uint8Array | string): string | undefined {
  return /"awsRegion"\s*:\s*"([\w-]+)"/.exec(
    typeof text === 'string' ? text : Buffer.from(text).toString('latin1'),
  )?.[1]
}

function add(members: Map<string, Bytes>, form: Form, value: object, parent = ''): void {
  for (const [name, item] of Object.entries(value) as [string, unknown][]) {
    const path = parent + name
    if (isObject(item) && OPENED.has(path)) {
      add(members, form, item, `${path}.`)
      continue
    }
    const bytes = members.get(path) ?? none()
    members.set(path, bytes)
    // With the colon and the comma.
    bytes[form] += Buffer.byteLength(`${JSON.stringify(name)}:${JSON.stringify(item)},`)
  }
}

/**
 * {@link measureRecords} of an object's records, and how often what is remembered of records was found. As lines of text.
 *
 * @example
 * for (const line of recordReport(readFileSync('trail.json.gz'))) console.log(line)
 */
export function recordReport(object: Uint8Array): readonly string[] {
  const splitter = createRecordSplitter()
  const pieces = splitter.push(isGzip(object) ? gunzipSync(object) : object)
  const { categories, counts } = measureRecords([...pieces, ...splitter.end().last], Date.now)
  return [...[...categories].flatMap(([category, measured]) => table(category, measured)), ...hits(counts)]
}

function table(category: string, { members, records, total }: MeasuredRecords): readonly string[] {
  const rows = [...members].sort(([, a], [, b]) => Math.max(b.raw, b.lean) - Math.max(a.raw, a.lean))
  const shown = (bytes: Bytes) => FORMS.map((form) => bytes[form].toFixed(1).padStart(8)).join(' ')
  return [
    `${category}: ${records} records, bytes a record: ${total.raw.toFixed(1)} as logged, ${total.lean.toFixed(1)} lean, ${(total.lean / total.raw).toFixed(3)}`,
    FORMS.map((form) => form.padStart(8)).join(' '),
    ...rows.map(([path, bytes]) => `${shown(bytes)}  ${path}`),
  ]
}

function hits(counts: Measured['counts']): readonly string[] {
  return [
    'what is remembered: found, made anew',
    ...counts.map(({ found, made, name }) => {
      const rate = found + made === 0 ? '-' : (found / (found + made)).toFixed(4)
      return `${String(found).padStart(8)} ${String(made).padStart(8)}  ${name} ${rate}`
    }),
  ]
}
