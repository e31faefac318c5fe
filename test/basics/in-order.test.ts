import { expect, it } from 'vitest'
import { inOrder } from '../../shared/basics/in-order.ts'
import { textHead } from '../../shared/basics/text-head.ts'

it('takes all items at once where nothing has to be waited for', () => {
  const taken: number[] = []
  expect(inOrder([1, 2, 3], (item) => void taken.push(item))).toBeUndefined()
  expect(taken).toEqual([1, 2, 3])
})

it('waits before it goes on, whichever item it is', async () => {
  const taken: string[] = []
  let go = (): void => undefined
  const wait = inOrder(['a', 'b', 'c', 'd'], (item) => {
    taken.push(item)
    if (item === 'a' || item === 'd') return undefined
    return new Promise<void>((resolve) => {
      go = resolve
    })
  })
  expect(taken).toEqual(['a', 'b'])
  go()
  await Promise.resolve()
  await Promise.resolve()
  expect(taken).toEqual(['a', 'b', 'c'])
  go()
  await wait
  expect(taken).toEqual(['a', 'b', 'c', 'd'])
})

it('passes a failure on, and takes no more', async () => {
  const taken: number[] = []
  const wait = inOrder([1, 2, 3], async (item) => {
    taken.push(item)
    if (item === 2) throw new Error('no')
  })
  await expect(wait).rejects.toThrow('no')
  expect(taken).toEqual([1, 2])
})

it('gives the beginning of a text, of a view as well', () => {
  const bytes = Buffer.from('0123456789')
  expect(textHead(bytes.subarray(2, 6))).toBe('2345')
  expect(textHead(bytes, 3)).toBe('012')
  expect(textHead(new Uint8Array([0xff, 0x41]))).toBe('\uFFFDA')
})
