import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { unpackArchives } from '../../shared/local/unpack.ts'

/** A zip archive, deflated but for the first file. */
function zip(files: readonly (readonly [name: string, content: string])[], flags = 0): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [index, [name, content]] of files.entries()) {
    const method = index === 0 ? 0 : 8
    const body = method === 0 ? Buffer.from(content) : deflateRawSync(content)
    const local = Buffer.alloc(30)
    local.write('PK\x03\x04', 'latin1')
    local.writeUInt16LE(Buffer.byteLength(name), 26)
    local.writeUInt16LE(3, 28)
    const header = Buffer.alloc(46)
    header.write('PK\x01\x02', 'latin1')
    header.writeUInt16LE(flags, 8)
    header.writeUInt16LE(method, 10)
    header.writeUInt32LE(body.length, 20)
    header.writeUInt32LE(Buffer.byteLength(content), 24)
    header.writeUInt16LE(Buffer.byteLength(name), 28)
    header.writeUInt32LE(offset, 42)
    central.push(header, Buffer.from(name))
    locals.push(local, Buffer.from(name), Buffer.from('ext'), body)
    offset += 30 + Buffer.byteLength(name) + 3 + body.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

const folder = mkdtempSync(path.join(tmpdir(), 'unpack-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One entry as POSIX has it. */
function entry(name: string, content: string, type = '0', prefix = ''): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  header.write(prefix, 345)
  const body = Buffer.from(content)
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}
const END = Buffer.alloc(1024)
const LONG = `${'deep/'.repeat(30)}log.json`

const TAR = Buffer.concat([
  entry('logs/', '', '5'),
  entry('a.json', '{"a":1}'),
  entry('b', 'x'.repeat(512), '0', 'some/prefix'),
  entry('././@LongLink', `${LONG}\0`, 'L'),
  entry(LONG.slice(0, 100), 'long'),
  entry('PaxHeaders/c', `${14 + 'ä.json'.length} path=ä.json\n`, 'x'),
  entry('c', 'pax'),
  entry('._a.json', 'mac'),
  entry('../../escape', 'no'),
  entry('link', '', '2'),
  END,
])

async function unpack(name: string, content: Uint8Array) {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  const { files, damaged, remove } = await unpackArchives([file])
  const names = files.map((one) => path.relative(folder, one.name))
  return { files: files.map((one) => one.file), names, damaged, remove }
}

describe('unpackArchives', () => {
  it.each([
    ['logs.tar', TAR],
    ['logs.tar.gz', gzipSync(TAR)],
    ['logs.tar.zst', zstdCompressSync(TAR)],
    ['no-suffix', gzipSync(TAR)],
  ])('%s', async (name, content) => {
    const { files, remove } = await unpack(name, content)
    const read = files.map((file) => [file.split(`${name}${path.sep}`)[1], readFileSync(file, 'utf8')])
    expect(read).toEqual([
      ['a.json', '{"a":1}'],
      ['some/prefix/b', 'x'.repeat(512)],
      [LONG, 'long'],
      ['ä.json', 'pax'],
    ])
    await remove()
    expect(files.some((file) => existsSync(file))).toBe(false)
  })

  it('the size of a large file, as GNU tar writes it', async () => {
    const large = entry('large.json', '{"a":1}')
    large.fill(0, 124, 136)
    large[124] = 0x80
    large.writeBigUInt64BE(7n, 128)
    const { files, remove } = await unpack('large.tar', Buffer.concat([large, entry('next.json', '{}'), END]))
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['{"a":1}', '{}'])
    await remove()
  })

  it('a zip archive', async () => {
    const content = zip([
      ['a.json', '{"a":1}'],
      ['folder/', ''],
      ['folder/ä.log', 'x'.repeat(100_000)],
      ['__MACOSX/._a.json', 'mac'],
      ['../../escape', 'no'],
      ['empty', ''],
    ])
    const { files, names, remove } = await unpack('logs.zip', content)
    // The same whenever it is unpacked: what the ledger knows a file by.
    expect(names).toEqual(['logs.zip/a.json', 'logs.zip/folder/ä.log', 'logs.zip/empty'])
    expect(files.map((file) => [file.split('logs.zip/')[1], readFileSync(file, 'utf8')])).toEqual([
      ['a.json', '{"a":1}'],
      ['folder/ä.log', 'x'.repeat(100_000)],
      ['empty', ''],
    ])
    await remove()
  })

  it.each([
    [
      'trail.json.bz2',
      'QlpoOTFBWSZTWU1iDVUAAAbbgAAQEAAAEBAKDgCYCiAAMQAACmmIweqGDaf1k2GHxdyRThQkE1iDVUA=',
      ['trail.json'],
      '{"Records":[]}\n',
    ],
    [
      'logs.tar.bz2',
      'QlpoOTFBWSZTWZ6fWsUAAG/7gMmAAAhQAWeQABBgEZ4KCAggAFRCm0RhBg0GiCSUeoaA00NA0fcYFSEFHQhGnUYEsb7kCGBidGi4nYRNQh0RvPxfMlUIOKIeUimi1vfYiIB+LuSKcKEhPT61ig==',
      ['logs.tar/a.json'],
      '{"a":1}',
    ],
  ])('bzip2: %s', async (name, base64, names, text) => {
    const { files, remove } = await unpack(name, Buffer.from(base64, 'base64'))
    expect(files.map((file) => file.split(/[/\\]0(?:-bzip2)?[/\\]/)[1])).toEqual(names)
    expect(readFileSync(files[0]!, 'utf8')).toBe(text)
    await remove()
    expect(existsSync(files[0]!)).toBe(false)
  })

  it.each([
    ['cut.zip', zip([['a', 'x'.repeat(100)]]).subarray(0, 80), 'It has no directory: it is cut off; 0 files'],
    ['locked.zip', zip([['a', 'x']], 1), 'It holds a encrypted or packed otherwise than deflated; 0 files'],
    ['in-a-file.tar', TAR.subarray(0, 2200), 'In some/prefix/b, which is not read: it ends too early; 1 file'],
    ['no-end.tar', TAR.subarray(0, TAR.length - END.length), 'It has no end; 4 files'],
    [
      'cut.tar.gz',
      gzipSync(TAR, { level: 0 }).subarray(0, 2200),
      'In some/prefix/b, which is not read: The gzip data ends too early (GZIP_TRUNCATED); 1 file',
    ],
    [
      'damaged.bz2',
      Buffer.from('QlpoOTFBWSZTWU1iDVUAAAbbgAAQEAAAEBAKDgCYCiAAMQAACmmIweqGDaf1k2GHxdyRThQkE1iDVUA=', 'base64').fill(
        0,
        20,
        30,
      ),
      '0 files',
    ],
  ])('%s gives what is whole, and is named', async (name, content, reason) => {
    const { files, damaged, remove } = await unpack(name, content)
    expect(damaged).toEqual([
      { file: path.join(folder, name), error: expect.objectContaining({ code: 'ARCHIVE_DAMAGED' }) },
    ])
    expect(damaged[0]?.error.message).toContain(`${reason} unpacked.`)
    const texts = ['{"a":1}', 'x'.repeat(512), 'long', 'pax']
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(texts.slice(0, files.length))
    expect(reason).toContain(`${files.length} file`)
    await remove()
  })

  it('leaves everything else as it is', async () => {
    const { files } = await unpack('plain.json', Buffer.from('{}'))
    expect(files).toEqual([path.join(folder, 'plain.json')])
    expect((await unpack('broken.gz', Buffer.from('1f8b0800', 'hex'))).files).toHaveLength(1)
  })

  it('reads what the system’s tar writes', async () => {
    const source = path.join(folder, 'source', 'x'.repeat(60), 'y'.repeat(80))
    mkdirSync(source, { recursive: true })
    writeFileSync(path.join(source, 'log'), 'text')
    execFileSync('tar', ['-czf', path.join(folder, 'system.tgz'), '-C', path.join(folder, 'source'), '.'])
    const { files, remove } = await unpackArchives([path.join(folder, 'system.tgz')])
    expect(files.map(({ file }) => readFileSync(file, 'utf8'))).toEqual(['text'])
    await remove()
  })
})
