/**
 * Bundles each function to one minified CommonJS file, `dist/functions/<name>.js`. CommonJS because it starts faster
 * than ESM on Lambda and `invoke local` can load it; the AWS SDK is bundled, so that what was tested is what runs.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

/** Builds all functions (or only those given) and returns the size of each bundle in bytes. */
export async function buildFunctions(
  outDir = 'dist/functions',
  names?: readonly string[],
): Promise<Record<string, number>> {
  const functions =
    names ??
    readdirSync('functions')
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -3))
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  await build({
    entryPoints: functions.map((name) => `functions/${name}.ts`),
    outdir: outDir,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    // The ES modules of a package where it has them: only they can be tree-shaken.
    mainFields: ['module', 'main'],
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'warning',
    // Lambda's credentials are in its environment, see there.
    alias: { '@aws-sdk/credential-provider-node': './shared/aws/lambda-credentials.ts' },
    // Powertools and the SDK read these at run time only where present.
    external: ['@aws-lambda-powertools/tracer', 'aws-xray-sdk-core'],
  })
  // The project is ESM: without this, Node would take the .js bundles for ES modules.
  writeFileSync(`${outDir}/package.json`, '{"type":"commonjs"}\n')
  return Object.fromEntries(functions.map((name) => [name, statSync(`${outDir}/${name}.js`).size]))
}

if (import.meta.main) {
  for (const [name, bytes] of Object.entries(await buildFunctions())) {
    console.log(`dist/functions/${name}.js ${(bytes / 1024).toFixed(0)} KB`)
  }
}
