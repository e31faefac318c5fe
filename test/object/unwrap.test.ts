import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { unwrap } from '../../shared/object/unwrap.ts'

const EVENT = '{"eventVersion":"1.11","eventName":"GetObject","eventSource":"s3.amazonaws.com","eventID":"1"}'
/** A subscription's payload around a payload, and so on. */
const wrapped = (times: number): string => {
  let text = EVENT
  for (let i = 0; i < times; i++) text = gzipSync(text).toString('base64')
  return text
}

test.each([0, 1, 6])('what is wrapped %i times is found', (times) => {
  const { records, unknown } = unwrap(wrapped(times))
  expect(records).toHaveLength(1)
  expect(unknown).toEqual([])
})

test('what is wrapped deeper is not dropped: its text is handed out as unknown', () => {
  const { records, unknown } = unwrap(wrapped(8))
  expect(records).toEqual([])
  expect(unknown).toEqual([wrapped(1)])
})

test.each(['H4sIAAAA', 'no record at all', '{"cut'])('%s is handed out as unknown', (text) => {
  expect(unwrap(text)).toEqual({ records: [], unknown: [text] })
})
