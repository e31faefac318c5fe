import { spawnSync } from 'node:child_process'
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
  const files = [baseline, ...Object.keys(sizes).map((name) => path.join(folder, 'functions', `${name}.js`))]
  const least = leastImportMs(folder, files)
  const base = least.get(baseline)!
  console.log('\nBundles (minified CommonJS) and cold-start import')
  for (const [name, bytes] of Object.entries(sizes)) {
    const ms = least.get(path.join(folder, 'functions', `${name}.js`))!
    const small = bytes <= MAX_BYTES ? 'reached ' : 'MISSED  '
    const fast = ms / base <= 1.3 ? 'reached ' : 'MISSED  '
    console.log(`  ${small} ${name}: ${(bytes / 1024).toFixed(0)} KB (target ≤ 600 KB)`)
    console.log(
      `  ${fast} ${name}: import ${ms.toFixed(0)} ms = ${(ms / base).toFixed(2)} × the SDK clients alone (target ≤ 1.3)`,
    )
  }
}

const IMPORT = `const start = performance.now(); require(process.argv[2]); process.stdout.write(String(performance.now() - start)); process.exit(0)`

/** What each function needs at cold start; an unknown variable would stop it. */
const ENV: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  alert: { BUCKETWATCH_ALERTS_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alerts' },
}

/** The least of several imports, each in a fresh process and taken in turn: what else the machine does only adds. */
function leastImportMs(folder: string, files: readonly string[]): Map<string, number> {
  const least = new Map(files.map((file) => [file, Number.POSITIVE_INFINITY]))
  for (let round = 0; round < 9; round += 1) {
    for (const file of files) least.set(file, Math.min(least.get(file)!, importMs(folder, file)))
  }
  return least
}

function importMs(folder: string, file: string): number {
  const env = { ...process.env, AWS_REGION: 'us-east-1', ...ENV[path.basename(file, '.js')] }
  const run = spawnSync(process.execPath, [path.join(folder, 'import.cjs'), file], { encoding: 'utf8', env })
  if (run.status !== 0) throw new Error(`${path.basename(file)} cannot be imported: ${run.stderr.slice(-400)}`)
  return Number(run.stdout)
}
