import { expect, test } from 'vitest'
import { createLogSearchOver } from '../../shared/local/alert-memory.ts'

const EVENTS = [1, 2, 2, 3, 4].map((timestamp) => ({ timestamp, message: `m${timestamp}` }))

async function found(startTime: number, endTime: number, pageSize?: number) {
  const pages: number[][] = []
  const search = createLogSearchOver((name) => (name === 'group' ? EVENTS : []), pageSize)
  for await (const page of search.filterLogEvents({ logGroupName: 'group', filterPattern: '', startTime, endTime })) {
    pages.push(page.map(({ timestamp }) => timestamp))
  }
  return pages
}

test('both ends belong to the time that is searched', async () => {
  expect(await found(2, 3)).toEqual([[2, 2, 3]])
  expect(await found(4, 4)).toEqual([[4]])
  expect(await found(5, 9)).toEqual([])
})

test('pages hold so many', async () => {
  expect(await found(1, 4, 2)).toEqual([[1, 2], [2, 3], [4]])
})
