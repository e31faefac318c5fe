import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { type InflateOptions, inflate } from '../../shared/object/inflate.ts'

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(body: AsyncIterable<Uint8Array>, options?: InflateOptions) {
  const inflated = inflate(body, options)
  const chunks: Uint8Array[] = []
  let error: unknown
  try {
    for await (const chunk of inflated) chunks.push(chunk)
  } catch (caught) {
    error = caught
  }
  const plain = Buffer.concat(chunks)
  expect(inflated.bytesOut).toBe(plain.length)
  return { plain, error, code: error instanceof BucketwatchError ? error.code : undefined, inflated, chunks }
}

/** Text that compresses about as logs do. */
function logText(bytes: number): Buffer {
  const lines: string[] = []
  let seed = 1
  for (let length = 0, i = 0; length < bytes; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    const line = `{"eventID":"${seed.toString(16)}-${i}","eventName":"GetObject","bytes":${seed % 9973}}`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('\n'))
}

const SMALL = logText(20_000)
// Beyond what is inflated in one call: 1 MiB of gzip.
const LARGE = logText(9_000_000)
const LARGE_GZIP = gzipSync(LARGE, { level: 1 })
const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (Math.imul(i + 7, 2654435761) >>> 13) & 0xff))

describe('a chunk that is released', () => {
  async function released(stored: Uint8Array): Promise<{ plain: Buffer; chunks: Uint8Array[] }> {
    const inflated = inflate(chunked(stored, 50_000))
    const copies: Buffer[] = []
    const chunks: Uint8Array[] = []
    for await (const chunk of inflated) {
      copies.push(Buffer.from(chunk))
      chunks.push(chunk)
      inflated.release(chunk)
    }
    return { plain: Buffer.concat(copies), chunks }
  }

  test.each([
    ['a large object', LARGE_GZIP],
    ['gzip inside of gzip', gzipSync(LARGE_GZIP)],
    ['one that is inflated in one call', gzipSync(LARGE.subarray(0, 400_000))],
    ['a small one', gzipSync(SMALL)],
    ['several members', Buffer.concat([gzipSync(SMALL), LARGE_GZIP, gzipSync(SMALL)])],
  ])('takes nothing from what comes after it: %s', async (_, stored) => {
    const kept = await readAll(chunked(stored, 50_000))
    const { plain, chunks } = await released(stored)
    expect(plain.equals(kept.plain)).toBe(true)
    // Node may have cut a smaller one from its pool.
    expect(chunks.filter(({ length }) => length > Buffer.poolSize)).toEqual([])
    if (plain.length >= 400_000) expect(chunks.some(({ length }) => length === 0)).toBe(true)
  })

  test("of a plain object stays whole: its memory is the source's", async () => {
    const { chunks } = await released(LARGE)
    expect(Buffer.concat(chunks).equals(LARGE)).toBe(true)
  })
})

