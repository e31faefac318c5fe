/**
 * The command as it is installed: a folder of modules, and beside them the rules that come along, prepared (see
 * shared/files/prepared-rules.ts). dist/package is made of it, and the folder of a benchmark that measures what is installed.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { loadDetections, loadSequences } from '../shared/files/detections.ts'
import { SHIPPED_RULES } from '../shared/files/package-root.ts'
import { PREPARED_RULES, prepareRules } from '../shared/files/prepared-rules.ts'

/**
 * @param entries our modules that are loaded by themselves, by the names of what is built of them.
 * @throws BucketwatchError DETECTION_INVALID: a rule that comes along is wrong.
 * @example
 * await bundleCommand('dist/package', { bin: 'cli/bin.ts' })
 */
export async function bundleCommand(outDir: string, entries: Readonly<Record<string, string>>): Promise<void> {
  await build({
    entryPoints: { ...entries },
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.13',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    chunkNames: 'chunk-[hash]',
    // npm installs our dependencies beside the package.
    packages: 'external',
  })
  const detections = await loadDetections(SHIPPED_RULES)
  const rules = [...detections, ...(await loadSequences(detections, SHIPPED_RULES))]
  writeFileSync(path.join(outDir, PREPARED_RULES), prepareRules(rules))
}
