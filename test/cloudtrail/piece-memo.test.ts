import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createJsonIndex, type JsonIndex } from '../../shared/cloudtrail/json-index.ts'
import { memoizePieces } from '../../shared/cloudtrail/piece-memo.ts'

/** An index whose text is {"a":"<text>"}, and where the text stands in it. */
function indexOf(text: string): readonly [JsonIndex, number, number] {
  const index = createJsonIndex([])
  index.scan(Buffer.from(`[{"a":"${text}"}`), 1)
  return [index, 6, 6 + text.length]
}

test('reads each piece once', () => {
  const read = vi.fn((piece: string) => ({ piece }))
  const recall = memoizePieces(read, 10)
  expect(recall(...indexOf('abc'))).toBe(recall(...indexOf('abc')))
  expect(recall(...indexOf('abc'))).toEqual({ piece: 'abc' })
  expect(read).toHaveBeenCalledTimes(1)
})

test('forgets everything beyond its limit', () => {
  const read = vi.fn((piece: string) => piece)
  const recall = memoizePieces(read, 2)
  for (const piece of ['a', 'b', 'c', 'c', 'a']) recall(...indexOf(piece))
  expect(read.mock.calls.flat()).toEqual(['a', 'b', 'c', 'a'])
})

test('reads long pieces every time', () => {
  const read = vi.fn((piece: string) => piece.length)
  const recall = memoizePieces(read, 2)
  const long = 'x'.repeat(3000)
  expect([recall(...indexOf(long)), recall(...indexOf(long))]).toEqual([3000, 3000])
  expect(read).toHaveBeenCalledTimes(2)
})

test('tells pieces apart that look alike where it looks', () => {
  const recall = memoizePieces((piece) => piece, 1000)
  // Of a long text only some characters are looked at: these differ in all the others.
  const pieces = Array.from(
    { length: 50 },
    (_, i) => `${'x'.repeat(500)}${String(i).padStart(3, '0')}${'x'.repeat(500)}`,
  )
  for (const piece of [...pieces, ...pieces]) expect(recall(...indexOf(piece))).toBe(piece)
})

test('always answers what reading answers', () => {
  const recall = memoizePieces((piece) => piece, 5)
  const arbitraryPiece = fc.oneof(
    fc.stringMatching(/^[a-c]{0,6}$/),
    fc.stringMatching(/^[ab]$/).map((letter) => `${'x'.repeat(70)}${letter}${'x'.repeat(70)}`),
  )
  fc.assert(
    fc.property(arbitraryPiece, (piece) => {
      expect(recall(...indexOf(piece))).toBe(piece)
    }),
  )
})
