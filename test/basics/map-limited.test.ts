import { expect, it } from 'vitest'
import { mapLimited } from '../../shared/basics/map-limited.ts'

it('gives the results in order, and never calls for more than the limit at a time', async () => {
  let open = 0
  let most = 0
  const results = await mapLimited([5, 1, 4, 2, 3], 2, async (value) => {
    open += 1
    most = Math.max(most, open)
    for (let turn = 0; turn < value; turn += 1) await undefined
    open -= 1
    return value * 10
  })
  expect(results).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
})

it('fails with the first failure, and makes nothing of nothing', async () => {
  await expect(mapLimited([1, 2], 1, (value) => Promise.reject(new Error(`no ${value}`)))).rejects.toThrow('no 1')
  expect(await mapLimited([], 3, () => Promise.reject(new Error('called')))).toEqual([])
})
