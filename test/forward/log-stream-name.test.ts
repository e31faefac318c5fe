import { expect, test } from 'vitest'
import { logStreamName } from '../../shared/forward/log-stream-name.ts'

const now = () => Date.parse('2026-03-07T23:59:59.999Z')

test('a day, a function, an instance', () => {
  expect(logStreamName({ functionName: 'cloudtrail', instanceId: '3f9c', now })).toBe('2026/03/07/cloudtrail/3f9c')
})

test.each([
  ['a:b*c', 'a-b-c'],
  ['a\u0000b\u001fc\u007fd\ne', 'a-b-c-d-e'],
  ['$LATEST [1] ~', '$LATEST [1] ~'],
  ['', '-'],
])('%j is written %j', (given, written) => {
  expect(logStreamName({ functionName: given, instanceId: given, now })).toBe(`2026/03/07/${written}/${written}`)
})

test('stays within the 512 characters of a log stream name, and keeps 240 of each', () => {
  const name = logStreamName({ functionName: 'f'.repeat(600), instanceId: 'i'.repeat(600), now })
  expect(name).toBe(`2026/03/07/${'f'.repeat(240)}/${'i'.repeat(240)}`)
  expect(name.length).toBeLessThanOrEqual(512)
})
