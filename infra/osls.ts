/** Runs osls (the maintained fork of the Serverless Framework), for package.ts, deploy.ts and remove.ts. */
import { spawnSync } from 'node:child_process'

/** The stack of the detection packs named by the parameter siblingPacks. */
export const SIBLING_CONFIG = 'serverless.detections.yml'
const CLI = 'node_modules/osls/bin/serverless.js'

/** Runs a command to its end; a failure ends this process with the command's exit code. */
export function osls(...args: readonly string[]): void {
  const run = spawnSync(process.execPath, [CLI, ...args], { stdio: 'inherit' })
  if (run.status !== 0) process.exit(run.status ?? 1)
}

/** True when the parameters (of serverless.yml, the stage and the arguments) put detection packs into a sibling stack. */
export function hasSibling(args: readonly string[]): boolean {
  const run = spawnSync(
    process.execPath,
    [CLI, 'print', '--path', 'custom.siblingPacks', '--format', 'text', ...args],
    {
      encoding: 'utf8',
    },
  )
  if (run.status !== 0) {
    process.stderr.write(run.stdout + run.stderr)
    process.exit(run.status ?? 1)
  }
  return run.stdout.trim() !== ''
}
