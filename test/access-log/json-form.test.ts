import { expect, it } from 'vitest'
import { parseJsonLine } from '../../shared/access-log/json-form.ts'
import { FIELDS } from '../../shared/access-log/table.ts'

const BARE = { schema_version_id: 'V_1_0', bucket_name: 'amzn-s3-demo-bucket', operation: 'REST.GET.OBJECT' }

/** A value that a field takes, of no other field. */
const sampleOf = (field: (typeof FIELDS)[number]): string | number =>
  field.name === 'time' ? '2026-07-30T10:00:00Z' : 'number' in field ? 7 : field.name === 'key' ? 'a/b' : 'x'

const NAMES = FIELDS.flatMap((field) => field.json.map((name) => [name, field] as const))

it.each(NAMES)('%s is read', (name, field) => {
  const others = Object.fromEntries(
    Object.entries(BARE).filter(([other]) => !(field.json as readonly string[]).includes(other)),
  )
  const fields = parseJsonLine(JSON.stringify({ ...others, [name]: sampleOf(field) }))
  expect(fields[field.name as keyof typeof fields]).toBe(sampleOf(field))
})

// Each spelling is a promise to somebody's logs: one that goes is a field that is lost.
it('has the names of V_1_0, and those of near versions', () => {
  expect(NAMES.map(([name]) => name)).toEqual(
    expect.arrayContaining(['bucket_name', 'bucket', 'key_name', 'key', 'request_uri', 'http_status', 'total_time_ms']),
  )
  expect(new Set(NAMES.map(([name]) => name)).size).toBe(NAMES.length)
})

it('keeps what is no number of a line, and every digit of a long one', () => {
  const { bytesSent, bucketOwner, extra } = parseJsonLine(
    '{"schema_version_id":"V_1_0","bucket_name":"amzn-s3-demo-bucket","operation":"REST.GET.OBJECT","bytes_sent":9007199254740993,"object_size":"many","bucket_owner_id":12345678901234567890,"new":[9007199254740993]}',
  )
  expect(bytesSent).toBeUndefined()
  expect(bucketOwner).toBe('12345678901234567890')
  expect(extra).toEqual(['bytes_sent=9007199254740993', 'object_size=many', 'new=[9007199254740993]'])
})
