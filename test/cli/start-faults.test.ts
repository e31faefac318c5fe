/** What happens to a local run that is hindered: by a disk, by another run, by Ctrl-C, by a kill. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readLogEvents } from '../../shared/local/logs.ts'
import { eventId, trail } from '../support/instance.ts'

const COMMAND = path.resolve('cli/bin.ts')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder of its own, with these objects in it; each record is of some 4 KB. */
function folderWith(objects: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-fault-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(objects)) writeFileSync(path.join(folder, name), content)
  return folder
}

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
  /** What was written so far. */
  out(): string
}

/** The command in a process of its own, as a person starts it. */
function start(folder: string, args: readonly string[], shell?: string): Run {
  const command = [process.execPath, COMMAND, 'start', ...args]
  const [file, ...rest] = shell === undefined ? command : ['sh', '-c', `${shell}; exec "$0" "$@"`, ...command]
  const child = spawn(file!, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  return { child, ended, out: () => out }
}

const GROUP = '+bucketwatch+local+cloudtrail'

function streamsOf(folder: string): string[] {
  const group = path.join(folder, '.bucketwatch', 'log-groups', GROUP)
  return existsSync(group) ? readdirSync(group).map((name) => path.join(group, name)) : []
}

/** Until a run has written more than what was there; false where it ended before. */
async function untilItWrites({ child }: Run, folder: string): Promise<boolean> {
  const size = () => streamsOf(folder).reduce((sum, file) => sum + statSync(file).size, 0)
  const before = size()
  while (size() <= before) {
    if (child.exitCode !== null) return false
    await sleep(5)
  }
  return child.exitCode === null
}

/** How often each record stands in the log group. */
async function timesOf(folder: string): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  for (const { message } of await readLogEvents(path.join(folder, '.bucketwatch'), '/bucketwatch/local/cloudtrail')) {
    const { eventID } = JSON.parse(message) as { eventID: string }
    times.set(eventID, (times.get(eventID) ?? 0) + 1)
  }
  return times
}

const RECORDS = 8_000

describe('a run that is ended', () => {
  it('by Ctrl-C names what was not read, by a kill is healed; the next goes on, and nothing is lost or doubled', async () => {
    const folder = folderWith({
      // Not packed: an object is left between two pieces of it.
      'a.json': gunzipSync(trail(RECORDS, 0, 1_000)),
      'b.json': gunzipSync(trail(RECORDS, RECORDS, 1_000)),
      'c.json': gunzipSync(trail(RECORDS, 2 * RECORDS, 1_000)),
    })
    const files = ['a.json', 'b.json', 'c.json']
    const first = start(folder, files)
    expect(await untilItWrites(first, folder)).toBe(true)
    first.child.kill('SIGINT')
    const interrupted = await first.ended
    expect(interrupted.code).toBe(130)
    // On a busy machine the signal may come late, or between two files.
    expect(interrupted.err).toMatch(
      /^Interrupted: [12] files? not read(?:, one read in part\.\n {2}read in part: [ab]\.json|\.)\n/,
    )
    expect(interrupted.err).toContain('  not read: c.json\n')
    const part = (await timesOf(folder)).size
    expect(part).toBeGreaterThan(0)
    expect(part).toBeLessThanOrEqual(2 * RECORDS)

    const second = start(folder, files)
    expect(await untilItWrites(second, folder)).toBe(true)
    second.child.kill('SIGKILL')
    await second.ended
    expect(existsSync(path.join(folder, '.bucketwatch', 'local.lock'))).toBe(true)
    // As a kill may leave it.
    const [torn] = streamsOf(folder).slice(-1)
    appendFileSync(torn!, '{"timestamp":1,"ingest')

    const { code, out, err } = await start(folder, [...files, '--verbose']).ended
    expect(err).toContain(`${path.relative(folder, torn!)}: its last line was cut off`)
    expect(err.match(/cut off/g)).toHaveLength(1)
    expect(code).toBe(0)
    expect(out).toContain('3 objects, ')
    const times = await timesOf(folder)
    expect(times.size).toBe(3 * RECORDS)
    expect(times.get(eventId(2 * RECORDS))).toBe(1)
    expect([...times.values()].filter((count) => count !== 1)).toEqual([])
    expect(existsSync(path.join(folder, '.bucketwatch', 'local.lock'))).toBe(false)
  })
})

