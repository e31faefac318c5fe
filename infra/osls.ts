/** Runs osls (the maintained fork of the Serverless Framework), for package.ts, deploy.ts and remove.ts. */
import { spawnSync } from 'node:child_process'
import type { ExistingGroup } from './logs.ts'

/** The stack of the detection packs named by the parameter siblingPacks. */
export const SIBLING_CONFIG = 'serverless.detections.yml'
const CLI = 'node_modules/osls/bin/serverless.js'

/** Runs a command to its end; a failure ends this process with the command's exit code. */
export function osls(...args: readonly string[]): void {
  const run = spawnSync(process.execPath, [CLI, ...args], { stdio: 'inherit' })
  if (run.status !== 0) process.exit(run.status ?? 1)
}

/** What the configuration says at a path, for this stage and these arguments. */
function printed(path: string, format: 'text' | 'json', args: readonly string[]): string {
  const run = spawnSync(process.execPath, [CLI, 'print', '--path', path, '--format', format, ...args], {
    encoding: 'utf8',
  })
  if (run.status === 0) return run.stdout
  process.stderr.write(run.stdout + run.stderr)
  return process.exit(run.status ?? 1)
}

/** True when the parameters (of serverless.yml, the stage and the arguments) put detection packs into a sibling stack. */
export function hasSibling(args: readonly string[]): boolean {
  return printed('custom.siblingPacks', 'text', args).trim() !== ''
}

/** The Region, the profile and the log groups of a former stack that a deployment has to set. */
export function existingGroupsOf(args: readonly string[]): {
  readonly region: string
  readonly groups: readonly ExistingGroup[]
} {
  const groups = JSON.parse(printed('custom.existingGroups', 'json', args)) as readonly ExistingGroup[]
  return { groups, region: groups.length === 0 ? '' : printed('provider.region', 'text', args).trim() }
}
