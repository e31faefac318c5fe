/** Runs osls (the maintained fork of the Serverless Framework) in the folder of a stack. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { visibleLine } from '../shared/alert/safe-text.ts'
import { applyToExistingGroups } from './existing-groups.ts'
import type { ExistingGroup } from './logs.ts'

export type StackAction = 'package' | 'deploy' | 'remove'

/** The stack of the detection packs named by the parameter siblingPacks. */
const SIBLING_CONFIG = 'serverless.detections.yml'

/** osls ended with this exit code; it has said why. */
class OslsFailure extends Error {
  readonly code: number
  constructor(code: number) {
    super(`osls ended with exit code ${code}`)
    this.code = code
  }
}

/**
 * Packages, deploys or removes the stack in `folder` (which holds serverless.yml, infra/stack.cjs and the functions'
 * bundles in dist/functions/), and its sibling where there is one. Output goes to the terminal; a deployment ends with
 * the stack's outputs. Returns the exit code of the first step that failed, else 0.
 *
 * Packaging needs neither network nor credentials: template and code lie in `<folder>/.serverless/` then, those of the
 * sibling in `<folder>/dist/detections-stack/`.
 *
 * @param args for osls: `--stage`, `--region`, `--param=name=value` …
 * @throws AWS's error, where the log groups of a former stack cannot be set.
 */
export async function runStack(
  action: StackAction,
  folder: string,
  args: readonly string[],
  profile?: string | undefined,
): Promise<number> {
  const osls = createOsls(folder)
  try {
    const hasSibling = osls.print('custom.siblingPacks', 'text', args).trim() !== ''
    const sibling = (...more: readonly string[]) => {
      if (hasSibling) osls.run(action, '--config', SIBLING_CONFIG, ...more, ...args)
    }
    if (action === 'deploy') {
      osls.run(action, ...args)
      sibling()
      await setExistingGroups(osls, args, profile)
      // The queues' and roles' ARNs, which feeds and bucket policies are written with.
      osls.run('info', '--verbose', ...args)
    } else {
      // Removed first: it names the topics of the other. Packaged first: osls works in .serverless/ whatever it is told,
      // and what stays there must be the stack itself.
      sibling(...(action === 'package' ? ['--package', 'dist/detections-stack'] : []))
      osls.run(action, ...args)
    }
    return 0
  } catch (error) {
    if (error instanceof OslsFailure) return error.code
    throw error
  }
}

function createOsls(folder: string) {
  const found = createRequire(import.meta.url).resolve('osls/package.json')
  const cli = path.join(path.dirname(found), 'bin', 'serverless.js')
  return {
    /** Runs a command to its end. */
    run(...args: readonly string[]): void {
      const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, stdio: 'inherit' })
      if (status !== 0) throw new OslsFailure(status ?? 1)
    },
    /** What the configuration says at a path, for this stage and these arguments. */
    print(at: string, format: 'text' | 'json', args: readonly string[]): string {
      const print = [cli, 'print', '--path', at, '--format', format, ...args]
      const { status, stdout, stderr } = spawnSync(process.execPath, print, { cwd: folder, encoding: 'utf8' })
      if (status === 0) return stdout
      for (const line of (stdout + stderr).split('\n')) process.stderr.write(`${visibleLine(line)}\n`)
      throw new OslsFailure(status ?? 1)
    },
  }
}

/** The log groups of a former stack, which CloudFormation does not own, get what the parameters say of them. */
async function setExistingGroups(
  osls: ReturnType<typeof createOsls>,
  args: readonly string[],
  profile: string | undefined,
): Promise<void> {
  const groups = JSON.parse(osls.print('custom.existingGroups', 'json', args)) as readonly ExistingGroup[]
  if (groups.length === 0) return
  const region = osls.print('provider.region', 'text', args).trim()
  await applyToExistingGroups(
    new CloudWatchLogsClient({ region, ...(profile === undefined ? {} : { profile }) }),
    groups,
  )
  const keys = groups.some(({ kmsKeyId }) => kmsKeyId !== undefined) ? ' and key' : ''
  console.log(`Set retention${keys} of ${groups.length} existing log groups.`)
}
