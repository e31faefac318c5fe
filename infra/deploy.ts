/**
 * `npm run deploy -- --stage prod`: types, lint and bundles (`npm run check`), then the stack, then its sibling if
 * there is one. Arguments go to osls.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { applyToExistingGroups } from './existing-groups.ts'
import { existingGroupsOf, hasSibling, osls, SIBLING_CONFIG } from './osls.ts'

const args = process.argv.slice(2)
const check = spawnSync('npm', ['run', '--silent', 'check'], { stdio: 'inherit' })
if (check.status !== 0) process.exit(check.status ?? 1)
osls('deploy', ...args)
if (hasSibling(args)) osls('deploy', '--config', SIBLING_CONFIG, ...args)
const { groups, region } = existingGroupsOf(args)
if (groups.length > 0) {
  const client = new CloudWatchLogsClient({ region, ...profileOf(args) })
  await applyToExistingGroups(client, groups)
  console.log(
    `Set retention${groups.some(({ kmsKeyId }) => kmsKeyId !== undefined) ? ' and key' : ''} of ${groups.length} existing log groups.`,
  )
}
// The queues' and roles' ARNs, which feeds and bucket policies are written with.
osls('info', '--verbose', ...args)

/** osls's own option. */
function profileOf(given: readonly string[]): { profile?: string } {
  const { values } = parseArgs({ args: [...given], options: { 'aws-profile': { type: 'string' } }, strict: false })
  const profile = values['aws-profile']
  return typeof profile === 'string' ? { profile } : {}
}
