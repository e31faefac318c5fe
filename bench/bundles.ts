import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { buildFunctions } from '../infra/build.ts'

const MAX_BYTES = 600 * 1024

/** Bundle sizes, and what importing them costs at cold start, against a bundle that holds only the two SDK clients. */
export async function benchBundles(folder: string): Promise<void> {
  const sizes = await buildFunctions(path.join(folder, 'functions'))
  const baseline = path.join(folder, 'baseline.cjs')
  await build({
    stdin: {
      contents: `import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3'
        import { CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
        export const clients = [new S3Client({}), new CloudWatchLogsClient({}), GetObjectCommand, PutLogEventsCommand]`,
      resolveDir: process.cwd(),
    },
    outfile: baseline,
    bundle: true,
    minify: true,
    mainFields: ['module', 'main'],
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'warning',
  })
  writeFileSync(path.join(folder, 'import.cjs'), IMPORT)
  const base = importMs(folder, baseline)
  console.log('\nBundles (minified CommonJS) and cold-start import')
  for (const [name, bytes] of Object.entries(sizes)) {
    const ms = importMs(folder, path.join(folder, 'functions', `${name}.js`))
    const small = bytes <= MAX_BYTES ? 'reached ' : 'MISSED  '
    const fast = ms / base <= 1.3 ? 'reached ' : 'MISSED  '
    console.log(`  ${small} ${name}: ${(bytes / 1024).toFixed(0)} KB (target ≤ 600 KB)`)
    console.log(
      `  ${fast} ${name}: import ${ms.toFixed(0)} ms = ${(ms / base).toFixed(2)} × the SDK clients alone (target ≤ 1.3)`,
    )
  }
}

const IMPORT = `const start = performance.now(); require(process.argv[2]); process.stdout.write(String(performance.now() - start)); process.exit(0)`

/** The least of several imports, each in a fresh process: what else the machine does only adds. */
function importMs(folder: string, file: string): number {
  const env = { ...process.env, AWS_REGION: 'us-east-1', BUCKETWATCH_STAGE: 'bench', ...ALERT_ENV }
  const once = () =>
    Number(execFileSync(process.execPath, [path.join(folder, 'import.cjs'), file], { encoding: 'utf8', env }))
  return Math.min(...Array.from({ length: 7 }, once))
}

/** The alert function's required settings: it checks them at import. */
const ALERT_ENV: Readonly<Record<string, string>> = {}