describe('inflate', () => {
  it('takes a large file as large', () => {
    expect(LARGE_GZIP.length).toBeGreaterThan(1_200_000)
  })

  const CASES: readonly (readonly [name: string, stored: Uint8Array, plain: Uint8Array, layers: number])[] = [
    ['an empty object', Buffer.alloc(0), Buffer.alloc(0), 0],
    ['a single byte', Buffer.from([0x1f]), Buffer.from([0x1f]), 0],
    ['plain text', SMALL, SMALL, 0],
    ['plain text, large', LARGE, LARGE, 0],
    ['gzip', gzipSync(SMALL), SMALL, 1],
    ['gzip, large', LARGE_GZIP, LARGE, 1],
    ['gzip of nothing', gzipSync(''), Buffer.alloc(0), 1],
    [
      'several members',
      Buffer.concat([gzipSync('a'), gzipSync(''), gzipSync(SMALL)]),
      Buffer.concat([Buffer.from('a'), SMALL]),
      1,
    ],
    [
      'several members, large',
      Buffer.concat([LARGE_GZIP, gzipSync('tail')]),
      Buffer.concat([LARGE, Buffer.from('tail')]),
      1,
    ],
    ['zero padding after it', Buffer.concat([gzipSync(SMALL), Buffer.alloc(1000)]), SMALL, 1],
    ['zero padding after it, large', Buffer.concat([LARGE_GZIP, Buffer.alloc(300_000)]), LARGE, 1],
    [
      'zero padding between members',
      Buffer.concat([gzipSync(SMALL), Buffer.alloc(512), gzipSync('tail'), Buffer.alloc(1)]),
      Buffer.concat([SMALL, Buffer.from('tail')]),
      1,
    ],
    ['gzip in gzip', gzipSync(gzipSync(SMALL)), SMALL, 2],
    ['gzip in gzip, large', gzipSync(LARGE_GZIP), LARGE, 2],
    ['gzip in gzip in gzip: two layers', gzipSync(gzipSync(gzipSync('x'))), gzipSync('x'), 2],
    [
      'text, then what inflates a thousandfold, then text',
      gzipSync(Buffer.concat([LARGE, Buffer.alloc(20_000_000), LARGE]), { level: 1 }),
      Buffer.concat([LARGE, Buffer.alloc(20_000_000), LARGE]),
      1,
    ],
    ['a bomb', gzipSync(Buffer.alloc(20_000_000)), Buffer.alloc(20_000_000), 1],
  ]
  describe.each([65_536, 1_000_000, 777])('in chunks of %i', (size) => {
    test.each(CASES)('%s', async (_name, stored, plain, layers) => {
      const { plain: found, error, inflated } = await readAll(chunked(stored, size))
      expect(error).toBeUndefined()
      expect(found.equals(plain)).toBe(true)
      expect(inflated.bytesIn).toBe(stored.length)
      expect(inflated.layers).toBe(layers)
    })
  })

  it('reads byte by byte', async () => {
    const stored = Buffer.concat([gzipSync(SMALL), Buffer.alloc(3), gzipSync('tail')])
    const { plain } = await readAll(chunked(stored, 1))
    expect(plain.equals(Buffer.concat([SMALL, Buffer.from('tail')]))).toBe(true)
  })

  it('hands out chunks of bounded size, whatever the ratio', async () => {
    const { chunks } = await readAll(chunked(gzipSync(Buffer.alloc(20_000_000)), 65_536))
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(256 * 1024)
  })

  it('is the same whatever the members and the chunks are', async () => {
    const members = fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(members, fc.integer({ min: 1, max: 3000 }), async (parts, size) => {
        const whole = Buffer.concat(parts)
        fc.pre(!(whole[0] === 0x1f && whole[1] === 0x8b))
        const { plain, error } = await readAll(chunked(Buffer.concat(parts.map((part) => gzipSync(part))), size))
        expect(error).toBeUndefined()
        expect(plain.equals(whole)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

describe('faults', () => {
  /** How much of the plain bytes can be had from the first `length` bytes of the gzip data. */
  const almostAll = (found: Buffer, plain: Buffer, share: number) => {
    expect(plain.subarray(0, found.length).equals(found)).toBe(true)
    expect(found.length).toBeGreaterThan(plain.length * share)
  }

  it.each([SMALL, LARGE])('hands out what comes before a cut', async (text) => {
    const stored = gzipSync(text, { level: 1 })
    const { plain, code } = await readAll(chunked(stored.subarray(0, Math.floor(stored.length * 0.9)), 65_536))
    expect(code).toBe('GZIP_TRUNCATED')
    almostAll(plain, text, 0.89)
  })

  it('knows that only the checksum is missing', async () => {
    const { plain, code } = await readAll(chunked(gzipSync(SMALL).subarray(0, -4), 100))
    expect(code).toBe('GZIP_TRUNCATED')
    expect(plain.equals(SMALL)).toBe(true)
  })

  it.each(['1f8b', '1f8b08', '1f8b0800000000000003'])('calls a header alone truncated: %s', async (hex) => {
    const { plain, code } = await readAll(chunked(Buffer.from(hex, 'hex'), 1))
    expect(code).toBe('GZIP_TRUNCATED')
    expect(plain).toHaveLength(0)
  })

  it('hands out every byte before the damage, in a small and a large object', async () => {
    // One stored block after another: where it is damaged is known to the byte.
    for (const text of [SMALL, LARGE]) {
      const good = gzipSync(text, { level: 1 })
      const damaged = Buffer.concat([good, Buffer.from('1f8b0800000000000003', 'hex'), Buffer.from([0x07]), noise])
      for (const size of [65_536, 1_000_000]) {
        const { plain, code } = await readAll(chunked(damaged, size))
        expect(code).toBe('GZIP_CORRUPT')
        expect(plain.equals(text)).toBe(true)
      }
    }
  })

  it('hands out nearly everything when bytes in the middle are overwritten', async () => {
    const stored = Buffer.from(gzipSync(LARGE, { level: 1 }))
    const at = Math.floor(stored.length * 0.7)
    noise.copy(stored, at)
    const { plain, code } = await readAll(chunked(stored, 65_536))
    expect(code).toBe('GZIP_CORRUPT')
    const sound = await readAll(chunked(stored.subarray(0, at), 65_536))
    expect(plain.length).toBeGreaterThanOrEqual(sound.plain.length)
    expect(plain.subarray(0, sound.plain.length).equals(sound.plain)).toBe(true)
  })

  it('hands out what is packed to a thousandth in chunks, too', async () => {
    const random = Buffer.from(Array.from({ length: 1_200_000 }, (_, i) => Math.imul(i + 7, 2654435761) >>> 13))
    const text = Buffer.concat([random, Buffer.alloc(20_000_000, 'a'), random])
    const inflated = inflate(chunked(gzipSync(text), 65_536), { chunkSize: 100_000 })
    const chunks: Uint8Array[] = []
    for await (const chunk of inflated) chunks.push(chunk)
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(100_000)
    expect(Buffer.concat(chunks).equals(text)).toBe(true)
  })

  it('loses at most a chunk of an object that is too large to be kept', async () => {
    const stored = Buffer.concat([LARGE_GZIP, noise])
    const { plain, code } = await readAll(chunked(stored, 65_536), { keepBytes: 100_000, chunkSize: 64 * 1024 })
    expect(code).toBe('GZIP_CORRUPT')
    expect(LARGE.subarray(0, plain.length).equals(plain)).toBe(true)
    expect(plain.length).toBeGreaterThan(LARGE.length - 64 * 1024 - 1)
  })

  it('does not hide text after the last member', async () => {
    const { plain, code } = await readAll(chunked(Buffer.concat([gzipSync(SMALL), Buffer.from('{"plain":1}')]), 65_536))
    expect(code).toBe('GZIP_CORRUPT')
    expect(plain.equals(SMALL)).toBe(true)
  })

  it('notices a wrong checksum after handing everything out', async () => {
    const stored = Buffer.from(gzipSync(SMALL))
    stored[stored.length - 8]! ^= 0xff
    const { plain, code } = await readAll(chunked(stored, 65_536))
    expect(code).toBe('GZIP_CORRUPT')
    expect(plain.equals(SMALL)).toBe(true)
  })

  it.each([
    [SMALL, 1000],
    [LARGE, 5_000_000],
    [Buffer.alloc(20_000_000), 15_000_000],
  ])('stops at the limit, to the byte', async (text, maxInflatedBytes) => {
    const { plain, code, error } = await readAll(chunked(gzipSync(text), 65_536), { maxInflatedBytes })
    expect(code).toBe('INFLATED_TOO_LARGE')
    expect(error).toMatchObject({ details: { maxInflatedBytes } })
    expect(plain.equals(text.subarray(0, maxInflatedBytes))).toBe(true)
  })

  it('lets an object of exactly the limit pass, and plain ones of any size', async () => {
    expect((await readAll(chunked(gzipSync(SMALL), 999), { maxInflatedBytes: SMALL.length })).code).toBeUndefined()
    expect((await readAll(chunked(SMALL, 999), { maxInflatedBytes: 10 })).plain.equals(SMALL)).toBe(true)
  })

  it.each([
    [SMALL, 2],
    [LARGE, 30],
    [LARGE, 3],
  ])('passes an error of the source on, after what came before it', async (text, chunks) => {
    const failure = new BucketwatchError('OBJECT_READ', 'connection reset')
    async function* failing(): AsyncGenerator<Uint8Array> {
      let count = 0
      for await (const chunk of chunked(gzipSync(text, { level: 1 }), text === SMALL ? 1000 : 40_000)) {
        if (count++ === chunks) throw failure
        yield chunk
      }
    }
    const { plain, error } = await readAll(failing())
    expect(error).toBe(failure)
    expect(plain.length).toBeGreaterThan(1000)
    expect(text.subarray(0, plain.length).equals(plain)).toBe(true)
  })

  it('lets go of the source when the consumer stops', async () => {
    let released = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunked(LARGE_GZIP, 65_536)
      } finally {
        released++
      }
    }
    for (let i = 0; i < 3; i++) {
      for await (const chunk of inflate(source())) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
    }
    expect(released).toBe(3)
  })

  it('does not run ahead of a slow consumer', async () => {
    let read = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunked(LARGE_GZIP, 65_536)) {
        read += chunk.length
        yield chunk
      }
    }
    for await (const chunk of inflate(source())) {
      expect(chunk.length).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 20))
      // What is looked at first (1 MiB) and one piece.
      expect(read).toBeLessThan(1024 * 1024 + 3 * 128 * 1024)
      break
    }
  })

  it('never throws anything else on damaged data, nor makes up bytes before the damage', async () => {
    const good = gzipSync(SMALL)
    const damage = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255), cut: fc.nat(good.length) })
    await fc.assert(
      fc.asyncProperty(damage, fc.constantFrom(100, 65_536), async ({ at, byte, cut }, size) => {
        const stored = Buffer.from(good.subarray(0, Math.max(cut, 3)))
        if (at > 2 && at < stored.length) stored[at] = byte
        const { code, error } = await readAll(chunked(stored, size))
        expect(error === undefined || code === 'GZIP_CORRUPT' || code === 'GZIP_TRUNCATED').toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
