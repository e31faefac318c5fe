import { expect, test } from 'vitest'
import { giveBack } from '../../shared/basics/give-back.ts'

test('takes the memory of whole buffers, whatever they are looked at as', () => {
  const whole = [new Uint8Array(1000), new Float64Array(10), Buffer.allocUnsafeSlow(100)]
  giveBack(...whole)
  expect(whole.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0])
})

test('leaves what is a piece of something, and what is shared', () => {
  const buffer = new ArrayBuffer(100)
  const pooled = Buffer.from('a text in the pool of Node.js')
  const shared = new Uint8Array(new SharedArrayBuffer(8))
  giveBack(new Uint8Array(buffer, 0, 99), new Uint8Array(buffer, 1), new Uint8Array(0), pooled, shared)
  expect(buffer.byteLength).toBe(100)
  expect(pooled.toString()).toBe('a text in the pool of Node.js')
  expect(shared.byteLength).toBe(8)
})
