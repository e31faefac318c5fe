import { gunzipSync } from 'node:zlib'
import { createCloudTrailReader } from '../shared/cloudtrail/normalize.ts'
import { createRecordSplitter } from '../shared/cloudtrail/split.ts'
import { EMPTY_ENVIRONMENT, type NormalizedRecord } from '../shared/contracts/record.ts'
import { isObject, type JsonObject } from '../shared/derive/json.ts'
import { isGzip } from '../shared/object/inflate.ts'

/** What is looked into one level down. */
const OPENED = new Set(['userIdentity', 'requestParameters', 'responseElements', 'additionalEventData', 'tlsDetails'])

interface Sums {
  records: number
  raw: number
  lean: number
  readonly fields: Map<string, { raw: number; lean: number }>
}

/**
 * Where the bytes of an object's CloudTrail records are, a category and a field: as logged, and in the lean record; and
 * how often what is remembered of records was found. As lines of text.
 *
 * @example
 * for (const line of recordReport(readFileSync('trail.json.gz'))) console.log(line)
 */
export function recordReport(object: Uint8Array): readonly string[] {
  const text = isGzip(object) ? gunzipSync(object) : object
  const options = { environment: EMPTY_ENVIRONMENT, capBytes: 8192, now: Date.now }
  const { counts, normalize } = createCloudTrailReader({ ...options, detail: 'lean' })
  const splitter = createRecordSplitter()
  const categories = new Map<string, Sums>()
  for (const record of [...splitter.push(text), ...splitter.end().last]) {
    const lean: NormalizedRecord = normalize(record)
    const category = lean.view.eventCategory ?? lean.view.kind
    const sums = categories.get(category) ?? { records: 0, raw: 0, lean: 0, fields: new Map() }
    categories.set(category, sums)
    sums.records += 1
    sums.raw += record.length
    sums.lean += Buffer.byteLength(lean.message)
    add(sums, 'raw', JSON.parse(Buffer.from(record).toString()))
    add(sums, 'lean', JSON.parse(lean.message))
  }
  return [...[...categories].flatMap(([category, sums]) => table(category, sums)), ...hits(counts())]
}

function add(sums: Sums, which: 'raw' | 'lean', value: unknown, path = ''): void {
  if (!isObject(value)) return
  for (const [name, item] of Object.entries(value)) {
    const key = path + name
    const field = sums.fields.get(key) ?? { raw: 0, lean: 0 }
    sums.fields.set(key, field)
    field[which] += Buffer.byteLength(JSON.stringify(item)) + Buffer.byteLength(JSON.stringify(name)) + 2
    if (path === '' && OPENED.has(name)) add(sums, which, item as JsonObject, `${name}.`)
  }
}

function table(category: string, { fields, lean, raw, records }: Sums): readonly string[] {
  const each = (bytes: number) => (bytes / records).toFixed(1).padStart(8)
  const rows = [...fields].sort(([, a], [, b]) => Math.max(b.raw, b.lean) - Math.max(a.raw, a.lean))
  return [
    `${category}: ${records} records, bytes a record: ${each(raw).trim()} as logged, ${each(lean).trim()} lean, ${(lean / raw).toFixed(3)}`,
    ...rows.map(([name, sum]) => `${each(sum.raw)} ${each(sum.lean)}  ${name}`),
  ]
}

function hits(counts: ReturnType<ReturnType<typeof createCloudTrailReader>['counts']>): readonly string[] {
  return [
    'what is remembered: found, made anew',
    ...counts.map(({ found, made, name }) => {
      const rate = found + made === 0 ? '-' : (found / (found + made)).toFixed(4)
      return `${String(found).padStart(8)} ${String(made).padStart(8)}  ${name} ${rate}`
    }),
  ]
}
