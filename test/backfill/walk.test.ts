import fc from 'fast-check'
import { expect, test } from 'vitest'
import { walk } from '../../shared/backfill/walk.ts'
import type { ObjectLister } from '../../shared/contracts/ports.ts'

/** A bucket as S3 lists it: by UTF-8 order, a level at a time, `pageSize` entries a page. */
function bucketOf(keys: readonly string[], pageSize: number): ObjectLister & { readonly asked: string[] } {
  const sorted = [...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const asked: string[] = []
  return {
    asked,
    async *list({ prefix, startAfter }) {
      asked.push(prefix)
      const entries: { folder?: string; key?: string }[] = []
      for (const key of sorted) {
        if (!key.startsWith(prefix)) continue
        if (startAfter !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) <= 0) continue
        const slash = key.indexOf('/', prefix.length)
        if (slash < 0) entries.push({ key })
        else if (entries.at(-1)?.folder !== key.slice(0, slash + 1)) entries.push({ folder: key.slice(0, slash + 1) })
      }
      for (let start = 0; start < Math.max(1, entries.length); start += pageSize) {
        const page = entries.slice(start, start + pageSize)
        yield {
          objects: page.flatMap(({ key }) => (key === undefined ? [] : [{ key, size: 1, lastModified: 0 }])),
          folders: page.flatMap(({ folder }) => folder ?? []),
        }
      }
    },
  }
}

async function keysOf(lister: ObjectLister, options: Partial<Parameters<typeof walk>[1]> = {}): Promise<string[]> {
  const found: string[] = []
  const all = { bucket: 'amzn-s3-demo-bucket', prefix: '', enter: () => true, ...options }
  for await (const { key } of walk(lister, all)) found.push(key)
  return found
}

const key = fc
  .array(fc.constantFrom('a', 'b', 'a-', 'é', '\u{1f5c3}', '\uffee', '0'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))

test('every object once, in the order of the keys, whatever the pages; and from any key on, exactly the rest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(key, { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      async (keys, pageSize, at) => {
        const lister = bucketOf(keys, pageSize)
        const all = await keysOf(lister)
        expect(all).toEqual([...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
        if (all.length === 0) return
        const index = at % all.length
        expect(await keysOf(lister, { after: all[index] })).toEqual(all.slice(index + 1))
      },
    ),
    { numRuns: 300 },
  )
})

test('a folder that is refused is not listed', async () => {
  const lister = bucketOf(['2025/a', '2026/b', 'c'], 10)
  expect(await keysOf(lister, { enter: (folder) => folder !== '2025/' })).toEqual(['2026/b', 'c'])
  expect(lister.asked).toEqual(['', '2026/'])
})

test('where a walk goes on, folders before are not listed again', async () => {
  const lister = bucketOf(['a/1', 'b/1', 'b/2', 'c/1'], 10)
  expect(await keysOf(lister, { after: 'b/1' })).toEqual(['b/2', 'c/1'])
  expect(lister.asked).not.toContain('a/')
})