describe('two runs in one folder', () => {
  it('the second says that another is using it, and which; afterwards it runs', async () => {
    const folder = folderWith({ 'a.json.gz': trail(3) })
    mkdirSync(path.join(folder, 'watched'))
    const first = start(folder, ['--watch', 'watched'])
    while (!first.out().includes('watching ')) await sleep(20)
    const second = await start(folder, ['a.json.gz']).ended
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toContain('bucketwatch start: LOCAL_BUSY: Another run is using the folder')
    expect(second.err).toContain(`process ${first.child.pid}`)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(0)
    const third = await start(folder, ['a.json.gz']).ended
    expect(third).toMatchObject({ code: 0, err: '' })
    expect(third.out).toContain('3 delivered')
  })
})

describe('a folder that cannot be written to', () => {
  it.skipIf(process.platform === 'win32')(
    'a disk that fills up ends the run at once, with its code; afterwards it goes on',
    async () => {
      const folder = folderWith({ 'a.json.gz': trail(2_000, 0, 3_000), 'b.json.gz': trail(5, 2_000) })
      // No file may become larger than 2,048 blocks of 512 bytes: a file system that is full for a part of what is to come.
      const { code, err, out } = await start(folder, ['a.json.gz', 'b.json.gz'], 'ulimit -f 2048').ended
      expect(code).toBe(1)
      expect(err).toContain('bucketwatch start: LOCAL_WRITE: ')
      expect(err).toContain('(EFBIG)')
      expect(err).toContain('  read in part: a.json.gz\n  not read: b.json.gz\n')
      // What the receipt says is what stands there: no batch is there in part.
      const stored = await timesOf(folder)
      const [, delivered] = /([\d,]+) delivered/.exec(out) ?? []
      expect(Number(delivered?.replaceAll(',', ''))).toBe(stored.size)
      expect(stored.size).toBeLessThan(2_000)

      expect((await start(folder, ['a.json.gz', 'b.json.gz']).ended).code).toBe(0)
      const times = await timesOf(folder)
      expect(times.size).toBe(2_005)
      expect([...times.values()].filter((count) => count !== 1)).toEqual([])
    },
  )

  it('a file in its place is told, before anything is read', async () => {
    const folder = folderWith({ 'a.json.gz': trail(3), '.bucketwatch': 'no folder' })
    const { code, out, err } = await start(folder, ['a.json.gz']).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^bucketwatch start: LOCAL_WRITE: .*a part of its path is no folder \(ENOTDIR\)\.\n$/)
  })

  // Nothing is read-only to root.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a read-only one is told, too', async () => {
    const folder = folderWith({ 'a.json.gz': trail(3) })
    chmodSync(folder, 0o555)
    const { code, out, err } = await start(folder, ['a.json.gz']).ended
    chmodSync(folder, 0o755)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('LOCAL_WRITE')
    expect(err).toContain('permission denied (EACCES)')
  })
})

describe('an archive', () => {
  it('that is given twice is delivered once, however it is named', async () => {
    const folder = folderWith({ 'a.json.gz': trail(30) })
    execFileSync('tar', ['-czf', 'logs.tgz', 'a.json.gz'], { cwd: folder })
    for (const name of ['logs.tgz', './logs.tgz', path.join(folder, 'logs.tgz')]) {
      expect((await start(folder, [name]).ended).code, name).toBe(0)
    }
    const times = await timesOf(folder)
    expect(times.size).toBe(30)
    expect([...times.values()].filter((count) => count !== 1)).toEqual([])
  })
})
