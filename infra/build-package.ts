/**
 * Builds what the npm package holds besides data: the command and the parts of it that others load, as JavaScript for
 * Node 22 and later, in dist/package/, with its rules prepared; the functions' bundles, in dist/functions/. npm runs it before it packs.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildFunctions } from './build.ts'
import { bundleCommand } from './bundle-command.ts'

const ROOT = path.join(import.meta.dirname, '..')
const OUT = path.join(ROOT, 'dist/package')

/** Our modules that are loaded by themselves: by the launcher, by infra/stack.cjs, and by other people's programs. */
const ENTRIES = {
  bin: 'cli/bin.ts',
  'replay-worker': 'cli/replay-worker.ts',
  template: 'infra/template.ts',
  parameters: 'infra/parameters.ts',
  region: 'shared/aws/region.ts',
  'filter-pattern': 'shared/filter-pattern/public.ts',
}

async function buildPackage(): Promise<void> {
  process.chdir(ROOT)
  rmSync(OUT, { recursive: true, force: true })
  await buildFunctions()
  await bundleCommand(OUT, ENTRIES)
  for (const name of ['bucketwatch.cjs', 'load.cjs']) copyFileSync(path.join('cli/launch', name), path.join(OUT, name))
  chmodSync(path.join(OUT, 'bucketwatch.cjs'), 0o755)
  emitTypes()
}

/** The declarations of what others may import. */
function emitTypes(): void {
  const config = path.join(ROOT, 'dist/tsconfig.types.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: '../shared',
    outDir: './package/types',
  }
  const files = [`../${ENTRIES['filter-pattern']}`]
  writeFileSync(config, JSON.stringify({ extends: '../tsconfig.json', compilerOptions, files, include: [] }))
  const run = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config], { stdio: 'inherit' })
  rmSync(config)
  if (run.status !== 0) throw new Error('The declarations could not be made.')
}

await buildPackage()
const sizes = readdirSync(OUT, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => statSync(path.join(OUT, entry.name)).size)
console.error(
  `dist/package: ${sizes.length} files, ${(sizes.reduce((sum, size) => sum + size, 0) / 1024).toFixed(0)} KB`,
)
