import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineSplitter, type Line, readLines } from '../../shared/access-log/lines.ts'
import { createRandom } from '../support/random.ts'

function split(bytes: Uint8Array, sizes: readonly number[] = [], maxLineBytes?: number) {
  const splitter = createLineSplitter(maxLineBytes === undefined ? {} : { maxLineBytes })
  const lines: Line[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[i % sizes.length]!)
    // A fresh buffer each time, wiped afterwards: nothing may hold on to the chunk.
    const chunk = Uint8Array.from(bytes.subarray(at, at + size))
    lines.push(...splitter.push(chunk))
    chunk.fill(0x78)
    at += size
  }
  lines.push(...splitter.end())
  return { lines, counts: splitter.counts() }
}

const texts = ({ lines }: { lines: readonly Line[] }) => lines.map((line) => line.text)

/** The parts of each oversize line as one; says so where they do not follow one another as they must. */
function joined(lines: readonly Line[]): { text: string; oversize: boolean }[] {
  const out: { text: string; oversize: boolean }[] = []
  let isOpen = false
  for (const { text, oversize, isContinued = false, hasMore = false } of lines) {
    expect(isContinued).toBe(isOpen)
    if (isContinued) out.at(-1)!.text += text
    else out.push({ text, oversize })
    isOpen = hasMore
  }
  expect(isOpen).toBe(false)
  return out
}

describe('createLineSplitter', () => {
  it.each([
    ['two lines', 'a\nb\n', ['a', 'b']],
    ['a last line without its line feed', 'a\nb', ['a', 'b']],
    ['CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['one CR goes, not two', 'a\r\r\n', ['a\r']],
    ['a CR inside stays', 'a\rb\n', ['a\rb']],
    ['blank lines', '\n\na\n\r\n\nb\n\n', ['a', 'b']],
    ['nothing', '', []],
    ['separators of other worlds', 'a\u2028b\u2029c\fd\ve\u0085f\n', ['a\u2028b\u2029c\fd\ve\u0085f']],
    ['a byte order mark', '\uFEFFa\n\uFEFFb\n', ['a', '\uFEFFb']],
    ['UTF-8', 'ä€😀\n', ['ä€😀']],
  ])('%s', (_name, text, expected) => {
    const bytes = Buffer.from(text)
    expect(texts(split(bytes))).toEqual(expected)
    expect(texts(split(bytes, [1]))).toEqual(expected)
  })

  it('counts what it does not deliver', () => {
    expect(split(Buffer.from('\na\n\r\n\nb')).counts).toEqual({ lines: 2, blank: 3, oversize: 0 })
  })

  it('replaces bytes that are no UTF-8, and loses no neighbour', () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0x78, 0xff, 0xfe, 0xc3, 0x0a]), Buffer.from('b\n')])
    expect(texts(split(bytes, [1]))).toEqual(['a', 'x\uFFFD\uFFFD\uFFFD', 'b'])
  })

  it.each([
    ['just the cap', 'abcd\nx\n', ['abcd', 'x'], []],
    ['just the cap, with CR', 'abcd\r\nx\n', ['abcd', 'x'], []],
    ['just the cap at the end', 'abcd', ['abcd'], []],
    ['one more', 'abcde\nx\n', ['abcde', 'x'], ['abcde']],
    ['one more, with CR', 'abcde\r\nx\n', ['abcde\r', 'x'], ['abcde\r']],
    ['one more, a CR inside', 'abcd\re\nx\n', ['abcd\re', 'x'], ['abcd\re']],
    ['many more', `a\n${'y'.repeat(999)}\nx\n`, ['a', 'y'.repeat(999), 'x'], ['y'.repeat(999)]],
    ['many more at the end', 'y'.repeat(999), ['y'.repeat(999)], ['y'.repeat(999)]],
    ['two in a row', 'abcdef\nghijkl\n', ['abcdef', 'ghijkl'], ['abcdef', 'ghijkl']],
    ['never in the middle of a character', 'abc€€€\nx\n', ['abc€€€', 'x'], ['abc€€€']],
  ] as const)('a line longer than the cap comes in parts: %s', (_name, text, expected, oversize) => {
    for (const sizes of [[], [1], [2], [3], [5], [7]]) {
      const { lines, counts } = split(Buffer.from(text), sizes, 4)
      const whole = joined(lines)
      expect(whole.map((line) => line.text)).toEqual(expected)
      expect(whole.filter((line) => line.oversize).map((line) => line.text)).toEqual(oversize)
      expect(counts).toEqual({ lines: expected.length, blank: 0, oversize: oversize.length })
    }
  })

  it('gives the same lines for any chunks', () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0x62, 0x20, 0xc3, 0xa4, 0xff, 0xe2, 0x80, 0xa8), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 30 }),
        (data, sizes, cap) => {
          const whole = Uint8Array.from(data)
          const { counts, lines: parts } = split(whole, sizes, cap)
          const atOnce = split(whole, [], cap)
          expect(counts).toEqual(atOnce.counts)
          expect(joined(parts)).toEqual(joined(atOnce.lines))
          const feeds = data.filter((byte) => byte === 0x0a).length
          const lines = feeds + (data.length > 0 && data.at(-1) !== 0x0a ? 1 : 0)
          expect(counts.lines + counts.blank).toBe(lines)
        },
      ),
    )
  })

  it('gives the same lines where whole pieces of ASCII are decoded at once', () => {
    const random = createRandom(9)
    for (let run = 0; run < 20; run++) {
      const given = Array.from({ length: 900 }, () => {
        const line = random.hex(random.int(0, 300))
        return line + (random.chance(0.002 * run) ? 'é' : '') + (random.chance(0.1) ? '\r' : '')
      })
      given[500] = random.hex(70_000)
      const bytes = Buffer.from(given.join('\n'))
      const sizes = [random.int(1, 200_000), random.int(1, 70_000)]
      const { lines, counts } = split(bytes, run === 0 ? [] : sizes)
      const expected = given.map((line) => line.replace(/\r$/, '')).filter((line) => line !== '')
      expect(lines.map(({ text }) => text)).toEqual(expected)
      expect(counts).toEqual({ lines: expected.length, blank: given.length - expected.length, oversize: 0 })
    }
  })

  it('hands a line that does not end on as it comes, and holds no more than the cap', () => {
    const splitter = createLineSplitter({ maxLineBytes: 1000 })
    const chunk = Buffer.alloc(65_536, 0x61)
    for (let count = 0; count < 200; count++) {
      const length = splitter.push(chunk).reduce((sum, { text }) => sum + text.length, 0)
      expect(length).toBe(65_536)
    }
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([
      { text: '', oversize: true, isContinued: true },
      { text: 'next', oversize: false },
    ])
  })
})

describe('readLines', () => {
  it('reads a stream to its end', async () => {
    async function* source() {
      yield Buffer.from('a\nb')
      yield Buffer.from('c\n')
      yield Buffer.from('d')
    }
    const lines: string[] = []
    for await (const some of readLines(source())) lines.push(...some.map((line) => line.text))
    expect(lines).toEqual(['a', 'bc', 'd'])
  })
})
