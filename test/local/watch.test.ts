import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type WatchedFile, type WatchOptions, watchFolder } from '../../shared/local/watch.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bucketwatch-watch-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  return folder
}

function start(folder: string, options: Partial<WatchOptions> = {}, onFile: (file: WatchedFile) => void = () => {}) {
  const abort = new AbortController()
  const ready = Promise.withResolvers<void>()
  const seen: string[] = []
  const done = watchFolder(
    folder,
    (file) => {
      seen.push(`${file.name} ${file.size}`)
      onFile(file)
    },
    { signal: abort.signal, stableMs: 60, pollMs: 100, onReady: ready.resolve, ...options },
  )
  cleanUps.push(() => {
    abort.abort()
    return done.catch(() => {})
  })
  return { seen, stop: () => abort.abort(), done, ready: ready.promise }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const poll = { timeout: 60_000, interval: 10 }

describe('watchFolder', () => {
  test('new files at any depth, once each; those that were there are not told', async () => {
    const folder = await makeFolder()
    await writeFile(path.join(folder, 'old'), 'x')
    const { seen, ready } = start(folder)
    await ready
    await writeFile(path.join(folder, 'new'), 'xy')
    await mkdir(path.join(folder, 'a/b/c'), { recursive: true })
    await writeFile(path.join(folder, 'a/b/c/deep'), 'xyz')
    await expect.poll(() => seen.toSorted(), poll).toEqual(['a/b/c/deep 3', 'new 2'])
    await pause(300)
    expect(seen).toHaveLength(2)
  })

  test('existing files, where asked for', async () => {
    const folder = await makeFolder()
    await mkdir(path.join(folder, 'bucket'))
    await writeFile(path.join(folder, 'bucket/old'), 'x')
    const { seen } = start(folder, { existing: true })
    await expect.poll(() => seen, poll).toEqual(['bucket/old 1'])
  })

  test('a file that is still growing is not told before it is complete', async () => {
    const folder = await makeFolder()
    const { seen, ready } = start(folder, { stableMs: 3_000 })
    await ready
    const file = path.join(folder, 'growing')
    for (let index = 0; index < 10; index++) {
      await appendFile(file, '0123456789')
      await pause(50)
    }
    expect(seen).toEqual([])
    await expect.poll(() => seen, poll).toEqual(['growing 100'])
  })

  test('renamed into place: under its last name only; names with a dot in front are left out', async () => {
    const folder = await makeFolder()
    const { seen, ready } = start(folder)
    await ready
    await mkdir(path.join(folder, '.tmp'))
    await writeFile(path.join(folder, '.tmp/x'), 'x')
    await writeFile(path.join(folder, '.partial'), 'whole')
    await pause(200)
    await rename(path.join(folder, '.partial'), path.join(folder, 'whole'))
    await expect.poll(() => seen, poll).toEqual(['whole 5'])
  })

  test('rewritten, or deleted and written again: told again', async () => {
    const folder = await makeFolder()
    const { seen, ready } = start(folder)
    await ready
    const file = path.join(folder, 'file')
    await writeFile(file, 'one')
    await expect.poll(() => seen, poll).toEqual(['file 3'])
    await writeFile(file, 'three')
    await expect.poll(() => seen, poll).toEqual(['file 3', 'file 5'])
    await rm(file)
    await writeFile(file, 'three')
    await expect.poll(() => seen, poll).toHaveLength(3)
  })

  test('a failing handler does not end the watch', async () => {
    const folder = await makeFolder()
    const errors: unknown[] = []
    const log = { debug() {}, info() {}, warn() {}, error: (_: string, extra?: unknown) => errors.push(extra) }
    const { seen } = start(folder, { existing: true, log }, ({ name }) => {
      if (name === 'a') throw new Error('cannot')
    })
    await writeFile(path.join(folder, 'a'), '')
    await writeFile(path.join(folder, 'b'), '')
    await expect.poll(() => seen.toSorted(), poll).toEqual(['a 0', 'b 0'])
    expect(errors).toEqual([{ file: path.join(folder, 'a'), error: 'cannot' }])
  })

  test('stops when told, and at once when told before', async () => {
    const folder = await makeFolder()
    const { done, stop, ready } = start(folder, { pollMs: 600_000 })
    await ready
    stop()
    await done
    await watchFolder(folder, () => {}, { signal: AbortSignal.abort() })
  })

  test('no such folder: INPUT_UNREAD', async () => {
    const folder = path.join(await makeFolder(), 'absent')
    const watching = watchFolder(folder, () => {}, { signal: new AbortController().signal })
    await expect(watching).rejects.toMatchObject({ code: 'INPUT_UNREAD' })
  })
})
