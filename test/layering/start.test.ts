/** What a command loads before it begins; each library is a tenth of a second, and threads load what they need again. */
import { build } from 'esbuild'
import { expect, it } from 'vitest'

/** Packages that are loaded with a module: those it imports, and those that these import, without `import()`. */
async function packagesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'none',
    write: false,
    metafile: true,
  })
  const found = new Set<string>()
  const seen = new Set<string>()
  const todo = [entry]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue
      if (external === true) found.add(path)
      else todo.push(path)
    }
  }
  expect(seen.size).toBeGreaterThan(3)
  return [...found].filter((name) => !name.startsWith('node:')).sort()
}

const COMMANDS = ['replay', 'report', 'estimate', 'search', 'detections', 'normalize', 'pattern', 'objects', 'classify']

it.each(['cli/bin.ts', 'cli/replay-worker.ts', ...COMMANDS.map((name) => `cli/commands/${name}.ts`)])(
  '%s loads no library',
  async (entry) => {
    expect(await packagesOf(entry)).toEqual([])
  },
)
