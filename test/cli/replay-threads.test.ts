import { describe, expect, it } from 'vitest'
import { threadsFor } from '../../cli/replay-threads.ts'

const MiB = 1024 * 1024
const object = (size: number, key: string) => ({ bucket: 'local', key, name: key, size })
/** Units of one object each. */
const units = (count: number, size: number, key = '2026-03-17-06-00-00-0123456789ABCDEF') =>
  Array.from({ length: count }, () => [object(size, key)])

describe('threads of a replay', () => {
  it.each([
    ['one unit, however large', 8, units(1, 100 * MiB), 0],
    ['a month of days with hardly anything', 8, units(30, 1000), 0],
    ['two days of what is read in half a second', 2, units(2, MiB), 0],
    ['two days that are worth a thread each', 2, units(2, 2 * MiB), 2],
    ['packed objects, which come to ten times their size', 2, units(2, 0.2 * MiB, 'a.json.gz'), 2],
    ['more threads than what there is is worth', 64, units(30, MiB), 15],
    ['more threads than units', 64, units(3, 48 * MiB), 3],
    ['one thread that is wanted, and little to read', 1, units(3, 5 * MiB), 0],
    ['one thread that is wanted, and more to read than one heap is good for', 1, units(3, 6 * MiB), 1],
  ])('%s', (_, wanted, of, threads) => {
    expect(threadsFor(wanted, of)).toBe(threads)
  })
})
